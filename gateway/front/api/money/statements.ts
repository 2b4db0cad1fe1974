/**
 * What was used in a period, what it costs, and who gets it: for a tenant, an owner, or the site. Computed from entries
 * and published tariffs whenever it is asked for, so that it is the same each time.
 * Read next: bill-body.ts, ledger/statement.ts.
 */
import Type, { type Static } from 'typebox'
import { DAY_MS } from '../../../core/ground/moment.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { MOST_SESSIONS, readStatement } from '../../../ledger/statement.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { scopeOf } from '../caller/policy.ts'
import { asksCsv, csvFields, sendCsv, toTable } from '../http/csv.ts'
import { instantSchema, readInstants } from '../http/instant.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { foreignId, id } from '../http/schema.ts'
import { statementSchema } from './bill-body.ts'
import { type StatementRow, statementColumns, statementRows } from './statement-rows.ts'

/** A longer period is several statements. */
const LONGEST_DAYS = 400

const query = Type.Object(
  {
    from: instantSchema('Uses that ended at or after.'),
    to: instantSchema('And before.'),
    tenant: Type.Optional(foreignId('Only this tenant; for auditors and the platform.')),
    owner: Type.Optional(id('Only machines of this owner in which the owner has a share.')),
    ...csvFields,
  },
  { additionalProperties: false },
)

const getStatement = {
  config: { action: 'usage.read', csv: true, problems: [] },
  schema: {
    operationId: 'getStatement',
    summary: 'What uses cost in a period, and who gets it',
    description:
      'By the tariffs as they were published. Simulated uses, overrides and uses without an end reading are never billed, and listed. As CSV: a row per line, tax category and bill.',
    tags: ['money'],
    querystring: query,
    response: { 200: statementSchema },
  },
} as const

export function statementRoutes(app: App, api: Api): void {
  app.get('/statements', getStatement, async (request, reply) => {
    const { from, to, tenant, owner } = request.query
    const read = readInstants('/query', { from, to })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const period = { fromMs: read.times.from, toMs: read.times.to }
    if (period.toMs <= period.fromMs || period.toMs - period.fromMs > LONGEST_DAYS * DAY_MS)
      return sendErrors(request, reply, [
        { path: '/query/to', message: `is not within ${LONGEST_DAYS} days after \`from\`` },
      ])
    const principal = principalOf(request)
    const mine = ownOf(principal)
    if (mine !== undefined && isOfAnother({ tenant, owner }, mine))
      return sendProblem(request, reply, refuse('forbidden', 'it is of somebody else'))
    const found = readStatement(api.reader, {
      site: api.config.site,
      ...period,
      ...(tenant === undefined ? {} : { tenant }),
      ...(owner === undefined ? {} : { owner }),
      ...mine,
    })
    if (found === undefined)
      return sendProblem(
        request,
        reply,
        refuse('bad-request', `more than ${MOST_SESSIONS} uses; ask for a shorter period`),
      )
    if (!asksCsv(request)) return found.statement as Static<typeof statementSchema>
    return sendCsv(
      request,
      reply,
      'statement.csv',
      toTable<StatementRow>(statementColumns, statementRows(found.statement)),
    )
  })
}

type Own = { readonly tenant?: string; readonly owner?: string }

/** What a caller is kept to; undefined: nothing. */
function ownOf(principal: Principal): Own | undefined {
  if (scopeOf(principal.role, 'usage.read') === 'any') return undefined
  return principal.role === 'tenant' ? { tenant: principal.id } : { owner: principal.id }
}

const isOfAnother = (asked: { readonly [Name in keyof Own]: string | undefined }, mine: Own): boolean =>
  (['tenant', 'owner'] as const).some((name) => asked[name] !== undefined && asked[name] !== mine[name])
