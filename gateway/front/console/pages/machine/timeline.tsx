/**
 * Who had a machine, how one left it beside how the next found it, what was seen and what nobody saw: for people who
 * argue about a damage. The file of it proves itself without this gateway.
 */
import { useRef, useState } from 'preact/hooks'
import { sayAnswer } from '../../model/questions.ts'
import type { Answered, Holding, Question, Side, Timeline as Told } from '../../model/wire-upkeep.ts'
import { Empty, Section, Tenant } from '../../parts/parts.tsx'
import { useAnswer, useNow, useWords } from '../../shell/context.ts'
import type { Word } from '../../words/words.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const spans = { day: DAY_MS, week: 7 * DAY_MS } as const
type Span = keyof typeof spans

/** What is shown; the file has all of it. */
const MOST = 40

export function Timeline({ id }: { readonly id: string }) {
  const { t } = useWords()
  const [span, setSpan] = useState<Span>('day')
  const toMs = Math.ceil(useNow(MINUTE_MS) / MINUTE_MS) * MINUTE_MS
  const period = `from=${instant(toMs - spans[span])}&to=${instant(toMs)}`
  const path = `/v1/machines/${id}/timeline`
  const { body, failed } = useAnswer<Told>(toMs === 0 ? '' : `${path}?${period}`)
  // While the next minute is asked for, the last is shown.
  const shown = useRef<Told | undefined>(undefined)
  shown.current = body ?? shown.current
  const told = shown.current
  const asked = useAnswer<{ questions: readonly Question[] }>(`/v1/machines/${id}/questions`).body?.questions ?? []
  return (
    <Section
      title={t('timeline.title')}
      note={t('timeline.note')}
      side={
        <div class="tools">
          <select
            aria-label={t('timeline.span')}
            value={span}
            onChange={({ currentTarget }) => setSpan(currentTarget.value as Span)}
          >
            <option value="day">{t('timeline.day')}</option>
            <option value="week">{t('timeline.week')}</option>
          </select>
          <a class="button" href={`${path}/file?${period}`} download={`timeline-${id}.json`}>
            {t('statement.file')}
          </a>
        </div>
      }
    >
      {told === undefined ? (
        <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty>
      ) : (
        <Shown id={id} told={told} asked={asked} />
      )}
    </Section>
  )
}

const instant = (ms: number) => new Date(ms).toISOString()

type Asked = readonly Question[]
type ShownProps = { readonly id: string; readonly told: Told; readonly asked: Asked }

function Shown({ id, told, asked }: ShownProps) {
  const { t, time } = useWords()
  const last = told.handOvers.at(-1)
  const says = ({ answers, photos }: Side) => answers.length > 0 || photos.length > 0
  const worth = told.holdings.filter(({ who, seen }) => who !== 'nobody' || seen.length > 0)
  return (
    <>
      {last === undefined || (asked.length === 0 && !says(last.left) && !says(last.found)) ? null : (
        <div class="hand-over">
          <HandOver title={t('timeline.left')} side={last.left} id={id} asked={asked} />
          <HandOver title={t('timeline.found')} side={last.found} id={id} asked={asked} />
        </div>
      )}
      {worth.length === 0 ? <Empty>{t('timeline.none')}</Empty> : null}
      <ul class="history">
        {worth
          .slice(-MOST)
          .reverse()
          .map((holding) => (
            <li key={`${holding.from} ${holding.who}`}>
              <Held holding={holding} id={id} asked={asked} />
            </li>
          ))}
      </ul>
      {told.unknown.length === 0 ? null : (
        <p class="small">
          {t('timeline.unknown')}{' '}
          {told.unknown
            .slice(-MOST)
            .map(({ from, to }) => `${time(Date.parse(from))}–${to === undefined ? '' : time(Date.parse(to))}`)
            .join(t('list.and'))}
        </p>
      )}
    </>
  )
}

type HandOverProps = { readonly title: string; readonly side: Side; readonly id: string; readonly asked: Asked }

function HandOver({ title, side, id, asked }: HandOverProps) {
  const words = useWords()
  const { t, name, time } = words
  return (
    <div>
      <h3>{title}</h3>
      <p class="small">
        <Tenant id={side.tenant} />
        {side.at === undefined ? null : ` · ${time(Date.parse(side.at))}`}
      </p>
      {side.at === undefined ? <p class="muted">{t('timeline.unsaid')}</p> : null}
      <dl class="said">
        {side.answers.map((answered) => (
          <div key={answered.question} data-outside={answered.outside ? '' : undefined}>
            <dt>
              <bdi>{name(answered.text, answered.question)}</bdi>
            </dt>
            <dd>
              <bdi>{sayAnswer(answered, asked, words)}</bdi>
              {answered.outside ? <span class="small"> {t('timeline.outside')}</span> : null}
            </dd>
          </div>
        ))}
      </dl>
      <Photos id={id} photos={side.photos} />
    </div>
  )
}

function Photos({ id, photos }: { readonly id: string; readonly photos: readonly string[] }) {
  const { t } = useWords()
  return (
    <>
      {photos.map((sha256, index) => (
        <a key={sha256} href={`/v1/machines/${id}/photos/${sha256}`} target="_blank" rel="noreferrer">
          {t('report.photo', { n: index + 1 })}{' '}
        </a>
      ))}
    </>
  )
}

type HeldProps = { readonly holding: Holding; readonly id: string; readonly asked: Asked }

function Held({ holding: { who, from, to, tenant, seen }, id, asked }: HeldProps) {
  const words = useWords()
  const { t, of, has, name, time } = words
  const said = (kind: string) => (has(`event.${kind}`) ? t(`event.${kind}` as Word) : kind)
  const answer = (each: Answered) => `${name(each.text, each.question)} ${sayAnswer(each, asked, words)}`
  return (
    <>
      <strong>
        {of('timeline.who', who, 'timeline.who.nobody')} {tenant === undefined ? null : <Tenant id={tenant} />}
      </strong>
      <span class="small block">
        {time(Date.parse(from), Date.now())} – {to === undefined ? t('timeline.now') : time(Date.parse(to), Date.now())}
      </span>
      {seen.map(({ entry, at, kind, text, when = '', answers, photos }) => (
        <span class="small block" key={entry}>
          {time(Date.parse(at), Date.now())}
          {answers === undefined ? said(kind) : of('timeline.said', when, 'timeline.said.after')}{' '}
          <bdi>{answers === undefined ? text : answers.map(answer).join(t('list.and'))}</bdi>{' '}
          <Photos id={id} photos={photos} />
        </span>
      ))}
    </>
  )
}
