/**
 * Usage: what each session used of each meter, with the readings it comes from, and the line that shows that every unit
 * the counter made is in exactly one account. Nothing is computed here that is not in the ledger.
 */
import Type, { type Static } from 'typebox'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { counted, type MeterState } from '../../../core/meter/meter.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { overrunUnits } from '../../../core/session/overrun.ts'
import type { Session } from '../../../core/session/session.ts'
import { sharesOf } from '../../../core/session/shares.ts'
import type { SessionFilter } from '../../../ledger/store/read-rows.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { decide, scopeOf } from '../caller/policy.ts'
import { asksCsv, sendCsv, toCsv } from '../http/csv.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { periodFields, toPeriod } from '../http/period.ts'
import { sendProblem } from '../http/problem.ts'
import { foreignId, id, pageSize, toPageSize, words } from '../http/schema.ts'
import { clocksSchema, toClocks } from '../sessions/session-clocks.ts'
import { byHandLines, byHandSchema } from './by-hand.ts'

const PAGE = 1_000
/** Sessions by id; after the last of them, what was entered by hand, by entry. */
const CURSOR = '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|entry-(0|[1-9][0-9]{0,14}))$'
const BY_HAND = 'entry-'

const readingSchema = Type.Object(
  {
    raw: Type.Optional(Type.String({ description: 'Counter as the device held it.' })),
    total: Type.String(),
    epoch: Type.Integer(),
    at: shownInstant('When it was read.'),
  },
  { title: 'UsageReading' },
)

const usageSchema = Type.Object(
  {
    session: Type.String(),
    machine: Type.String(),
    owner: Type.String(),
    booking: Type.String(),
    tenant: Type.Optional(Type.String({ description: 'Only for auditors, the platform and the tenant.' })),
    tenantRef: Type.String({ description: 'Pseudonym of the tenant, as in the ledger.' }),
    status: Type.String({ description: 'Only `ended` is final.' }),
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
    simulated: Type.Boolean({ description: 'Never billable.' }),
  },
  { title: 'UsageLine' },
)
export type UsageLine = Static<typeof usageSchema>

const meterSchema = Type.Object(
  {
    meter: Type.String({ description: 'machine/alias.name' }),
    machine: Type.String(),
    kind: words(
      ['register', 'duration', 'edges', 'integral'] as const,
      'A counter of the device; or counted here: time, edges, a rate over time.',
    ),
    title: Type.Optional(Type.String()),
    unit: Type.String({ description: 'Smallest unit.' }),
    epoch: Type.Integer({ description: 'Life of the counter between two resets.' }),
    firstRaw: Type.Optional(Type.String({ description: 'First reading of the epoch.' })),
    raw: Type.Optional(Type.String({ description: 'Last reading.' })),
    wraps: Type.String({ description: 'Times the counter passed its modulus in this epoch.' }),
    total: Type.String({ description: 'Over all epochs.' }),
    counted: Type.Optional(
      Type.String({ description: 'What the counter itself made in this epoch: session + unassigned + disputed.' }),
    ),
    session: Type.String({ description: 'Of this epoch, used in sessions.' }),
    unassigned: Type.String({ description: 'Of this epoch, made while no session was open.' }),
    disputed: Type.String({ description: 'Of this epoch, made while nobody can say whose it was.' }),
    conserved: Type.Boolean({ description: 'The accounts add up to the counter.' }),
    at: Type.Optional(shownInstant('Last reading.')),
    simulated: Type.Boolean(),
  },
  { title: 'Meter' },
)
export type MeterView = Static<typeof meterSchema>

const query = Type.Object(
  {
    machine: Type.Optional(id('Only this machine.')),
    owner: Type.Optional(id('Only machines of this owner.')),
    tenant: Type.Optional(foreignId('Only this tenant; for auditors and the platform.')),
    ...periodFields('Sessions that began'),
    cursor: Type.Optional(Type.String({ pattern: CURSOR, description: '`next` of the page before.' })),
    limit: pageSize(PAGE, 100),
    format: Type.Optional(words(['json', 'csv'] as const, 'Wins over Accept.')),
  },
  { additionalProperties: false },
)

