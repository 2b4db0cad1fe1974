/**
 * `latchkey restore <site.yaml> <file> --key <private key>`: a new box takes the place of a lost one. The whole file is
 * opened and checked before anything is written. Then the data folder is made beside, and takes effect at once: a new
 * log that names the one before, and nothing in it that the lost box may have used since. Cut short, it is begun again.
 * `--check` opens and checks alone.
 * Read next: core/machine/restored.ts (what changes), control/host/new-log.ts, vault.ts, gateway/OPERATE.md.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { faultLine } from '../../../config/document/fault.ts'
import { loadSite } from '../../../config/load.ts'
import type { SiteConfig } from '../../../config/site.ts'
import { createClock } from '../../control/host/clock.ts'
import { syncFolder, writeWhole } from '../../control/host/files.ts'
import { takeLock } from '../../control/host/lock.ts'
import { LEDGER, LOCK, LOG_KEY, RESTORING } from '../../control/host/names.ts'
import { completeNewLog, prepareNewLog } from '../../control/host/new-log.ts'
import { writerOptions } from '../../control/host/writer-options.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { keyLines } from '../../ledger/log/log-keys.ts'
import { createReader } from '../../ledger/store/reader.ts'
import { SUPERSEDED } from '../../ledger/superseded.ts'
import { type Io, withoutSecrets } from '../site.ts'
import { createUnpacker, type Taker, toFolder, toMemory } from './pieces.ts'
import type { Manifest } from './stage.ts'
import { open, PIECE, TAG, vaultOf } from './vault.ts'

type RestoreOptions = { readonly key: string; readonly check: boolean; readonly json: boolean }

const MANIFEST = 'manifest.json'
const SITE = 'site/'

/** The exit code: 0 done, 1 not. */
export function restoreCommand(sitePath: string, file: string, { key, check, json }: RestoreOptions, io: Io): number {
  try {
    const secret = readFileSync(key, 'utf8')
    const { manifest, site, names } = look(file, secret)
    const takenAt = new Date(manifest.takenAtMs).toISOString()
    const what = `${manifest.entries} entries of site ${manifest.site}, as they stood at ${takenAt}`
    if (check) {
      io.stdout.write(json ? `${JSON.stringify(manifest)}\n` : `${what}: the backup is whole.\n`)
      return 0
    }
    const config = siteOf(resolve(sitePath), site, manifest, io)
    const keys = restore(config, { manifest, names }, (folder) => unpack(file, secret, toFolder(folder)))
    io.stdout.write(json ? `${JSON.stringify({ ...manifest, keys })}\n` : `${keys.join('\n')}\n`)
    io.stderr.write(`${what}, are restored in ${config.dataDir}.\n${NEXT}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof GatewayError) && (error as NodeJS.ErrnoException).code === undefined) throw error
    io.stderr.write(`${(error as Error).message}\n`)
    return 1
  }
}

const NEXT = `Hand the line above to everybody who checks the log; what the log before has signed stays good.
See that the box before stays off. Push the bookings again, or let the feed do it. Tenants ask for new tokens.
Put back what is in no backup: secrets in the environment, the certificate of the API. Then start the gateway.`

type Seen = {
  readonly manifest: Manifest
  readonly site: ReadonlyMap<string, string>
  /** What is in the folder that is made of it. */
  readonly names: readonly string[]
}

/** Opens every piece; what is small comes back. */
function look(file: string, secret: string): Seen {
  const found = new Map<string, string>()
  const names = new Set<string>()
  const isWanted = (path: string) => {
    names.add(path.split('/')[0]!)
    return path === MANIFEST || path.startsWith(SITE)
  }
  unpack(file, secret, toMemory(isWanted, found))
  const text = found.get(MANIFEST)
  if (text === undefined) throw refused('the backup has no manifest')
  found.delete(MANIFEST)
  return { manifest: JSON.parse(text) as Manifest, site: found, names: [...names] }
}

function unpack(path: string, secret: string, taker: Taker): void {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const vault = vaultOf(readAt(file, 0, Math.min(size, 1000)), secret)
    const unpacker = createUnpacker(taker)
    for (let at = vault.head.length, index = 0; at < size; index += 1) {
      const sealed = readAt(file, at, Math.min(PIECE + TAG, size - at))
      at += sealed.length
      unpacker.take(open(vault, index, at === size, sealed))
    }
    unpacker.end()
  } finally {
    closeSync(file)
  }
}

/** The site file that is there, or that of the backup, which is written with its profiles. */
function siteOf(path: string, kept: ReadonlyMap<string, string>, { site }: Manifest, io: Io): SiteConfig {
  if (!existsSync(path)) {
    mkdirSync(join(dirname(path), 'profiles'), { recursive: true })
    for (const [name, text] of kept) {
      const to = name === `${SITE}site.yaml` ? path : join(dirname(path), name.slice(SITE.length))
      if (!existsSync(to)) writeFileSync(to, text, { mode: 0o640 })
    }
  }
  const loaded = loadSite(path, withoutSecrets(io.env))
  if (loaded.kind === 'faults') throw refused(loaded.faults.map(faultLine).join('\n'))
  if (loaded.config.site !== site) throw refused(`${path} is of site ${loaded.config.site}, and the backup of ${site}`)
  return loaded.config
}

/** What a new log adds to what is unpacked. */
const MADE = [LOG_KEY, SUPERSEDED, 'logs']

/** The public keys of the new log. */
function restore(
  config: SiteConfig,
  { manifest, names }: Pick<Seen, 'manifest' | 'names'>,
  unpackTo: (folder: string) => void,
): string[] {
  const { dataDir } = config
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = takeLock(join(dataDir, LOCK), 'a gateway. Stop it first')
  try {
    const folder = join(dataDir, RESTORING)
    const isAgain = existsSync(folder)
    if (!isAgain) requireEmpty(dataDir, [...names, ...MADE])
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
    unpackTo(folder)
    const keys = makeNew(config, manifest, folder)
    // Nothing of that name was there before the first try.
    for (const name of readdirSync(folder)) rmSync(join(dataDir, name), { recursive: true, force: true })
    // The ledger comes last: a gateway that finds this folder does not start.
    for (const name of readdirSync(folder).sort((a, b) => Number(a === LEDGER) - Number(b === LEDGER)))
      renameSync(join(folder, name), join(dataDir, name))
    syncFolder(dataDir)
    rmSync(folder, { recursive: true })
    syncFolder(dataDir)
    return keys
  } finally {
    lock.close()
  }
}

/** A journal of SQLite that an earlier ledger has left would be played into the new one. */
function requireEmpty(dataDir: string, names: readonly string[]): void {
  const there = readdirSync(dataDir).filter((name) => names.includes(name) || name.startsWith(LEDGER))
  if (there.length > 0) throw refused(`${dataDir} has ${there.join(', ')} already: move it away first`)
}

/** A log of its own, in which nothing is used that may have been used since. */
function makeNew(config: SiteConfig, { takenAtMs, entries, superseded }: Manifest, folder: string): string[] {
  rmSync(join(folder, SITE), { recursive: true, force: true })
  rmSync(join(folder, MANIFEST))
  requireClock(folder, entries)
  prepareNewLog(folder, {
    site: config.site,
    reason: `restored on another box from the backup of ${new Date(takenAtMs).toISOString()}`,
    writer: writerOptions(config),
    restored: true,
    stamp(known) {
      const clock = createClock(known)
      return clock.stamp(clock.now())
    },
  })
  completeNewLog(folder)
  const path = join(folder, SUPERSEDED)
  const earlier = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as string[]) : []
  writeWhole(path, JSON.stringify([superseded, ...earlier]))
  const reader = createReader(join(folder, LEDGER))
  try {
    return keyLines(reader.logKeys())
  } finally {
    reader.close()
  }
}

/** Tokens from before are told by this clock. */
function requireClock(folder: string, entries: number): void {
  const reader = createReader(join(folder, LEDGER))
  try {
    if (reader.head().nextSeq !== entries) throw refused('the ledger in the backup is not the one that was written')
    const clock = createClock(reader.lastTime())
    const now = clock.now()
    if (clock.state(now) === 'relative') throw refused(`set the clock of this box first: ${clock.text(now)}`)
  } finally {
    reader.close()
  }
}

function readAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, at))
}

const refused = (message: string) => new GatewayError('config', 'restore', message)
