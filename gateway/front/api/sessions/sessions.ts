/**
 * Sessions: one use of one machine. Ending one is never limited, never shed and never refused for being too many.
 * Read next: session-body.ts (what is shown), extension.ts (more time), control/commands/sessions.ts (what becomes of
 * it).
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Session } from '../../../core/session/session.ts'
import { issueReceipt } from '../../../ledger/issue.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { ask } from '../ask.ts'
import { decide } from '../caller/policy.ts'
import { actionOf, reportDenial } from '../guard.ts'
import { ignoreBodies } from '../http/body.ts'
import { sendProblem } from '../http/problem.ts'
import { sessionId } from '../http/schema.ts'
import { refusals } from '../refusals.ts'
import { type SessionView, sessionSchema, toSession } from './session-body.ts'

/** Where a receipt can be checked: relative, so that it holds behind a proxy that puts a path before it. */
const VERIFY_PAGE = '<../../../verify>; rel="help"; type="text/html"'

const params = Type.Object({ id: sessionId })
/** There is nothing to say, but `{}` may be sent. */
const nothing = Type.Object({}, { additionalProperties: false })

const getSession = {
  config: { action: 'session.read', tagged: true, problems: ['not-found'] },
  schema: {
    operationId: 'getSession',
    summary: 'One session',
    tags: ['sessions'],
    params,
    response: { 200: sessionSchema },
  },
} as const

const endSession = {
  config: { action: 'session.end', unlimited: true, problems: refusals.end },
  schema: {
    operationId: 'endSession',
    summary: 'End a session',
    description:
      'The permission is withdrawn; never limited, never shed. Whatever the body holds, it is not read. With `release=true` the tenant or the platform gives back the rest of the booking: its time is free for others once the session has ended.',
    tags: ['sessions'],
    params,
    querystring: Type.Object({
      release: Type.Optional(
        Type.String({ description: '`true`: the rest of the booking is given back.', examples: ['true'] }),
      ),
    }),
    body: Type.Object({}),
    response: { 200: sessionSchema },
  },
} as const

/** Of the text that is sent as it is; ledger/evidence/FORMAT.md says what each part proves. */
const receiptSchema = Type.Object(
  {
    format: Type.Literal('latchkey-receipt'),
    version: Type.Literal(1),
    origin: Type.String({ description: 'The log it comes from.' }),
    session: Type.String(),
    entries: Type.Array(
      Type.Object({
        index: Type.Integer({ description: 'Sequence of the entry.' }),
        body: Type.String({ description: 'The entry, as canonical JSON, as it was hashed.' }),
        proof: Type.Array(Type.String(), { description: 'Hashes from the leaf up, base64.' }),
      }),
    ),
    checkpoint: Type.String({ description: 'A signed note.' }),
  },
  { title: 'Receipt', description: 'Keep it byte for byte; `latchkey verify` checks it.' },
)

const getReceipt = {
  config: { action: 'receipt.read', problems: ['not-found'] },
  schema: {
    operationId: 'getReceipt',
    summary: 'The receipt of a session that has ended: its entries with proofs and a signed checkpoint',
    description: 'It names the tenant by the pseudonym, so that technicians get those of their own overrides only.',
    tags: ['sessions'],
    params,
    response: { 200: receiptSchema },
  },
} as const

const resumeSession = {
  config: { action: 'session.resume', problems: refusals.resume },
  schema: {
    operationId: 'resumeSession',
    summary: 'Unlock a suspended session again',
    tags: ['sessions'],
    params,
    body: nothing,
    response: { 200: sessionSchema },
  },
} as const

export function sessionRoutes(app: App, api: Api): void {
  app.get('/sessions/:id', getSession, async (request, reply) => {
    const session = sessionFor(api, request, reply)
    if (session === undefined) return reply
    return { ...toSession(session, principalOf(request), api.board), ...inspectionsOf(session, api) }
  })

  app.register(async (scope) => {
    ignoreBodies(scope)
    scope.post('/sessions/:id/end', endSession, async (request, reply) => {
      const session = sessionFor(api, request, reply)
      if (session === undefined) return reply
      const { release: given } = request.query as { readonly release?: string }
      const release = given === 'true' ? { release: true as const } : {}
      const outcome = await ask(api, request, reply, { kind: 'end', session: session.id, ...release })
      return outcome === undefined ? reply : toSession(outcome.session, principalOf(request))
    })
  })

  app.get('/sessions/:id/receipt', getReceipt, async (request, reply) => {
    const session = sessionFor(api, request, reply)
    if (session === undefined) return reply
    const receipt = issueReceipt(api.reader, session.id)
    if (receipt === undefined)
      return sendProblem(request, reply, refuse('not-found', 'a session has a receipt once it has ended'))
    // Verbatim, because the signature is over this text.
    return reply
      .header('link', VERIFY_PAGE)
      .type('application/json; charset=utf-8')
      .send(receipt as never)
  })

  app.post('/sessions/:id/resume', resumeSession, async (request, reply) => {
    const session = sessionFor(api, request, reply)
    if (session === undefined) return reply
    const outcome = await ask(api, request, reply, { kind: 'resume', session: session.id })
    return outcome === undefined ? reply : toSession(outcome.session, principalOf(request))
  })
}

/**
 * The session the path names, when the caller may do with it what the route is for. Otherwise undefined, and not-found
 * has been sent: a session of somebody else is answered like one that does not exist, and the denial is reported.
 */
export function sessionFor(api: Api, request: FastifyRequest, reply: FastifyReply): Session | undefined {
  const session = api.reader.session((request.params as { id: string }).id)
  const refusal = session && decide(principalOf(request), actionOf(request), session)
  if (session !== undefined && refusal === undefined) return session
  if (refusal !== undefined) reportDenial(api, request, refusal.code)
  sendProblem(request, reply, refuse('not-found'))
  return undefined
}

type Inspector = NonNullable<SessionView['inspections']>[number]['by']

function inspectionsOf(session: Session, api: Api): Pick<SessionView, 'inspections'> {
  const found = api.reader.inspections(session.id)
  if (found.length === 0) return {}
  const inspections = found.map(({ body: { at, data } }) => {
    const { passed, note, by } = data as { passed: boolean; note: string; by: { role: Inspector } }
    return { at, passed, note, by: by.role }
  })
  return { inspections }
}
