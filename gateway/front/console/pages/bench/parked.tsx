/**
 * What a sink has set aside, oldest first: what happened, why the receiver does not take it, and what a person does
 * with it. That is recorded with name and reason; what the receiver refuses again stays, and the page says why.
 * Read next: model/sinks.ts (what may be done).
 */
import { useRef, useState } from 'preact/hooks'
import { type Act, actsOn, askedOf, kindIn, notDoneBy } from '../../model/sinks.ts'
import type { ParkedEntry } from '../../model/wire-sinks.ts'
import { Empty } from '../../parts/parts.tsx'
import { Said } from '../../parts/said.tsx'
import { WithReason } from '../../parts/with-reason.tsx'
import { useAnswer, useDesk, useNow, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'

const EVERY_MS = 5_000
/** As the gateway shows at once, and takes for one entry. */
const SHOWN = 100
const MOST_LINES = 8_000

type ParkedProps = { readonly sink: string; readonly count: number; readonly again: () => void }

export function Parked({ sink, count, again }: ParkedProps) {
  const { t } = useWords()
  const path = `/v1/sinks/${sink}/parked`
  const { body, failed, again: look } = useAnswer<{ parked: readonly ParkedEntry[] }>(path, EVERY_MS)
  const [last, setLast] = useState('')
  const place = useRef<HTMLParagraphElement>(null)
  // What held the focus goes with the entry.
  const done = (entry: number, act: Act) => {
    setLast(t(`sink.${act}.done`, { seq: entry }))
    place.current?.focus()
    look()
    again()
  }
  return (
    <>
      <p class="small" role="status" tabIndex={-1} ref={place}>
        {last}
      </p>
      {body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {body?.parked.length === 0 ? <Empty>{t('sink.parked.none')}</Empty> : null}
      <ul class="problems">
        {body?.parked.map((item) => (
          <li key={item.entry} data-entry={item.entry}>
            <What item={item} />
            <Deal item={item} path={`${path}/${item.entry}`} done={(act) => done(item.entry, act)} />
          </li>
        ))}
      </ul>
      {body?.parked.length === SHOWN && count > SHOWN ? (
        <p class="small">{t('sink.parked.more', { shown: SHOWN, count })}</p>
      ) : null}
    </>
  )
}

function What({ item: { entry, kind, machine, at, parkedAt, reason } }: { readonly item: ParkedEntry }) {
  const words = useWords()
  const now = useNow(10_000)
  const names = useStore(useDesk().live, ({ cards }) => cards[machine ?? '']?.machine.name)
  const { t, time, name } = words
  return (
    <div>
      <strong>{kindIn(kind, words)}</strong>
      <span class="small block">
        {t('books.entry', { seq: entry })}
        {machine === undefined ? null : (
          <>
            {' · '}
            <bdi>{name(names ?? {}, machine)}</bdi>
          </>
        )}
        {` · ${time(Date.parse(at), now)} · ${t('sink.parked.since', { time: time(Date.parse(parkedAt), now) })}`}
      </span>
      <p class="why">
        <Said text={reason} />
      </p>
    </div>
  )
}

type DealProps = { readonly item: ParkedEntry; readonly path: string; readonly done: (act: Act) => void }

function Deal({ item, path, done }: DealProps) {
  const { t } = useWords()
  const [open, setOpen] = useState(false)
  const [act, setAct] = useState<Act>('release')
  const [lines, setLines] = useState(item.lines ?? '')
  if (!open)
    return (
      <button type="button" onClick={() => setOpen(true)}>
        {t('sink.deal', { seq: item.entry })}
      </button>
    )
  const asked = askedOf(act, lines, item.lines)
  return (
    <div class="correct">
      <Acts name={`act-${path}`} item={item} act={act} choose={setAct} />
      {act === 'mend' ? <Lines id={`lines-${path}`} lines={lines} write={setLines} /> : null}
      {asked === undefined ? (
        <p class="small">{t('sink.mend.first')}</p>
      ) : (
        <WithReason
          word={`sink.${act}.do`}
          path={path}
          body={asked}
          of={path}
          notDone={notDoneBy}
          done={() => done(act)}
        />
      )}
    </div>
  )
}

type ActsProps = {
  readonly name: string
  readonly item: ParkedEntry
  readonly act: Act
  readonly choose: (act: Act) => void
}

function Acts({ name, item, act, choose }: ActsProps) {
  const { t } = useWords()
  return (
    <fieldset class="acts">
      <legend class="hidden">{t('sink.deal', { seq: item.entry })}</legend>
      {actsOn(item).map((each) => (
        <label class="check" key={each}>
          <input type="radio" name={name} value={each} checked={each === act} onChange={() => choose(each)} />
          <span>
            {t(`sink.${each}`)}
            <span class="small block">{t(`sink.${each}.note`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

type LinesProps = { readonly id: string; readonly lines: string; readonly write: (lines: string) => void }

function Lines({ id, lines, write }: LinesProps) {
  const { t } = useWords()
  return (
    <>
      <label for={id}>{t('sink.mend.lines')}</label>
      <textarea
        id={id}
        class="id"
        rows={5}
        maxLength={MOST_LINES}
        spellcheck={false}
        value={lines}
        onInput={({ currentTarget }) => write(currentTarget.value)}
      />
    </>
  )
}
