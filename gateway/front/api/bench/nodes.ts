/**
 * What an OPC UA server has below a node, with the values that stand there, for a technician who looks for what to
 * read. Only looks, at a bounded rate. Read next: control/commands/nodes.ts.
 */
import Type from 'typebox'
import { MINUTE_MS, NS_PER_MS } from '../../../core/ground/moment.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { isForWhole } from '../guard.ts'
import { createLimit } from '../http/limit.ts'
import { sendProblem } from '../http/problem.ts'
import { id } from '../http/schema.ts'
import { refusals } from '../refusals.ts'

const browse = {
  config: { action: 'configuration.write', problems: refusals.bench },
  schema: {
    operationId: 'browseNodes',
    summary: 'What a server has below a node, and what stands there',
    description:
      'For commissioning, on links that have nodes (OPC UA): at most 200 of them. `bounds.benchPerMinute` of the site file bounds it.',
    tags: ['machines'],
    body: Type.Object(
      {
        link: id('Link of the site file.'),
        node: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 512,
            description: 'As it was listed; absent: the objects of the server.',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object(
        {
          nodes: Type.Array(
            Type.Object({
              id: Type.String({ description: 'As a profile writes it.' }),
              name: Type.String(),
              kind: Type.String({ description: 'Node class.' }),
              type: Type.Optional(Type.String({ description: 'Built-in type of a variable.' })),
              value: Type.Optional(Type.String({ description: 'As text.' })),
              cause: Type.Optional(Type.String({ description: 'Why there is no value.' })),
            }),
            { description: 'In the order of the server.' },
          ),
        },
        { description: 'Nodes.' },
      ),
    },
  },
} as const

export function nodeRoutes(app: App, api: Api): void {
  const nowMs = () => Number(api.clock.nowNs() / NS_PER_MS)
  const ofLink = createLimit(api.config.bounds.benchPerMinute, MINUTE_MS, nowMs)
  app.post('/bench/nodes', browse, async (request, reply) => {
    if (!isForWhole(api, request, reply)) return reply
    const { link, node } = request.body
    const retryAfterS = ofLink(link)
    if (retryAfterS !== undefined) return sendProblem(request, reply, refuse('rate-limited'), { retryAfterS })
    const outcome = await ask(api, request, reply, { kind: 'browse', link, ...(node === undefined ? {} : { node }) })
    return outcome === undefined ? reply : { nodes: outcome.nodes.map((each) => ({ ...each })) }
  })
}
