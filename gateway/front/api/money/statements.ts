/**
 * What was used in a period, what it costs, and who gets it: for a tenant, an owner, or the site. Computed from entries
 * and published tariffs whenever it is asked for, so that it is the same each time.
 * Read next: bill-body.ts, ledger/statement.ts.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { invoicesOf } from '../../../core/billing/invoice.ts'
import type { IssuedStatement, Statement } from '../../../core/billing/statement.ts'
import { DAY_MS } from '../../../core/ground/moment.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { issuedStatement, issueStatement, statementHash } from '../../../ledger/issue.ts'
import { MOST_SESSIONS, readStatement } from '../../../ledger/statement.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { ask } from '../ask.ts'
import { scopeOf } from '../caller/policy.ts'
import { asksCsv, csvFields, sendCsv, toTable } from '../http/csv.ts'
import { instantSchema, readInstants, shownInstant } from '../http/instant.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { foreignId, id } from '../http/schema.ts'
import { asked } from '../refusals.ts'
import { statementSchema } from './bill-body.ts'
import { invoiceSchema } from './invoice-body.ts'
import { type StatementRow, statementColumns, statementRows } from './statement-rows.ts'

/** Issued ones that are listed. */
const MOST_LISTED = 50
/** A longer period is several statements. */
const LONGEST_DAYS = 400

const period = {
  from: instantSchema('Uses that ended at or after.'),
  to: instantSchema('And before.'),
  tenant: Type.Optional(foreignId('Only this tenant; for auditors and the platform.')),
  owner: Type.Optional(id('Only machines of this owner in which the owner has a share.')),
}
const query = Type.Object({ ...period, ...csvFields }, { additionalProperties: false })
const hash = (description: string) =>
  Type.String({ pattern: '^[0-9a-f]{64}$', description: `SHA-256, hex. ${description}`, examples: ['ab'.repeat(32)] })

const getStatement = {
  config: { action: 'usage.read', csv: true, problems: [] },
  schema: {
    operationId: 'getStatement',
    summary: 'What uses cost in a period, and who gets it',
    description:
      'By the tariffs as they were published. Simulated uses, overrides and uses without an end reading are never billed, and listed. As CSV: a row per line, tax category, bill and share of it.',
    tags: ['money'],
    querystring: query,
    response: { 200: statementSchema },
  },
} as const

const issueRoute = {
  config: { action: 'statement.write', problems: [...asked] },
  schema: {
    operationId: 'issueStatement',
    summary: 'Make a statement and write its hash into the log',
    description: 'The period has to be over. `GET /v1/statements/{hash}` then has the file that proves it.',
    tags: ['money'],
    body: Type.Object(period, { additionalProperties: false }),
    response: {
      201: Type.Object(
        { sha256: hash('Of the statement in canonical JSON.'), statement: statementSchema },
        { description: 'It is in the log.' },
      ),
    },
  },
} as const

const issuedRoute = {
  config: { action: 'statement.write', problems: [] },
  schema: {
    operationId: 'listIssuedStatements',
    summary: 'The statements that were issued',
    description: `Newest first, ${MOST_LISTED} at most. A new one does not replace an old one: its credits name it.`,
    tags: ['money'],
    response: {
      200: Type.Object(
        {
          statements: Type.Array(
            Type.Object(
              {
                sha256: hash('Of the statement.'),
                from: shownInstant('Uses that ended at or after.'),
                to: shownInstant('And before.'),
                tenant: Type.Optional(Type.String({ description: 'Pseudonym; absent: of every tenant.' })),
                owner: Type.Optional(Type.String({ description: 'Absent: of every owner.' })),
                issuedAt: shownInstant('Its hash went into the log.'),
              },
              { title: 'IssuedStatement' },
            ),
          ),
        },
        { description: 'Those the log holds.' },
      ),
    },
  },
} as const

const fileRoute = {
  config: { action: 'statement.write', problems: ['not-found'] },
  schema: {
    operationId: 'getStatementFile',
    summary: 'A statement that was issued, with its receipts, tariffs and proofs',
    description: 'Keep it byte for byte; `latchkey verify` recomputes every amount. There once a checkpoint covers it.',
    tags: ['money'],
    params: Type.Object({ hash: hash('Of the statement.') }),
    response: { 200: Type.Unsafe<string>({ type: 'object', additionalProperties: true, description: 'The file.' }) },
  },
} as const

const invoiceRoute = {
  config: { action: 'statement.write', problems: ['not-found'] },
  schema: {
    operationId: 'getInvoices',
    summary: 'What a platform needs to have an e-invoice (数电发票) issued for a statement',
    description:
      'Per currency one invoice, and a red one for credits. Buyer, seller and tax classification codes are added by the platform.',
    tags: ['money'],
    params: Type.Object({ hash: hash('Of the statement.') }),
    response: { 200: Type.Object({ invoices: Type.Array(invoiceSchema) }, { description: 'The same each time.' }) },
  },
} as const

