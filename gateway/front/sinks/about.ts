/**
 * What a machine is, as JSON, for those who look for one: names, kind, place, owner, what it counts and how it is
 * locked. Pure. Nothing in it changes while the configuration stays, and nobody who uses the machine is in it.
 * Read next: payload.ts (what changes), retained.ts (the caller).
 */
import type { MachineConfig } from '../../core/ground/config.ts'
import { isFailSafe } from '../../core/interlock/interlock.ts'

/** `status`: the topic on which its gateway says that it is there. */
type Gateway = { readonly site: string; readonly gateway: number; readonly status: string }

export function aboutPayload({ site, gateway, status }: Gateway, machine: MachineConfig): string {
  const { id, name, kind, about = {}, owner, simulated, devices, meters, interlock, requires, tariff } = machine
  const { capabilities, location, contact, manual, documents } = about
  return JSON.stringify({
    ...{ site, machine: id, gateway, status, name, kind, capabilities, location, contact, owner, simulated },
    devices: Object.entries(devices).map(([alias, { profile, certainty }]) => ({ alias, profile, certainty })),
    meters: meters.map((meter) => ({
      meter: meter.id,
      kind: meter.kind,
      unit: meter.unit,
      title: meter.title,
      titles: meter.titles,
    })),
    interlock: interlock?.class,
    failSafe: interlock && isFailSafe(interlock),
    ...{ requires, tariff, manual, documents },
  })
}
