/**
 * The gateway's clock over virtual time. After a start it knows what the entries that were durable say of the time, as
 * ledger/store/read-entries.ts `lastTime` reads it.
 */
import { type Clock, createClock } from '../../gateway/control/host/clock.ts'
import type { EntryDraft } from '../../gateway/core/ground/entry.ts'
import type { Moment } from '../../gateway/core/ground/moment.ts'
import type { KnownTime } from '../../gateway/core/ground/wall.ts'

export const clockOver = (entries: readonly EntryDraft[], bootId: string, look: () => Moment): Clock =>
  createClock(timeKnownFrom(entries), bootId, look)

/** What control/ticks.ts records when the clock has changed. */
export function clockEntry(clock: Clock, now: Moment): EntryDraft | undefined {
  const change = clock.takeChange(now)
  if (change === undefined) return undefined
  const { stepMs, state, floorMs } = change
  const data = { stepMs, state, floor: new Date(floorMs).toISOString() }
  return { kind: 'ClockChanged', version: 1, at: clock.stamp(now), data }
}

function timeKnownFrom(entries: readonly EntryDraft[]): KnownTime {
  const from = entries.findLastIndex(({ kind }) => kind === 'ClockChanged')
  const believed = entries.slice(Math.max(0, from)).filter(({ at }) => at.clock === 'synchronised')
  const newest = believed.at(-1)?.at
  const floors = [
    ...believed.map(({ at }) => at.wallMs),
    ...(from < 0 ? [] : [Date.parse(String(entries[from]!.data.floor))]),
  ]
  return {
    ...(floors.length === 0 ? {} : { floorMs: Math.max(...floors) }),
    ...(newest === undefined ? {} : { newest }),
  }
}
