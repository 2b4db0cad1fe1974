/**
 * Facts of a ledger: one text per name, in the table `fact`.
 * Read next: ledger/store/migrations/index.ts (the table).
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

export function readFact(sql: (text: string) => StatementSync, name: string): string | undefined {
  const row = sql('SELECT value FROM fact WHERE name = ?').get(name) as { value: string } | undefined
  return row?.value
}

/** How a fact is put down, in place of what stood under its name. */
export function createFactWriter(db: DatabaseSync): (name: string, value: string) => void {
  const put = db.prepare(
    'INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  return (name, value) => void put.run(name, value)
}
