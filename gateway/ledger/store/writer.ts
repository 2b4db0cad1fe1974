/**
 * The one writer. It takes groups of commits, writes each group in one transaction, and gives every entry its sequence,
 * gapless from 0. Any error leaves the outcome unknown: the caller ends the process.
 * Read next: sealed-entry.ts (the bytes of an entry), write-rows.ts, ledger/log/log.ts, ledger/worker.ts (who calls
 * it).
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { EntryDraft, Stamp } from '../../core/ground/entry.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import type { Change } from '../../core/machine/change.ts'
import { type Log, type LogOptions, openLog } from '../log/log.ts'
import type { HeldKey, LogKey } from '../log/log-keys.ts'
import { inTransaction } from './database.ts'
import { sealEntry } from './sealed-entry.ts'
import { createRowWriter, prepareUpsert, type RowChange } from './write-rows.ts'

/** Samples of an older gateway that are deleted at a time at most, so that nothing waits for it. */
const MAX_PRUNE = 5_000

export type Writer = {
  readonly nextSeq: number
  readonly nextSample: number
  /** Size of the newest checkpoint; 0: none. */
  readonly signed: number
  readonly keys: readonly LogKey[]
  /** Writes all groups in one transaction; answers each with its range of sequences. */
  commit(groups: readonly (readonly Change[])[]): Range[]
  setCursor(sink: string, next: number, nextSample: number): void
  park(sink: string, item: string, reason: string, atMs: number): void
  unpark(sink: string, item: string): void
  /** Signs what is durable, if the tree grew since the last time; the size that was signed. */
  checkpoint(atMs: number): number | undefined
  /** Signs with these keys from now on, and records each step of a hand-over; whether there was one. */
  takeKeys(held: readonly HeldKey[], at: Stamp): boolean
  /** Of a pair: what was written since the last time, as a changeset of SQLite; undefined: nothing. */
  takeChanges(): Uint8Array | undefined
  close(): void
}

/** Sequences from ≤ seq < next. */
type Range = { readonly firstSeq: number; readonly nextSeq: number }

export type WriterOptions = {
  readonly site: string
  /** Machines whose entries are marked as simulated, until a change names others. */
  readonly simulated: ReadonlySet<string>
  /** The tree over the entries; without it nothing is signed. */
  readonly log?: LogOptions
  /** Another box keeps all that is written here. */
  readonly paired?: boolean
}

type State = {
  readonly db: DatabaseSync
  readonly options: WriterOptions
  readonly log: Log | undefined
  readonly writeRow: (change: RowChange) => void
  readonly putEntry: StatementSync
  simulated: ReadonlySet<string>
  nextSeq: number
  /** Above the newest sample that an older gateway has stored. */
  readonly nextSample: number
}

export function createWriter(db: DatabaseSync, options: WriterOptions): Writer {
  const state = openState(db, options)
  const { log } = state
  const putCursor = prepareUpsert(db, 'cursor', 'sink next next_sample', 'sink')
  const dropParked = db.prepare('DELETE FROM parked WHERE sink = ? AND item = ?')
  // What every sink has had.
  const prune = db.prepare(
    'DELETE FROM sample WHERE n IN (SELECT n FROM sample WHERE n < (SELECT min(next_sample) FROM cursor) ORDER BY n LIMIT ?)',
  )
  const putParked = prepareUpsert(db, 'parked', 'sink item reason at', 'sink item')
  let session = options.paired ? db.createSession() : undefined
  return {
    get nextSeq() {
      return state.nextSeq
    },
    get nextSample() {
      return state.nextSample
    },
    get signed() {
      return log?.signed ?? 0
    },
    get keys() {
      return log?.keys ?? []
    },
    commit: (groups) => commit(state, groups),
    setCursor(sink, next, nextSample) {
      written(db, () => {
        putCursor.run(sink, next, nextSample)
        prune.run(MAX_PRUNE)
      })
    },
    park: (sink, item, reason, atMs) => written(db, () => void putParked.run(sink, item, reason, atMs)),
    unpark: (sink, item) => written(db, () => void dropParked.run(sink, item)),
    checkpoint: (atMs) => log?.checkpoint(atMs)?.size,
    takeKeys: (held, at) => takeKeys(state, held, at),
    takeChanges() {
      const bytes = session?.changeset()
      if (bytes === undefined || bytes.length === 0) return undefined
      session?.close()
      session = db.createSession()
      return bytes
    },
    close() {
      session?.close()
      db.close()
    },
  }
}

function openState(db: DatabaseSync, options: WriterOptions): State {
  const nextSeq = count(db, 'SELECT coalesce(max(seq) + 1, 0) AS n FROM entry')
  requireGapless(db, nextSeq)
  return {
    db,
    options,
    simulated: options.simulated,
    log: options.log && openLog(db, options.log),
    writeRow: createRowWriter(db),
    putEntry: db.prepare(
      'INSERT INTO entry (seq, kind, at, machine, session, body, leaf) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    nextSeq,
    nextSample: count(db, 'SELECT coalesce(max(n) + 1, 0) AS n FROM sample'),
  }
}

function commit(state: State, groups: readonly (readonly Change[])[]): Range[] {
  const { db, log } = state
  const before = state.nextSeq
  const ranges = written(db, () => {
    const ranges = groups.map((changes) => {
      const firstSeq = state.nextSeq
      for (const change of changes) apply(state, change)
      return { firstSeq, nextSeq: state.nextSeq }
    })
    if (state.nextSeq > before) log?.save()
    return ranges
  })
  // The write-ahead log still holds what was erased. A reader at work makes this wait for the next time.
  if (groups.some((changes) => changes.some(({ kind }) => kind === 'tenant-erased')))
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  return ranges
}

function apply(state: State, change: Change): void {
  if (change.kind === 'entry') append(state, change.entry)
  else if (change.kind === 'simulated') state.simulated = new Set(change.machines)
  else state.writeRow(change)
}

function append(state: State, draft: EntryDraft): void {
  const { options, simulated, log, putEntry, nextSeq } = state
  const { kind, at, machine = null, session = null } = draft
  const { bytes, leaf } = sealEntry(draft, nextSeq, options.site, simulated)
  putEntry.run(nextSeq, kind, at.wallMs, machine, session, bytes, leaf)
  log?.append(leaf)
  state.nextSeq += 1
}

function takeKeys(state: State, held: readonly HeldKey[], at: Stamp): boolean {
  const { db, log } = state
  const steps = log?.hold(held) ?? []
  if (log === undefined || steps.length === 0) return false
  written(db, () => {
    for (const step of steps) {
      const data = { key: step.vkey, role: 'log' }
      append(state, { kind: step.kind === 'add' ? 'KeyAdded' : 'KeyRevoked', version: 1, at, data })
      log.turn(step)
    }
    log.save()
  })
  return true
}

function written<T>(db: DatabaseSync, work: () => T): T {
  try {
    return inTransaction(db, work)
  } catch (cause) {
    const { message } = cause as Error
    throw new GatewayError('ledger', 'commit', `the ledger could not be written: ${message}`, { cause })
  }
}

function count(db: DatabaseSync, query: string): number {
  return (db.prepare(query).get() as { n: number }).n
}

function requireGapless(db: DatabaseSync, nextSeq: number): void {
  const rows = count(db, 'SELECT count(*) AS n FROM entry')
  if (rows === nextSeq) return
  throw new GatewayError(
    'ledger',
    'open',
    `the ledger has ${rows} entries and ends at ${nextSeq - 1}; entries are missing. Keep the file and restore a copy`,
  )
}