export function usageRoutes(app: App, api: Api): void {
  app.get(
    '/usage',
    {
      config: { action: 'usage.read', problems: ['not-found'] },
      schema: {
        operationId: 'listUsage',
        summary: 'What was used',
        description:
          'Lines by session and meter; as JSON, or as CSV with `Accept: text/csv` or `format=csv`. `limit` counts sessions, then what was entered by hand. Each page ends with the conservation lines of the meters in question, except for tenants.',
        tags: ['usage'],
        querystring: query,
        response: {
          200: Type.Object(
            {
              usage: Type.Array(usageSchema),
              byHand: Type.Array(byHandSchema, {
                description: 'Corrections and manual entries, after the last session.',
              }),
              conservation: Type.Array(meterSchema),
              next: Type.Optional(Type.String({ description: 'Cursor of the next page; as CSV in the Link header.' })),
            },
            { description: 'A page.' },
          ),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const { machine, owner, tenant, cursor, limit } = request.query
      const asked = toPeriod(request.query, api.config.timezone)
      if ('errors' in asked) return sendProblem(request, reply, refuse('bad-request'), asked)
      const mine = own(principal)
      if (tenant !== undefined && scopeOf(principal.role, 'usage.read') !== 'any')
        return sendProblem(request, reply, refuse('forbidden', 'tenant is for auditors and the platform'))
      if (owner !== undefined && mine.owner !== undefined && owner !== mine.owner)
        return sendProblem(request, reply, refuse('forbidden', 'not your machines'))
      if (machine !== undefined && !api.machines.has(machine))
        return sendProblem(request, reply, refuse('not-found', 'the site has no such machine'))
      const size = toPageSize(limit, PAGE, 100)
      const filter = {
        ...(machine === undefined ? {} : { machine }),
        ...(owner === undefined ? {} : { owner }),
        ...(tenant === undefined ? {} : { tenant }),
        ...mine,
        ...asked.period,
      }
      const after = cursor?.startsWith(BY_HAND) ? Number(cursor.slice(BY_HAND.length)) - 1 : undefined
      const found =
        after === undefined
          ? api.reader.sessions({ ...filter, ...(cursor === undefined ? {} : { after: cursor }), limit: size + 1 })
          : []
      const page = found.slice(0, size)
      const entered =
        found.length > size ? { lines: [] } : byHandLines(api, principal, filter, after ?? -1, size - page.length)
      const next =
        found.length > size ? page.at(-1)?.id : entered.next === undefined ? undefined : `${BY_HAND}${entered.next + 1}`
      const usage = page
        .filter((session) => decide(principal, 'usage.read', session) === undefined)
        .flatMap((session) => toLines(session, api, principal))
      const conservation = metersOf(api, principal).filter(
        (line) =>
          (machine === undefined || line.machine === machine) &&
          (owner === undefined || api.machines.get(line.machine)?.owner === owner),
      )
      if (!asksCsv(request))
        return { usage, byHand: entered.lines, conservation, ...(next === undefined ? {} : { next }) }
      return sendCsv(request, reply, 'usage.csv', toCsv(usage, entered.lines, conservation), { cursor: next })
    },
  )

  app.get(
    '/meters',
    {
      config: { action: 'meter.read' },
      schema: {
        operationId: 'listMeters',
        summary: 'Meters, and that they add up',
        tags: ['usage'],
        querystring: Type.Object({ machine: Type.Optional(id('Only this machine.')) }, { additionalProperties: false }),
        response: { 200: Type.Object({ meters: Type.Array(meterSchema) }, { description: 'Meters.' }) },
      },
    },
    async (request) => ({
      meters: metersOf(api, principalOf(request)).filter(
        (line) => request.query.machine === undefined || line.machine === request.query.machine,
      ),
    }),
  )

  app.get(
    '/meters/:machine/:meter',
    {
      config: { action: 'meter.read', problems: ['not-found'] },
      schema: {
        operationId: 'getMeter',
        summary: 'One meter',
        tags: ['usage'],
        params: Type.Object({
          machine: id('Machine.'),
          meter: Type.String({ pattern: '^[A-Za-z0-9.-]{1,80}$', description: 'alias.name' }),
        }),
        response: { 200: meterSchema },
      },
    },
    async (request, reply) => {
      const wanted = `${request.params.machine}/${request.params.meter}`
      const line = metersOf(api, principalOf(request)).find((meter) => meter.meter === wanted)
      return line ?? sendProblem(request, reply, refuse('not-found'))
    },
  )
}

/** The part of the filter that keeps a caller to what is theirs; `decide` is asked again for each session. */
function own(principal: Principal): Pick<SessionFilter, 'tenant' | 'owner'> {
  if (scopeOf(principal.role, 'usage.read') === 'any') return {}
  return principal.role === 'tenant' ? { tenant: principal.id } : { owner: principal.id }
}

function toLines(session: Session, api: Api, principal: Principal): UsageLine[] {
  if (session.status === 'refused' || session.use.length === 0) return []
  const { first, last } = api.reader.sessionEnds(session.id)
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
      ...use,
      ...(late === undefined ? {} : { overrun: late.quantity }),
      ...(session.override === undefined ? {} : { override: session.override }),
      ...(begin === undefined ? {} : { begin: toReading(begin) }),
      ...(end === undefined ? {} : { end: toReading(end) }),
      ...(first === undefined || last === undefined ? {} : { entries: [first, last] }),
      ...(session.incomplete === undefined ? {} : { incomplete: session.incomplete }),
      ...(clocks === undefined ? {} : { clocks }),
      shares: sharesOf(session).map((share) => ({ ...share })),
      simulated: session.simulated,
    }
  })
}

