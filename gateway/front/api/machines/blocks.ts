/**
 * Blocks: times in which a machine takes no new unlock because its owner says so. A booked time stays booked: a block
 * over it is refused until the platform has released the booking, and so is a booking over a block.
 * Read next: core/booking/plan.ts, core/people/arranged.ts.
 */
import Type, { type Static } from 'typebox'
import type { Block } from '../../../core/booking/plan.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { machineFor } from '../guard.ts'
import { instantSchema, readInstants, shownInstant, toInstant } from '../http/instant.ts'
import { sendErrors } from '../http/problem.ts'
import { foreignId, id, machineParams, reason } from '../http/schema.ts'
import { asked } from '../refusals.ts'

const blockSchema = Type.Object(
  {
    id: Type.String(),
    start: shownInstant('Begin.'),
    end: shownInstant('End.'),
    reason: Type.String(),
    by: Type.String({ description: 'Who set it.' }),
  },
  { title: 'Block' },
)
const blockParams = Type.Object({ id: id('Machine.'), block: foreignId('Block; an id of your own.') })

const putBlock = {
  config: { action: 'block.write', problems: ['not-found', 'booking-conflict', 'too-many-blocks', ...asked] },
  schema: {
    operationId: 'putBlock',
    summary: 'Block a time',
    description: 'No new unlock in it; a session that runs goes on. Put again, it is moved.',
    tags: ['machines'],
    params: blockParams,
    body: Type.Object(
      { start: instantSchema('Begin.'), end: instantSchema('End.'), reason },
      { title: 'BlockInput', additionalProperties: false },
    ),
    response: {
      200: Type.Object(blockSchema.properties, { title: 'Block', description: 'Moved, or known already.' }),
      201: Type.Object(blockSchema.properties, { title: 'Block', description: 'New.' }),
    },
  },
} as const

const removeBlock = {
  config: { action: 'block.write', problems: ['not-found', ...asked] },
  schema: {
    operationId: 'removeBlock',
    summary: 'Remove a block',
    tags: ['machines'],
    params: blockParams,
    response: { 204: Type.Null({ description: 'Removed.' }) },
  },
} as const

const listBlocks = {
  config: { action: 'block.read', tagged: true, problems: ['not-found'] },
  schema: {
    operationId: 'listBlocks',
    summary: 'Blocks that are not over',
    tags: ['machines'],
    params: machineParams,
    response: { 200: Type.Object({ blocks: Type.Array(blockSchema) }, { description: 'By begin.' }) },
  },
} as const

export function blockRoutes(app: App, api: Api): void {
  app.put('/machines/:id/blocks/:block', putBlock, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const { start, end, reason } = request.body
    const read = readInstants('/body', { start, end })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const block = { id: request.params.block, fromMs: read.times.start, untilMs: read.times.end, reason }
    const outcome = await ask(api, request, reply, { kind: 'put-block', machine: machine.id, block })
    return outcome === undefined ? reply : reply.code(outcome.created ? 201 : 200).send(toBlock(outcome.block))
  })

  app.delete('/machines/:id/blocks/:block', removeBlock, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const { block } = request.params
    const outcome = await ask(api, request, reply, { kind: 'remove-block', machine: machine.id, id: block })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })

  app.get('/machines/:id/blocks', listBlocks, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const row = api.reader.machines().find((each) => each.machine === machine.id)
    const blocks = (row?.blocks ?? []).filter(({ untilMs }) => untilMs > api.clock.nowMs())
    return { blocks: [...blocks].sort((a, b) => a.fromMs - b.fromMs).map(toBlock) }
  })
}

function toBlock({ id: block, fromMs, untilMs, reason: why, by }: Block): Static<typeof blockSchema> {
  return { id: block, start: toInstant(fromMs), end: toInstant(untilMs), reason: why, by }
}
