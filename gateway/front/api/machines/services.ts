/**
 * Upkeep of a machine: what is due when, by the use of the last weeks, and that somebody has done it. Its drill and the
 * acceptance of its risk are due by time as well, and stand beside it.
 * Read next: core/people/services.ts, upkeep-view.ts (what is shown).
 */
import Type from 'typebox'
import { dayStart } from '../../../core/ground/day.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { machineFor } from '../guard.ts'
import { sendErrors } from '../http/problem.ts'
import { id, ledgerText, machineParams } from '../http/schema.ts'
import { asked } from '../refusals.ts'
import { createUpkeepView, serviceSchema } from './upkeep-view.ts'

const listServices = {
  config: { action: 'service.read', problems: ['not-found'] },
  schema: {
    operationId: 'listServices',
    summary: 'What has to be done at a machine, and when',
    tags: ['machines'],
    params: machineParams,
    response: { 200: Type.Object({ services: Type.Array(serviceSchema) }, { description: 'As configured.' }) },
  },
} as const

const doService = {
  config: { action: 'service.write', problems: ['not-found', ...asked] },
  schema: {
    operationId: 'doService',
    summary: 'Say that a service was done',
    description:
      'It counts anew from here, and its report is closed. A calibration counts from the day of its certificate.',
    tags: ['machines'],
    params: Type.Object({ id: id('Machine.'), service: id('Service.') }),
    body: Type.Object(
      {
        text: ledgerText('What was done.'),
        parts: Type.Optional(Type.Array(ledgerText('Part.'), { maxItems: 20, description: 'Parts that were put in.' })),
        certificate: Type.Optional(
          Type.Object(
            {
              number: ledgerText('Its number.'),
              day: Type.String({
                pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
                description: 'Its day, YYYY-MM-DD, at the site.',
                examples: ['2026-11-24'],
              }),
            },
            { additionalProperties: false, description: 'Of a calibration, and of nothing else.' },
          ),
        ),
      },
      { additionalProperties: false },
    ),
    response: { 204: Type.Null({ description: 'Recorded.' }) },
  },
} as const

export function serviceRoutes(app: App, api: Api): void {
  const view = createUpkeepView(api)
  app.get('/machines/:id/services', listServices, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    return machine === undefined ? reply : { services: view(machine) }
  })

  app.post('/machines/:id/services/:service/done', doService, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const { text, parts = [], certificate } = request.body
    const { service } = request.params
    const fromMs = certificate && dayStart(certificate.day, api.config.timezone)
    if (certificate !== undefined && (fromMs === undefined || fromMs > api.clock.nowMs()))
      return sendErrors(request, reply, [{ path: '/body/certificate/day', message: 'is no day that has begun' }])
    const outcome = await ask(api, request, reply, {
      ...{ kind: 'service-done', machine: machine.id, service, text, parts },
      ...(certificate === undefined ? {} : { certificate: { ...certificate, fromMs: fromMs! } }),
    })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })
}
