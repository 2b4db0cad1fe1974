/**
 * Usage as it is shown: what a session used of each meter, with the readings it comes from, and a meter with the line
 * that shows that every unit its counter made is in exactly one account. Nothing here is computed that is not in the
 * ledger.
 * Read next: usage.ts and meters.ts (the routes), usage-csv.ts (the same as a table).
 */
import Type, { type Static } from 'typebox'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { clockStates } from '../../../core/ground/entry.ts'
import { titlesOf } from '../../../core/ground/language.ts'
import { counted, type MeterState, redefinedSince } from '../../../core/meter/meter.ts'
import type { Silent } from '../../../core/metering/silence.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { overrunUnits } from '../../../core/session/overrun.ts'
import type { Session } from '../../../core/session/session.ts'
import { sharesOf } from '../../../core/session/shares.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { titled, words } from '../http/schema.ts'
import { clocksSchema, toClocks } from '../sessions/session-clocks.ts'

const readingSchema = Type.Object(
  {
    raw: Type.Optional(Type.String({ description: 'Counter as the device held it.' })),
    total: Type.String(),
    epoch: Type.Integer(),
    at: shownInstant('When it was read.'),
  },
  { title: 'UsageReading' },
)

export const usageSchema = Type.Object(
  {
    session: Type.String(),
    machine: Type.String(),
    owner: Type.String(),
    booking: Type.String(),
    tenant: Type.Optional(Type.String({ description: 'Only for auditors, the platform and the tenant.' })),
    tenantRef: Type.String({ description: 'Pseudonym of the tenant, as in the ledger.' }),
    status: Type.String({ description: 'Only `ended` is final.' }),
    startedAt: Type.Optional(shownInstant('When the machine confirmed the unlock.')),
    endedAt: Type.Optional(shownInstant('When the session ended.')),
    meter: Type.String({ description: 'machine/alias.name' }),
    unit: Type.String(),
    quantity: Type.String({ description: 'Smallest units, decimal text.' }),
    overrun: Type.Optional(
      Type.String({ description: 'Of the quantity, what was made after the grace; absent: nothing.' }),
    ),
    override: Type.Optional(
      Type.Literal(true, { description: "Used by a person of the site without a booking: nobody's bill." }),
    ),
    begin: Type.Optional(readingSchema),
    end: Type.Optional(readingSchema),
    entries: Type.Optional(
      Type.Array(Type.Integer(), {
        minItems: 2,
        maxItems: 2,
        description: 'Sequence of the entry that holds the begin reading and of the one that holds the end reading.',
      }),
    ),
    incomplete: Type.Optional(Type.Literal(true)),
    clocks: Type.Optional(clocksSchema),
    shares: Type.Array(
      Type.Object({ owner: Type.String(), percent: Type.String({ description: 'Decimal text; they add up to 100.' }) }),
      { description: 'Whose it is, as it was agreed when the session began.' },
    ),
    clock: Type.Optional(words(clockStates, 'How far the times of its session are to be trusted.')),
    simulated: Type.Boolean({ description: 'Never billable.' }),
  },
  { title: 'UsageLine' },
)
export type UsageLine = Static<typeof usageSchema>

export const meterSchema = Type.Object(
  {
    meter: Type.String({ description: 'machine/alias.name' }),
    machine: Type.String(),
    kind: words(
      ['register', 'duration', 'edges', 'integral'] as const,
      'A counter of the device; or counted here: time, edges, a rate over time.',
    ),
    ...titled,
    unit: Type.String({ description: 'Smallest unit.' }),
    step: Type.Optional(
      Type.String({
        description:
          'What one count of its register is worth in this unit: a session that uses less may show none, or one.',
      }),
    ),
    epoch: Type.Integer({ description: 'Life of the counter between two resets.' }),
    firstRaw: Type.Optional(Type.String({ description: 'First reading of the epoch.' })),
    raw: Type.Optional(Type.String({ description: 'Last reading.' })),
    wraps: Type.String({ description: 'Times the counter passed its modulus in this epoch.' }),
    total: Type.String({ description: 'Over all epochs in this unit.' }),
    otherUnits: Type.Optional(
      Type.Array(Type.Object({ unit: Type.String(), total: Type.String({ description: 'Decimal text.' }) }), {
        description: 'Where it stands in other units, in which it counted before its configuration changed.',
      }),
    ),
    counted: Type.Optional(
      Type.String({ description: 'What the counter itself made in this epoch: session + unassigned + disputed.' }),
    ),
    session: Type.String({ description: 'Of this epoch, used in sessions.' }),
    unassigned: Type.String({ description: 'Of this epoch, made while no session was open.' }),
    disputed: Type.String({ description: 'Of this epoch, made while nobody can say whose it was.' }),
    conserved: Type.Boolean({ description: 'The accounts add up to the counter.' }),
    at: Type.Optional(shownInstant('Last reading.')),
    counting: Type.Boolean({
      description: 'It is read and counts. Otherwise what the machine makes is not metered; see `reason`.',
    }),
    reason: Type.Optional(
      Type.String({
        description:
          'Why it does not count: a cause such as `timeout`, `refused`, `never-read`, `stale`, `out-of-range`, `unresolved`, `regress`, `no-identity`, `waits-for-end` (its configuration changed in an open session), `setting` or `setting-unread` (its device is not set up as its profile needs it, or that has not been read).',
      }),
    ),
    reasonDetail: Type.Optional(Type.String({ description: 'The words of the device.' })),
    simulated: Type.Boolean(),
  },
  { title: 'Meter' },
)
export type MeterView = Static<typeof meterSchema>

