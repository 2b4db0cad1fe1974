/**
 * Upkeep of a machine: what is due when, by the use since it was last done, and that somebody has done it.
 * Read next: core/people/services.ts.
 */
import Type, { type Static } from 'typebox'
import type { ServiceConfig } from '../../../core/ground/config.ts'
import { DAY_MS } from '../../../core/ground/moment.ts'
import type { Served } from '../../../core/machine/change.ts'
import { isDue } from '../../../core/people/services.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { machineFor } from '../guard.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { id, ledgerText, machineParams } from '../http/schema.ts'
import { asked } from '../refusals.ts'

/** Nothing is foretold from less. */
const LEAST_MS = DAY_MS

const serviceSchema = Type.Object(
  {
    id: Type.String(),
    text: Type.String({ description: 'What has to be done.' }),
    meter: Type.Optional(Type.String({ description: 'machine/alias.name' })),
    every: Type.Optional(Type.String({ description: 'Units of the meter, smallest, decimal text.' })),
    used: Type.Optional(Type.String({ description: 'Units since it was last done, decimal text.' })),
    unit: Type.Optional(Type.String()),
    days: Type.Optional(Type.Integer({ description: 'Days since it was last done.' })),
    since: Type.Optional(shownInstant('When it was last done, or began to count.')),
    due: Type.Boolean({ description: 'It has to be done now.' }),
    closes: Type.Boolean({ description: 'While it is due nobody begins a use.' }),
    expected: Type.Optional(shownInstant('When it will be due, if the machine is used as since then.')),
  },
  { title: 'Service' },
)

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
    description: 'It counts anew from here, and its report is closed.',
    tags: ['machines'],
    params: Type.Object({ id: id('Machine.'), service: id('Service.') }),
    body: Type.Object(
      {
        text: ledgerText('What was done.'),
        parts: Type.Optional(Type.Array(ledgerText('Part.'), { maxItems: 20, description: 'Parts that were put in.' })),
      },
      { additionalProperties: false },
    ),
    response: { 204: Type.Null({ description: 'Recorded.' }) },
  },
} as const

export function serviceRoutes(app: App, api: Api): void {
  app.get('/machines/:id/services', listServices, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const row = api.reader.machines().find((each) => each.machine === machine.id)
    return { services: (machine.services ?? []).map((each) => toService(api, each, row?.services?.[each.id])) }
  })

  app.post('/machines/:id/services/:service/done', doService, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const { text, parts = [] } = request.body
    const { service } = request.params
    const outcome = await ask(api, request, reply, { kind: 'service-done', machine: machine.id, service, text, parts })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })
}

function toService(
  { reader, clock }: Api,
  service: ServiceConfig,
  served: Served | undefined,
): Static<typeof serviceSchema> {
  const { id: name, text, meter: counter, every, days, close } = service
  const meter = counter === undefined ? undefined : reader.meter(counter)
  const used = served && meter && meter.total - BigInt(served.total)
  const nowMs = clock.nowMs()
  const expectedMs = served && expected(service, served, used, nowMs)
  return {
    id: name,
    text,
    ...(counter === undefined ? {} : { meter: counter }),
    ...(every === undefined ? {} : { every }),
    ...(used === undefined ? {} : { used: used.toString() }),
    ...(meter === undefined ? {} : { unit: meter.unit }),
    ...(days === undefined ? {} : { days }),
    ...(served === undefined ? {} : { since: toInstant(served.atMs) }),
    due: served !== undefined && isDue(service, served, meter, nowMs),
    closes: close,
    ...(expectedMs === undefined ? {} : { expected: toInstant(expectedMs) }),
  }
}

/** Whichever comes first, if use goes on as it was. */
function expected(
  { every, days }: ServiceConfig,
  { atMs }: Served,
  used: bigint | undefined,
  nowMs: number,
): number | undefined {
  const passedMs = nowMs - atMs
  const byUse =
    every === undefined || used === undefined || used <= 0n || passedMs < LEAST_MS
      ? Number.POSITIVE_INFINITY
      : atMs + passedMs * (Number(every) / Number(used))
  const byDays = days === undefined ? Number.POSITIVE_INFINITY : atMs + days * DAY_MS
  const first = Math.min(byUse, byDays)
  // Beyond what a date can be it is never.
  return first <= 8.64e15 ? Math.round(first) : undefined
}
