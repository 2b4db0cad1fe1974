/**
 * Drills: a technician has the gateway prove that a machine locks itself, and watches it.
 * Read next: control/commands/drills.ts, core/drill/commissioning.ts (what a drill is worth).
 */
import Type, { type Static } from 'typebox'
import type { DrillView } from '../../../core/command/outcome.ts'
import { plcStates } from '../../../core/interlock/lease.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { machineFor } from '../guard.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { machineParams, reason, words } from '../http/schema.ts'
import { asked, refusals } from '../refusals.ts'

const sightSchema = Type.Object(
  {
    atMs: Type.Integer({ description: 'Since the drill began.' }),
    kind: words(
      ['read', 'silent', 'write', 'cut', 'back'] as const,
      '`silent`: no answer to a read; `cut` and `back`: the link, by the drill itself.',
    ),
    state: Type.Optional(words(plcStates, 'Of a read: the state of the lock.')),
    leaseLeftMs: Type.Optional(Type.Integer({ description: 'Of a read: until it locks itself.' })),
    token: Type.Optional(Type.Integer({ description: 'Of a read: fencing token of its owner; 0: nobody.' })),
    command: Type.Optional(
      Type.String({ description: 'Of a write: `enable`, `finish`, `revoke`, `none`; of an output `on`, `off`.' }),
    ),
    heartbeat: Type.Optional(Type.Integer({ description: 'Of a write: its heartbeat.' })),
    result: Type.Optional(Type.String({ description: 'Of a write: `accepted`, `refused`, `unsent`, `unknown`.' })),
  },
  { title: 'DrillSight' },
)

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
    sights: Type.Array(sightSchema, { description: 'Its last half minute, oldest first.' }),
    relockMs: Type.Optional(
      Type.Number({
        description: 'Longest from the last renewal to a machine that may not start, by its own read-back.',
      }),
    ),
    failSafe: Type.Optional(Type.Boolean({ description: 'False: losing the gateway does not lock it (a coil).' })),
  },
  { title: 'Drill' },
)

const beginDrill = {
  config: { action: 'machine.drill', problems: refusals.drill },
  schema: {
    operationId: 'beginDrill',
    summary: 'Prove that a machine locks itself',
    description:
      'Unlocks and relocks the machine several times, and cuts its link: nobody may be near it, it has to be in maintenance, and nothing else in use on its link. About a minute. What comes of it is recorded with the person, and decides whether tenants are let in.',
    tags: ['machines'],
    params: machineParams,
    body: Type.Object({ reason }, { additionalProperties: false }),
    response: { 202: drillSchema },
  },
} as const

const getDrill = {
  config: { action: 'machine.drill', problems: ['not-found', ...asked] },
  schema: {
    operationId: 'getDrill',
    summary: 'How the drill of a machine goes, or went',
    description: 'The one under way, or the last since the gateway started; older ones are in the ledger.',
    tags: ['machines'],
    params: machineParams,
    response: { 200: drillSchema },
  },
} as const

export function drillRoutes(app: App, api: Api): void {
  app.post('/machines/:id/drill', beginDrill, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const outcome = await ask(api, request, reply, { kind: 'drill', machine: machine.id, ...request.body })
    return outcome === undefined ? reply : reply.code(202).send(toDrill(outcome.drill))
  })

  app.get('/machines/:id/drill', getDrill, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const outcome = await ask(api, request, reply, { kind: 'drill-view', machine: machine.id })
    return outcome === undefined ? reply : toDrill(outcome.drill)
  })
}

function toDrill({ startedAtMs, endedAtMs, ...view }: DrillView): Static<typeof drillSchema> {
  return {
    ...view,
    sights: [...view.sights],
    steps: view.steps.map((step) => ({ ...step, tookMs: Math.round(step.tookMs) })),
    startedAt: toInstant(startedAtMs),
    ...(endedAtMs === undefined ? {} : { endedAt: toInstant(endedAtMs) }),
  }
}
