/**
 * A site file for machines that are simulated: what a test varies is an option, the rest is as a person would write it.
 */
import { stringify } from 'yaml'
import type { MachineKind, MachineSimulator, Platform } from './simulators.ts'

export type SiteMachine = { readonly id: string; readonly lease?: string; readonly simulator: MachineSimulator }

export type SiteOptions = {
  readonly site: string
  readonly dataDir: string
  readonly port: number
  readonly platform: Pick<Platform, 'issuer' | 'audience' | 'jwks'>
  readonly machines: readonly SiteMachine[]
  /** Its address, and other members of `mqtt`. */
  readonly mqtt?: { readonly url: string; readonly version: 4 | 5; readonly [member: string]: unknown }
  /** Members of `sparkplug`. */
  readonly sparkplug?: Readonly<Record<string, unknown>>
  readonly influx?: { readonly url: string; readonly database: string; readonly timeout?: string }
  /** Members of `bookings`. */
  readonly bookings?: Readonly<Record<string, unknown>>
  /** Members of a machine, beside what it is made of. */
  readonly more?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Members of `api`. */
  readonly api?: Readonly<Record<string, unknown>>
  readonly fencingId?: number
  /** Trusted beside the platform. */
  readonly issuers?: readonly { readonly issuer: string; readonly audience: string; readonly jwks: string }[]
  /** Links and machines beside those that are simulated, as they stand in the file. */
  readonly beside?: {
    readonly links: Readonly<Record<string, object>>
    readonly machines: Readonly<Record<string, object>>
  }
  readonly tariffs?: Readonly<Record<string, object>>
  readonly webhooks?: Readonly<Record<string, object>>
  /** The picture of the floor. */
  readonly plan?: string
  /** Members of `bounds`. */
  readonly bounds?: Readonly<Record<string, unknown>>
}

export function siteText(options: SiteOptions): string {
  const { site, dataDir, port, platform, machines, mqtt, influx, bounds, bookings, beside, more = {} } = options
  const { issuer, audience, jwks } = platform
  return stringify({
    site,
    timezone: 'Asia/Shanghai',
    dataDir,
    ...(options.fencingId === undefined ? {} : { fencingId: options.fencingId }),
    // A test asks more often than a person.
    api: { listen: `127.0.0.1:${port}`, rateLimit: 100_000, ...options.api },
    trust: { issuers: [{ issuer, audience, jwks }, ...(options.issuers ?? [])] },
    ...(mqtt === undefined ? {} : { mqtt }),
    ...(options.sparkplug === undefined ? {} : { sparkplug: options.sparkplug }),
    ...(influx === undefined ? {} : { influx }),
    links: { ...Object.fromEntries(machines.flatMap(linksOf)), ...beside?.links },
    machines: {
      ...Object.fromEntries(machines.map((machine) => [machine.id, { ...machineOf(machine), ...more[machine.id] }])),
      ...beside?.machines,
    },
    ...(options.tariffs === undefined ? {} : { tariffs: options.tariffs }),
    ...(options.webhooks === undefined ? {} : { webhooks: options.webhooks }),
    ...(options.plan === undefined ? {} : { plan: options.plan }),
    ...(bounds === undefined ? {} : { bounds }),
    ...(bookings === undefined ? {} : { bookings }),
  })
}

function linksOf({ id, simulator }: SiteMachine): [string, object][] {
  const { modbusPort, opcuaPort } = simulator
  const modbus = { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port: modbusPort }
  const opcua = { protocol: 'opcua', endpoint: `opc.tcp://127.0.0.1:${opcuaPort}`, security: 'None' }
  return [
    ...(modbusPort === 0 ? [] : [[`${id}-modbus`, modbus] as [string, object]]),
    ...(opcuaPort === 0 ? [] : [[`${id}-opcua`, opcua] as [string, object]]),
  ]
}

function machineOf({ id, simulator, lease }: SiteMachine): object {
  const name = { en: id }
  const energy = { profile: 'abb-b23', link: `${id}-modbus`, unit: 11 }
  switch (simulator.kind) {
    case 'spray-booth':
      return {
        name,
        owner: 'huajian',
        devices: { plc: { profile: 'sim-spray-booth', link: `${id}-modbus`, unit: 1 }, energy },
        state: 'plc',
        interlock: { device: 'plc', class: 'lease', ...leaseOf(lease) },
      }
    case 'panel-saw':
      return {
        name,
        owner: 'huajian',
        devices: { saw: { profile: 'sim-panel-saw', link: `${id}-opcua`, root: 'nsu=urn:latchkey:sim;s=Saw' }, energy },
        state: 'saw',
      }
    case 'edge-bander':
      return bander(`${id}-modbus`, 'sim-edge-bander', { unit: 1 }, { class: 'watchdog' })
    case 'edge-bander-opcua':
      return bander(
        `${id}-opcua`,
        'sim-edge-bander-opcua',
        { root: 'nsu=urn:latchkey:sim;s=EdgeBander' },
        { class: 'watchdog' },
      )
    case 'edge-bander-coil':
      return bander(
        `${id}-modbus`,
        'sim-edge-bander-coil',
        { unit: 1 },
        { class: 'coil', risk: { acceptedBy: 'Wang Li', reason: 'an old machine' } },
      )
    case 'instrument':
      return {
        name,
        owner: 'institute',
        devices: {
          scope: { profile: 'sim-instrument', link: `${id}-opcua`, root: 'nsu=urn:latchkey:sim;s=Instrument' },
        },
        state: 'scope',
        interlock: { device: 'scope', class: 'lease', ...leaseOf(lease) },
      }
  }
}

function bander(link: string, profile: string, place: object, interlock: object): object {
  const io = { profile, link, ...place }
  return {
    name: { en: profile },
    owner: 'huajian',
    devices: { io },
    state: 'io',
    interlock: { device: 'io', ...interlock },
  }
}

/** The meter that counts a machine's units. */
export function unitMeter({ id, simulator }: SiteMachine): string {
  const meters = { 'spray-booth': 'plc.parts', 'panel-saw': 'saw.pieces', instrument: 'scope.cycles' } as const
  if (
    simulator.kind === 'edge-bander' ||
    simulator.kind === 'edge-bander-opcua' ||
    simulator.kind === 'edge-bander-coil'
  )
    return `${id}/io.parts`
  return `${id}/${meters[simulator.kind]}`
}

const leaseOf = (lease: string | undefined) => (lease === undefined ? {} : { lease })

/** In the site file. */
export const ownerOf = (kind: MachineKind) => (kind === 'instrument' ? 'institute' : 'huajian')
