/**
 * Blocks: times in which a machine takes no new unlock because its owner says so. What is booked stays booked: a block
 * over it is refused until the platform has released the booking, and a booking over a block is refused likewise.
 */
import Type, { type Static } from 'typebox'
import type { Block } from '../../../core/booking/plan.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { type Api, type App, type FastifyReply, type FastifyRequest, principalOf } from '../api.ts'
import { type Action, decide } from '../caller/policy.ts'
import { deny } from '../guard.ts'
import { instantSchema, parseInstant, shownInstant, toInstant } from '../http/instant.ts'
import { type FieldError, sendProblem } from '../http/problem.ts'
import { foreignId, id } from '../http/schema.ts'

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
const machineParams = Type.Object({ id: id('Machine.') })
const blockParams = Type.Object({ id: id('Machine.'), block: foreignId('Block; an id of your own.') })

export function blockRoutes(app: App, api: Api): void {
  app.put(
    '/machines/:id/blocks/:block',
    {
      config: {
        action: 'block.write',
        problems: ['not-found', 'booking-conflict', 'too-many-blocks', 'busy', 'timed-out'],
      },
      schema: {
        operationId: 'putBlock',
        summary: 'Block a time',
        description: 'No new unlock in it; a session that runs goes on. Put again, it is moved.',
        tags: ['machines'],
        params: blockParams,
        body: Type.Object(
          {
            start: instantSchema('Begin.'),
            end: instantSchema('End.'),
            reason: Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]{3,200}$', description: 'Why; goes into the ledger.' }),
          },
          { title: 'BlockInput', additionalProperties: false },
        ),
        response: {
          200: Type.Object(blockSchema.properties, { title: 'Block', description: 'Moved, or known already.' }),
          201: Type.Object(blockSchema.properties, { title: 'Block', description: 'New.' }),
        },
      },
    },
    async (request, reply) => {
      const machine = find(request, reply, api, 'block.write')
      if (machine === undefined) return reply
      const { start, end, reason } = request.body
      const [fromMs, untilMs] = [parseInstant(start), parseInstant(end)]
      const errors: FieldError[] = []
      if (fromMs === undefined) errors.push({ path: '/body/start', message: 'is no moment' })
      if (untilMs === undefined) errors.push({ path: '/body/end', message: 'is no moment' })
      if (fromMs === undefined || untilMs === undefined)
        return sendProblem(request, reply, refuse('bad-request'), { errors })
      const block = { id: request.params.block, fromMs, untilMs, reason }
      const outcome = await api.ask({
        kind: 'put-block',
        principal: principalOf(request),
        machine: machine.id,
        block,
      })
      if (outcome.kind === 'refused') return sendProblem(request, reply, outcome.refusal)
      if (outcome.kind !== 'block') throw new Error(`the control thread answered ${outcome.kind} to put-block`)
      return reply.code(outcome.created ? 201 : 200).send(toBlock(outcome.block))
    },
  )

  app.delete(
    '/machines/:id/blocks/:block',
    {
      config: { action: 'block.write', problems: ['not-found', 'busy', 'timed-out'] },
      schema: {
        operationId: 'removeBlock',
        summary: 'Remove a block',
        tags: ['machines'],
        params: blockParams,
        response: { 204: Type.Null({ description: 'Removed.' }) },
      },
    },
    async (request, reply) => {
      const machine = find(request, reply, api, 'block.write')
      if (machine === undefined) return reply
      const outcome = await api.ask({
        kind: 'remove-block',
        principal: principalOf(request),
        machine: machine.id,
        id: request.params.block,
      })
      return outcome.kind === 'refused' ? sendProblem(request, reply, outcome.refusal) : reply.code(204).send(null)
    },
  )

  app.get(
    '/machines/:id/blocks',
    {
      config: { action: 'block.read', problems: ['not-found'] },
      schema: {
        operationId: 'listBlocks',
        summary: 'Blocks that are not over',
        tags: ['machines'],
        params: machineParams,
        response: { 200: Type.Object({ blocks: Type.Array(blockSchema) }, { description: 'By begin.' }) },
      },
    },
    async (request, reply) => {
      const machine = find(request, reply, api, 'block.read')
      if (machine === undefined) return reply
      const row = api.reader.machines().find((each) => each.machine === machine.id)
      const blocks = (row?.blocks ?? []).filter(({ untilMs }) => untilMs > api.clock.nowMs())
      return { blocks: [...blocks].sort((a, b) => a.fromMs - b.fromMs).map(toBlock) }
    },
  )
}

/** The machine, if the caller may; else the answer has been sent. */
function find(request: FastifyRequest, reply: FastifyReply, api: Api, action: Action): MachineConfig | undefined {
  const machine = api.machines.get((request.params as { id: string }).id)
  const refusal =
    machine === undefined
      ? refuse('not-found')
      : decide(principalOf(request), action, { machine: machine.id, owner: machine.owner })
  if (refusal === undefined) return machine
  if (machine !== undefined) deny(api, request, refusal.code)
  sendProblem(request, reply, refusal)
  return undefined
}

function toBlock({ id: block, fromMs, untilMs, reason, by }: Block): Static<typeof blockSchema> {
  return { id: block, start: toInstant(fromMs), end: toInstant(untilMs), reason, by }
}
