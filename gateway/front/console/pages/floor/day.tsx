/** The day as a line per machine: what is booked, what was used, and where now is. Whose it is, where one may know. */
import { useState } from 'preact/hooks'
import { dayOf } from '../../../../core/ground/day.ts'
import { barsOf, hoursOf, type Window, windowOf } from '../../model/timeline.ts'
import type { Day, DaySpan } from '../../model/wire.ts'
import { Empty, Section } from '../../parts/parts.tsx'
import { useAnswer, useDesk, useNow, useViewer, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'

const DAY_MS = 86_400_000
const AGAIN_MS = 15_000
const EVERY_HOURS = 2

export function DayLine({ ids }: { readonly ids: readonly string[] }) {
  const { t, date } = useWords()
  const zone = useViewer()?.timezone ?? 'UTC'
  const now = useNow(10_000)
  const [shift, setShift] = useState(0)
  const day = dayOf(now + shift * DAY_MS, zone)
  const { body, failed } = useAnswer<Day>(now < DAY_MS ? '' : `/console/day?day=${day}`, AGAIN_MS)
  const side = (
    <p class="pager">
      <button type="button" class="quiet" aria-label={t('day.earlier')} onClick={() => setShift(shift - 1)}>
        ‹
      </button>
      <button type="button" class="quiet" aria-current={shift === 0 ? 'date' : undefined} onClick={() => setShift(0)}>
        {shift === 0 ? t('day.today') : date(now + shift * DAY_MS)}
      </button>
      <button type="button" class="quiet" aria-label={t('day.later')} onClick={() => setShift(shift + 1)}>
        ›
      </button>
    </p>
  )
  return (
    <Section title={t('day.title')} side={side}>
      {body === undefined ? failed ? <Empty>{t('day.failed')}</Empty> : null : <Lines day={body} ids={ids} now={now} />}
    </Section>
  )
}

function Lines({ day, ids, now }: { readonly day: Day; readonly ids: readonly string[]; readonly now: number }) {
  const { t, time } = useWords()
  const rows = day.machines.filter(({ id }) => ids.includes(id))
  const whole = { fromMs: Date.parse(day.from), toMs: Date.parse(day.to) }
  const window = windowOf(
    whole,
    rows.flatMap(({ spans }) => spans),
    now,
  )
  const left = ((now - window.fromMs) / (window.toMs - window.fromMs)) * 100
  return (
    <div class="day">
      <p class="legend" aria-hidden="true">
        <span data-kind="booking">{t('day.booking')}</span>
        <span data-kind="use">{t('day.use')}</span>
      </p>
      <div class="day-hours" aria-hidden="true">
        {hoursOf(window, EVERY_HOURS).map((hour) => (
          <span key={hour.atMs} style={{ left: `${hour.left}%` }}>
            {time(hour.atMs)}
          </span>
        ))}
      </div>
      <div class="day-lines">
        {rows.map(({ id, spans }) => (
          <Line key={id} id={id} spans={spans} window={window} now={now} />
        ))}
        {left >= 0 && left <= 100 ? (
          <div class="day-now" aria-hidden="true">
            <span style={{ left: `${left}%` }} />
          </div>
        ) : null}
      </div>
    </div>
  )
}

type LineProps = {
  readonly id: string
  readonly spans: readonly DaySpan[]
  readonly window: Window
  readonly now: number
}

function Line({ id, spans, window, now }: LineProps) {
  const { t, time, name } = useWords()
  const names = useStore(useDesk().live, ({ cards }) => cards[id]?.machine.name)
  const say = ({ kind, start, end, who, own }: DaySpan) => {
    const from = time(Date.parse(start))
    const word =
      end === undefined ? t('day.bar.open', { from }) : t(`day.bar.${kind}`, { from, to: time(Date.parse(end)) })
    return [word, who, own === undefined ? undefined : t('day.own')].filter(Boolean).join(' · ')
  }
  return (
    <div class="day-line">
      <h3>{name(names ?? {}, id)}</h3>
      <ul>
        {barsOf(spans, window, now).map((bar) => (
          <li
            key={`${bar.kind} ${bar.span.start}`}
            data-kind={bar.kind}
            data-open={bar.open ? '' : undefined}
            data-own={bar.span.own ? '' : undefined}
            style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
            title={say(bar.span)}
          >
            <span>{bar.span.who}</span>
            <span class="hidden">{say(bar.span)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
