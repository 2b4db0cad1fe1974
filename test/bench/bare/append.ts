/** What a careful person writes with node:sqlite alone: a table of rows that are never changed, committed in groups. */
import { DatabaseSync } from 'node:sqlite'

/** Milliseconds that the commits took, as durable as those of the ledger. */
export function append(path: string, bodies: readonly Uint8Array[], group: number): number {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec('CREATE TABLE entry (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT')
  const insert = db.prepare('INSERT INTO entry (seq, body) VALUES (?, ?)')
  const began = performance.now()
  for (let from = 0; from < bodies.length; from += group) {
    db.exec('BEGIN IMMEDIATE')
    for (const [index, body] of bodies.slice(from, from + group).entries()) insert.run(from + index, body)
    db.exec('COMMIT')
  }
  const took = performance.now() - began
  db.close()
  return took
}
