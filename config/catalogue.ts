/**
 * The profiles that a site can use: those beside its file, those one folder up, and those that come with the gateway.
 * One alone is judged as `latchkey check` judges it within a site. Reads files and nothing else.
 * Read next: load.ts (a site with its profiles), check/profile.ts (what is judged).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { checkProfile } from './check/profile.ts'
import { type ConfigDocument, isRecord, openDocument, openText } from './document/document.ts'
import type { ProfileDraft } from './document/draft.ts'
import { FAMILY, profilesIn, VARIANTS } from './document/family.ts'
import { type Fault, sortFaults } from './document/fault.ts'

export type Listed = {
  readonly profile: string
  readonly maker: string
  readonly model: string
  readonly protocol: string
  readonly rung: string
  /** How sure the addresses are; absent where nobody said. */
  readonly certainty?: string
  /** Names of its meters, with the unit. */
  readonly meters: readonly string[]
  readonly interlock?: string
  readonly path: string
}

/** A profile with what is needed to try it on a device: signals of numbers and texts, those that are counted first. */
export type Model = Pick<Listed, 'profile' | 'maker' | 'model' | 'protocol'> & {
  readonly signals: readonly {
    readonly name: string
    readonly unit?: string
    readonly address: Readonly<Record<string, unknown>> & { readonly address?: number }
    readonly scale: number
    readonly offset: number
  }[]
}

const BUILT_IN = join(import.meta.dirname, 'profiles')
/** A profile alone has no site that says how often polls may start. */
const ANY_TICK_MS = 0

/** Where profiles are looked for, for a site file in this folder. The first wins. */
export function profileFolders(folder: string): string[] {
  return [...new Set([join(folder, 'profiles'), join(folder, '..', 'profiles'), BUILT_IN])].filter((one) =>
    existsSync(one),
  )
}

/** Whether it came with the gateway. */
export const isBuiltIn = (path: string): boolean => dirname(path) === BUILT_IN

/** Every profile that can be read, by name; `words` must all occur in what is listed of it. */
export function listProfiles(folder: string, words: readonly string[]): Listed[] {
  const found = new Map<string, Listed>()
  for (const one of profileFolders(folder))
    for (const path of filesIn(one))
      for (const [name, document] of profilesIn(openDocument(path, path), basename(path, '.yaml')))
        if (!found.has(name)) found.set(name, listed(name, document))
  const wanted = words.map((word) => word.toLowerCase())
  const holds = (item: Listed) => wanted.every((word) => JSON.stringify(item).toLowerCase().includes(word))
  return [...found.values()].filter(holds).sort((a, b) => (a.profile < b.profile ? -1 : 1))
}

/** Every profile that can be used, for a site file in this folder. */
export function listModels(folder: string): Model[] {
  const folders = profileFolders(folder)
  return listProfiles(folder, []).flatMap(({ profile, maker, model, protocol }) => {
    const document = openProfile(folders, profile, String)
    if (document === undefined) return []
    const draft = document.value === undefined ? {} : checkProfile(document, profile, ANY_TICK_MS)
    if (document.faults.length > 0) return []
    const counted = Object.values(draft.meters ?? {}).map((meter) =>
      meter && 'signal' in meter ? meter.signal : undefined,
    )
    const signals = Object.entries(draft.signals ?? {}).flatMap(([name, signal]) => {
      const { unit, address, scale = 1, offset = 0 } = signal ?? {}
      return isRecord(address) && address.type !== 'bool'
        ? [{ name, ...(unit === undefined ? {} : { unit }), address, scale, offset }]
        : []
    })
    const isFirst = ({ name }: { readonly name: string }) => Number(counted.includes(name))
    return [{ profile, maker, model, protocol, signals: signals.toSorted((a, b) => isFirst(b) - isFirst(a)) }]
  })
}

/**
 * A profile by its name, out of a file of its own or of its family; `shown`: how faults call a file. `given`: texts of
 * files, by their names without `.yaml`, that are taken as if they were found first.
 */
export function openProfile(
  folders: readonly string[],
  name: string,
  shown: (path: string) => string,
  given: Readonly<Record<string, string>> = {},
): ConfigDocument | undefined {
  for (const [file, text] of Object.entries(given)) {
    const found = profilesIn(openText(text, `profiles/${file}.yaml`), file).get(name)
    if (found !== undefined) return found
  }
  for (const folder of folders) {
    const own = join(folder, `${name}.yaml`)
    const path = existsSync(own) ? own : filesIn(folder).find((file) => variantsIn(file).includes(name))
    if (path === undefined) continue
    const document = openDocument(path, shown(path))
    const profiles = profilesIn(document, basename(path, '.yaml'))
    const found = profiles.get(name)
    if (found !== undefined) return found
    // A family without variants is a fault of its file; one with others has no profile of this name.
    if (profiles.size === 0) return { ...document, value: undefined }
  }
  return undefined
}

/** The names under which profiles can be used. */
export function profileNames(folders: readonly string[]): string[] {
  const names = folders.flatMap(filesIn).flatMap((path) => {
    const variants = variantsIn(path)
    return variants.length > 0 ? variants : [basename(path, '.yaml')]
  })
  return [...new Set(names)].sort()
}

/** What is wrong with one file, and with each profile in it; nothing when they can be used. */
export function judgeProfile(path: string): readonly Fault[] {
  const document = openDocument(path, path)
  if (document.value !== undefined)
    for (const [name, profile] of profilesIn(document, basename(path, '.yaml')))
      checkProfile(profile, name, ANY_TICK_MS)
  return sortFaults(document.faults, path)
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name))

/** Of a file that says so at the begin of a line; the others are not parsed for this. */
function variantsIn(path: string): readonly string[] {
  if (!new RegExp(`^${FAMILY}:`, 'm').test(readFileSync(path, 'utf8'))) return []
  const { value } = openDocument(path, path)
  return isRecord(value) && isRecord(value[VARIANTS]) ? Object.keys(value[VARIANTS]) : []
}

function listed(profile: string, { value, file: path }: ConfigDocument): Listed {
  const draft = (isRecord(value) ? value : {}) as ProfileDraft
  const { source, interlock } = draft
  const units = Object.entries(draft.meters ?? {}).map(([name, meter]) => [name, unitOf(meter)] as const)
  return {
    profile,
    maker: text(draft.maker),
    model: text(draft.model),
    protocol: text(draft.protocol),
    rung: text(draft.rung),
    ...(isRecord(source) && source.certainty !== undefined ? { certainty: text(source.certainty) } : {}),
    meters: units.map(([name, unit]) => (unit === '' ? name : `${name} ${unit}`)),
    ...(isRecord(interlock) ? { interlock: text(interlock.class) } : {}),
    path,
  }
}

const unitOf = (meter: unknown): string => (isRecord(meter) ? text(meter.unit) : '')
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
