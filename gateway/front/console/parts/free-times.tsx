/** When a machine can be booked, by the plan. Not for a viewer with a PIN, which is not enough to ask. */
import type { Calendar } from '../model/wire.ts'
import { useAnswer, useNow, useWords } from '../shell/context.ts'
import { Empty, Section } from './parts.tsx'

const EVERY_MS = 60_000
/** The next ones; a platform shows all. */
const MOST = 8

export function FreeTimes({ machine }: { readonly machine: string }) {
  const { t, time, duration } = useWords()
  const now = useNow(EVERY_MS)
  const { body } = useAnswer<Calendar>(`/v1/machines/${machine}/calendar`, EVERY_MS)
  if (body === undefined) return null
  const slots = body.availableTimeslots.slice(0, MOST)
  return (
    <Section title={t('free.title')} note={t('free.note')}>
      {slots.length === 0 ? <Empty>{t('free.none')}</Empty> : null}
      <ul class="free-times">
        {slots.map(({ startFrom, endBefore }) => {
          const [from, until] = [Date.parse(startFrom), Date.parse(endBefore)]
          return (
            <li key={startFrom}>
              {t('free.slot', { from: time(from, now), until: time(until, from) })}{' '}
              <span class="small">{duration(until - from)}</span>
            </li>
          )
        })}
      </ul>
    </Section>
  )
}