type SessionEnds = { readonly first?: number | undefined; readonly last?: number | undefined }

/** A line per meter; `ends` are the first and the last entry of the session. */
export function toUsageLines(session: Session, { first, last }: SessionEnds, principal: Principal): UsageLine[] {
  if (session.status === 'refused' || session.use.length === 0) return []
  const clocks = toClocks(session)
  const overrun = overrunUnits(session)
  return session.use.map((use) => {
    const late = overrun.find(({ meter }) => meter === use.meter)
    const begin = session.begin.find((point) => point.meter === use.meter)
    const end = session.end?.find((point) => point.meter === use.meter)
    return {
      session: session.id,
      machine: session.machine,
      owner: session.owner,
      booking: session.booking,
      ...(principal.role === 'owner' ? {} : { tenant: session.tenant }),
      tenantRef: session.tenantRef,
      status: session.status,
      ...(session.startedAtMs === undefined ? {} : { startedAt: toInstant(session.startedAtMs) }),
      ...(session.endedAtMs === undefined ? {} : { endedAt: toInstant(session.endedAtMs) }),
      ...use,
      ...(late === undefined ? {} : { overrun: late.quantity }),
      ...(session.override === undefined ? {} : { override: session.override }),
      ...(begin === undefined ? {} : { begin: toReading(begin) }),
      ...(end === undefined ? {} : { end: toReading(end) }),
      ...(first === undefined || last === undefined ? {} : { entries: [first, last] }),
      ...(session.incomplete === undefined ? {} : { incomplete: session.incomplete }),
      ...(clocks === undefined ? {} : { clocks }),
      shares: sharesOf(session).map((share) => ({ ...share })),
      ...(session.clock === undefined ? {} : { clock: session.clock }),
      simulated: session.simulated,
    }
  })
}

function toReading({ raw, total, epoch, atMs }: Session['begin'][number]): Static<typeof readingSchema> {
  return { ...(raw === undefined ? {} : { raw }), total, epoch, at: toInstant(atMs) }
}

/** `silent`: why it does not count, by the board. */
export function toMeter(
  state: MeterState,
  config: MachineConfig['meters'][number],
  machine: MachineConfig,
  silent: Silent | undefined,
): MeterView {
  const { session, unassigned, disputed } = state.accounts
  // Until it is read, a meter that was configured differently stands by what it was.
  const isAsBefore =
    state.unit === config.unit && (state.definition === undefined || redefinedSince(state, config).length === 0)
  const made = config.kind === 'register' && isAsBefore ? counted(state, config) : undefined
  return {
    meter: state.meter,
    machine: state.machine,
    kind: state.kind,
    ...titlesOf(config),
    unit: state.unit,
    ...(config.kind === 'register' && isAsBefore ? { step: String(config.perCount) } : {}),
    epoch: state.epoch,
    ...(state.firstRaw === undefined ? {} : { firstRaw: String(state.firstRaw) }),
    ...(state.raw === undefined ? {} : { raw: String(state.raw) }),
    wraps: String(state.wraps),
    total: String(state.total),
    ...(state.otherUnits === undefined ? {} : { otherUnits: state.otherUnits.map(otherUnit) }),
    ...(made === undefined ? {} : { counted: String(made) }),
    session: String(session),
    unassigned: String(unassigned),
    disputed: String(disputed),
    conserved: made === undefined || made === session + unassigned + disputed,
    ...(state.atMs === 0 ? {} : { at: toInstant(state.atMs) }),
    counting: silent === undefined,
    ...(silent === undefined ? {} : { reason: silent.reason }),
    ...(silent?.detail === undefined ? {} : { reasonDetail: silent.detail }),
    simulated: machine.simulated,
  }
}

const otherUnit = ({ unit, total }: { readonly unit: string; readonly total: bigint }) => ({
  unit,
  total: String(total),
})
