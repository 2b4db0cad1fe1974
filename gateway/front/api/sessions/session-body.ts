/**
 * A session as it is shown, and who is shown what of it: the tenant only to those who may know.
 * Read next: sessions.ts (the routes), core/session/session.ts.
 */
import Type, { type Static } from 'typebox'
import { clockStates } from '../../../core/ground/entry.ts'
import type { MeterPoint } from '../../../core/meter/point.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { overrunUnits } from '../../../core/session/overrun.ts'
import type { LateRevocation, Session, SessionStatus, StoppedReason, Warned } from '../../../core/session/session.ts'
import type { BoardCopy } from '../board.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { words } from '../http/schema.ts'
import { clocksSchema, toClocks } from './session-clocks.ts'

const statuses = [
  'intended',
  'open',
  'suspended',
  'finishing',
  'unconfirmed',
  'ended',
  'refused',
  'lapsed',
] as const satisfies readonly SessionStatus[]

const stoppedReasons = [
  'Local',
  'Remote',
  'DeAuthorized',
  'EmergencyStop',
  'TimeLimitReached',
  'EnergyLimitReached',
  'MasterPass',
  'PowerLoss',
  'Reboot',
  'Timeout',
  'Other',
] as const satisfies readonly StoppedReason[]

const pointSchema = Type.Object(
  {
    meter: Type.String({ description: 'machine/alias.name' }),
    unit: Type.String({ description: 'Smallest unit.' }),
    raw: Type.Optional(Type.String({ description: 'Counter as the device held it, decimal text.' })),
    epoch: Type.Integer({ description: 'Life of the counter between two resets.' }),
    total: Type.String({ description: 'Over all epochs, decimal text.' }),
    at: shownInstant('When it was read.'),
  },
  { title: 'MeterPoint' },
)

const useSchema = Type.Object({
  meter: Type.String(),
  unit: Type.String(),
  quantity: Type.String({ description: 'Decimal text.' }),
})

export const sessionSchema = Type.Object(
  {
    id: Type.String(),
    machine: Type.String(),
    booking: Type.String(),
    tenant: Type.Optional(
      Type.String({
        description:
          'Only for the tenant, the platform and auditors. Of an override: the key of the person, who is named in the entry `Override`.',
      }),
    ),
    tenantRef: Type.Optional(
      Type.String({ description: 'Pseudonym of the tenant, as in the ledger; not for technicians.' }),
    ),
    status: words(statuses, 'Where it stands.'),
    startedAt: Type.Optional(shownInstant('When the machine confirmed.')),
    endedAt: Type.Optional(shownInstant('When it ended.')),
    bookedUntil: shownInstant('End of the booking.'),
    begin: Type.Array(pointSchema, { description: 'Readings before the unlock.' }),
    end: Type.Optional(Type.Array(pointSchema, { description: 'Readings after the end.' })),
    use: Type.Array(useSchema, { description: 'What it used so far.' }),
    clocks: Type.Optional(clocksSchema),
    overrun: Type.Optional(
      Type.Array(useSchema, { description: 'Of the use, what was made after the grace; absent: the grace was kept.' }),
    ),
    override: Type.Optional(
      Type.Literal(true, { description: "Used by a person of the site without a booking; on nobody's bill." }),
    ),
    inspections: Type.Optional(
      Type.Array(
        Type.Object({
          at: shownInstant('When.'),
          passed: Type.Boolean(),
          note: Type.String({ description: 'In what condition the machine was found.' }),
          by: words(['technician', 'owner', 'tenant'] as const, 'Who looked: `tenant` is the next one.'),
        }),
        { description: 'What was found when somebody looked at the machine after it; only where one session is read.' },
      ),
    ),
    warned: Type.Optional(
      Type.Object(
        {
          at: shownInstant('When.'),
          endsAt: shownInstant('The end it was warned of.'),
          nextBookingAt: Type.Optional(shownInstant('When the next booking of the machine begins.')),
        },
        { description: 'It was told that its end is near; an extension arms the warning anew.' },
      ),
    ),
    lockedBy: Type.Optional(
      shownInstant(
        'While it is `finishing`: the machine is locked by then, whatever it does; with `failSafe: false`, if it can be reached.',
      ),
    ),
    suspendedReason: Type.Optional(Type.String()),
    stoppedReason: Type.Optional(words(stoppedReasons, 'OCPP 2.0.1 ReasonEnumType.')),
    notMetered: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Meters that did not count when it began: what they would show is not known.',
      }),
    ),
    limits: Type.Object(
      {
        minutes: Type.Optional(Type.Number()),
        energyWh: Type.Optional(Type.Number()),
        pieces: Type.Optional(Type.Number()),
      },
      { description: 'What it may use at most: of the booking, what earlier sessions left; begun offline, capped.' },
    ),
    offline: Type.Optional(
      Type.Literal(true, {
        description: 'Begun while the platform was out of contact, so that its limits are capped.',
      }),
    ),
    lateRevocation: Type.Optional(
      Type.Object(
        {
          revokedAt: shownInstant('When the platform revoked it.'),
          countedFrom: shownInstant('Of the last use known from before; the units are counted from here.'),
          ms: Type.Integer({ description: 'From then to the end.' }),
          units: Type.Array(useSchema),
        },
        { description: 'What it cost from the moment it was revoked to its end.' },
      ),
    ),
    incomplete: Type.Optional(
      Type.Literal(true, { description: 'The end readings could not be taken; the last good ones stand.' }),
    ),
    clock: Type.Optional(words(clockStates, 'How far its times are to be trusted: the least the clock was worth.')),
    simulated: Type.Boolean(),
    failSafe: Type.Optional(Type.Literal(false, { description: 'Losing the gateway does not lock the machine.' })),
  },
  { title: 'Session' },
)

