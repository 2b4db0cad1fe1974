/**
 * The files of a configuration that is applied while the gateway runs. Before anything changes, all of them stand in
 * one file beside the site file; the commit of the entry decides; then they take the place of the old ones. Whatever
 * ends the process, the next start finishes what the ledger says was applied, and passes over what it does not: old or
 * new, never half. Each configuration that was in force is kept in the data folder, so that it can come back.
 * Read next: control/apply/apply.ts (the order), cli/run.ts (the start).
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SiteFiles } from '../../../config/site.ts'
import type { JsonObject } from '../../core/ground/entry.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { createReader } from '../../ledger/store/reader.ts'
import { LEDGER } from './names.ts'

/** Configurations that are kept; of more the oldest go. */
const MOST_KEPT = 100

type Announced = { readonly id: string; readonly dataDir: string; readonly files: SiteFiles }

const announcedAt = (sitePath: string): string => `${sitePath}.applying`

/** From now on a start asks the ledger whether these are in force. Rejects when the folder cannot be written. */
export async function announce(sitePath: string, announced: Announced): Promise<void> {
  await replace(announcedAt(sitePath), JSON.stringify(announced))
}

export async function withdraw(sitePath: string): Promise<void> {
  await rm(announcedAt(sitePath), { force: true })
}

/** Their entry is durable: they take the place of the files that were. */
export async function putInPlace(sitePath: string, files: SiteFiles): Promise<void> {
  const folder = join(dirname(sitePath), 'profiles')
  if (Object.keys(files.profiles).length > 0) await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(files.profiles)) await replace(join(folder, `${name}.yaml`), text)
  await replace(sitePath, files.site)
  await withdraw(sitePath)
}

/** At a start, before the site file is read: finishes what was applied when the process ended. Whether it did. */
export async function finishApplied(sitePath: string): Promise<boolean> {
  const announced = readAnnounced(sitePath)
  if (announced === undefined || !isInLedger(announced)) return false
  try {
    await putInPlace(sitePath, announced.files)
  } catch (cause) {
    const why = `${announcedAt(sitePath)} holds what is in force, and cannot be put in place`
    throw new GatewayError('config', 'applied', `${why}: ${(cause as Error).message}`, { cause })
  }
  return true
}

/** Half a file is one that was never announced: no entry can name it. */
function readAnnounced(sitePath: string): Announced | undefined {
  if (!existsSync(announcedAt(sitePath))) return undefined
  try {
    return JSON.parse(readFileSync(announcedAt(sitePath), 'utf8')) as Announced
  } catch {
    return undefined
  }
}

const isInLedger = ({ id, dataDir }: Announced): boolean => lastApplied(dataDir)?.id === id

/** The id of the configuration that the ledger of a folder has in force; undefined: none. */
export const appliedLast = (dataDir: string): string | undefined =>
  lastApplied(dataDir)?.configurationId as string | undefined

function lastApplied(dataDir: string): JsonObject | undefined {
  const path = join(dataDir, LEDGER)
  if (!existsSync(path)) return undefined
  const reader = createReader(path)
  try {
    const seq = reader.lastOf('ConfigurationApplied', reader.head().nextSeq)
    return seq === undefined ? undefined : reader.entries(seq, 1)[0]?.body.data
  } finally {
    reader.close()
  }
}

/** Whole or not at all; with the mode of what was there, so that whoever could read it still can. */
async function replace(path: string, text: string): Promise<void> {
  const mode = existsSync(path) ? statSync(path).mode & 0o777 : 0o600
  const part = `${path}.part`
  await rm(part, { force: true })
  await writeFile(part, text, { mode, flag: 'wx', flush: true })
  await rename(part, path)
  const folder = await open(dirname(path), 'r')
  await folder.sync().finally(() => folder.close())
}

/* ── what was in force ── */

const keptIn = (dataDir: string): string => join(dataDir, 'configurations')

/** Undefined: that one is not kept. */
export function keptFiles(dataDir: string, configurationId: string): SiteFiles | undefined {
  const path = join(keptIn(dataDir), `${configurationId}.json`)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SiteFiles) : undefined
}

/** Under the same id stands the newest text with that meaning. */
export async function keepFiles(dataDir: string, configurationId: string, files: SiteFiles): Promise<void> {
  const folder = keptIn(dataDir)
  const path = join(folder, `${configurationId}.json`)
  const text = JSON.stringify(files)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (existsSync(path) && (await readFile(path, 'utf8')) === text) return
  await replace(path, text)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  if (names.length <= MOST_KEPT) return
  const aged = names.map((name) => ({ path: join(folder, name), ms: statSync(join(folder, name)).mtimeMs }))
  for (const { path } of aged.sort((a, b) => b.ms - a.ms).slice(MOST_KEPT)) await rm(path, { force: true })
}
