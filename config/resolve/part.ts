/** What is resolved: a site file without faults, its profiles, and its devices. Pure. Read next: resolve.ts. */
import type { Device } from '../document/draft.ts'
import type { ProfileFile } from '../schema/profile-schema.ts'
import type { SiteFile } from '../schema/site-schema.ts'

export type Resolvable = {
  readonly site: SiteFile
  readonly profiles: ReadonlyMap<string, ProfileFile>
  readonly devices: readonly Device[]
  /** The folder of the site file, absolute. */
  readonly folder: string
}

/** A device of a machine, and its profile. */
export type Part = { readonly device: Device; readonly profile: ProfileFile }

export function partsOf({ devices, profiles }: Resolvable, machine: string): Part[] {
  return devices
    .filter((device) => device.machine === machine)
    .map((device) => ({ device, profile: profiles.get(device.profile)! }))
}

/** Id of a signal or meter: `machine/alias.name`. */
export const idOf = ({ device }: Part, name: string): string => `${device.machine}/${device.alias}.${name}`
