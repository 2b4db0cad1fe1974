/**
 * The tree over the entries, stored beside them in their own transactions: its frontier, and the roots of full tiles. A
 * start goes on from there and reads no entry again.
 * Read next: ledger/evidence/merkle.ts, ledger/evidence/tile.ts, log.ts.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { GatewayError } from '../../core/ground/failure.ts'
import { createTree, type Tree } from '../evidence/merkle.ts'
import { TILE_WIDTH } from '../evidence/tile.ts'
import { createFactWriter, readFact } from './fact.ts'
import { nodeSha256 } from './native.ts'

/** Leaves hashed at a time when a ledger from before there was a tree is opened. */
const REBUILD_SLICE = 10_000

export type StoredTree = {
  readonly size: number
  root(): Uint8Array
  /** Within the transaction that stores the entry. */
  append(leaf: Uint8Array): void
  /** Last in the transaction: what the next start goes on from. */
  save(): void
}

type State = {
  readonly tree: Tree
  /** The unfinished tile of each level: level 0 holds leaves, level 1 the roots of full tiles of leaves, and so on. */
  readonly tiles: Tree[]
  readonly putNode: StatementSync
  readonly putFact: (name: string, value: string) => void
}

export function openTree(db: DatabaseSync): StoredTree {
  const tree = createTree(nodeSha256, storedFrontier(db))
  const state: State = {
    tree,
    tiles: unfinishedTiles(db, tree.size),
    putNode: db.prepare('INSERT INTO tree_node (level, n, hash) VALUES (?, ?, ?)'),
    putFact: createFactWriter(db),
  }
  catchUp(db, state)
  return {
    get size() {
      return tree.size
    },
    root: () => tree.root(),
    append: (leaf) => append(state, leaf),
    save: () => save(state),
  }
}

function append({ tree, tiles, putNode }: State, leaf: Uint8Array): void {
  tree.append(leaf)
  let hash = leaf
  for (let level = 0, count = tree.size; ; level++, count /= TILE_WIDTH) {
    const tile = tiles[level] ?? createTree(nodeSha256)
    tiles[level] = tile
    tile.append(hash)
    if (count % TILE_WIDTH !== 0) return
    hash = tile.root()
    tiles[level] = createTree(nodeSha256)
    putNode.run(level + 1, count / TILE_WIDTH - 1, hash)
  }
}

function save({ tree, putFact }: State): void {
  const frontier = tree.frontier().map((each) => Buffer.from(each).toString('hex'))
  putFact('tree', JSON.stringify({ size: tree.size, frontier }))
}

function storedFrontier(db: DatabaseSync): { size: number; frontier: Uint8Array[] } | undefined {
  const stored = readFact((text) => db.prepare(text), 'tree')
  if (stored === undefined) return undefined
  const { size, frontier } = JSON.parse(stored) as { size: number; frontier: string[] }
  return { size, frontier: frontier.map((hex) => Buffer.from(hex, 'hex')) }
}

function unfinishedTiles(db: DatabaseSync, size: number): Tree[] {
  const tiles: Tree[] = []
  for (let level = 0, count = size; count > 0 || level === 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    const tile = createTree(nodeSha256)
    const from = count - (count % TILE_WIDTH)
    for (const hash of storedHashes(db, level, from, count)) tile.append(hash)
    if (tile.size !== count - from)
      throw new GatewayError('ledger', 'log', `level ${level} of the tree lacks hashes; restore a copy of the ledger`)
    tiles.push(tile)
  }
  return tiles
}

/** Hashes of one level, from ≤ n < to. */
function storedHashes(db: DatabaseSync, level: number, from: number, to: number): Uint8Array[] {
  const rows =
    level === 0
      ? db.prepare('SELECT leaf AS hash FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq').all(from, to)
      : db.prepare('SELECT hash FROM tree_node WHERE level = ? AND n >= ? AND n < ? ORDER BY n').all(level, from, to)
  return (rows as { hash: Uint8Array }[]).map(({ hash }) => hash)
}

/** Takes up the entries of a ledger from before there was a tree. */
function catchUp(db: DatabaseSync, state: State): void {
  const leaves = db.prepare('SELECT leaf FROM entry WHERE seq >= ? ORDER BY seq LIMIT ?')
  for (;;) {
    const rows = leaves.all(state.tree.size, REBUILD_SLICE) as { leaf: Uint8Array }[]
    if (rows.length === 0) return
    db.exec('BEGIN IMMEDIATE')
    for (const { leaf } of rows) append(state, leaf)
    save(state)
    db.exec('COMMIT')
  }
}
