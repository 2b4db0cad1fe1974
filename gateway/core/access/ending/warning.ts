/**
 * Warns a session before its time is over: once per end time, so that an extended session is warned again, and a
 * restart does not repeat a warning. It ends nothing, and it states when the next booking begins, never whose it is.
 * Read next: ending.ts (what happens then), session/deadline.ts (when a session ends).
 */

import { type Booking, isHolding } from '../../booking/booking.ts'
import { NS_PER_MS } from '../../ground/moment.ts'
import { putSession, record, type Turn } from '../../machine/turn.ts'

export function warn(turn: Turn): void {
  const { m, env } = turn
  const { session } = m
  if (session === undefined || (m.access.kind !== 'Unlocked' && m.access.kind !== 'Suspended')) return
  const endsAtMs = session.bookedUntilMs
  if (session.startedAtMs === undefined || session.warned?.endsAtMs === endsAtMs) return
  const leftNs = BigInt(session.deadlineNs) - env.now.ns
  if (leftNs <= 0n || leftNs > BigInt(m.config.endOfBooking.warnMs) * NS_PER_MS) return
  const nextBookingAtMs = nextAfter(m.bookings, session.booking, env.now.ms)
  const next = nextBookingAtMs === undefined ? {} : { nextBookingAtMs }
  putSession(turn, { ...session, warned: { atMs: env.now.ms, endsAtMs, ...next } })
  record(turn, 'SessionWarned', {
    endsAt: new Date(endsAtMs).toISOString(),
    ...(nextBookingAtMs === undefined ? {} : { nextBookingAt: new Date(nextBookingAtMs).toISOString() }),
  })
}

/** When another booking of this machine begins. */
function nextAfter(bookings: readonly Booking[], own: string, nowMs: number): number | undefined {
  const starts = bookings
    .filter((booking) => booking.id !== own && isHolding(booking) && booking.startMs > nowMs)
    .map(({ startMs }) => startMs)
  return starts.length === 0 ? undefined : Math.min(...starts)
}
