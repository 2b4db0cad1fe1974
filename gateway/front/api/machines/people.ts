/**
 * What people do at a machine besides using it: look at it between two tenants, and override as a technician. Neither
 * makes a machine safe to service, and both are recorded with the person.
 */

import Type from 'typebox'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { type Api, type App, type FastifyReply, type FastifyRequest, principalOf } from '../api.ts'
import { type Action, decide } from '../caller/policy.ts'
import { deny } from '../guard.ts'
import { sendProblem } from '../http/problem.ts'
import { id } from '../http/schema.ts'
import { sessionSchema } from '../sessions/session-body.ts'
import { sendSession } from '../sessions/sessions.ts'

const params = Type.Object({ id: id('Machine.') })
const text = (description: string) =>
  Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]{3,500}$', description: `${description} Goes into the ledger.` })

export function peopleRoutes(app: App, api: Api): void {
  app.post(
    '/machines/:id/inspection',
    {
      config: {
        action: 'machine.inspect',
        problems: [
          'not-found',
          'wrong-machine',
          'wrong-time',
          'no-booking',
          'booking-cancelled',
          'booking-released',
          'session-ended',
          'limit-used',
          'machine-in-use',
          'busy',
          'timed-out',
        ],
      },
      schema: {
        operationId: 'inspectMachine',
        summary: 'Say in what condition the machine is',
        description:
          'By a technician, its owner, or the tenant whose booking holds now; it looks back on the last session, where the note is shown. Not passed: the machine is blocked until a technician passes it. It is no statement about safety.',
        tags: ['machines'],
        params,
        body: Type.Object(
          { passed: Type.Boolean(), note: text('What was found; never who was there.') },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null({ description: 'Recorded.' }) },
      },
    },
    async (request, reply) => {
      const machine = find(request, reply, api, 'machine.inspect')
      if (machine === undefined) return reply
      const principal = principalOf(request)
      const outcome = await api.ask({ kind: 'inspect', principal, machine: machine.id, ...request.body })
      return outcome.kind === 'refused' ? sendProblem(request, reply, outcome.refusal) : reply.code(204).send(null)
    },
  )

  app.post(
    '/machines/:id/override',
    {
      config: {
        action: 'machine.override',
        problems: [
          'not-found',
          'machine-in-use',
          'machine-blocked',
          'no-interlock',
          'machine-not-ready',
          'machine-refused',
          'foreign-use',
          'not-fresh',
          'time-untrusted',
          'ledger-full',
          'ledger-unproven',
          'busy',
          'unconfirmed',
          'timed-out',
        ],
      },
      schema: {
        operationId: 'overrideMachine',
        summary: 'Unlock without a booking, as a technician',
        description:
          "Under the own name, and for the machines of the own key. Bookings, commissioning, maintenance, plans and inspections do not hold it back; safety, fresh readings, the ledger, the clock and the lock do. Metered, and on nobody's bill. It lasts `bounds.maxOverride` at most.",
        tags: ['machines'],
        params,
        body: Type.Object({ reason: text('Why.') }, { additionalProperties: false }),
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      const machine = find(request, reply, api, 'machine.override')
      if (machine === undefined) return reply
      const principal = principalOf(request)
      const outcome = await api.ask({ kind: 'override', principal, machine: machine.id, ...request.body })
      return sendSession(request, reply, outcome)
    },
  )
}

/** The machine, if the caller may; else the refusal has been sent. */
function find(request: FastifyRequest, reply: FastifyReply, api: Api, action: Action): MachineConfig | undefined {
  const machine = api.machines.get((request.params as { id: string }).id)
  if (machine === undefined) {
    sendProblem(request, reply, refuse('not-found'))
    return undefined
  }
  const refusal = decide(principalOf(request), action, { machine: machine.id, owner: machine.owner })
  if (refusal === undefined) return machine
  deny(api, request, refusal.code)
  sendProblem(request, reply, refusal)
  return undefined
}
