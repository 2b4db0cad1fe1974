/**
 * What people entered, as lines of usage of their own: units that a correction moved, and manual entries. They never
 * change a line that was metered, and name the person who answers for them.
 * Read next: corrections.ts, usage.ts.
 */
import Type, { type Static } from 'typebox'
import type { Entry } from '../../../core/ground/entry.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import type { Adjustment, By } from '../../../core/session/correction.ts'
import type { Api } from '../api.ts'
import { decideAt } from '../caller/policy.ts'
import { parseInstant, shownInstant } from '../http/instant.ts'
import { words } from '../http/schema.ts'
import { scanPage } from './scan.ts'

export const byHandSchema = Type.Object(
  {
    source: words(['manual', 'correction'] as const, '`manual`: no device counted this.'),
    entry: Type.Integer({ description: 'Sequence of the entry.' }),
    original: Type.Optional(Type.Integer({ description: 'Sequence of the entry that is corrected.' })),
    machine: Type.String(),
    owner: Type.String(),
    session: Type.Optional(Type.String()),
    tenantRef: Type.Optional(Type.String({ description: 'Pseudonym of the tenant, as in the ledger.' })),
    meter: Type.String({ description: 'machine/alias.name; of a manual entry, the words of the technician.' }),
    unit: Type.String(),
    quantity: Type.String({ description: 'Decimal text; of a correction, what moves between the accounts.' }),
    fromAccount: Type.Optional(Type.String()),
    toAccount: Type.Optional(Type.String()),
    from: Type.Optional(shownInstant('A manual entry begins.')),
    to: Type.Optional(shownInstant('A manual entry ends.')),
    reason: Type.String(),
    by: Type.Optional(Type.String({ description: 'Who entered it; not for tenants.' })),
    shares: Type.Optional(
      Type.Array(Type.Object({ owner: Type.String(), percent: Type.String() }), {
        description: 'Of a manual entry; those of a correction are of its session.',
      }),
    ),
    simulated: Type.Boolean({ description: 'Never billable.' }),
  },
  { title: 'EnteredByHand' },
)
export type ByHandLine = Static<typeof byHandSchema>

type ByHandFilter = {
  readonly machine?: string
  readonly owner?: string
  readonly tenant?: string
  /** Corrections go by when they were made, manual entries by when they begin. */
  readonly fromMs?: number
  readonly toMs?: number
}

/** Lines after an entry. */
export function byHandLines(
  api: Api,
  principal: Principal,
  filter: ByHandFilter,
  after: number,
  size: number,
): { readonly rows: ByHandLine[]; readonly next?: number } {
  const machines = api.config.machines
    .filter(({ id, owner }) => (filter.machine ?? id) === id && (filter.owner ?? owner) === owner)
    .map(({ id }) => id)
  // In the ledger a tenant stands under a pseudonym, which their sessions carry.
  const tenantRef =
    filter.tenant === undefined ? undefined : api.reader.sessions({ tenant: filter.tenant, limit: 1 })[0]?.tenantRef
  const isOf = (line: ByHandLine) =>
    filter.tenant === undefined || (tenantRef !== undefined && line.tenantRef === tenantRef)
  return scanPage(
    (last, limit) => api.reader.byHandEntries(machines, last, limit),
    (entry) => toLines(entry, api, principal).filter((line) => isOf(line) && isWithin(entry, line, filter)),
    after,
    size,
  )
}

function isWithin(entry: Entry, line: ByHandLine, { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: ByHandFilter) {
  const ms = line.from === undefined ? entry.atMs : parseInstant(line.from)!
  return ms >= fromMs && ms < toMs
}

type Data = Omit<ByHandLine, 'by'> & { by: By; tenant?: string; adjust?: (Adjustment & { unit: string })[] }

function toLines(entry: Entry, api: Api, principal: Principal): ByHandLine[] {
  const machine = api.machines.get(entry.machine ?? '')
  const session = entry.session === undefined ? undefined : api.reader.session(entry.session)
  if (machine === undefined) return []
  const data = entry.body.data as unknown as Data
  const tenantRef = session?.tenantRef ?? data.tenant
  // A tenant sees lines by the pseudonym, wherever the machine is.
  if (principal.role !== 'tenant' && decideAt(principal, 'usage.read', machine)) return []
  const common = {
    entry: entry.seq,
    machine: machine.id,
    owner: session?.owner ?? machine.owner,
    ...(entry.session === undefined ? {} : { session: entry.session }),
    ...(tenantRef === undefined ? {} : { tenantRef }),
    reason: data.reason,
    ...(principal.role === 'tenant' ? {} : { by: data.by.name }),
    simulated: entry.body.simulated === true,
  }
  if (entry.kind === 'ManualEntry') {
    const { meter, unit, quantity, from, to, shares } = data
    return [
      {
        ...common,
        source: 'manual',
        meter,
        unit,
        quantity,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(shares === undefined ? {} : { shares }),
      },
    ]
  }
  return (data.adjust ?? []).map(({ meter, unit, quantity, from, to }) => ({
    ...common,
    source: 'correction',
    ...(data.original === undefined ? {} : { original: data.original }),
    meter,
    unit,
    quantity,
    fromAccount: from,
    toAccount: to,
  }))
}
