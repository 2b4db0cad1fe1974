/**
 * What must hold for an unlock, or for a session to go on: the machine itself, what people have arranged for it, the
 * booking. Asked with the request and again before the intent, on what has been read by then.
 * It answers with a refusal or nothing, and changes nothing. Read next: unlock.ts (who asks), access/hold/heartbeat.ts (what must
 * hold to stay unlocked), booking/booking.ts, booking/plan.ts.
 */

import { type Booking, clashOf, decideUse, isBlockedBy } from '../booking/booking.ts'
import { overrideFrom } from '../booking/override.ts'
import { refuseClosed } from '../booking/plan.ts'
import { commissioningOf, whyNot } from '../drill/commissioning.ts'
import { type Refusal, refuse } from '../ground/error.ts'
import * as interlock from '../interlock/interlock.ts'
import type { MachineState, Turn, UnlockRequest } from '../machine/turn.ts'
import { refuseAfterUse } from '../people/after-use.ts'
import { staleness } from '../reading/condition.ts'
import { heldUntil } from '../session/overrun.ts'
import { isOpen, type Session } from '../session/session.ts'

/** What must hold before any unlock, whoever asks; a person who overrides is not held back by what is arranged. */
export function gate(turn: Turn, override: boolean): Refusal | undefined {
  const { m, env } = turn
  if (m.config.interlock === undefined) return refuse('no-interlock')
  if (env.stopping) return refuse('stopping')
  if (!env.ledgerProven) return refuse('ledger-unproven')
  if (!env.diskOk) return refuse('ledger-full')
  if (!env.timeTrusted) return refuse('time-untrusted')
  if (!interlock.isAccepted(m.config.interlock, env.now.ms))
    return refuse('machine-blocked', 'the acceptance of its missing fail-safe has ended')
  const arranged = override ? undefined : refuseArranged(turn)
  if (arranged) return arranged
  if (m.access.kind === 'Unconfirmed') return refuse('unconfirmed', 'an earlier unlock was not confirmed')
  if (m.withdrawal !== undefined) return refuse('unconfirmed', 'the machine is not known to have locked')
  const stale = staleness(m.config, m.readings, env.now)
  if (stale) return refuse('not-fresh', `${stale.signal}: ${stale.cause}`)
  const { condition } = m
  const state = interlock.lastState(m.plc)
  if (condition.emergencyStop || state === 'emergency-stop')
    return refuse('machine-not-ready', 'the emergency stop is pressed')
  if (m.plc !== undefined && m.plc.block.class !== 'lease' && m.plc.block.unsafe !== undefined)
    return refuse('machine-not-ready', m.plc.block.unsafe)
  if (condition.fault || condition.itemState === 'OutOfService' || state === 'fault')
    return refuse('machine-not-ready', 'the machine has a fault')
  if (condition.itemState === 'NotAvailable') return refuse('machine-not-ready', 'the machine is off')
  return undefined
}

/** Asked with the request and again before the intent. */
export function mayUse(turn: Turn, request: UnlockRequest): Refusal | undefined {
  const { m, env } = turn
  const booking = bookingOf(turn, request)
  if (request.override) return undefined
  if (env.offline && m.config.offline.policy === 'none') return refuse('offline')
  if (env.offline && m.config.offline.policy === 'known-only' && request.newBooking)
    return refuse('no-booking', 'the gateway is offline, and the booking had not arrived')
  if (request.newBooking && clashOf(m.bookings, booking))
    return refuse('booking-conflict', 'another booking holds part of this time')
  // The owner may have blocked it since the token was taken.
  if (request.newBooking && m.row.blocks?.some((block) => isBlockedBy(booking, block)))
    return refuse('booking-conflict', 'the owner has blocked part of this time')
  return (
    decideUse(m.bookings, booking, env.now.ms, env.earlyStartMs) ??
    unqualified(m, booking, request) ??
    refuseAfterUse(turn, request.tenantRef)
  )
}

/** Asked with the request to resume and again before the intent. */
export function mayGoOn({ env }: Turn, session: Session): Refusal | undefined {
  if (session.revoked !== undefined) return refuse('booking-cancelled')
  return env.now.ns >= BigInt(session.deadlineNs) ? refuse('wrong-time', 'the booking has ended') : undefined
}

/**
 * Somebody uses it, and by when that should be over, as the board says it.
 * Whoever it is in use by is told the session: to end it, it has to be named.
 */
export function inUse(turn: Turn, { booking }: UnlockRequest): Refusal | undefined {
  const { session, access } = turn.m
  if (session === undefined || !isOpen(session)) return undefined
  const finishing = access.kind === 'Finishing'
  const freeAtMs = heldUntil(turn)
  return refuse('machine-in-use', finishing ? 'the cycle of the session before is not done' : undefined, {
    ...(freeAtMs === undefined ? {} : { freeAt: new Date(freeAtMs).toISOString() }),
    ...(session.booking === booking.id && session.tenant === booking.tenant ? { session: session.id } : {}),
  })
}

export function notLocked({ m }: Turn): Refusal | undefined {
  if (m.drill !== undefined) return refuse('machine-in-use', 'a drill is under way')
  switch (m.access.kind) {
    case 'Locked':
      return undefined
    case 'Foreign':
      return refuse('foreign-use', interlock.lastState(m.plc) === 'local' ? 'the key switch is on local' : undefined)
    case 'Unknown':
      return refuse('not-fresh', 'the interlock has not been read yet')
    default:
      return refuse('machine-in-use')
  }
}

/** The booking as it is by now: it may have been moved or cancelled since the request was authorised. */
export function bookingOf({ m, env }: Turn, { booking, override }: UnlockRequest): Booking {
  if (override !== undefined) return overrideFrom(booking, env.now.ms)
  const known = m.bookings.find(({ id }) => id === booking.id)
  if (known === undefined) return booking
  return known.version >= booking.version || known.status === 'cancelled' ? known : booking
}

/** The platform vouches for a tenant with the booking, or with the token. */
function unqualified({ config }: MachineState, booking: Booking, request: UnlockRequest): Refusal | undefined {
  const has = new Set([...(booking.qualifications ?? []), ...(request.qualifications ?? [])])
  const missing = (config.requires ?? []).filter((id) => !has.has(id))
  return missing.length === 0 ? undefined : refuse('not-qualified', `missing: ${missing.join(', ')}`)
}

/** What people have arranged for this machine. */
function refuseArranged({ m, env }: Turn): Refusal | undefined {
  const missing = whyNot(commissioningOf(m.config, m.row, env.now.ms))
  if (missing !== undefined) return refuse('not-commissioned', missing)
  if (m.row.maintenance) return refuse('machine-blocked', 'maintenance')
  return refuseClosed(m, env.now.ms)
}