function toReading({ raw, total, epoch, atMs }: Session['begin'][number]): Static<typeof readingSchema> {
  return { ...(raw === undefined ? {} : { raw }), total, epoch, at: toInstant(atMs) }
}

/** None for tenants: what all sessions used would tell them of each other. */
function metersOf(api: Api, principal: Principal): MeterView[] {
  const known = new Map(api.reader.meters().map((meter) => [meter.meter, meter]))
  return api.config.machines
    .filter((machine) => decide(principal, 'meter.read', { machine: machine.id, owner: machine.owner }) === undefined)
    .flatMap((machine) =>
      machine.meters.flatMap((config) =>
        known.has(config.id) ? [toMeter(known.get(config.id)!, config, machine)] : [],
      ),
    )
}

function toMeter(state: MeterState, config: MachineConfig['meters'][number], machine: MachineConfig): MeterView {
  const { session, unassigned, disputed } = state.accounts
  const made = config.kind === 'register' ? counted(state, config) : undefined
  return {
    meter: state.meter,
    machine: state.machine,
    kind: state.kind,
    ...(config.title === undefined ? {} : { title: config.title }),
    unit: state.unit,
    epoch: state.epoch,
    ...(state.firstRaw === undefined ? {} : { firstRaw: String(state.firstRaw) }),
    ...(state.raw === undefined ? {} : { raw: String(state.raw) }),
    wraps: String(state.wraps),
    total: String(state.total),
    ...(made === undefined ? {} : { counted: String(made) }),
    session: String(session),
    unassigned: String(unassigned),
    disputed: String(disputed),
    conserved: made === undefined || made === session + unassigned + disputed,
    ...(state.atMs === 0 ? {} : { at: toInstant(state.atMs) }),
    simulated: machine.simulated,
  }
}
