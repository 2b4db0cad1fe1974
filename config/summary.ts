/** The summary of a good configuration that `latchkey check` prints. Pure. */
import type { InterlockConfig, MachineConfig } from '../gateway/core/ground/config.ts'
import { busOf, type LinkDraft } from './document/endpoint.ts'
import type { Fault } from './document/fault.ts'
import type { LinkConfig, SiteConfig } from './site.ts'

export type Summary = {
  readonly site: string
  readonly links: readonly {
    readonly id: string
    readonly protocol: string
    readonly endpoint: string
    readonly machines: readonly string[]
  }[]
  readonly machines: readonly {
    readonly id: string
    readonly simulated: boolean
    readonly signals: number
    readonly meters: number
    /** How it can be unlocked; absent when it cannot. */
    readonly unlock?: {
      readonly class: InterlockConfig['class']
      readonly alias: string
      readonly link: string
      readonly leaseMs: number
      readonly failSafe: boolean
    }
  }[]
  readonly signals: number
  readonly meters: number
  /** Each is allowed, and worth knowing. */
  readonly notes: readonly Fault[]
}

export function summaryOf(config: SiteConfig, notes: readonly Fault[]): Summary {
  const machines = config.machines.map(machineOf)
  return {
    site: config.site,
    links: config.links.map((link) => ({
      id: link.id,
      protocol: link.protocol,
      endpoint: endpointOf(link),
      machines: config.machines
        .filter(({ devices }) => Object.values(devices).some((device) => device.link === link.id))
        .map(({ id }) => id),
    })),
    machines,
    signals: machines.reduce((sum, machine) => sum + machine.signals, 0),
    meters: machines.reduce((sum, machine) => sum + machine.meters, 0),
    notes,
  }
}

function machineOf(machine: MachineConfig): Summary['machines'][number] {
  const { id, simulated, signals, meters, interlock } = machine
  return {
    id,
    simulated,
    signals: signals.length,
    meters: meters.length,
    ...(interlock && {
      unlock: {
        class: interlock.class,
        alias: interlock.alias,
        link: interlock.link,
        leaseMs: interlock.leaseMs,
        failSafe: interlock.class !== 'coil',
      },
    }),
  }
}

function endpointOf(link: LinkConfig): string {
  const options = link.options as LinkDraft
  return options.endpoint ?? busOf(options) ?? ''
}
