/**
 * A site and its profiles under check: the good part of what is written. Pure.
 * Read next: validate.ts, which makes drafts; config/check/site.ts, which reads them.
 */

import type { ProfileFile } from '../schema/profile-schema.ts'
import type { SiteFile } from '../schema/site-schema.ts'
import { type ConfigDocument, isRecord, type Path } from './document.ts'
import type { LinkDraft } from './endpoint.ts'

/** The good part of a T: whatever had a fault is missing. */
type Draft<T> = T extends readonly (infer Item)[]
  ? Draft<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Draft<T[Key]> | undefined }
    : T

export type ProfileDraft = Draft<ProfileFile>
export type SiteDraft = Draft<SiteFile>
export type MachineDraft = NonNullable<NonNullable<SiteDraft['machines']>[string]>

/** The profiles that a site uses. */
export type Profiles = {
  /** The top-level keys of each, as written: a key that was refused is not missing. */
  readonly written: ReadonlyMap<string, readonly string[]>
  readonly found: ReadonlyMap<string, ProfileDraft>
  /** The names that a device could have meant. Reads files: ask only for a name that is wrong. */
  known(): readonly string[]
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

/** The keys of a map as written, refused ones too, so that a fault in one does not cause a second fault here. */
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
