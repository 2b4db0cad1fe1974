/**
 * What people do at a machine besides using it: inspect it between two tenants, and override as a technician. Neither
 * makes a machine safe to service, and both are recorded with the person.
 * Read next: control/commands/people.ts, core/people/after-use.ts, core/booking/override.ts.
 */
import Type from 'typebox'
import { type Api, type App, principalOf } from '../api.ts'
import { ask } from '../ask.ts'
import { machineFor } from '../guard.ts'
import { ledgerText, machineParams } from '../http/schema.ts'
import { refusals } from '../refusals.ts'
import { sessionSchema, toSession } from '../sessions/session-body.ts'

const inspectMachine = {
  config: { action: 'machine.inspect', problems: refusals.inspect },
  schema: {
    operationId: 'inspectMachine',
    summary: 'Say in what condition the machine is',
    description:
      'By a technician, its owner, or the tenant whose booking holds now; it looks back on the last session, where the note is shown. Not passed: the machine is blocked until a technician passes it. It is no statement about safety.',
    tags: ['machines'],
    params: machineParams,
    body: Type.Object(
      { passed: Type.Boolean(), note: ledgerText('What was found; never who was there.') },
      { additionalProperties: false },
    ),
    response: { 204: Type.Null({ description: 'Recorded.' }) },
  },
} as const

const overrideMachine = {
  config: { action: 'machine.override', problems: refusals.override },
  schema: {
    operationId: 'overrideMachine',
    summary: 'Unlock without a booking, as a technician',
    description:
      "Under the own name, and for the machines of the own key. Bookings, commissioning, maintenance, plans and inspections do not hold it back; safety, fresh readings, the ledger, the clock and the lock do. Metered, and on nobody's bill. It lasts `bounds.maxOverride` at most.",
    tags: ['machines'],
    params: machineParams,
    body: Type.Object({ reason: ledgerText('Why.') }, { additionalProperties: false }),
    response: { 200: sessionSchema },
  },
} as const

export function peopleRoutes(app: App, api: Api): void {
  app.post('/machines/:id/inspection', inspectMachine, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const outcome = await ask(api, request, reply, { kind: 'inspect', machine: machine.id, ...request.body })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })

  app.post('/machines/:id/override', overrideMachine, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const outcome = await ask(api, request, reply, { kind: 'override', machine: machine.id, ...request.body })
    return outcome === undefined ? reply : toSession(outcome.session, principalOf(request))
  })
}
