/**
 * Whether the broker, the store, the feed of bookings and the keys of the issuers are there and take us, as
 * `latchkey test` asks them. It writes nothing but one message to the broker, which is not retained.
 * Read next: front/reach.ts.
 */
import Type from 'typebox'
import { MINUTE_MS, NS_PER_MS } from '../../../core/ground/moment.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import { createLimit } from '../http/limit.ts'
import { sendProblem } from '../http/problem.ts'

/** Each connects to all of them. */
const PER_MINUTE = 6

const testSite = {
  config: { action: 'configuration.write', problems: ['not-found'] },
  schema: {
    operationId: 'testReach',
    summary: 'Test broker, store, feed and keys',
    tags: ['health'],
    body: Type.Object({}, { additionalProperties: false }),
    response: {
      200: Type.Object(
        {
          findings: Type.Array(
            Type.Object({
              what: Type.String(),
              ok: Type.Boolean(),
              detail: Type.String({ description: 'Where it is, or what is wrong.' }),
            }),
          ),
        },
        { description: 'One for each that the site file names.' },
      ),
    },
  },
} as const

export function testRoutes(app: App, { reach, clock }: Api): void {
  const limit = createLimit(PER_MINUTE, MINUTE_MS, () => Number(clock.nowNs() / NS_PER_MS))
  app.post('/bench/tests', testSite, async (request, reply) => {
    if (reach === undefined) return sendProblem(request, reply, refuse('not-found'))
    const retryAfterS = limit('all')
    if (retryAfterS !== undefined) return sendProblem(request, reply, refuse('rate-limited'), { retryAfterS })
    return { findings: (await reach()).map((finding) => ({ ...finding })) }
  })
}
