/**
 * The log: the growing tree over the entries, whose it is, and who signs it. A checkpoint is signed only over what is
 * durable, and its size never shrinks; worker.ts says when.
 * Read next: stored-tree.ts, log-keys.ts, ledger/evidence/checkpoint.ts, ledger/store/writer.ts.
 */
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../core/ground/failure.ts'
import { signCheckpoint } from '../evidence/checkpoint.ts'
import { formatVkey, type Signer } from '../evidence/note.ts'
import { createFactWriter, readFact } from './fact.ts'
import { afterStep, type HeldKey, type KeyStep, type LogKey, signsAt, stepsFor } from './log-keys.ts'
import { openTree, type StoredTree } from './stored-tree.ts'

export type Log = Pick<StoredTree, 'append' | 'save'> & {
  /** Size of the newest checkpoint; 0: none. */
  readonly signed: number
  /** Who signs at which size. */
  readonly keys: readonly LogKey[]
  /** Takes these keys to hand; returns the steps of a hand-over that they ask for. */
  hold(keys: readonly HeldKey[]): KeyStep[]
  /** Takes a step, within the transaction of the entry that announces it and after that entry. */
  turn(step: KeyStep): void
  /** Signs all that is stored, in a transaction of its own; undefined when a checkpoint of this size exists. */
  checkpoint(atMs: number): { readonly size: number; readonly note: string } | undefined
}

export type LogOptions = {
  readonly origin: string
  /** The first one signs a log that has no list of its keys yet; during a hand-over there are two. */
  readonly signers: readonly Signer[]
}

type PutFact = ReturnType<typeof createFactWriter>

export function openLog(db: DatabaseSync, { origin, signers: given }: LogOptions): Log {
  const putFact = createFactWriter(db)
  const putCheckpoint = db.prepare('INSERT INTO checkpoint (size, at, note) VALUES (?, ?, ?)')
  requireOrigin(db, origin, putFact)
  const tree = openTree(db)
  const signers = new Map(given.map((signer) => [formatVkey(signer.key), signer]))
  let keys = storedKeys(db, given, putFact)
  requireSigners(keys, signers)
  let signed = signedSize(db)

  return {
    append: tree.append,
    save: tree.save,
    get signed() {
      return signed
    },
    get keys() {
      return keys
    },
    hold(held) {
      const own = held.filter(({ signer }) => signer.key.name === origin)
      // A key that is gone from the file signs on while it is in memory; the next start reports that it is missing.
      for (const { vkey, signer } of own) signers.set(vkey, signer)
      return stepsFor(keys, own)
    },
    turn(step) {
      keys = afterStep(keys, step, tree.size)
      putFact('log-keys', JSON.stringify(keys))
    },
    checkpoint(atMs) {
      const { size } = tree
      if (size <= signed) return undefined
      const due = keys.filter((key) => signsAt(key, size)).map(({ vkey }) => ({ signer: signers.get(vkey)! }))
      const note = signCheckpoint({ origin, size, root: tree.root() }, due)
      db.exec('BEGIN IMMEDIATE')
      putCheckpoint.run(size, atMs, note)
      db.exec('COMMIT')
      signed = size
      return { size, note }
    },
  }
}

/** A ledger belongs to one log, always. */
function requireOrigin(db: DatabaseSync, origin: string, putFact: PutFact): void {
  const known = readFact((text) => db.prepare(text), 'log-origin')
  if (known === undefined) putFact('log-origin', origin)
  else if (known !== origin)
    throw new GatewayError(
      'ledger',
      'log',
      `this ledger is the log ${known}, but the key belongs to ${origin}. Open the ledger with its own key file`,
    )
}

function storedKeys(db: DatabaseSync, signers: readonly Signer[], putFact: PutFact): readonly LogKey[] {
  const stored = readFact((text) => db.prepare(text), 'log-keys')
  if (stored !== undefined) return JSON.parse(stored) as LogKey[]
  const first = signers.slice(0, 1).map(({ key }) => ({ vkey: formatVkey(key) }))
  putFact('log-keys', JSON.stringify(first))
  return first
}

/** A checkpoint that lacks a due signature would be refused by every verifier, and could never be mended. */
function requireSigners(keys: readonly LogKey[], signers: ReadonlyMap<string, Signer>): void {
  const lost = keys.find(({ vkey, until }) => until === undefined && !signers.has(vkey))
  if (lost === undefined) return
  throw new GatewayError(
    'ledger',
    'log',
    `the private key of ${lost.vkey} must sign this log and is not in log.key. Restore that file from a copy, or begin a new log with: latchkey ledger restart`,
  )
}

function signedSize(db: DatabaseSync): number {
  const { size } = db.prepare('SELECT coalesce(max(size), 0) AS size FROM checkpoint').get() as { size: number }
  return size
}
