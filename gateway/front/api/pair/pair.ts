/** Of a gateway on two boxes: leaves the site to the other one. Read next: control/pair/switch-over.ts. */
import Type from 'typebox'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { isForWhole } from '../guard.ts'
import { asked } from '../refusals.ts'

const switchOver = {
  config: { action: 'pair.switch', problems: ['no-spare', ...asked] },
  schema: {
    operationId: 'switchOver',
    summary: 'Leave the site to the other box',
    description:
      'Of a pair: this box stops, and the other one is the gateway within seconds. Sessions go on as after a restart within the lease. Its supervisor starts this one again, as the spare. Refused while the other box could not take over.',
    tags: ['configuration'],
    body: Type.Object(
      { reason: Type.String({ minLength: 1, maxLength: 200, description: 'Why; logged.' }) },
      { additionalProperties: false },
    ),
    response: { 202: Type.Null({ description: 'It stops.' }) },
  },
} as const

export function pairRoutes(app: App, api: Api): void {
  app.post('/pair/switch', switchOver, async (request, reply) => {
    if (!isForWhole(api, request, reply)) return reply
    const { reason } = request.body
    const done = await ask(api, request, reply, { kind: 'switch-over', reason })
    return done === undefined ? reply : reply.code(202).send(null)
  })
}
