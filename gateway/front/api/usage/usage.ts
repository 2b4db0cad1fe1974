/**
 * What was used: a page of sessions with their lines, after the last of them what was entered by hand, and with every
 * page the lines that show that the meters add up.
 * Read next: usage-body.ts, by-hand.ts, usage-csv.ts.
 */
import Type, { type Static } from 'typebox'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import type { SessionFilter } from '../../../ledger/store/read-sessions.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { decide, scopeOf } from '../caller/policy.ts'
import { asksCsv, csvFields, sendCsv } from '../http/csv.ts'
import { periodFields, toPeriod } from '../http/period.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { foreignId, id, pageSize, toPageSize, words } from '../http/schema.ts'
import { type ByHandLine, byHandLines, byHandSchema } from './by-hand.ts'
import { metersOf } from './meters.ts'
import { meterSchema, toUsageLines, type UsageLine, usageSchema } from './usage-body.ts'
import { toUsageCsv } from './usage-csv.ts'
import { tableNames, toUsageTable } from './usage-tables.ts'

const PAGE = 1_000
/** A session by its id; after the last of them, an entry made by hand. */
const CURSOR = '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|entry-(0|[1-9][0-9]{0,14}))$'
const BY_HAND = 'entry-'

const query = Type.Object(
  {
    machine: Type.Optional(id('Only this machine.')),
    owner: Type.Optional(id('Only machines of this owner.')),
    tenant: Type.Optional(foreignId('Only this tenant; for auditors and the platform.')),
    ...periodFields('Sessions that began'),
    cursor: Type.Optional(
      Type.String({ pattern: CURSOR, description: '`next` of the page before.', examples: ['entry-42'] }),
    ),
    limit: pageSize(PAGE),
    ...csvFields,
    table: Type.Optional(
      words(tableNames, 'CSV: this table alone, its times in the zone of the site; absent: all three in one.'),
    ),
  },
  { additionalProperties: false },
)
type Query = Static<typeof query>

const listUsage = {
  config: { action: 'usage.read', csv: true, problems: ['not-found'] },
  schema: {
    operationId: 'listUsage',
    summary: 'What was used',
    description:
      'Lines by session and meter; as JSON, or as CSV with `Accept: text/csv` or `format=csv`, all lines in one table or one `table` alone. `limit` counts sessions, then what was entered by hand. Each page ends with the conservation lines of the meters in question, except for tenants.',
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
} as const

export function usageRoutes(app: App, api: Api): void {
  app.get('/usage', listUsage, async (request, reply) => {
    const principal = principalOf(request)
    const { machine, owner, tenant, cursor, limit } = request.query
    const asked = toPeriod(request.query, api.config.timezone)
    if (asked.errors) return sendErrors(request, reply, asked.errors)
    const refusal = refuseFilter(request.query, principal, api)
    if (refusal) return sendProblem(request, reply, refusal)
    const filter = {
      ...(machine === undefined ? {} : { machine }),
      ...(owner === undefined ? {} : { owner }),
      ...(tenant === undefined ? {} : { tenant }),
      ...ownFilter(principal),
      ...asked.period,
    }
    const { usage, byHand, next } = pageOf(api, principal, filter, cursor, toPageSize(limit, PAGE))
    const conservation = metersOf(
      api,
      principal,
      (each) => (machine ?? each.id) === each.id && (owner ?? each.owner) === each.owner,
    ).filter(({ at }) => at !== undefined)
    if (!asksCsv(request)) return { usage, byHand, conservation, ...(next === undefined ? {} : { next }) }
    const { table } = request.query
    const csv =
      table === undefined
        ? toUsageCsv(usage, byHand, conservation)
        : toUsageTable(table, { usage, byHand, conservation }, api.config.timezone)
    return sendCsv(request, reply, `${table ?? 'usage'}.csv`, csv, { cursor: next })
  })
}

/** A filter that asks for what the caller may not see, or for a machine that is not there. */
function refuseFilter({ machine, owner, tenant }: Query, principal: Principal, api: Api): Refusal | undefined {
  const mine = ownFilter(principal)
  if (tenant !== undefined && scopeOf(principal.role, 'usage.read') !== 'any')
    return refuse('forbidden', '`tenant` is for auditors and the platform')
  if (owner !== undefined && mine.owner !== undefined && owner !== mine.owner)
    return refuse('forbidden', 'the machines have another owner')
  if (machine !== undefined && !api.machines.has(machine)) return refuse('not-found', 'the site has no such machine')
  return undefined
}

/** Keeps a caller to what is theirs; each session is decided on once more. */
function ownFilter(principal: Principal): Pick<SessionFilter, 'tenant' | 'owner'> {
  if (scopeOf(principal.role, 'usage.read') === 'any') return {}
  return principal.role === 'tenant' ? { tenant: principal.id } : { owner: principal.id }
}

type Page = { readonly usage: UsageLine[]; readonly byHand: ByHandLine[]; readonly next?: string | undefined }

/** Sessions first; the page on which they end goes on with what was entered by hand. */
function pageOf(
  api: Api,
  principal: Principal,
  filter: Omit<SessionFilter, 'limit' | 'after'>,
  cursor: string | undefined,
  size: number,
): Page {
  const afterEntry = cursor?.startsWith(BY_HAND) ? Number(cursor.slice(BY_HAND.length)) - 1 : undefined
  const found =
    afterEntry === undefined
      ? api.reader.sessions({ ...filter, ...(cursor === undefined ? {} : { after: cursor }), limit: size + 1 })
      : []
  const sessions = found.slice(0, size)
  const usage = sessions
    .filter((session) => decide(principal, 'usage.read', session) === undefined)
    .flatMap((session) => toUsageLines(session, api.reader.sessionEnds(session.id), principal))
  if (found.length > size) return { usage, byHand: [], next: sessions.at(-1)?.id }
  const { rows, next } = byHandLines(api, principal, filter, afterEntry ?? -1, size - sessions.length)
  return { usage, byHand: rows, next: next === undefined ? undefined : `${BY_HAND}${next + 1}` }
}
