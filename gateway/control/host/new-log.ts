/**
 * Puts a new ledger in place of one that can no longer be trusted or signed. The new one is made whole in a folder
 * beside it, and takes effect when that folder gets its name: cut short before, nothing has happened; cut short after,
 * the next opening of the data folder completes it. The old entries, tree and checkpoints stay in `logs/<id>/` for
 * good. What goes on (who may unlock, what meters show, who is who) moves over and is kept in one place only. The old
 * private key is deleted. Read next: decisions/012-a-new-log.md.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Stamp } from '../../core/ground/entry.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import type { KnownTime } from '../../core/ground/wall.ts'
import type { Change } from '../../core/machine/change.ts'
import { restoredChanges } from '../../core/machine/restored.ts'
import { openWriter } from '../../ledger/store/database.ts'
import { createReader } from '../../ledger/store/reader.ts'
import { createWriter, type WriterOptions } from '../../ledger/store/writer.ts'
import { syncFolder, writeWhole } from './files.ts'
import { logKeysIn, logOf, newLogKey, newOrigin, readLogKeys } from './log-key.ts'
import { LEDGER, LOG_KEY } from './names.ts'

const READY = 'new-log'
const PLAN = 'plan.json'
/** One for each machine at most. */
const MOST_OPEN = 10_000
/** Evidence stays where it is; how far a sink has come means nothing in another log. */
const STAYS: ReadonlySet<string> = new Set(['entry', 'tree_node', 'checkpoint', 'cursor', 'parked', 'sample'])
/** Facts about one log alone. */
const OWN_FACTS = ['log-origin', 'log-keys', 'tree']

export type NewLog = {
  /** Folder of the old log below `logs/`. */
  readonly archive: string
  readonly origin: string
  readonly previous: { readonly origin: string; readonly entries: number; readonly checkpoint?: string }
  /** Entries of the old log that a sink had not delivered. */
  readonly undelivered: readonly { readonly sink: string; readonly entries: number }[]
  /** Why the newest entries of the old log could not be signed. */
  readonly unsigned?: string
}

type NewLogOptions = {
  readonly site: string
  readonly reason: string
  readonly writer: Omit<WriterOptions, 'log'>
  /** It was taken from a backup: what may have been used since is used. */
  readonly restored?: true
  stamp(known: KnownTime): Stamp
}

export const isReady = (dataDir: string): boolean => existsSync(join(dataDir, READY))

/** To be called with the lock held. Throws when a session is open; then nothing has changed. */
export function prepareNewLog(dataDir: string, options: NewLogOptions): NewLog {
  const path = join(dataDir, LEDGER)
  const unsigned = signRest(dataDir, path, options)
  const reader = createReader(path)
  try {
    const open = reader.sessions({ onlyOpen: true, limit: MOST_OPEN })
    if (open.length > 0 && !options.restored)
      throw new GatewayError('config', 'ledger', 'a session is open; start the gateway, end it, and stop the gateway')
    const head = reader.head().nextSeq
    const checkpoint = reader.checkpoint()?.note
    const origin = newOrigin(options.site)
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
    const at = options.stamp(reader.lastTime())
    const kept = { machines: reader.machines(), subscriptions: reader.subscriptions(), open }
    const changes = options.restored ? restoredChanges(kept, at.wallMs) : []
    build(part, path, made, options, at, changes)
    writeWhole(join(part, PLAN), JSON.stringify({ archive: made.archive }))
    renameSync(part, join(dataDir, READY))
    syncFolder(dataDir)
    return made
  } finally {
    reader.close()
  }
}

/** Signs the old log a last time, so that all of it can be proven. Returns why that failed, if it did. */
function signRest(dataDir: string, path: string, { writer: options }: NewLogOptions): string | undefined {
  const db = openWriter(path)
  try {
    const held = logKeysIn(join(dataDir, LOG_KEY))
    if (typeof held === 'string') return `its key cannot be used: ${held}`
    createWriter(db, { ...options, log: logOf(held) }).checkpoint(Date.now())
    return undefined
  } catch (error) {
    return (error as Error).message
  } finally {
    db.close()
  }
}

function build(
  part: string,
  old: string,
  made: NewLog,
  { reason, writer: options }: NewLogOptions,
  at: Stamp,
  changes: readonly Change[],
): void {
  const keyPath = join(part, LOG_KEY)
  writeWhole(keyPath, newLogKey(made.origin))
  const db = openWriter(join(part, LEDGER))
  db.prepare('ATTACH ? AS old').run(old)
  for (const table of movable(db)) db.exec(`INSERT INTO main.${table} SELECT * FROM old.${table}`)
  for (const fact of OWN_FACTS) db.prepare('DELETE FROM main.fact WHERE name = ?').run(fact)
  db.exec('DETACH old')
  const writer = createWriter(db, { ...options, log: logOf(readLogKeys(keyPath)) })
  const { origin, entries, checkpoint = null } = made.previous
  const data = { reason, previous: { origin, entries, checkpoint } }
  writer.commit([[{ kind: 'entry', entry: { kind: 'LedgerRestarted', version: 1, at, data } }, ...changes]])
  writer.checkpoint(at.wallMs)
  writer.close()
}

function movable(db: DatabaseSync): string[] {
  const rows = db.prepare(`SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`).all()
  return (rows as { name: string }[]).map(({ name }) => name).filter((name) => !STAYS.has(name))
}

/** Puts a new log that is ready in its place; does nothing when there is none. */
export function completeNewLog(dataDir: string): void {
  for (const step of stepsOf(dataDir)) step()
}

/** Each step may be done twice. */
export function stepsOf(dataDir: string): (() => void)[] {
  const ready = join(dataDir, READY)
  if (!existsSync(ready)) return []
  const { archive } = JSON.parse(readFileSync(join(ready, PLAN), 'utf8')) as { archive: string }
  const logs = join(dataDir, 'logs', archive)
  /** Only until the new file has taken its place: the file there is the old one. */
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
      if (existsSync(join(ready, LOG_KEY))) rmSync(join(dataDir, LOG_KEY), { force: true })
    },
    into(LOG_KEY),
    () => syncFolder(dataDir),
    () => strip(join(logs, LEDGER)),
    () => rmSync(ready, { recursive: true }),
    () => syncFolder(dataDir),
  ]
}

/** The old file keeps the evidence alone: the rest goes on in the new one, and who is who must be in one place only. */
function strip(path: string): void {
  const db = openWriter(path)
  for (const table of movable(db)) if (table !== 'fact') db.exec(`DELETE FROM ${table}`)
  db.exec('DELETE FROM sample; VACUUM')
  db.close()
}
