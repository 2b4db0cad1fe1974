/**
 * What a spare gets that has nothing, or another past: the ledger as one read of SQLite beside the writer, and the
 * files around it, the private key of the log among them: both boxes are one log. It goes in pieces.
 * Read next: active.ts (who sends it), spare.ts (who takes it).
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import type { SiteConfig } from '../../../config/site.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { SUPERSEDED } from '../../ledger/superseded.ts'
import { KEYS, LEDGER, LOG_KEY } from '../host/names.ts'
import type { Wire } from './wire.ts'

const COPY = 'pair-copy.sqlite'
const PIECE = 256 * 1024
/** More pages than a ledger has: all in one step, so that the writer cannot begin it anew for ever. */
const ALL_PAGES = 2 ** 31 - 1
/** Looked at before each word to the spare: people and other threads change them beside the ledger. */
const WATCHED = [
  ...[KEYS, LOG_KEY, SUPERSEDED],
  ...['pin-tries.json', 'pin-tries-to-end.json', 'mqtt-retained.json', 'sparkplug-bdseq.json'],
]
/** Whom links trust, keys of issuers, photos of reports. A file of one is written as a whole, or under a new name. */
export const WATCHED_FOLDERS = ['links', 'jwks', 'photos']
const FOLDERS = [...WATCHED_FOLDERS, 'configurations', 'logs']

/** Rejects when the copy would touch the reserve of the disk; nothing of it stays here in any case. */
export async function sendCopy({ dataDir, bounds }: Options, wire: Wire): Promise<void> {
  const path = join(dataDir, COPY)
  rmSync(path, { force: true })
  const { bavail, bsize } = statfsSync(dataDir)
  if (bavail * bsize < bounds.diskReserve + statSync(join(dataDir, LEDGER)).size)
    throw new GatewayError('pair', 'copy', 'a copy for the spare would touch bounds.diskReserve: make room on the disk')
  try {
    await sendAll(dataDir, path, wire)
  } finally {
    rmSync(path, { force: true })
  }
}

type Options = Pick<SiteConfig, 'dataDir'> & { readonly bounds: Pick<SiteConfig['bounds'], 'diskReserve'> }

async function sendAll(dataDir: string, path: string, wire: Wire): Promise<void> {
  const db = new DatabaseSync(join(dataDir, LEDGER), { readOnly: true, timeout: 5000 })
  try {
    await backup(db, path, { rate: ALL_PAGES })
  } finally {
    db.close()
  }
  for (const name of [...WATCHED, ...FOLDERS.flatMap((folder) => filesIn(dataDir, folder))])
    if (existsSync(join(dataDir, name))) await sendFile(join(dataDir, name), name, wire)
  await sendFile(path, LEDGER, wire)
}

/** The texts of a configuration that was in force or is about to be; nothing where they are not kept. */
export function sendConfiguration(dataDir: string, id: string, wire: Wire): void {
  const path = join(dataDir, 'configurations', `${id}.json`)
  if (existsSync(path)) wire.send({ kind: 'configuration', id }, readFileSync(path))
}

async function sendFile(from: string, path: string, wire: Wire): Promise<void> {
  const file = openSync(from, 'r')
  try {
    const { size } = statSync(from)
    for (let at = 0; at === 0 || at < size; at += PIECE) {
      const bytes = Buffer.alloc(Math.max(0, Math.min(PIECE, size - at)))
      readSync(file, bytes, 0, bytes.length, at)
      wire.send({ kind: 'file', path, first: at === 0 }, bytes)
      await wire.drained()
    }
  } finally {
    closeSync(file)
  }
}

/** Paths from `dataDir` of what is in a folder of it, or in all of it. */
export function filesIn(dataDir: string, folder = ''): string[] {
  if (!existsSync(join(dataDir, folder))) return []
  return readdirSync(join(dataDir, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dataDir.length + 1))
}

type Sent = {
  readonly files: Map<string, string>
  folders: string
  /** The folders are looked through until then: what is written in place is not whole when its name appears. */
  untilMs: number
}
const sent = new WeakMap<Wire, Sent>()
/** Before one word to the spare, so that the word is not late; the rest goes before the next ones. */
const MOST_AT_ONCE = 2 ** 20
const LOOK_ON_MS = 5000

/** Sends what has changed of the small files since it was sent on this wire, and says what is gone. */
export function watchFiles(dataDir: string, wire: Wire, nowMs: number): void {
  const known: Sent = sent.get(wire) ?? { files: new Map(), folders: '', untilMs: 0 }
  sent.set(wire, known)
  const folders = WATCHED_FOLDERS.flatMap((name) => foldersIn(dataDir, name))
    .map((name) => `${name} ${statSync(join(dataDir, name)).mtimeMs}`)
    .join()
  if (folders !== known.folders) Object.assign(known, { folders, untilMs: nowMs + LOOK_ON_MS })
  let bytes = 0
  for (const name of WATCHED) bytes += sendChanged(dataDir, name, known.files, wire)
  if (nowMs > known.untilMs) return
  const there = new Set([...WATCHED, ...WATCHED_FOLDERS.flatMap((name) => filesIn(dataDir, name))])
  for (const name of [...known.files.keys()].filter((each) => !there.has(each))) {
    known.files.delete(name)
    wire.send({ kind: 'gone', path: name })
  }
  for (const name of there) {
    if (bytes < MOST_AT_ONCE) bytes += sendChanged(dataDir, name, known.files, wire)
    else known.untilMs = nowMs + LOOK_ON_MS
  }
}

/** How many bytes that were. */
function sendChanged(dataDir: string, name: string, known: Map<string, string>, wire: Wire): number {
  const stat = statSync(join(dataDir, name), { throwIfNoEntry: false })
  const mark = stat === undefined ? '' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`
  if (stat === undefined || known.get(name) === mark) return 0
  known.set(name, mark)
  wire.send({ kind: 'file', path: name, first: true }, readFileSync(join(dataDir, name)))
  return stat.size
}

/** The folder and those below it, from `dataDir`. */
function foldersIn(dataDir: string, folder: string): string[] {
  if (!existsSync(join(dataDir, folder))) return []
  const below = readdirSync(join(dataDir, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [folder, ...below.flatMap(({ name }) => foldersIn(dataDir, join(folder, name)))]
}
