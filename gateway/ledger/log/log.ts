/**
 * The growing tree beside the entries: RFC 6962 over their leaves, kept as a frontier and as the roots of full tiles,
 * in the transaction of the entries themselves. It signs a checkpoint after a session has ended, and every few minutes
 * if the tree grew; a checkpoint is signed only over what is durable, and its size never shrinks. Read next:
 * ledger/evidence/merkle.ts, ledger/evidence/checkpoint.ts, ledger/store/writer.ts.
 */
import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../core/ground/failure.ts'
import { signCheckpoint } from '../evidence/checkpoint.ts'
import { createTree, type Sha256, type Tree } from '../evidence/merkle.ts'
import { formatVkey, type Signer } from '../evidence/note.ts'
import { TILE_WIDTH } from '../evidence/tile.ts'
import { afterStep, type HeldKey, type KeyStep, type LogKey, signsAt, stepsFor } from './log-keys.ts'

export const sha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer')

/** Leaves hashed at a time when a tree is built from an older ledger. */
const REBUILD_SLICE = 10_000

type Log = {
  readonly size: number
  /** Size of the newest checkpoint; 0: none. */
  readonly signed: number
  /** Who signs at which size. */
  readonly keys: readonly LogKey[]
  /** Has these keys at hand, and says what they ask for. */
  hold(keys: readonly HeldKey[]): KeyStep[]
  /** Within the transaction of the entry that says so, behind that entry. */
  turn(step: KeyStep): void
  /** Within the transaction that stores the entry. */
  append(leaf: Uint8Array): void
  /** Last in the transaction: what the next start goes on from. */
  save(): void
  /** A new checkpoint over all that is stored, unless one of this size exists. In a transaction of its own. */
  checkpoint(atMs: number): { readonly size: number; readonly note: string } | undefined
}

export type LogOptions = {
  readonly origin: string
  /** The first signs a log that has no list of its keys yet; during a hand-over there are two. */
  readonly signers: readonly Signer[]
}

