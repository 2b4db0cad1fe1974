/**
 * Sessions: one use of one machine. Ending one is never limited, shed or refused for being too many.
 * Read next: session-body.ts (what is shown), control/commands/sessions.ts (what becomes of it).
 */

import Type from 'typebox'
import type { Outcome } from '../../../core/command/outcome.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Session } from '../../../core/session/session.ts'
import { issueReceipt } from '../../../ledger/issue.ts'
import { type Api, type App, type FastifyReply, type FastifyRequest, principalOf } from '../api.ts'
import { type Action, decide } from '../caller/policy.ts'
import { deny } from '../guard.ts'
import { sendProblem } from '../http/problem.ts'
import { sessionId } from '../http/schema.ts'
import { type SessionView, sessionSchema, toSession } from './session-body.ts'

const params = Type.Object({ id: sessionId })
/** Nothing to say, but `{}` may be sent. */
const nothing = Type.Object({}, { additionalProperties: false })

export function sessionRoutes(app: App, api: Api): void {
  app.get(
    '/sessions/:id',
    {
      config: { action: 'session.read', problems: ['not-found'] },
      schema: {
        operationId: 'getSession',
        summary: 'One session',
        tags: ['sessions'],
        params,
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      const session = find(request, api, 'session.read')
      return session === undefined
        ? sendProblem(request, reply, refuse('not-found'))
        : { ...toSession(session, principalOf(request)), ...inspectionsOf(session, api) }
    },
  )

  app.post(
    '/sessions/:id/end',
    {
      config: { action: 'session.end', unlimited: true, problems: ['not-found', 'session-ended', 'timed-out'] },
      schema: {
        operationId: 'endSession',
        summary: 'End a session',
        description: 'The permission is withdrawn; never limited, never shed.',
        tags: ['sessions'],
        params,
        body: nothing,
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      const session = find(request, api, 'session.end')
      if (session === undefined) return sendProblem(request, reply, refuse('not-found'))
      return sendSession(
        request,
        reply,
        await api.ask({ kind: 'end', principal: principalOf(request), session: session.id }),
      )
    },
  )

  app.get(
    '/sessions/:id/receipt',
    {
      config: { action: 'session.read', problems: ['not-found'] },
      schema: {
        operationId: 'getReceipt',
        summary: 'The receipt of a session that has ended: its entries with proofs and a signed checkpoint',
        tags: ['sessions'],
        params,
        response: { 200: Type.String() },
      },
    },
    async (request, reply) => {
      const session = find(request, api, 'session.read')
      if (session === undefined) return sendProblem(request, reply, refuse('not-found'))
      const receipt = issueReceipt(api.reader, session.id)
      if (receipt === undefined)
        return sendProblem(request, reply, refuse('not-found', 'there is a receipt once the session has ended'))
      // verbatim: what is signed is the text
      return reply.type('application/json; charset=utf-8').send(receipt)
    },
  )

  app.post(
    '/sessions/:id/resume',
    {
      config: {
        action: 'session.resume',
        problems: [
          'not-found',
          'session-ended',
          'not-suspended',
          'machine-blocked',
          'machine-not-ready',
          'machine-refused',
          'foreign-use',
          'wrong-time',
          'not-fresh',
          'time-untrusted',
          'ledger-full',
          'ledger-unproven',
          'busy',
          'unconfirmed',
          'timed-out',
        ],
      },
      schema: {
        operationId: 'resumeSession',
        summary: 'Unlock a suspended session again',
        tags: ['sessions'],
        params,
        body: nothing,
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      const session = find(request, api, 'session.resume')
      if (session === undefined) return sendProblem(request, reply, refuse('not-found'))
      return sendSession(
        request,
        reply,
        await api.ask({ kind: 'resume', principal: principalOf(request), session: session.id }),
      )
    },
  )
}

function inspectionsOf(session: Session, api: Api): Pick<SessionView, 'inspections'> {
  const found = api.reader.inspections(session.id)
  if (found.length === 0) return {}
  const inspections = found.map(({ body: { at, data } }) => {
    const { passed, note, by } = data as { passed: boolean; note: string; by: { role: Inspector } }
    return { at, passed, note, by: by.role }
  })
  return { inspections }
}

type Inspector = NonNullable<SessionView['inspections']>[number]['by']

/** The session, if the caller may. Someone else's is answered like one that does not exist. */
function find(request: FastifyRequest, api: Api, action: Action): Session | undefined {
  const session = api.reader.session((request.params as { id: string }).id)
  if (session === undefined) return undefined
  const refusal = decide(principalOf(request), action, session)
  if (refusal === undefined) return session
  deny(api, request, refusal.code)
  return undefined
}

/** The outcome of a command that should bring a session. */
export function sendSession(
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: Outcome,
): SessionView | FastifyReply {
  if (outcome.kind === 'refused') return sendProblem(request, reply, outcome.refusal)
  if (outcome.kind !== 'session') throw new Error(`the control thread answered ${outcome.kind} where a session was due`)
  return toSession(outcome.session, principalOf(request))
}
