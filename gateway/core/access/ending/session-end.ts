/**
 * The end of a session, once its end reading has arrived or was awaited long enough. One transaction records what it
 * used, its clocks and its shares, takes the use off the booking, and opens clean-down and inspection. Nothing is
 * written to the machine here. Read next: finishing.ts (what comes before), session/clocks.ts, revocation.ts,
 * people/after-use.ts.
 */

import { billingJson } from '../../billing/entry.ts'
import { usedUp } from '../../booking/allowance.ts'
import { withEnd } from '../../booking/amendment.ts'
import type { Booking } from '../../booking/booking.ts'
import { bookingJson } from '../../booking/booking-json.ts'
import type { JsonObject } from '../../ground/entry.ts'
import * as interlock from '../../interlock/interlock.ts'
import type { ReadingEnd } from '../../machine/access-state.ts'
import { clockOf, sessionOf } from '../../machine/state.ts'
import { become, closeSession, commit, putBooking, record, type Turn } from '../../machine/turn.ts'
import { pointJson } from '../../meter/point.ts'
import { disputeNext, pointsOfSession } from '../../metering/metering.ts'
import { onUseEnded } from '../../people/after-use.ts'
import { clockTimes } from '../../session/clocks.ts'
import { bookedOf } from '../../session/cost.ts'
import { spentAfter } from '../../session/deadline.ts'
import { overrunUnits } from '../../session/overrun.ts'
import { type Session, withoutIntent } from '../../session/session.ts'
import { sharesOf } from '../../session/shares.ts'
import { lateRevocation, lateRevocationJson } from './revocation.ts'

export function end(turn: Turn, { reason, waiting }: ReadingEnd, incomplete: boolean): void {
  const { m, env } = turn
  const { lockedByMs: _, ...session } = withoutIntent(sessionOf(m))
  const late = lateRevocation(env, session)
  const ended: Session & Pick<Required<Session>, 'end'> = {
    ...session,
    status: 'ended',
    endedAtMs: env.now.ms,
    ...clockOf(env, session),
    end: pointsOfSession(m, session),
    stoppedReason: reason,
    ...(incomplete ? { incomplete: true } : {}),
    ...(late ? { lateRevocation: late } : {}),
  }
  closeSession(turn, ended)
  settleBooking(turn, ended)
  onUseEnded(turn, ended)
  record(turn, 'SessionEnded', endJson(ended, env.now.ms), ended.id)
  const { lock } = m.seen
  const foreign = lock !== undefined && m.withdrawal === undefined && interlock.isForeign(lock.block, undefined)
  become(turn, { kind: foreign ? 'Foreign' : 'Locked' })
  if (incomplete) disputeNext(turn)
  if (waiting.length === 0) commit(turn)
  for (const { command } of waiting) commit(turn, command, { kind: 'session', session: ended })
}

function endJson(session: Session & Pick<Required<Session>, 'end'>, nowMs: number): JsonObject {
  const { incomplete, offline, override, overrun, lateRevocation: late, failSafe, startedAtMs } = session
  return {
    booking: session.booking,
    tenant: session.tenantRef,
    stoppedReason: session.stoppedReason ?? 'Other',
    startedAt: startedAtMs === undefined ? null : new Date(startedAtMs).toISOString(),
    endedAt: new Date(nowMs).toISOString(),
    begin: session.begin.map(pointJson),
    end: session.end.map(pointJson),
    use: session.use.map((use) => ({ ...use })),
    ...(overrun ? { overrun: overrunUnits(session).map((use) => ({ ...use })) } : {}),
    shares: sharesOf(session).map((share) => ({ ...share })),
    clocks: clockTimes(session),
    ...(incomplete ? { incomplete } : {}),
    ...(offline ? { offline } : {}),
    ...(override ? { override } : {}),
    ...(late ? { lateRevocation: lateRevocationJson(late) } : {}),
    ...(failSafe === undefined ? {} : { failSafe }),
    ...billingOf(session),
  }
}

/** What its bill needs besides: its tariff, its booked time, and the readings between. */
function billingOf(session: Session): JsonObject {
  const { tariff, trace = [] } = session
  if (tariff === undefined) return {}
  const { fromMs: bookedFrom, untilMs: bookedUntil } = bookedOf(session)
  const terms = { tariff, ...(session.class === undefined ? {} : { class: session.class }), bookedFrom, bookedUntil }
  return { billing: billingJson({ ...terms, trace }) }
}

/**
 * Takes what the session used off its booking. The booking holds its time until its end, unless one of its limits is
 * used up.
 */
function settleBooking(turn: Turn, session: Session): void {
  const { m, env } = turn
  const known = m.bookings.find(({ id }) => id === session.booking)
  if (known === undefined || session.override) return
  const spent = {
    ...known,
    spent: spentAfter(known, session, { ms: env.believedMs, ns: env.now.ns }, env.stamp.bootId),
  }
  if (session.givenBackBy !== undefined && env.believedMs < known.endMs)
    return giveBack(turn, spent, session, session.givenBackBy)
  putBooking(turn, known.status === 'used' && usedUp(spent) ? { ...spent, status: 'ended' } : spent)
}

/** Its time is over now, and free for others. */
function giveBack(turn: Turn, booking: Booking, { tenantRef }: Session, by: string): void {
  const over: Booking = { ...withEnd(booking, Math.max(turn.env.believedMs, booking.startMs + 1)), status: 'ended' }
  putBooking(turn, over)
  record(turn, 'BookingPut', bookingJson(over, tenantRef, { because: 'released', by }), null)
}
