/**
 * Opens a site file and the profiles it names, and either resolves them or lists everything that is wrong, each with
 * its line and column. Reads files and nothing else: no socket, no write.
 * The way of a file: config/document/document.ts (YAML and places), config/document/validate.ts (shape),
 * config/check/site.ts (sense), config/resolve/resolve.ts (the SiteConfig).
 */
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path'
import { Compile } from 'typebox/compile'
import { isBuiltIn, openProfile, profileFolders, profileNames } from './catalogue.ts'
import { checkMachines } from './check/machine.ts'
import { checkProfile } from './check/profile.ts'
import { checkQuestions } from './check/questions.ts'
import { checkServices } from './check/services.ts'
import { checkSite } from './check/site.ts'
import { checkTariffs } from './check/tariff.ts'
import { type ConfigDocument, isRecord, openDocument, openText } from './document/document.ts'
import { type Device, type ProfileDraft, type Profiles, type SiteDraft, tickOf } from './document/draft.ts'
import { type Fault, sortFaults } from './document/fault.ts'
import { validate } from './document/validate.ts'
import type { Env } from './document/value.ts'
import { resolveSite } from './resolve/resolve.ts'
import { type ProfileFile, profileSchema } from './schema/profile-schema.ts'
import { type SiteFile, siteSchema } from './schema/site-schema.ts'
import type { SiteConfig, SiteFiles, Written } from './site.ts'
import { type Summary, summaryOf } from './summary.ts'

export type Loaded =
  | {
      readonly kind: 'ok'
      readonly config: SiteConfig
      readonly summary: Summary
      readonly written: Written
      readonly files: SiteFiles
    }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }

/**
 * `env` holds the variables for `${env:NAME}`; the gateway passes its own environment. `given`: these texts are judged
 * as if they stood in the file and beside it; what the site uses and they do not hold is read as usual.
 */
export function loadSite(path: string, env: Env, given?: SiteFiles): Loaded {
  const folder = dirname(resolve(path))
  const document = given === undefined ? openDocument(path, path) : openText(given.site, path)
  const failed = (documents: readonly ConfigDocument[]): Loaded => ({
    kind: 'faults',
    faults: sortFaults(
      documents.flatMap(({ faults }) => faults),
      path,
    ),
  })
  if (document.value === undefined) return failed([document])
  const draft = validate(siteSchema, document.value, [], { ...document, env }) as SiteDraft | undefined
  if (draft === undefined) return failed([document])
  const library = openProfiles(draft, folder, given?.profiles ?? {})
  checkSite(document, draft, folder)
  const devices = checkMachines(document, draft, library)
  checkTariffs(document, draft, library)
  checkServices(document, draft, library)
  checkQuestions(document, draft)
  const documents = [document, ...library.documents]
  if (documents.some(({ faults }) => faults.length > 0)) return failed(documents)
  assertShape(draft, library)
  for (const { notes } of library.documents) document.notes.push(...notes)
  return resolved(document, draft, library, devices, folder)
}

type Library = Profiles & {
  readonly documents: readonly ConfigDocument[]
  /** Of files of profiles that did not come with the gateway, by their names without `.yaml`. */
  readonly texts: Readonly<Record<string, string>>
}

function openProfiles(draft: SiteDraft, folder: string, given: SiteFiles['profiles']): Library {
  const folders = profileFolders(folder)
  const documents: ConfigDocument[] = []
  const found = new Map<string, ProfileDraft>()
  const written = new Map<string, readonly string[]>()
  const texts: Record<string, string> = {}
  for (const machine of Object.values(draft.machines ?? {})) {
    for (const device of Object.values(machine?.devices ?? {})) {
      const name = device?.profile
      const document = name === undefined || found.has(name) ? undefined : openProfile(folders, name, shownPath, given)
      if (name === undefined || document === undefined) continue
      documents.push(document)
      if (!isBuiltIn(resolve(document.file))) texts[basename(document.file, '.yaml')] = document.text
      if (isRecord(document.value)) written.set(name, Object.keys(document.value))
      found.set(name, document.value === undefined ? {} : checkProfile(document, name, tickOf(draft)))
    }
  }
  return { documents, found, written, texts, known: () => profileNames(folders) }
}

/** The path relative to the working folder where the file is below it, so that a terminal can open it. */
function shownPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') || isAbsolute(short) ? path : short
}

const site = Compile(siteSchema)
const profile = Compile(profileSchema)

/** Asks TypeBox as well. A fault that only TypeBox finds is a mistake in config/document/validate.ts. */
function assertShape(draft: SiteDraft, library: Library): void {
  const errors = [
    ...site.Errors(draft).map((error) => ({ ...error, at: 'the site' })),
    ...[...library.found].flatMap(([name, found]) => profile.Errors(found).map((error) => ({ ...error, at: name }))),
  ]
  const [first] = errors
  if (first)
    throw new Error(`validate.ts and the schema disagree on ${first.at}${first.instancePath}: ${first.message}`)
}

function resolved(
  document: ConfigDocument,
  draft: SiteDraft,
  library: Library,
  devices: readonly Device[],
  folder: string,
): Loaded {
  // `assertShape` has shown that every default is filled in.
  const profiles = library.found as ReadonlyMap<string, ProfileFile>
  const config = resolveSite({ site: draft as SiteFile, profiles, devices, folder })
  return {
    kind: 'ok',
    config,
    summary: summaryOf(config, sortFaults(document.notes, document.file)),
    written: { site: draft, profiles: Object.fromEntries(profiles) },
    files: { site: document.text, profiles: library.texts },
  }
}
