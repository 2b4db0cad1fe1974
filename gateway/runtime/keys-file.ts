/**
 * Local keys reach the running gateway through `keys.json`, which `latchkey keys` writes. What changed becomes entries
 * and rows; a key works only once the ledger says so. A line taken out of the file revokes nothing: `keys revoke` does.
 */
import { readFileSync, statSync } from 'node:fs'
import type { Log } from '../../adapters/adapter.ts'
import type { EntryKind, JsonObject } from '../core/entry.ts'
import type { Change, KeyRow } from '../ledger/ledger.ts'

export type KeysFile = { check(): void }

export function watchKeys(
  path: string,
  known: readonly KeyRow[],
  deps: { append(change: Change): void; record(kind: EntryKind, data: JsonObject): void; log: Log },
): KeysFile {
  const rows = new Map(known.map((row) => [row.id, row]))
  let seen = ''

  return {
    check() {
      const stat = statSync(path, { throwIfNoEntry: false })
      const mark = stat === undefined ? 'none' : `${stat.mtimeMs}:${stat.size}:${stat.ino}`
      if (mark === seen) return
      seen = mark
      if (stat === undefined) return
      for (const row of parse(path, deps.log)) {
        const before = rows.get(row.id)
        if (before !== undefined && before.revokedAtMs === row.revokedAtMs) continue
        if (before?.revokedAtMs !== undefined) continue // revoked stays revoked
        rows.set(row.id, row)
        deps.append({ kind: 'key', row })
        deps.record(row.revokedAtMs === undefined ? 'KeyAdded' : 'KeyRevoked', {
          key: row.id,
          role: row.role,
          name: row.name,
        })
      }
    },
  }
}

function parse(path: string, log: Log): KeyRow[] {
  try {
    const rows: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (!Array.isArray(rows)) throw new Error('not a list')
    return rows.filter(
      (row): row is KeyRow =>
        typeof row?.id === 'string' &&
        typeof row.hash === 'string' &&
        ['owner', 'technician', 'auditor'].includes(row.role),
    )
  } catch (error) {
    log.error({ path, error: (error as Error).message }, 'keys file cannot be read; keys stay as they were')
    return []
  }
}