export function openLog(db: DatabaseSync, { origin, ...options }: LogOptions): Log {
  const putFact = db.prepare(
    'INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  const putNode = db.prepare('INSERT INTO tree_node (level, n, hash) VALUES (?, ?, ?)')
  const putCheckpoint = db.prepare('INSERT INTO checkpoint (size, at, note) VALUES (?, ?, ?)')
  requireOrigin()
  const stored = storedTree()
  const tree = createTree(sha256, stored)
  /** One unfinished tile a level: level 0 holds leaves, level 1 the roots of full tiles of leaves, and so on. */
  const tiles: Tree[] = unfinishedTiles(tree.size)
  let signed = Number((db.prepare('SELECT max(size) AS n FROM checkpoint').get() as { n: number | null }).n ?? 0)
  catchUp()
  const signers = new Map(options.signers.map((signer) => [formatVkey(signer.key), signer]))
  let keys: readonly LogKey[] = storedKeys()
  requireSigners()

  function storedKeys(): readonly LogKey[] {
    const row = db.prepare(`SELECT value FROM fact WHERE name = 'log-keys'`).get() as { value: string } | undefined
    if (row !== undefined) return JSON.parse(row.value) as LogKey[]
    const first = options.signers.slice(0, 1).map(({ key }) => ({ vkey: formatVkey(key) }))
    putFact.run('log-keys', JSON.stringify(first))
    return first
  }

  /** A checkpoint that lacks a signature that is due would be refused by everybody, for ever. */
  function requireSigners(): void {
    const lost = keys.find(({ vkey, until }) => until === undefined && !signers.has(vkey))
    if (lost === undefined) return
    throw new GatewayError(
      'ledger',
      'log',
      `the private key of ${lost.vkey} must sign this log and is not in log.key. Restore that file from a copy, or begin a new log with: latchkey ledger restart`,
    )
  }

  /** A ledger belongs to one log for ever. */
  function requireOrigin(): void {
    const known = (
      db.prepare(`SELECT value FROM fact WHERE name = 'log-origin'`).get() as { value: string } | undefined
    )?.value
    if (known === undefined) putFact.run('log-origin', origin)
    else if (known !== origin)
      throw new GatewayError(
        'ledger',
        'log',
        `this ledger is the log ${known}, and the key is of ${origin}. Use its own key file`,
      )
  }

  function storedTree(): { size: number; frontier: Uint8Array[] } | undefined {
    const row = db.prepare(`SELECT value FROM fact WHERE name = 'tree'`).get() as { value: string } | undefined
    if (row === undefined) return undefined
    const { size, frontier } = JSON.parse(row.value) as { size: number; frontier: string[] }
    return { size, frontier: frontier.map((hex) => Buffer.from(hex, 'hex')) }
  }

  function unfinishedTiles(size: number): Tree[] {
    const open: Tree[] = []
    for (let level = 0, count = size; count > 0 || level === 0; level++, count = Math.floor(count / TILE_WIDTH)) {
      const tile = createTree(sha256)
      const from = count - (count % TILE_WIDTH)
      const rows =
        level === 0
          ? db.prepare('SELECT leaf AS hash FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq').all(from, count)
          : db
              .prepare('SELECT hash FROM tree_node WHERE level = ? AND n >= ? AND n < ? ORDER BY n')
              .all(level, from, count)
      for (const { hash: each } of rows as { hash: Uint8Array }[]) tile.append(each)
      if (tile.size !== count - from) throw new GatewayError('ledger', 'log', `tree level ${level} lacks hashes`)
      open.push(tile)
    }
    return open
  }

  function append(leaf: Uint8Array): void {
    tree.append(leaf)
    let each = leaf
    for (let level = 0, count = tree.size; ; level++, count /= TILE_WIDTH) {
      const tile = tiles[level] ?? createTree(sha256)
      tiles[level] = tile
      tile.append(each)
      if (count % TILE_WIDTH !== 0) return
      each = tile.root()
      tiles[level] = createTree(sha256)
      putNode.run(level + 1, count / TILE_WIDTH - 1, each)
    }
  }

  function save(): void {
    const frontier = tree.frontier().map((each) => Buffer.from(each).toString('hex'))
    putFact.run('tree', JSON.stringify({ size: tree.size, frontier }))
  }

  /** Entries of a ledger from before there was a tree. */
  function catchUp(): void {
    const leaves = db.prepare('SELECT leaf FROM entry WHERE seq >= ? ORDER BY seq LIMIT ?')
    for (;;) {
      const rows = leaves.all(tree.size, REBUILD_SLICE) as { leaf: Uint8Array }[]
      if (rows.length === 0) return
      db.exec('BEGIN IMMEDIATE')
      for (const { leaf } of rows) append(leaf)
      save()
      db.exec('COMMIT')
    }
  }

  return {
    get size() {
      return tree.size
    },
    get signed() {
      return signed
    },
    get keys() {
      return keys
    },
    hold(held) {
      const own = held.filter(({ signer }) => signer.key.name === origin)
      // a key that is gone from the file is missed at the next start, not while it can still sign
      for (const { vkey, signer } of own) signers.set(vkey, signer)
      return stepsFor(keys, own)
    },
    turn(step) {
      keys = afterStep(keys, step, tree.size)
      putFact.run('log-keys', JSON.stringify(keys))
    },
    append,
    save,
    checkpoint(atMs) {
      if (tree.size <= signed) return undefined
      const size = tree.size
      const note = signCheckpoint(
        { origin, size, root: tree.root() },
        keys.filter((key) => signsAt(key, size)).map(({ vkey }) => ({ signer: signers.get(vkey)! })),
      )
      db.exec('BEGIN IMMEDIATE')
      putCheckpoint.run(size, atMs, note)
      db.exec('COMMIT')
      signed = size
      return { size, note }
    },
  }
}
