/**
 * The end of a session, once its end reading is there or was awaited for long enough: what it used, its clocks and its
 * shares in one transaction, which also takes it off its booking and opens what comes after the use. Nothing here is
 * written to the machine. Read next: ending.ts (what comes before), session/clocks.ts, revocation.ts, people/after-use.ts.
 */

import { spentAfter, usedUp } from '../../booking/allowance.ts'
import type { Outcome } from '../../command/command.ts'
import * as interlock from '../../interlock/interlock.ts'
import { change, commit, record, type Turn } from '../../machine/turn.ts'
import { disputeNext, pointJson, points } from '../../metering/metering.ts'
import { onUseEnded } from '../../people/after-use.ts'
import { clockTimes } from '../../session/clocks.ts'
import { overrunUnits } from '../../session/overrun.ts'
import type { Session } from '../../session/session.ts'
import { sharesOf } from '../../session/shares.ts'
import type { Finishing } from './ending.ts'
import { lateRevocation, lateRevocationJson } from './revocation.ts'

export function end(turn: Turn, access: Finishing, incomplete: boolean): void {
  const { m, env } = turn
  const { pendingToken: _, pendingNs: __, ...session } = m.session!
  const late = lateRevocation(turn, session)
  const finished: Session = {
    ...session,
    status: 'ended' as const,
    endedAtMs: env.now.ms,
    end: points(m),
    stoppedReason: access.reason,
    ...(incomplete ? { incomplete: true as const } : {}),
    ...(late ? { lateRevocation: late } : {}),
  }
  change(turn, { kind: 'session', session: finished })
  settleBooking(turn, finished)
  onUseEnded(turn, finished)
  record(turn, 'SessionEnded', {
    booking: session.booking,
    tenant: session.tenantRef,
    stoppedReason: access.reason,
    startedAt: session.startedAtMs === undefined ? null : new Date(session.startedAtMs).toISOString(),
    endedAt: new Date(env.now.ms).toISOString(),
    begin: session.begin.map(pointJson),
    end: finished.end!.map(pointJson),
    use: finished.use.map((use) => ({ ...use })),
    ...(session.overrun ? { overrun: overrunUnits(session).map((use) => ({ ...use })) } : {}),
    shares: sharesOf(session).map((share) => ({ ...share })),
    clocks: clockTimes(session),
    ...(incomplete ? { incomplete: true } : {}),
    ...(session.offline ? { offline: true } : {}),
    ...(session.override ? { override: true } : {}),
    ...(late ? { lateRevocation: lateRevocationJson(late) } : {}),
    ...(session.failSafe === undefined ? {} : { failSafe: session.failSafe }),
  })
  m.session = undefined
  const foreign = m.plc !== undefined && m.withdrawal === undefined && interlock.isForeign(m.plc.block, undefined)
  m.access = foreign ? { kind: 'Foreign' } : { kind: 'Locked' }
  if (incomplete) disputeNext(turn)
  const outcome: Outcome = { kind: 'session', session: finished }
  if (access.waiting.length === 0) commit(turn)
  for (const { command } of access.waiting) commit(turn, command, outcome)
}

/** What the session used is taken off the booking. It holds its time until its end, unless nothing is left of it. */
function settleBooking(turn: Turn, session: Session): void {
  const { m, env } = turn
  const known = m.bookings.find(({ id }) => id === session.booking)
  if (known === undefined || session.override) return
  const spent = { ...known, spent: spentAfter(known, session, env.now, env.stamp.bootId) }
  const booking = known.status === 'used' && usedUp(spent) ? { ...spent, status: 'ended' as const } : spent
  m.bookings = m.bookings.map((item) => (item === known ? booking : item))
  change(turn, { kind: 'booking', booking })
}
