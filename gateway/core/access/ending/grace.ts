/**
 * How long a cycle may go on after the end of its session: the grace, which is shorter when the next tenant is due, and
 * the last instant. What follows after the grace is the policy of the owner. Read next: finishing.ts (which applies
 * it), session/overrun.ts (what is made after the grace).
 */

import { isHolding } from '../../booking/booking.ts'
import { NS_PER_MS } from '../../ground/moment.ts'
import { RELOCK_MS } from '../../interlock/lease.ts'
import type { Env, MachineState } from '../../machine/state.ts'

type Ending = Pick<MachineState, 'config' | 'bookings' | 'session' | 'access'>

/**
 * When the grace is over, monotonic ns. The machine has to be cleaned down before the next booking of another tenant
 * begins; by the believed time, since what follows cannot be undone.
 */
export function graceEndNs({ now, believedMs }: Env, { config, bookings, session }: Ending, sinceNs: bigint): bigint {
  const fullNs = sinceNs + BigInt(config.endOfBooking.graceMs) * NS_PER_MS
  const due = bookings
    .filter((booking) => isHolding(booking) && booking.endMs > believedMs && booking.tenant !== session?.tenant)
    .map(({ startMs }) => startMs - config.afterUse.cleanDownMs)
  if (due.length === 0) return fullNs
  const dueNs = now.ns + BigInt(Math.floor(Math.min(...due) - believedMs)) * NS_PER_MS
  const shortNs = dueNs > sinceNs ? dueNs : sinceNs
  return shortNs < fullNs ? shortNs : fullNs
}

/**
 * When the permission is taken whatever the machine is doing, monotonic ns: at once if a person of the site has
 * withdrawn it, after the grace under the policy `at-end`, and in any case after `lastMs`.
 */
export function lastInstantNs(env: Env, m: Ending, sinceNs: bigint): bigint {
  const { policy, lastMs } = m.config.endOfBooking
  if (m.session?.withdrawn) return sinceNs
  const lastNs = sinceNs + BigInt(lastMs) * NS_PER_MS
  if (policy !== 'at-end') return lastNs
  const graceNs = graceEndNs(env, m, sinceNs)
  return graceNs < lastNs ? graceNs : lastNs
}

/**
 * By when a machine whose end began at `sinceNs` is locked, UTC ms. Without a watchdog this holds only while the
 * machine can be reached.
 */
export function lockedByMs(env: Env, m: Ending, sinceNs: bigint): number {
  const leftMs = Number((lastInstantNs(env, m, sinceNs) - env.now.ns) / NS_PER_MS)
  return env.now.ms + Math.max(0, leftMs) + RELOCK_MS
}

/**
 * By when the session and the clean-down after it should be over, UTC ms: after the booking, or after the grace once it
 * is ending. Undefined when that time has passed and the machine is still held.
 */
export function heldUntil(env: Env, m: Ending): number | undefined {
  const { session, access, config } = m
  if (session === undefined) return undefined
  const endingNs = access.kind === 'Finishing' ? graceEndNs(env, m, access.sinceNs) : undefined
  const untilMs =
    endingNs === undefined ? session.bookedUntilMs : env.now.ms + Number((endingNs - env.now.ns) / NS_PER_MS)
  return untilMs > env.now.ms ? untilMs + config.afterUse.cleanDownMs : undefined
}
