/**
 * What must hold for an unlock or a resume: the gateway, the machine itself, what people have arranged for it, and the
 * booking. It is checked at the request, before the intent, and before the write, each time against the newest
 * readings. Each function returns a refusal or nothing, and changes nothing. Read next: unlock.ts and intent.ts (which
 * ask), hold/heartbeat.ts (what must hold to stay unlocked), booking/decide.ts, booking/plan.ts.
 */

import { type Booking, isBlockedBy } from '../booking/booking.ts'
import { clashOf, decideUse } from '../booking/decide.ts'
import { overrideFrom } from '../booking/override.ts'
import { refuseClosed } from '../booking/plan.ts'
import { commissioningOf, whyNot } from '../drill/commissioning.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import * as interlock from '../interlock/interlock.ts'
import { isOurFuture } from '../interlock/lease.ts'
import type { UnlockRequest } from '../machine/access-state.ts'
import { calendarOf, type Env, type MachineState } from '../machine/state.ts'
import { silentMeters } from '../metering/silence.ts'
import { refuseAfterUse } from '../people/after-use.ts'
import { refuseAnswers } from '../people/answers.ts'
import { refuseReported } from '../people/reports.ts'
import { staleness } from '../reading/condition.ts'
import { isOpen, type Session } from '../session/session.ts'
import { heldUntil } from './ending/grace.ts'

/** The part of a machine that is judged before any unlock. */
type Gated = Pick<
  MachineState,
  'config' | 'seen' | 'access' | 'row' | 'withdrawal' | 'bookings' | 'pace' | 'meters' | 'session'
>

/** What must hold before any unlock. An override ignores what people have arranged, and nothing else. */
export function gate(env: Env, m: Gated, override: boolean): Refusal | undefined {
  const { config } = m
  if (config.interlock === undefined) return refuse('no-interlock')
  if (env.stopping) return refuse('stopping')
  if (!env.ledgerProven) return refuse('ledger-unproven')
  if (!env.diskOk) return refuse('ledger-full')
  if (isSuperseded(env, m)) return refuse('ledger-unproven', SUPERSEDED)
  if (!env.timeTrusted) return refuse('time-untrusted')
  if (!interlock.isAccepted(config.interlock, env.now.ms))
    return refuse('machine-blocked', 'the risk that it has no fail-safe is not accepted any more')
  const arranged = override ? undefined : refuseArranged(env, m)
  if (arranged) return arranged
  if (m.access.kind === 'Unconfirmed') return refuse('unconfirmed', 'an earlier unlock was not confirmed')
  if (m.withdrawal !== undefined) return refuse('unconfirmed', 'the machine has not been seen to lock yet')
  return refuseUnready(env, m) ?? (override ? undefined : refuseUnmetered(env, m))
}

const SUPERSEDED =
  'the machine has seen a token of a gateway that was restored from a backup of this one; if that one is gone, give this one another fencingId'

/** The machine obeys a restored copy of this gateway. */
function isSuperseded({ fencingId }: Env, { seen: { lock }, row }: Pick<Gated, 'seen' | 'row'>): boolean {
  const { highestToken } = lock === undefined ? {} : interlock.groundOf(lock.block)
  return highestToken !== undefined && isOurFuture(highestToken, row.fencingCounter, fencingId)
}

/** Refuses by what the machine itself shows. */
function refuseUnready({ now }: Env, { config, seen }: Pick<Gated, 'config' | 'seen'>): Refusal | undefined {
  const stale = staleness(config, seen.readings, now)
  if (stale) return refuse('not-fresh', `${stale.signal}: ${stale.cause}`)
  const { condition, lock } = seen
  const not = (detail: string) => refuse('machine-not-ready', detail)
  const state = interlock.lastState(lock)
  if (condition.emergencyStop || state === 'emergency-stop') return not('the emergency stop is pressed')
  const unsafe = interlock.whyUnsafe(lock)
  if (unsafe !== undefined) return not(unsafe)
  if (condition.fault || condition.itemState === 'OutOfService' || state === 'fault')
    return not('the machine has a fault')
  if (condition.itemState === 'Unknown') return refuse('not-fresh', 'what the machine does is not known')
  return condition.itemState === 'NotAvailable' ? not('the machine is off') : undefined
}

/** Where the machine demands it, nobody is let in unmetered. */
function refuseUnmetered(env: Env, m: Gated): Refusal | undefined {
  if (!m.config.refuseUnmetered) return undefined
  const [silent] = silentMeters(env, m)
  return silent && refuse('not-fresh', `the meter ${silent.meter} does not count: ${silent.reason}`)
}

