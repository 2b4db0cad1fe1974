/** Drills: a technician has the gateway prove that a machine locks itself, and watches it. */
import Type, { type Static } from 'typebox'
import type { DrillView } from '../../../core/command/outcome.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { decide } from '../caller/policy.ts'
import { deny } from '../guard.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { sendProblem } from '../http/problem.ts'
import { id, words } from '../http/schema.ts'

const drillSchema = Type.Object(
  {
    machine: Type.String(),
    state: words(
      ['running', 'passed', 'failed', 'broken-off'] as const,
      '`broken-off`: it did not come to its end, proves nothing, and is not recorded.',
    ),
    by: Type.String({ description: 'The technician.' }),
    startedAt: shownInstant('It began.'),
    endedAt: Type.Optional(shownInstant('It ended.')),
    step: Type.Optional(Type.String({ description: 'The step under way.' })),
    steps: Type.Array(
      Type.Object({
        step: Type.String(),
        passed: Type.Boolean(),
        detail: Type.String({ description: 'What was seen.' }),
        measuredMs: Type.Optional(Type.Number({ description: 'What was measured, ms.' })),
        tookMs: Type.Number(),
      }),
      { description: 'Steps that have ended, in order.' },
    ),
    relockMs: Type.Optional(
      Type.Number({
        description: 'Longest from the last renewal to a machine that may not start, by its own read-back.',
      }),
    ),
    failSafe: Type.Optional(Type.Boolean({ description: 'False: losing the gateway does not lock it (a coil).' })),
  },
  { title: 'Drill' },
)

const params = Type.Object({ id: id('Machine.') })

export function drillRoutes(app: App, api: Api): void {
  app.post(
    '/machines/:id/drill',
    {
      config: {
        action: 'machine.drill',
        problems: [
          'not-found',
          'no-interlock',
          'drill-not-ready',
          'not-fresh',
          'time-untrusted',
          'ledger-full',
          'ledger-unproven',
          'busy',
          'timed-out',
        ],
      },
      schema: {
        operationId: 'beginDrill',
        summary: 'Prove that a machine locks itself',
        description:
          'Unlocks and relocks the machine several times, and cuts its link: nobody may be near it, it has to be in maintenance, and nothing else in use on its link. About a minute. What comes of it is recorded with the person, and decides whether tenants are let in.',
        tags: ['machines'],
        params,
        body: Type.Object(
          {
            reason: Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]{3,200}$', description: 'Why; goes into the ledger.' }),
          },
          { additionalProperties: false },
        ),
        response: { 202: drillSchema },
      },
    },
    async (request, reply) => {
      const machine = api.machines.get(request.params.id)
      if (machine === undefined) return sendProblem(request, reply, refuse('not-found'))
      const refusal = decide(principalOf(request), 'machine.drill', { machine: machine.id, owner: machine.owner })
      if (refusal) {
        deny(api, request, refusal.code)
        return sendProblem(request, reply, refusal)
      }
      const { reason } = request.body
      const outcome = await api.ask({ kind: 'drill', principal: principalOf(request), machine: machine.id, reason })
      if (outcome.kind === 'drill') return reply.code(202).send(toDrill(outcome.drill))
      return sendProblem(request, reply, outcome.kind === 'refused' ? outcome.refusal : refuse('internal'))
    },
  )

  app.get(
    '/machines/:id/drill',
    {
      config: { action: 'machine.drill', problems: ['not-found', 'busy', 'timed-out'] },
      schema: {
        operationId: 'getDrill',
        summary: 'How the drill of a machine goes, or went',
        description: 'The one under way, or the last since the gateway started; older ones are in the ledger.',
        tags: ['machines'],
        params,
        response: { 200: drillSchema },
      },
    },
    async (request, reply) => {
      const machine = api.machines.get(request.params.id)
      if (machine === undefined) return sendProblem(request, reply, refuse('not-found'))
      const refusal = decide(principalOf(request), 'machine.drill', { machine: machine.id, owner: machine.owner })
      if (refusal) return sendProblem(request, reply, refusal)
      const outcome = await api.ask({ kind: 'drill-view', principal: principalOf(request), machine: machine.id })
      if (outcome.kind === 'drill') return toDrill(outcome.drill)
      return sendProblem(request, reply, outcome.kind === 'refused' ? outcome.refusal : refuse('internal'))
    },
  )
}

function toDrill({ startedAtMs, endedAtMs, ...view }: DrillView): Static<typeof drillSchema> {
  return {
    ...view,
    steps: view.steps.map((step) => ({ ...step, tookMs: Math.round(step.tookMs) })),
    startedAt: toInstant(startedAtMs),
    ...(endedAtMs === undefined ? {} : { endedAt: toInstant(endedAtMs) }),
  }
}
