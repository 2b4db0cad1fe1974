/**
 * What people entered, as lines of usage of their own: units a correction moved, and manual entries. They never change
 * a line that was metered, and say who stands for them.
 */
import Type, { type Static } from 'typebox'
import type { Entry } from '../../../core/ground/entry.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import type { Adjustment, By } from '../../../core/session/correction.ts'
import type { Api } from '../api.ts'
import { decide } from '../caller/policy.ts'
import { parseInstant, shownInstant } from '../http/instant.ts'
import { words } from '../http/schema.ts'

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

export type ByHandFilter = {
  readonly machine?: string
  readonly owner?: string
  readonly tenant?: string
  /** Corrections by when they were made, manual entries by when they begin. */
  readonly fromMs?: number
  readonly toMs?: number
}

/** Entries looked through for one page. */
const SCAN = 5_000
const BATCH = 500

/** Lines after an entry; `next` is the last entry looked at when there may be more. */
export function byHandLines(
  api: Api,
  principal: Principal,
  filter: ByHandFilter,
  after: number,
  size: number,
): { lines: ByHandLine[]; next?: number } {
  const machines = api.config.machines
    .filter(({ id, owner }) => (filter.machine ?? id) === id && (filter.owner ?? owner) === owner)
    .map(({ id }) => id)
  // tenants stand in the ledger under a pseudonym, which their sessions carry
  const tenantRef =
    filter.tenant === undefined ? undefined : api.reader.sessions({ tenant: filter.tenant, limit: 1 })[0]?.tenantRef
  const lines: ByHandLine[] = []
  let last = after
  for (let scanned = 0; scanned < SCAN; scanned += BATCH) {
    const entries = api.reader.byHandEntries(machines, last, BATCH)
    for (const entry of entries) {
      const found = toLines(entry, api, principal).filter(
        (line) =>
          (filter.tenant === undefined || (tenantRef !== undefined && line.tenantRef === tenantRef)) &&
          within(entry, line, filter),
      )
      if (found.length > 0 && lines.length >= size) return { lines, next: last }
      lines.push(...found)
      last = entry.seq
    }
    if (entries.length < BATCH) return { lines }
  }
  return { lines, next: last }
}

function within(entry: Entry, line: ByHandLine, { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: ByHandFilter) {
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
  if (principal.role !== 'tenant' && decide(principal, 'usage.read', { machine: machine.id, owner: machine.owner }))
    return []
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
