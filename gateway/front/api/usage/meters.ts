/**
 * Meters, and that they add up. Never for tenants: what all sessions used would show them each other's use.
 * Read next: usage-body.ts (what is shown), readings.ts (the readings behind it).
 */
import Type from 'typebox'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { newMeter } from '../../../core/meter/meter.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { decideAt } from '../caller/policy.ts'
import { machinesFor } from '../guard.ts'
import { sendProblem } from '../http/problem.ts'
import { id } from '../http/schema.ts'
import { type MeterView, meterSchema, toMeter } from './usage-body.ts'

export const meterParams = Type.Object({
  machine: id('Machine.'),
  meter: Type.String({
    pattern: '^[A-Za-z0-9.-]{1,80}$',
    description: 'A meter of the machine: alias.name.',
    examples: ['meter.energy'],
  }),
})

const listMeters = {
  config: { action: 'meter.read' },
  schema: {
    operationId: 'listMeters',
    summary: 'Meters, and that they add up',
    tags: ['usage'],
    querystring: Type.Object({ machine: Type.Optional(id('Only this machine.')) }, { additionalProperties: false }),
    response: { 200: Type.Object({ meters: Type.Array(meterSchema) }, { description: 'Meters.' }) },
  },
} as const

const getMeter = {
  config: { action: 'meter.read', problems: ['not-found'] },
  schema: {
    operationId: 'getMeter',
    summary: 'One meter',
    tags: ['usage'],
    params: meterParams,
    response: { 200: meterSchema },
  },
} as const

export function meterRoutes(app: App, api: Api): void {
  app.get('/meters', listMeters, async (request) => {
    const { machine } = request.query
    return { meters: metersOf(api, principalOf(request), ({ id }) => (machine ?? id) === id) }
  })

  app.get('/meters/:machine/:meter', getMeter, async (request, reply) => {
    const wanted = `${request.params.machine}/${request.params.meter}`
    const found = metersOf(api, principalOf(request)).find(({ meter }) => meter === wanted)
    return found ?? sendProblem(request, reply, refuse('not-found'))
  })
}

/** The meters of the machines where the caller may read them, also those that have never counted. */
export function metersOf(
  api: Api,
  principal: Principal,
  wanted: (machine: MachineConfig) => boolean = () => true,
): MeterView[] {
  const known = new Map(api.reader.meters().map((meter) => [meter.meter, meter]))
  return machinesFor(api, principal, 'meter.read')
    .filter(wanted)
    .flatMap((machine) =>
      machine.meters.map((config) => {
        const silent = api.board.row(machine.id)?.silent.find(({ meter }) => meter === config.id)
        return toMeter(known.get(config.id) ?? newMeter(config, ''), config, machine, silent)
      }),
    )
}

/** The full name of a meter the caller may read, by the path; undefined for one that is not there, or not theirs. */
export function readableMeter(
  api: Api,
  principal: Principal,
  path: { readonly machine: string; readonly meter: string },
): string | undefined {
  const machine = api.machines.get(path.machine)
  const meter = machine?.meters.find(({ id }) => id === `${path.machine}/${path.meter}`)
  if (machine === undefined || meter === undefined) return undefined
  return decideAt(principal, 'meter.read', machine) === undefined ? meter.id : undefined
}
