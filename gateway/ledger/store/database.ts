/**
 * Opening the ledger file. The pragmas are asserted, not assumed: a library that opens with less durability than asked
 * would lose the last commits on a power cut without a sign of it.
 * Read next: migrations/index.ts, writer.ts, reader.ts.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { GatewayError } from '../../core/ground/failure.ts'
import { migrations } from './migrations/index.ts'

/** The first SQLite without the WAL-reset race of 3.7.0–3.51.2. */
const OLDEST = [3, 51, 3] as const
/** From this schema on every writer has opened with secure_delete. */
const SECURE_SINCE = 5

/** A statement, prepared once per text. */
export type Sql = (text: string) => StatementSync

export function openReader(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: 1000 })
}

export function openWriter(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 200, enableForeignKeyConstraints: true })
  try {
    requireVersion(db)
    // secure_delete: what is taken out of a table is also gone from the file.
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON',
    )
    requirePragma(db, 'journal_mode', 'wal')
    requirePragma(db, 'synchronous', 2)
    requirePragma(db, 'secure_delete', 1)
    requirePragma(db, 'quick_check(1)', 'ok')
    migrate(db)
    return db
  } catch (cause) {
    db.close()
    if (cause instanceof GatewayError) throw cause
    const { message } = cause as Error
    throw new GatewayError('ledger', 'open', `the ledger ${path} cannot be opened: ${message}`, { cause })
  }
}

/** All of the work is stored, or nothing of it. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (cause) {
    try {
      db.exec('ROLLBACK')
    } catch {
      // The failure has ended the transaction already.
    }
    throw cause
  }
}

function requireVersion(db: DatabaseSync): void {
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  const parts = version.split('.').map(Number)
  for (const [index, oldest] of OLDEST.entries()) {
    const part = parts[index] ?? 0
    if (part > oldest) return
    if (part < oldest)
      throw new GatewayError('ledger', 'open', `SQLite ${version} is older than ${OLDEST.join('.')}; use a newer Node`)
  }
}

function requirePragma(db: DatabaseSync, name: string, expected: string | number): void {
  const row = db.prepare(`PRAGMA ${name}`).get() as Record<string, unknown> | undefined
  const value = row === undefined ? undefined : Object.values(row)[0]
  if (value === expected) return
  const message = `PRAGMA ${name} is ${String(value)}, not ${expected}; the ledger is not safe here`
  throw new GatewayError('ledger', 'open', message)
}

/** Each step with its number in one transaction, so the file is at one version or the next, and nothing between. */
function migrate(db: DatabaseSync): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > migrations.length)
    throw new GatewayError(
      'ledger',
      'migrate',
      `the ledger has schema ${version}; this software knows ${migrations.length}. Use the newer software`,
    )
  for (let step = version; step < migrations.length; step++)
    inTransaction(db, () => {
      db.exec(migrations[step]!)
      db.exec(`PRAGMA user_version = ${step + 1}`)
    })
  // What was overwritten before secure_delete is still in the file.
  if (version > 0 && version < SECURE_SINCE) db.exec('VACUUM')
}
