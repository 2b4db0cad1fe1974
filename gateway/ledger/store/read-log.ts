/**
 * Reading the log as others verify it: the bytes that were hashed, the hashes of tiles, checkpoints and who signs them.
 * Read next: reader.ts, ledger/log/log.ts (what makes them), ledger/evidence/tile.ts.
 */
import type { HashSource } from '../evidence/merkle.ts'
import { TILE_WIDTH, tileSource } from '../evidence/tile.ts'
import { readFact } from '../log/fact.ts'
import type { LogKey } from '../log/log-keys.ts'
import { nodeSha256 } from '../log/native.ts'
import type { Sql } from './database.ts'

type StoredCheckpoint = { readonly size: number; readonly note: string }

export function logReads(sql: Sql) {
  /** Hashes of a tile: leaves at level 0, roots of full tiles above. Fewer than `width` when the tree ends before. */
  function tile(level: number, index: number, width: number): Uint8Array {
    const [from, to] = [index * TILE_WIDTH, index * TILE_WIDTH + width]
    const rows =
      level === 0
        ? sql('SELECT leaf AS hash FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq').all(from, to)
        : sql('SELECT hash FROM tree_node WHERE level = ? AND n >= ? AND n < ? ORDER BY n').all(level, from, to)
    return Buffer.concat((rows as { hash: Uint8Array }[]).map(({ hash }) => hash))
  }

  return {
    tile,
    /** Hashes of the tree of the first `size` entries, for proofs. */
    hashSource(size: number): HashSource {
      return tileSource(nodeSha256, size, ({ level, index, width }) => tile(level, index, width))
    },
    /** The bytes that were hashed, of entries from ≤ seq < to. */
    bodies(from: number, to: number): Uint8Array[] {
      const rows = sql('SELECT body FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq').all(from, to)
      return (rows as { body: Uint8Array }[]).map(({ body }) => body)
    },
    /** The newest checkpoint, a signed note; undefined before the first. */
    checkpoint(): StoredCheckpoint | undefined {
      const row = sql('SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1').get()
      return row as StoredCheckpoint | undefined
    },
    /** Checkpoints above a size, oldest first. */
    checkpoints(above: number, limit: number): StoredCheckpoint[] {
      const rows = sql('SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?').all(above, limit)
      return rows as StoredCheckpoint[]
    },
    logOrigin(): string | undefined {
      return readFact(sql, 'log-origin')
    },
    /** Who signs this log at which size. */
    logKeys(): LogKey[] {
      const stored = readFact(sql, 'log-keys')
      return stored === undefined ? [] : (JSON.parse(stored) as LogKey[])
    },
  }
}