export function statementRoutes(app: App, api: Api): void {
  app.get('/statements', getStatement, async (request, reply) => {
    const found = statementFor(api, request, reply, request.query)
    if (found === undefined) return reply
    if (!asksCsv(request)) return found as Static<typeof statementSchema>
    return sendCsv(request, reply, 'statement.csv', toTable<StatementRow>(statementColumns, statementRows(found)))
  })

  app.post('/statements', issueRoute, async (request, reply) => {
    // What is recorded from here on is not in it, so that it can be made again.
    const entries = api.reader.head().nextSeq
    const statement = statementFor(api, request, reply, request.body, entries)
    if (statement === undefined) return reply
    if (Date.parse(statement.to) > api.clock.nowMs())
      return sendErrors(request, reply, [{ path: '/body/to', message: 'is in the future' }])
    // Whose it is would not stand in it, and it would pass for that of the site.
    if (request.body.tenant !== undefined && !('tenant' in statement))
      return sendErrors(request, reply, [{ path: '/body/tenant', message: 'has used nothing in this period' }])
    const sha256 = statementHash(statement)
    const { from, to, ...of } = statement
    const issued = {
      sha256,
      from,
      to,
      ...('tenant' in of ? { tenant: of.tenant } : {}),
      ...('owner' in of ? { owner: of.owner } : {}),
      entries,
    }
    const outcome = await ask(api, request, reply, { kind: 'issue-statement', issued: issued as IssuedStatement })
    if (outcome === undefined) return reply
    return reply.code(201).send({ sha256, statement: statement as Static<typeof statementSchema> })
  })

  app.get('/statements/issued', issuedRoute, async () => ({
    statements: api.reader.statementsIssued(MOST_LISTED).map(({ atMs, body }) => {
      const { sha256, from, to, tenant, owner } = body.data as unknown as IssuedStatement
      const of = { ...(tenant === undefined ? {} : { tenant }), ...(owner === undefined ? {} : { owner }) }
      return { sha256, from, to, ...of, issuedAt: new Date(atMs).toISOString() }
    }),
  }))

  app.get('/statements/:hash', fileRoute, async (request, reply) => {
    const file = issueStatement(api.reader, api.config.site, request.params.hash)
    if (file === undefined)
      return sendProblem(request, reply, refuse('not-found', 'no such statement was issued, or it is not signed yet'))
    // Verbatim, because it is checked byte for byte.
    return reply.type('application/json; charset=utf-8').send(file as never)
  })

  app.get('/statements/:hash/invoice', invoiceRoute, async (request, reply) => {
    const { hash: sha256 } = request.params
    const statement = issuedStatement(api.reader, api.config.site, sha256)
    if (statement === undefined) return sendProblem(request, reply, refuse('not-found', 'no such statement was issued'))
    return { invoices: invoicesOf(statement, sha256) as Static<typeof invoiceSchema>[] }
  })
}

type Asked = {
  readonly from: string
  readonly to: string
  readonly tenant?: string | undefined
  readonly owner?: string | undefined
}

/** `below`: only entries below this sequence. Undefined when it was refused, and the refusal has been sent. */
function statementFor(
  api: Api,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Asked,
  below?: number,
): Statement | undefined {
  const { tenant, owner } = asked
  const place = request.method === 'POST' ? '/body' : '/query'
  const read = readInstants(place, { from: asked.from, to: asked.to })
  if (read.errors) return void sendErrors(request, reply, read.errors)
  const times = { fromMs: read.times.from, toMs: read.times.to }
  if (times.toMs <= times.fromMs || times.toMs - times.fromMs > LONGEST_DAYS * DAY_MS) {
    const message = `is not within ${LONGEST_DAYS} days after \`from\``
    return void sendErrors(request, reply, [{ path: `${place}/to`, message }])
  }
  if (tenant !== undefined && owner !== undefined)
    return void sendErrors(request, reply, [{ path: `${place}/owner`, message: 'is asked for without a tenant' }])
  const mine = ownOf(principalOf(request))
  if (mine !== undefined && isOfAnother({ tenant, owner }, mine))
    return void sendProblem(request, reply, refuse('forbidden', 'it is of somebody else'))
  const of = { ...(tenant === undefined ? {} : { tenant }), ...(owner === undefined ? {} : { owner }), ...mine }
  const found = readStatement(api.reader, { site: api.config.site, ...times, ...of, ...(below && { below }) })
  if (found === undefined)
    sendProblem(request, reply, refuse('bad-request', `more than ${MOST_SESSIONS} uses; ask for a shorter period`))
  return found?.statement
}

type Own = { readonly tenant?: string; readonly owner?: string }

/** What a caller is kept to; undefined: nothing. */
function ownOf(principal: Principal): Own | undefined {
  if (scopeOf(principal.role, 'usage.read') === 'any') return undefined
  return principal.role === 'tenant' ? { tenant: principal.id } : { owner: principal.id }
}

const isOfAnother = (asked: { readonly [Name in keyof Own]: string | undefined }, mine: Own): boolean =>
  (['tenant', 'owner'] as const).some((name) => asked[name] !== undefined && asked[name] !== mine[name])
