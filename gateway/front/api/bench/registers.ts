/**
 * Registers of a device as they are, for a technician who finds out what it reports. Only reads, at a bounded rate; the
 * control thread puts them behind its polls. Read next: control/commands/registers.ts.
 */
import Type from 'typebox'
import { MINUTE_MS, NS_PER_MS } from '../../../core/ground/moment.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { createLimit } from '../http/limit.ts'
import { sendProblem } from '../http/problem.ts'
import { id, words } from '../http/schema.ts'
import { refusals } from '../refusals.ts'

const MOST_BLOCKS = 16
const MOST_REGISTERS = 125

const table = () => words(['holding', 'input'] as const, 'Function 3 or 4.')
const start = () => Type.Integer({ minimum: 0, maximum: 65_535, description: 'First register, on the wire from 0.' })

const read = {
  config: { action: 'bench.read', problems: refusals.bench },
  schema: {
    operationId: 'readRegisters',
    summary: 'Registers of a device, as they are',
    description:
      'For commissioning: the device is asked behind all polls of its link. A block that it refuses is answered without `words`. `bounds.benchPerMinute` of the site file bounds the blocks.',
    tags: ['machines'],
    body: Type.Object(
      {
        link: id('Link of the site file.'),
        unit: Type.Integer({ minimum: 0, maximum: 255, description: 'Unit of the device.' }),
        blocks: Type.Array(
          Type.Object(
            {
              table: table(),
              start: start(),
              count: Type.Integer({ minimum: 1, maximum: MOST_REGISTERS, description: 'How many.' }),
            },
            { additionalProperties: false },
          ),
          { minItems: 1, maxItems: MOST_BLOCKS, description: 'What is read.' },
        ),
      },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object(
        {
          blocks: Type.Array(
            Type.Object({
              table: table(),
              start: start(),
              words: Type.Optional(Type.Array(Type.Integer(), { description: 'Absent when there is none.' })),
              cause: Type.Optional(Type.String({ description: 'Why there is none.' })),
              detail: Type.Optional(Type.String({ description: 'The word of the device for it.' })),
            }),
            { description: 'In the order asked.' },
          ),
        },
        { description: 'Registers.' },
      ),
    },
  },
} as const

export function benchRoutes(app: App, api: Api): void {
  const nowMs = () => Number(api.clock.nowNs() / NS_PER_MS)
  const ofLink = createLimit(api.config.bounds.benchPerMinute, MINUTE_MS, nowMs)
  app.post('/bench/registers', read, async (request, reply) => {
    const { link, blocks } = request.body
    for (const _ of blocks) {
      const retryAfterS = ofLink(link)
      if (retryAfterS !== undefined) return sendProblem(request, reply, refuse('rate-limited'), { retryAfterS })
    }
    const outcome = await ask(api, request, reply, { kind: 'read-registers', ...request.body })
    if (outcome === undefined) return reply
    return {
      blocks: outcome.blocks.map(({ words, ...rest }) => (words === undefined ? rest : { ...rest, words: [...words] })),
    }
  })
}
