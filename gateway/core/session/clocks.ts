/**
 * The four clocks of a session, which run in parallel. Time is counted on the monotonic clock between two consecutive
 * looks at the machine, and only if both know what the machine was doing: time that was not seen is not counted. Pure.
 *
 * With the booking as the order in the sense of ISO 22400-2, they are its time elements:
 *   booked     planned busy time (PBT): the machine is set aside for this order; the booking's length, not measured
 *   occupied   actual unit busy time (AUBT): the unit is unlocked for the order, whether it works or not
 *   powered    occupied time in which the unit is ready; occupied − powered is down time (ADOT)
 *   executing  actual production time (APT); powered − executing is set-up and delay time (AUST, ADET)
 * So executing ≤ powered ≤ occupied; a use may stop before the booked time is over, or run over it.
 */

import { NS_PER_MS } from '../ground/moment.ts'
import type { Clocks, Session } from './session.ts'

export type ClockTimes = {
  readonly bookedMs: number
  readonly occupiedMs: number
  readonly poweredMs: number
  readonly executingMs: number
}

/**
 * One look at the machine: which clocks run from now on. `known` is false when it cannot be seen what the machine does.
 */
type Look = Pick<Clocks, 'atNs' | 'bootId' | 'occupied' | 'powered' | 'executing'> & { readonly known: boolean }

/** The clocks after a look. The time between two looks that are more than `mostApartMs` apart was not seen. */
export function stepClocks(before: Clocks | undefined, { known, ...now }: Look, mostApartMs: number): Clocks {
  if (before === undefined) return { occupiedNs: '0', poweredNs: '0', executingNs: '0', ...now }
  const apartNs = BigInt(now.atNs) - BigInt(before.atNs)
  const seen = before.bootId === now.bootId && apartNs >= 0n && apartNs <= BigInt(mostApartMs) * NS_PER_MS
  const run = (ns: string, ran: boolean) => (seen && ran ? (BigInt(ns) + apartNs).toString() : ns)
  return {
    occupiedNs: run(before.occupiedNs, before.occupied),
    poweredNs: run(before.poweredNs, before.powered && known),
    executingNs: run(before.executingNs, before.executing && known),
    ...now,
  }
}

/** The clocks in whole ms, as an entry states them. */
export function clockTimes({ clocks, bookedFromMs, bookedUntilMs, intendedAtMs }: Session): ClockTimes {
  const ms = (ns: string | undefined) => Number(BigInt(ns ?? '0') / NS_PER_MS)
  return {
    bookedMs: Math.max(0, bookedUntilMs - (bookedFromMs ?? intendedAtMs)),
    occupiedMs: ms(clocks?.occupiedNs),
    poweredMs: ms(clocks?.poweredNs),
    executingMs: ms(clocks?.executingNs),
  }
}
