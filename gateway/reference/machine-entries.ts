/**
 * Entries about a machine: what it does, what is planned for it, what people do at it. Read next: entries.ts (all
 * kinds), parts.ts, words.ts.
 */
import Type from 'typebox'
import { reportCauses, reportStates, severities } from '../core/session/report.ts'
import { missedBilling } from './money-entries.ts'
import * as part from './parts.ts'
import { count, flag, instant, list, maybe, members, of, only, text, whole, word } from './parts.ts'
import * as words from './words.ts'

const period = { start: instant('Its start.'), end: instant('Its end.') }
const person = text('Who: the name of the key, or the platform.')
const version = whole('Version of the booking.')
const block = text('Block.')

export const machineEntries = {
  AvailabilityChanged: of('session', 'What others may expect of a machine has changed.', {
    from: word('availabilityState', words.availabilityStates, 'Before.'),
    to: word('availabilityState', words.availabilityStates, 'Now.'),
    reason: maybe(text('See the words of a reason.')),
    access: word('access', words.accessWords, 'Who may start it.'),
    itemState: part.itemState,
    mode: word('mode', words.modes, 'Its mode.'),
    unrecorded: part.unrecorded,
  }),
  MeterSampled: of('machine', 'The meters that moved in a quarter of an hour, as they were last read in it.', {
    meters: part.points('Those that moved.'),
  }),
  MeterChanged: of('session', 'A meter did not simply grow.', {
    meter: part.meter,
    change: word('meterChange', words.meterChanges, 'What happened to it.'),
    unit: part.unit,
    from: maybe(count('The counter before.')),
    to: maybe(count('The counter now.')),
    fromUnit: maybe(text('`reconfigured`, in another unit: the unit that it counted in.')),
    fromTotal: maybe(count('Where its total stands in that.')),
    fromIdentity: maybe(text('Which device it was.')),
    toIdentity: maybe(text('Which device it is.')),
    delta: count('Units booked with it.'),
    account: part.account,
    epoch: whole('Epoch of the counter, after it.'),
    total: count('Units since the first reading ever in this unit, after it.'),
    apartMs: maybe(whole('Between the two readings; ms.')),
    reason: maybe(text('`silent`: why it does not count.')),
    detail: maybe(text('The same in words; `reconfigured`: what was configured differently, from what to what.')),
  }),
  ForeignUse: of('session', 'Somebody uses a machine without a session, or does so no more.', {
    phase: word('', ['began', 'ended'], 'Which of the two.'),
    itemState: part.itemState,
    ownerToken: maybe(count('Token of the owner, as the PLC says.')),
    plcState: maybe(part.plcState),
    on: maybe(flag('Whether the output is on.')),
    feedback: maybe(flag('Whether what the output switches is on.')),
  }),
  AccessDenied: of('machine', 'Somebody was not let in. One cause has one entry per minute.', {
    ...part.refusal,
    what: text('Who it was, or what they asked for.'),
    count: maybe(whole('How often in that minute, from 2 on.')),
    suppressed: maybe(whole('So many more, of any cause, for which there was no room.')),
  }),
  MaintenanceStarted: of('machine', 'A technician took the machine.', { by: person, reason: part.inWords }),
  MaintenanceEnded: of('machine', 'The machine was given back.', { by: person, reason: part.inWords }),
  InspectionRecorded: of('session', 'Somebody looked at the machine; the session is the use before.', {
    passed: flag('Whether it may be used.'),
    note: part.inWords,
    by: part.by,
    tenant: maybe(text('Pseudonym of the tenant before.')),
  }),
  ServiceDone: of('machine', 'A service was done, and counts anew from here.', {
    service: text('Its name in the site file.'),
    text: part.inWords,
    parts: list(text('Part.'), 'What was put in.'),
    by: part.by,
    meter: maybe(part.meter),
    unit: maybe(part.unit),
    total: maybe(count('Where the meter stood.')),
    certificate: maybe(members({ number: text('Its number.'), day: text('Its day, YYYY-MM-DD.') })),
    certifies: maybe(part.meter),
  }),
  AnswersGiven: of('session', 'The tenant answered the questions before or after a use.', {
    when: word('', ['before', 'after'], 'With the unlock, or once the use was over.'),
    tenant: text('Pseudonym of the tenant whose use it is.'),
    by: part.by,
    answers: list(
      members({
        question: text('Its name in the site file.'),
        text: Type.Record(Type.String(), Type.String(), { description: 'As it was asked, by language tag.' }),
        answer: text('`yes` or `no`, a decimal number, the id of a choice, or words.'),
        unit: maybe(text('Of a number, for people.')),
        outside: flag('Whether it is outside its limits.'),
      }),
      'In the order of the site file.',
    ),
  }),
  ReportMade: of('session', 'Somebody says what is wrong with the machine.', {
    id: text('UUIDv7 of the report.'),
    severity: word('', severities, 'How bad it is; `stop` keeps everybody from a new use.'),
    text: part.inWords,
    photos: list(
      members({
        sha256: text('Of its bytes, hex.'),
        type: text('Its media type.'),
        bytes: whole('Its size.'),
      }),
      'Pictures; their bytes are beside the ledger, for a time.',
    ),
    cause: word('', reportCauses, 'How it came.'),
    blocks: flag('Whether a new use is refused.'),
    by: part.by,
  }),
  ReportChanged: of('session', 'Somebody sees to a report, or closes it.', {
    id: text('UUIDv7 of the report.'),
    state: word('', reportStates, 'What it is from here.'),
    blocks: flag('Whether a new use is refused.'),
    owner: maybe(text('Who sees to it.')),
    expectedEnd: maybe(instant('When that should be over.')),
    text: part.inWords,
    by: part.by,
  }),
  DrillRecorded: of('machine', 'A drill was completed.', {
    passed: flag('Every step passed, and none was left out.'),
    failSafe: flag('Losing the gateway locks the machine.'),
    class: word('', ['lease', 'watchdog', 'coil'], 'Class of the interlock.'),
    steps: list(
      members({
        step: text('Step.'),
        passed: flag('Whether it passed.'),
        detail: text('What was seen.'),
        measuredMs: maybe(Type.Number({ description: 'What was measured; ms.' })),
        tookMs: whole('How long it took; ms.'),
      }),
      'In their order.',
    ),
    relockMs: maybe(Type.Number({ description: 'The longest time from the last renewal to the lock; ms.' })),
    plcBootId: maybe(whole('Boot of the PLC or module.')),
    interlockId: text('Which interlock it is good for.'),
    by: part.name,
    reason: part.inWords,
  }),
  AcceptanceRecorded: of('machine', 'What a machine is, reads and was shown to do, as a technician found it.', {
    id: text('Id of this report.'),
    accepted: flag('All readings agree, no counter is missing, and the lock is proven.'),
    missing: list(text('Signal.'), 'Counters that nobody compared.'),
    label: text('Code that the label of the machine shows.'),
    configurationId: text('Configuration in force.'),
    software: text('Version of the gateway.'),
    devices: list(
      members({
        alias: text('Alias of the site file.'),
        profile: text('Profile.'),
        link: text('Link.'),
        at: text('Where on the link.'),
      }),
      'What it consists of.',
    ),
    says: list(members({ signal: text('Signal.'), value: text('Text.') }), 'What devices say of themselves.'),
    lock: members({
      drill: word('', ['commissioned', 'never', 'failed', 'expired', 'changed', 'no-lock'], 'What its drill is worth.'),
      due: maybe(instant('When the next is due.')),
      failSafe: maybe(flag('Losing the gateway locks it.')),
    }),
    readings: list(
      members({
        signal: text('Signal.'),
        shown: text('What the display showed.'),
        unit: maybe(text('Unit of the display, where it is not that of the signal.')),
        reported: maybe(text('What the gateway read.')),
        reportedIn: maybe(text('Unit of the signal.')),
        ageMs: maybe(whole('How old that was; ms.')),
        agrees: flag('Whether they agree.'),
        why: maybe(text('Why not.')),
      }),
      'Readings beside their displays.',
    ),
    by: part.name,
    reason: part.inWords,
  }),
  BookingPut: of('machine', 'A booking holds, or was changed.', {
    booking: part.booking,
    version,
    tenant: part.tenant,
    ...period,
    source: word('', ['push', 'pull', 'token'], 'How it came.'),
    limits: maybe(part.limits),
    qualifications: maybe(list(text('Qualification.'), 'Which the tenant has.')),
    tariff: maybe(text('`id@version` of the tariff that holds for it.')),
    class: maybe(text('Class of the tenant.')),
    terms: maybe(
      members({
        earlyStartMinutes: maybe(whole('Minutes before the start at which it may be used.')),
        noShowMinutes: maybe(whole('Minutes after the start at which it is released when nobody has come.')),
        lateStopMinutes: maybe(whole('Minutes by which its tenant may extend it.')),
        changeUntilMinutes: maybe(whole('Minutes before the start until which its tenant may change it.')),
        cancelUntilMinutes: maybe(whole('Minutes before the start until which its tenant may cancel it.')),
      }),
    ),
    because: maybe(
      word(
        '',
        ['extended', 'released', 'handed-over'],
        'Changed without a put of the platform: more time, the rest given back, another tenant.',
      ),
    ),
    by: maybe(word('', ['tenant', 'platform'], 'Whose wish that was.')),
  }),
  BookingCancelled: of('machine', 'A booking holds no more.', {
    booking: part.booking,
    version,
    reason: text('`no-show`: nobody came; `revoked`: by a list; else in words.'),
    issuedAt: maybe(instant('When it was cancelled.')),
    because: maybe(text('Why, in the words of the platform.')),
    by: maybe(word('', ['tenant', 'owner', 'platform'], 'Who wanted it.')),
    tenant: maybe(part.tenant),
    shares: maybe(part.shares),
    billing: missedBilling,
  }),
  BookingRestored: of('machine', 'A booking that a wrong clock released holds again.', {
    booking: part.booking,
    version,
    reason: only('clock', 'The clock was wrong.'),
  }),
  BlockPut: of('machine', 'A time in which nobody is let in.', { block, ...period, reason: part.inWords, by: person }),
  BlockRemoved: of('machine', 'That time is free again.', { block, by: person }),
  ManualEntry: of('machine', 'What a machine made that no counter saw, by a technician.', {
    id: text('Id of this entry.'),
    meter: part.meter,
    unit: text('Unit, as the technician says.'),
    quantity: text('Decimal text, which may have a fraction.'),
    from: instant('From.'),
    to: instant('To.'),
    tenant: maybe(part.tenant),
    reason: part.inWords,
    by: part.by,
    shares: part.shares,
  }),
}