/** Whether the booking may be used now. Checked at the request and again before the intent. */
export function mayUse(env: Env, m: MachineState, request: UnlockRequest): Refusal | undefined {
  if (env.short !== undefined) return refuse('busy', env.short)
  const booking = bookingOf(env, m, request)
  if (request.override) return undefined
  if (env.offline && m.config.offline.policy === 'none') return refuse('offline')
  if (env.offline && m.config.offline.policy === 'known-only' && request.newBooking)
    return refuse('no-booking', 'the gateway is offline and does not know this booking')
  if (request.newBooking && clashOf(m.bookings, booking))
    return refuse('booking-conflict', 'another booking holds part of this time')
  // The owner may have blocked the time since the token was accepted.
  if (request.newBooking && m.row.blocks?.some((block) => isBlockedBy(booking, block)))
    return refuse('booking-conflict', 'the owner has blocked part of this time')
  return (
    decideUse(m.bookings, booking, env.now.ms, env.earlyStartMs) ??
    unqualified(m, booking, request) ??
    refuseAfterUse(env, m, request.tenantRef) ??
    refuseAnswers(m, request.given?.answers)
  )
}

/** Whether the session may be resumed. Checked at the request, before the intent, and before the write. */
export function mayGoOn(env: Env, session: Session): Refusal | undefined {
  if (session.revoked !== undefined) return refuse('booking-cancelled')
  const isOver = env.now.ns >= BigInt(session.deadlineNs)
  // A clock that is not believed yet ends no session, but if it shows that the time is over nobody is let in either.
  const mayBeOver = session.unsure !== undefined && env.now.ms >= session.bookedUntilMs
  return isOver || mayBeOver ? refuse('wrong-time', 'the booking has ended') : undefined
}

/**
 * Refuses while a session is open, and states when it should be over, as the board shows it. Only the tenant of that
 * session is given its id, since they need it to end it.
 */
export function inUse(env: Env, m: MachineState, { booking }: UnlockRequest): Refusal | undefined {
  const { session, access } = m
  if (session === undefined || !isOpen(session)) return undefined
  const finishing = access.kind === 'Finishing'
  const freeAtMs = heldUntil(env, m)
  return refuse('machine-in-use', finishing ? 'the cycle of the previous session is not done' : undefined, {
    ...(freeAtMs === undefined ? {} : { freeAt: new Date(freeAtMs).toISOString() }),
    ...(session.booking === booking.id && session.tenant === booking.tenant ? { session: session.id } : {}),
  })
}

export function notLocked(m: Pick<MachineState, 'drill' | 'access' | 'seen'>): Refusal | undefined {
  if (m.drill !== undefined) return refuse('machine-in-use', 'a drill is under way')
  switch (m.access.kind) {
    case 'Locked':
      return undefined
    case 'Foreign':
      return refuse(
        'foreign-use',
        interlock.lastState(m.seen.lock) === 'local' ? 'the key switch is on local' : undefined,
      )
    case 'Unknown':
      return refuse('not-fresh', 'the interlock has not been read yet')
    default:
      return refuse('machine-in-use')
  }
}

/** The booking as it is now: it may have been moved or cancelled since the request was authorised. */
export function bookingOf(env: Env, m: Pick<MachineState, 'bookings'>, { booking, override }: UnlockRequest): Booking {
  if (override !== undefined) return overrideFrom(booking, env.now.ms)
  const known = m.bookings.find(({ id }) => id === booking.id)
  if (known === undefined) return booking
  return known.version >= booking.version || known.status === 'cancelled' ? known : booking
}

/** Refuses a tenant who lacks a qualification; the platform states them in the booking or in the token. */
function unqualified(
  { config }: Pick<MachineState, 'config'>,
  booking: Booking,
  request: UnlockRequest,
): Refusal | undefined {
  const has = new Set([...(booking.qualifications ?? []), ...(request.qualifications ?? [])])
  const missing = (config.requires ?? []).filter((id) => !has.has(id))
  return missing.length === 0 ? undefined : refuse('not-qualified', `missing: ${missing.join(', ')}`)
}

/** Refuses by what people have arranged for this machine. */
function refuseArranged(env: Env, m: Gated): Refusal | undefined {
  const missing = whyNot(commissioningOf(m.config, m.row.drill, env.now.ms))
  if (missing !== undefined) return refuse('not-commissioned', missing)
  if (m.row.maintenance) return refuse('machine-blocked', 'the machine is in maintenance')
  return refuseReported(m) ?? refuseClosed(calendarOf(m), env.now.ms)
}
