/**
 * Entries of a session, from the intent to the end and what is put right after it. Read next: entries.ts (all kinds),
 * parts.ts, words.ts.
 */
import Type from 'typebox'
import { billing } from './money-entries.ts'
import * as part from './parts.ts'
import { count, either, flag, instant, list, maybe, members, of, only, text, whole, word } from './parts.ts'
import * as words from './words.ts'

const resume = flag('Of a session that was suspended.')
const leaseLeftMs = maybe(whole('What is left of the lease, as the PLC says; ms.'))

export const sessionEntries = {
  Override: of('session', 'A technician uses the machine without a booking.', {
    reason: part.inWords,
    by: part.by,
    until: instant('It ends then at the latest.'),
  }),
  UnlockIntended: of('session', 'The gateway is about to unlock: durable before anything is written.', {
    booking: part.booking,
    tenant: part.tenant,
    by: word('', ['platform', 'tenant', 'owner', 'technician', 'auditor'], 'Role of the one who asked.'),
    token: part.token,
    tag: part.tag,
    resume,
    bookedUntil: instant('When its right ends.'),
    limits: part.limits,
    offline: maybe(only(true, 'The platform was out of contact.')),
    begin: maybe(part.points('Begin readings; absent when it is resumed.')),
    notMetered: maybe(list(part.meter, 'Meters that do not count.')),
  }),
  UnlockConfirmed: of('session', 'The machine was read as unlocked under our token.', {
    token: part.token,
    tag: part.tag,
    plcBootId: whole('Boot of the PLC or module.'),
    plcState: part.plcState,
    leaseLeftMs,
    failSafe: maybe(part.failSafe),
    resume: maybe(resume),
    late: maybe(only(true, 'It was not answered in time, and held all the same.')),
    begin: maybe(part.points('Begin readings; absent when it is resumed.')),
  }),
  UnlockRefused: of('session', 'The machine refused, or was never asked. The token may be used again.', {
    token: part.token,
    reason: either(text(''), whole(''), 'Why; a number is the reject reason of the PLC, word 5 of the lease block.'),
    detail: maybe(text('The same in words.')),
    ...part.refusal,
    resume,
  }),
  UnlockUnconfirmed: of('session', 'The machine did not answer. It is read until nothing can come of the unlock.', {
    token: part.token,
    ...part.refusal,
    locksBy: maybe(instant('When it is locked at the latest; absent when it does not lock itself.')),
    failSafe: maybe(part.failSafe),
    resume,
  }),
  SessionSuspended: of('session', 'The permission was lost. The session goes on when it is resumed.', {
    reason: word('suspension', words.suspensions, 'Why.'),
    plcState: part.plcState,
  }),
  SessionResumed: of('session', 'The session has its permission again.', {
    token: part.token,
    adopted: flag('It was taken up after a restart of the gateway.'),
    leaseLeftMs,
  }),
  SessionWarned: of('session', 'The time is nearly over.', {
    endsAt: instant('When its right ends.'),
    nextBookingAt: maybe(instant('When the next booking begins.')),
  }),
  SessionFinishing: of('session', 'No new start. The cycle may run out.', {
    reason: word('stop', words.stops, 'Why it ends.'),
    overrun: flag('The grace is over: what is made from now on is overrun.'),
    itemState: part.itemState,
    meters: part.points('At this moment.'),
  }),
  SessionEnded: of('session', 'What was used: this is what is billed.', {
    booking: part.booking,
    tenant: part.tenant,
    stoppedReason: word('stop', words.stops, 'Why it ended.'),
    startedAt: either(instant(''), Type.Null(), 'When it was confirmed.'),
    endedAt: instant('When it ended.'),
    begin: part.points('Begin readings.'),
    end: part.points('End readings.'),
    use: part.uses('What it used.'),
    overrun: maybe(part.uses('The part of it that was made after the grace.')),
    shares: part.shares,
    clocks: members({
      bookedMs: whole('Length of the booking; ms.'),
      occupiedMs: whole('Unlocked; ms.'),
      poweredMs: whole('Of that, ready; ms.'),
      executingMs: whole('Of that, at work; ms.'),
    }),
    incomplete: maybe(only(true, 'No end reading came: the last good ones count.')),
    offline: maybe(only(true, 'It began while the platform was out of contact.')),
    override: maybe(only(true, 'A technician used the machine without a booking.')),
    lateRevocation: maybe(
      members({
        revokedAt: instant('When it was revoked.'),
        countedFrom: instant('When the use before was last known.'),
        ms: whole('From then to its end.'),
        units: part.uses('What was used in that time.'),
      }),
    ),
    failSafe: maybe(part.failSafe),
    billing,
  }),
  LockConfirmed: of('session', 'The machine was read as locked.', {
    token: part.token,
    plcState: part.plcState,
    after: word('lockedAfter', words.lockedAfter, 'After what.'),
  }),
  LockUnconfirmed: of('session', 'The machine cannot be read as locked in time. Somebody should look at it.', {
    token: part.token,
    plcState: part.plcState,
  }),
  Correction: of('session', 'An auditor puts an entry right, which stays as it is.', {
    id: text('Id of the correction.'),
    original: whole('Sequence of the entry.'),
    originalKind: text('Its kind.'),
    reason: word('', ['reading', 'attribution', 'exchange', 'accepted', 'other'], 'Why.'),
    text: part.inWords,
    by: part.by,
    adjust: list(
      members({
        meter: part.meter,
        unit: part.unit,
        epoch: whole('Epoch of the counter.'),
        quantity: count('Units that move.'),
        from: part.account,
        to: part.account,
      }),
      'Units that move between accounts; none are made or lost.',
    ),
  }),
}