export type SessionView = Static<typeof sessionSchema>

/** With a board, the clocks of an open session are as they stand now. */
export function toSession(session: Session, principal: Principal, board?: BoardCopy): SessionView {
  const clocks = toClocks(session, board)
  const seesTenant =
    principal.role === 'platform' ||
    principal.role === 'auditor' ||
    (principal.role === 'tenant' && principal.id === session.tenant)
  return {
    id: session.id,
    machine: session.machine,
    booking: session.booking,
    ...(seesTenant ? { tenant: session.tenant } : {}),
    ...(principal.role === 'technician' ? {} : { tenantRef: session.tenantRef }),
    status: session.status,
    ...(session.startedAtMs === undefined ? {} : { startedAt: toInstant(session.startedAtMs) }),
    ...(session.endedAtMs === undefined ? {} : { endedAt: toInstant(session.endedAtMs) }),
    bookedUntil: toInstant(session.bookedUntilMs),
    begin: session.begin.map(toPoint),
    ...(session.end === undefined ? {} : { end: session.end.map(toPoint) }),
    use: session.use.map((use) => ({ ...use })),
    ...(clocks === undefined ? {} : { clocks }),
    ...(session.overrun === undefined ? {} : { overrun: overrunUnits(session).map((use) => ({ ...use })) }),
    ...(session.override === undefined ? {} : { override: session.override }),
    ...(session.warned === undefined ? {} : { warned: toWarned(session.warned) }),
    ...(session.status !== 'finishing' || session.lockedByMs === undefined
      ? {}
      : { lockedBy: toInstant(session.lockedByMs) }),
    ...(session.suspendedReason === undefined ? {} : { suspendedReason: session.suspendedReason }),
    ...(session.stoppedReason === undefined ? {} : { stoppedReason: session.stoppedReason }),
    ...(session.notMetered === undefined ? {} : { notMetered: [...session.notMetered] }),
    limits: { ...session.limits },
    ...(session.offline === undefined ? {} : { offline: session.offline }),
    ...(session.lateRevocation === undefined ? {} : { lateRevocation: toLate(session.lateRevocation) }),
    ...(session.incomplete === undefined ? {} : { incomplete: session.incomplete }),
    ...(session.clock === undefined ? {} : { clock: session.clock }),
    simulated: session.simulated,
    ...(session.failSafe === undefined ? {} : { failSafe: session.failSafe }),
  }
}

function toWarned({ atMs, endsAtMs, nextBookingAtMs }: Warned): NonNullable<SessionView['warned']> {
  const next = nextBookingAtMs === undefined ? {} : { nextBookingAt: toInstant(nextBookingAtMs) }
  return { at: toInstant(atMs), endsAt: toInstant(endsAtMs), ...next }
}

function toLate({ revokedAtMs, countedFromMs, ms, units }: LateRevocation): NonNullable<SessionView['lateRevocation']> {
  const at = { revokedAt: toInstant(revokedAtMs), countedFrom: toInstant(countedFromMs) }
  return { ...at, ms, units: units.map((use) => ({ ...use })) }
}

function toPoint(point: MeterPoint): SessionView['begin'][number] {
  const { meter, unit, raw, epoch, total, atMs } = point
  return { meter, unit, ...(raw === undefined ? {} : { raw }), epoch, total, at: toInstant(atMs) }
}
