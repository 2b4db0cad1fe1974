/**
 * A session is told that its time is nearly over: once for each end, so that an extension arms it anew and a restart does
 * not say it again. It never ends anything, and of the next booking it says when, never whose.
 * Read next: ending.ts (what happens then), booking/allowance.ts (when a session ends).
 */
import { isHolding } from '../../booking/booking.ts'
import { change, type MachineState, record, type Turn } from '../../machine/turn.ts'
import { NS_PER_MS } from '../../reading/reading.ts'

export type Warned = { readonly atMs: number; readonly endsAtMs: number; readonly nextBookingAtMs?: number }

export function warn(turn: Turn): void {
  const { m, env } = turn
  const { session } = m
  if (session === undefined || (m.access.kind !== 'Unlocked' && m.access.kind !== 'Suspended')) return
  const endsAtMs = session.bookedUntilMs
  if (session.startedAtMs === undefined || session.warned?.endsAtMs === endsAtMs) return
  const leftNs = BigInt(session.deadlineNs) - env.now.ns
  if (leftNs <= 0n || leftNs > BigInt(m.config.endOfBooking.warnMs) * NS_PER_MS) return
  const nextBookingAtMs = nextAfter(m, session.booking, env.now.ms)
  const next = nextBookingAtMs === undefined ? {} : { nextBookingAtMs }
  m.session = { ...session, warned: { atMs: env.now.ms, endsAtMs, ...next } }
  change(turn, { kind: 'session', session: m.session })
  record(turn, 'SessionWarned', {
    endsAt: new Date(endsAtMs).toISOString(),
    ...(nextBookingAtMs === undefined ? {} : { nextBookingAt: new Date(nextBookingAtMs).toISOString() }),
  })
}

/** When another booking of this machine begins. */
function nextAfter({ bookings }: MachineState, own: string, nowMs: number): number | undefined {
  const starts = bookings
    .filter((booking) => booking.id !== own && isHolding(booking) && booking.startMs > nowMs)
    .map(({ startMs }) => startMs)
  return starts.length === 0 ? undefined : Math.min(...starts)
}
