/**
 * A site and its profiles while they are being checked: what is left after faults were taken out. Pure.
 * Read next: validate.ts, which makes drafts; config/check/site.ts, which reads them.
 */

import type { ProfileFile } from '../schema/profile-schema.ts'
import type { SiteFile } from '../schema/site-schema.ts'
import { type ConfigDocument, isRecord, type Path } from './document.ts'
import type { LinkDraft } from './endpoint.ts'

/** What is left of a T after its faults were taken out. */
type Draft<T> = T extends readonly (infer Item)[]
  ? Draft<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Draft<T[Key]> | undefined }
    : T

export type ProfileDraft = Draft<ProfileFile>
export type SiteDraft = Draft<SiteFile>
export type MachineDraft = NonNullable<NonNullable<SiteDraft['machines']>[string]>

/** Profiles that were found, by name; the names of all there are. */
export type Profiles = {
  /** The top-level keys as written: what was refused is not missing. */
  readonly written: ReadonlyMap<string, readonly string[]>
  readonly found: ReadonlyMap<string, ProfileDraft>
  readonly known: readonly string[]
}

/** A device of a machine, checked against its adapter. */
export type Device = {
  readonly machine: string
  readonly alias: string
  readonly profile: string
  readonly link: string
  /** Unit or root, with defaults. */
  readonly place: unknown
}

export type CheckedSite = {
  readonly document: ConfigDocument
  readonly draft: SiteDraft
  readonly profiles: Profiles
  readonly tickMs: number
}

export function linksOf(draft: SiteDraft): Readonly<Record<string, LinkDraft>> {
  return (draft.links ?? {}) as unknown as Readonly<Record<string, LinkDraft>>
}

/** ms between two ticks; no poll or heartbeat can be closer. */
export function tickOf(draft: SiteDraft): number {
  return 1000 / (draft.bounds?.ticksPerSecond ?? 20)
}

export function isSimulated(item: MachineDraft): boolean {
  return Object.values(item.devices ?? {}).some((device) => device?.profile?.startsWith('sim-'))
}

/** The keys of a map in the file, also of what was refused: a fault there must not cause a second one here. */
export function keysAt(value: unknown, path: Path): string[] {
  let found = value
  for (const step of path) {
    if (Array.isArray(found)) found = (found as unknown[])[Number(step)]
    else found = isRecord(found) && Object.hasOwn(found, step) ? found[step] : undefined
  }
  return isRecord(found) ? Object.keys(found) : []
}

export function own<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined
}
