/**
 * What a tenant says of the machine after a use. It is taken until the next use begins, and keeps nobody from ending.
 * Read next: machines/questions.ts (what is asked), core/people/answers.ts.
 */
import Type from 'typebox'
import { NOT_IN_A_LINE } from '../../../core/ground/text.ts'
import { LONGEST_ANSWER } from '../../../core/session/answers.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { sessionId } from '../http/schema.ts'
import { asked } from '../refusals.ts'
import { sessionFor } from './sessions.ts'

/** Of all answers together, with room for what is not ASCII. */
export const ANSWERS_LIMIT = 65_536

export const answersField = Type.Record(
  Type.String({ pattern: '^[a-z0-9-]{1,32}$' }),
  Type.String({
    pattern: `^[^${NOT_IN_A_LINE}]{1,${LONGEST_ANSWER}}$`,
    description: `An answer. 1 to ${LONGEST_ANSWER} characters in one line.`,
    examples: ['yes'],
  }),
  {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 24,
    description:
      'By the id of the question: `yes` or `no`, a decimal number of at most 9 and 6 digits, the id of a choice, or words. Goes into the ledger.',
    examples: [{ guard: 'yes', dust: '0.5' }],
  },
)

const answerSession = {
  bodyLimit: ANSWERS_LIMIT,
  config: {
    action: 'session.answer',
    problems: ['not-found', 'session-ended', 'answers-due', 'already-answered', ...asked],
  },
  schema: {
    operationId: 'answerSession',
    summary: 'Answer the questions after a use',
    description:
      'Once, as soon as the session begins and until the next use does; the same answers again are taken for the first. An answer outside its limits makes a report.',
    tags: ['sessions'],
    params: Type.Object({ id: sessionId }),
    body: Type.Object({ answers: answersField }, { additionalProperties: false }),
    response: { 204: Type.Null({ description: 'Recorded.' }) },
  },
} as const

export function answerRoutes(app: App, api: Api): void {
  app.post('/sessions/:id/answers', answerSession, async (request, reply) => {
    const session = sessionFor(api, request, reply)
    if (session === undefined) return reply
    const outcome = await ask(api, request, reply, { kind: 'answer', session: session.id, ...request.body })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })
}
