/**
 * Until when a session may go, and how much it may use. Its minutes and, once it has begun, the end of its booking are
 * measured on the monotonic clock. A change of the booking moves the deadline by as much as the end was moved, whatever
 * the wall clock shows by then.
 */
import { allowedNow } from '../booking/allowance.ts'
import type { Booking, Spent } from '../booking/booking.ts'
import type { Limits } from '../ground/config.ts'
import { MINUTE_MS, type Moment, NS_PER_MS } from '../ground/moment.ts'
import type { MeterUse } from '../meter/point.ts'
import type { Session, StoppedReason } from './session.ts'

/** A session ends with its booking, or earlier when its minutes are used up. */
type Deadline = Pick<Session, 'limits' | 'bookedUntilMs' | 'deadlineNs' | 'bookingEnd'>

export function deadlineAt(booking: Booking, caps: Limits | undefined, beganNs: bigint, now: Moment): Deadline {
  const endNs = now.ns + BigInt(booking.endMs - now.ms) * NS_PER_MS
  return earlierOf(allowedNow(booking, caps), { ms: booking.endMs, ns: endNs.toString() }, beganNs, now)
}

/** The deadline after the booking was changed. */
export function deadlineMoved(session: Session, booking: Booking, caps: Limits | undefined, now: Moment): Deadline {
  const before = session.bookingEnd ?? { ms: session.bookedUntilMs, ns: session.deadlineNs }
  const ns = BigInt(before.ns) + BigInt(booking.endMs - before.ms) * NS_PER_MS
  const limits = allowedNow(booking, session.offline ? caps : undefined)
  return earlierOf(limits, { ms: booking.endMs, ns: ns.toString() }, BigInt(session.beganNs ?? now.ns), now)
}

function earlierOf(limits: Limits, end: { ms: number; ns: string }, beganNs: bigint, now: Moment): Deadline {
  const booked = { limits, bookedUntilMs: end.ms, deadlineNs: end.ns, bookingEnd: end }
  if (limits.minutes === undefined) return booked
  const minutesNs = beganNs + BigInt(Math.floor(limits.minutes * MINUTE_MS)) * NS_PER_MS
  if (minutesNs >= BigInt(end.ns)) return booked
  const untilMs = now.ms + Number((minutesNs - now.ns) / NS_PER_MS)
  return { ...booked, bookedUntilMs: Math.min(end.ms, untilMs), deadlineNs: minutesNs.toString() }
}

/** After a boot of the host the monotonic clock has begun anew, so the remaining time is taken from the wall clock. */
export function deadlineRebased(session: Session, now: Moment): Pick<Session, 'deadlineNs' | 'bookingEnd' | 'beganNs'> {
  const at = (ms: number) => (now.ns + BigInt(Math.floor(ms - now.ms)) * NS_PER_MS).toString()
  const endMs = session.bookingEnd?.ms ?? session.bookedUntilMs
  return {
    deadlineNs: at(session.bookedUntilMs),
    bookingEnd: { ms: endMs, ns: at(endMs) },
    beganNs: at(session.intendedAtMs),
  }
}

/** The deadline of a session that began by a wrong clock: the end of its booking by the clock that is believed now. */
export function deadlineReckoned(session: Session, now: Moment): Deadline {
  const { ms } = session.bookingEnd ?? { ms: session.bookedUntilMs }
  const ns = now.ns + BigInt(Math.floor(ms - now.ms)) * NS_PER_MS
  return earlierOf(session.limits, { ms, ns: ns.toString() }, BigInt(session.beganNs ?? now.ns), now)
}

/**
 * The limit that is reached. Energy and pieces are the sums of the meters with the units Wh and pcs. The running cycle
 * may complete.
 */
export function limitReached({ use, limits }: Session): StoppedReason | undefined {
  const { energyWh, pieces } = limits
  if (energyWh !== undefined && usedOf(use, 'Wh') >= BigInt(Math.floor(energyWh))) return 'EnergyLimitReached'
  if (pieces !== undefined && usedOf(use, 'pcs') >= BigInt(Math.floor(pieces))) return 'Other'
  return undefined
}

const usedOf = (uses: readonly MeterUse[], unit: string) =>
  uses.reduce((sum, use) => (use.unit === unit ? sum + BigInt(use.quantity) : sum), 0n)

/** What has been spent of the booking when this session is over. */
export function spentAfter({ spent }: Booking, session: Session, now: Moment, bootId: string): Spent {
  const beganNs = BigInt(session.beganNs ?? now.ns)
  const ranMs = session.bootId === bootId ? Number((now.ns - beganNs) / NS_PER_MS) : now.ms - session.intendedAtMs
  return {
    ms: (spent?.ms ?? 0) + Math.max(0, ranMs),
    energyWh: (spent?.energyWh ?? 0) + Number(usedOf(session.use, 'Wh')),
    pieces: (spent?.pieces ?? 0) + Number(usedOf(session.use, 'pcs')),
  }
}
