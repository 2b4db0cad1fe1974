/**
 * How long a cycle may go on after the end of its session, and what it made after that: the grace, shorter when the next
 * tenant is due, and the overrun, metered apart. It cuts nothing; what follows is the owner's policy, in access/ending/ending.ts.
 */
import { isHolding } from '../booking/booking.ts'
import { passedMs } from '../ground/wall.ts'
import type { Turn } from '../machine/turn.ts'
import { type Moment, NS_PER_MS } from '../reading/reading.ts'
import type { MeterUse, Session } from './session.ts'

/** What had been used when the grace was over. */
export type Overrun = { readonly sinceMs: number; readonly use: readonly MeterUse[] }

/**
 * When the grace is over, monotonic ns. The machine has to be cleaned down by the time the next booking of another tenant
 * begins; by time that has really passed, since what follows cannot be taken back.
 */
export function graceEndNs({ m, env }: Pick<Turn, 'm' | 'env'>, sinceNs: bigint): bigint {
  const { graceMs } = m.config.endOfBooking
  const fullNs = sinceNs + BigInt(graceMs) * NS_PER_MS
  const nowMs = m.time === undefined ? env.now.ms : passedMs(m.time, env.now)
  const due = m.bookings
    .filter((booking) => isHolding(booking) && booking.endMs > nowMs && booking.tenant !== m.session?.tenant)
    .map(({ startMs }) => startMs - m.config.afterUse.cleanDownMs)
  if (due.length === 0) return fullNs
  const dueNs = env.now.ns + BigInt(Math.floor(Math.min(...due) - nowMs)) * NS_PER_MS
  const shortNs = dueNs > sinceNs ? dueNs : sinceNs
  return shortNs < fullNs ? shortNs : fullNs
}

/**
 * By when the session and the clean-down behind it should be over, UTC ms: the end of what is booked, or of the grace
 * once it is ending. Undefined when that has passed and the machine is still not given back.
 */
export function heldUntil(turn: Pick<Turn, 'm' | 'env'>): number | undefined {
  const { m, env } = turn
  const { session } = m
  if (session === undefined) return undefined
  const endingNs = m.access.kind === 'Finishing' ? graceEndNs(turn, m.access.sinceNs) : undefined
  const untilMs =
    endingNs === undefined ? session.bookedUntilMs : env.now.ms + Number((endingNs - env.now.ns) / NS_PER_MS)
  return untilMs > env.now.ms ? untilMs + m.config.afterUse.cleanDownMs : undefined
}

/** The monotonic clock began anew with the host: since when it has been ending goes by the wall clock. */
export function sinceRebased({ finishingSince }: Session, now: Moment): Pick<Session, 'finishingSince'> {
  if (finishingSince === undefined) return {}
  const passedMs = Math.max(0, now.ms - finishingSince.ms)
  return { finishingSince: { ...finishingSince, ns: (now.ns - BigInt(passedMs) * NS_PER_MS).toString() } }
}

/** What was made after the grace, a line each meter; it is part of the use. */
export function overrunUnits({ overrun, use }: Session): MeterUse[] {
  if (overrun === undefined) return []
  return use.flatMap((line) => {
    const before = overrun.use.find(({ meter }) => meter === line.meter)?.quantity ?? '0'
    const quantity = BigInt(line.quantity) - BigInt(before)
    return quantity > 0n ? [{ ...line, quantity: quantity.toString() }] : []
  })
}
