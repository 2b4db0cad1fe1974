/**
 * A new ledger in place of one that can no longer be trusted or signed. The new one is made whole in a folder beside it;
 * giving that folder its name is the moment it happens. Cut short before, nothing has happened; after, whoever opens the
 * data folder next completes it. The old entries, tree and checkpoints stay in `logs/<id>/` and are never taken away;
 * what goes on (who may unlock, what meters show, who is who) moves over and is left in one place only. The old private
 * key signs no more, and goes. Read next: decisions/012-a-new-log.md.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Stamp } from '../../core/ground/entry.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { parseKeysFile } from '../../ledger/log/log-keys.ts'
import { openWriter } from '../../ledger/store/database.ts'
import { createReader } from '../../ledger/store/reader.ts'
import { createWriter, type WriterOptions } from '../../ledger/store/writer.ts'
import { newLogKey, syncFolder, writeWhole } from './files.ts'

const READY = 'new-log'
const LEDGER = 'ledger.sqlite'
const KEY = 'log.key'
const PLAN = 'plan.json'
/** What is evidence stays where it is; how far a sink has come says nothing about other entries. */
const STAYS: ReadonlySet<string> = new Set(['entry', 'tree_node', 'checkpoint', 'cursor', 'parked', 'sample'])
/** Facts that are those of one log. */
const OWN_FACTS = ['log-origin', 'log-keys', 'tree']

export type NewLog = {
  /** Folder of the old one below `logs/`. */
  readonly archive: string
  readonly origin: string
  readonly previous: { readonly origin: string; readonly entries: number; readonly checkpoint?: string }
  /** Entries of the old log that a sink had not delivered. */
  readonly undelivered: readonly { readonly sink: string; readonly entries: number }[]
  /** Why the newest entries of the old log could not be signed. */
  readonly unsigned?: string
}

export type NewLogOptions = {
  readonly site: string
  readonly reason: string
  readonly writer: Omit<WriterOptions, 'log'>
  stamp(floorMs: number | undefined): Stamp
}

export const isReady = (dataDir: string): boolean => existsSync(join(dataDir, READY))

/** With the lock held and no gateway running. Throws when a session is open; then nothing has changed. */
export function prepareNewLog(dataDir: string, options: NewLogOptions): NewLog {
  const path = join(dataDir, LEDGER)
  const unsigned = signRest(dataDir, path, options)
  const reader = createReader(path)
  try {
    if (reader.sessions({ onlyOpen: true, limit: 1 }).length > 0)
      throw new GatewayError('config', 'ledger', 'a session is open; start the gateway, end it, and stop the gateway')
    const head = reader.head().nextSeq
    const checkpoint = reader.checkpoint()?.note
    const origin = `${options.site}/${randomBytes(8).toString('hex')}`
    const old = reader.logOrigin() ?? `${options.site}/unsigned`
    const made: NewLog = {
      archive: old.slice(old.lastIndexOf('/') + 1),
      origin,
      previous: { origin: old, entries: head, ...(checkpoint === undefined ? {} : { checkpoint }) },
      undelivered: reader
        .cursors()
        .map(({ sink, next }) => ({ sink, entries: head - next }))
        .filter(({ entries }) => entries > 0),
      ...(unsigned === undefined ? {} : { unsigned }),
    }
    const part = join(dataDir, `${READY}.part`)
    rmSync(part, { recursive: true, force: true })
    mkdirSync(part, { mode: 0o700 })
    build(part, path, made, options, options.stamp(reader.lastAtMs()))
    writeWhole(join(part, PLAN), JSON.stringify({ archive: made.archive }))
    renameSync(part, join(dataDir, READY))
    syncFolder(dataDir)
    return made
  } finally {
    reader.close()
  }
}

/** The last signature of the old log, so that all of it can be proven. Why not, when it cannot be made. */
function signRest(dataDir: string, path: string, { writer: options }: NewLogOptions): string | undefined {
  const db = openWriter(path)
  try {
    const held = existsSync(join(dataDir, KEY))
      ? parseKeysFile(readFileSync(join(dataDir, KEY), 'utf8'))
      : 'there is none'
    if (typeof held === 'string') return `its key cannot be used: ${held}`
    const log = { origin: held[0]!.signer.key.name, signers: held.map(({ signer }) => signer) }
    createWriter(db, { ...options, log }).checkpoint(Date.now())
    return undefined
  } catch (error) {
    return (error as Error).message
  } finally {
    db.close()
  }
}

function build(part: string, old: string, made: NewLog, { reason, writer: options }: NewLogOptions, at: Stamp): void {
  const key = newLogKey(made.origin)
  writeWhole(join(part, KEY), key)
  const held = parseKeysFile(key)
  if (typeof held === 'string') throw new Error(held)
  const db = openWriter(join(part, LEDGER))
  db.prepare('ATTACH ? AS old').run(old)
  for (const table of movable(db)) db.exec(`INSERT INTO main.${table} SELECT * FROM old.${table}`)
  for (const fact of OWN_FACTS) db.prepare('DELETE FROM main.fact WHERE name = ?').run(fact)
  db.exec('DETACH old')
  const log = { origin: made.origin, signers: held.map(({ signer }) => signer) }
  const writer = createWriter(db, { ...options, log })
  const { origin, entries, checkpoint = null } = made.previous
  const data = { reason, previous: { origin, entries, checkpoint } }
  writer.commit([[{ kind: 'entry', entry: { kind: 'LedgerRestarted', version: 1, at, data } }]])
  writer.checkpoint(at.wallMs)
  writer.close()
}

function movable(db: DatabaseSync): string[] {
  const rows = db.prepare(`SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`).all()
  return (rows as { name: string }[]).map(({ name }) => name).filter((name) => !STAYS.has(name))
}

/** Puts a new log that is ready in its place; nothing when there is none. Each step may be done twice. */
export function completeNewLog(dataDir: string): void {
  for (const step of stepsOf(dataDir)) step()
}

export function stepsOf(dataDir: string): (() => void)[] {
  const ready = join(dataDir, READY)
  if (!existsSync(ready)) return []
  const { archive } = JSON.parse(readFileSync(join(ready, PLAN), 'utf8')) as { archive: string }
  const logs = join(dataDir, 'logs', archive)
  /** Only while the new file has not taken its place: what stands there is the old one. */
  const away = (name: string, suffix: string) => () => {
    if (existsSync(join(ready, name)) && existsSync(join(dataDir, name + suffix)))
      renameSync(join(dataDir, name + suffix), join(logs, name + suffix))
  }
  const into = (name: string) => () => {
    if (existsSync(join(ready, name))) renameSync(join(ready, name), join(dataDir, name))
  }
  return [
    () => mkdirSync(logs, { recursive: true, mode: 0o700 }),
    ...['-wal', '-shm', ''].map((suffix) => away(LEDGER, suffix)),
    () => syncFolder(logs),
    into(LEDGER),
    () => {
      if (existsSync(join(ready, KEY))) rmSync(join(dataDir, KEY), { force: true })
    },
    into(KEY),
    () => syncFolder(dataDir),
    () => strip(join(logs, LEDGER)),
    () => rmSync(ready, { recursive: true }),
    () => syncFolder(dataDir),
  ]
}

/** The old file keeps what is evidence. The rest lives on in the new one, and who is who must be in one place only. */
function strip(path: string): void {
  const db = openWriter(path)
  for (const table of movable(db)) if (table !== 'fact') db.exec(`DELETE FROM ${table}`)
  db.exec('DELETE FROM sample; VACUUM')
  db.close()
}
