/**
 * Reading the log as others verify it: the bytes that were hashed, the hashes of tiles, checkpoints and who signs them.
 * Read next: reader.ts, ledger/log/log.ts (what makes them), ledger/evidence/tile.ts.
 */
import { TILE_WIDTH } from '../evidence/tile.ts'
import { readFact } from '../log/fact.ts'
import type { LogKey } from '../log/log-keys.ts'
import type { Sql } from './database.ts'

export function logReads(sql: Sql) {
  return {
    /** The newest checkpoint, a signed note; undefined before the first. */
    checkpoint(): { readonly size: number; readonly note: string } | undefined {
      return sql('SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1').get() as
        | { size: number; note: string }
        | undefined
    },
    /** Checkpoints above a size, oldest first. */
    checkpoints(above: number, limit: number): { readonly size: number; readonly note: string }[] {
      return sql('SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?').all(above, limit) as {
        size: number
        note: string
      }[]
    },
    /** The bytes that were hashed, of entries from ≤ seq < to. */
    bodies(from: number, to: number): Uint8Array[] {
      const rows = sql('SELECT body FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq').all(from, to)
      return (rows as { body: Uint8Array }[]).map(({ body }) => body)
    },
    /**
     * Hashes of a tile (C2SP tlog-tiles): leaves at level 0, roots of full tiles above. Shorter than asked: not there.
     */
    tile(level: number, index: number, width: number): Uint8Array {
      const [from, to] = [index * TILE_WIDTH, index * TILE_WIDTH + width]
      const rows =
        level === 0
          ? sql('SELECT leaf AS hash FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq').all(from, to)
          : sql('SELECT hash FROM tree_node WHERE level = ? AND n >= ? AND n < ? ORDER BY n').all(level, from, to)
      return Buffer.concat((rows as { hash: Uint8Array }[]).map(({ hash }) => hash))
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
