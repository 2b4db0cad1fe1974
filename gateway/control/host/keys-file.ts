/**
 * Local keys reach the running gateway through `keys.json`, which `latchkey keys` writes. Changes become entries and
 * rows; a key works only once they are durable. A line that is deleted from the file revokes nothing: `keys revoke`
 * does. The keys of the log in `log.key` come the same way, from `latchkey keys rotate-log`.
 * Read next: decisions/003-keys-through-a-file.md, decisions/010-change-of-the-log-key.md.
 */
import { readFileSync, statSync } from 'node:fs'
import type { Logger } from '../../../adapters/adapter.ts'
import type { EntryKind, JsonObject } from '../../core/ground/entry.ts'
import type { Change, KeyRow } from '../../core/machine/change.ts'
import { parseKeysFile } from '../../ledger/log/log-keys.ts'

export type KeysFile = { check(): void }
export type LogKeysFile = { check(): Promise<void> }

export function watchKeys(
  path: string,
  known: readonly KeyRow[],
  deps: { append(change: Change): void; record(kind: EntryKind, data: JsonObject): void; log: Logger },
): KeysFile {
  const rows = new Map(known.map((row) => [row.id, row]))
  let seen = ''

  return {
    check() {
      const mark = markOf(path)
      if (mark === seen) return
      seen = mark
      if (mark === NONE) return
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
          ...(row.machines === undefined ? {} : { machines: [...row.machines] }),
        })
      }
    },
  }
}

/** `take` gets the text of the file when it has changed; a file that cannot be used changes nothing. */
export function watchLogKeys(path: string, log: Logger, take: (text: string) => Promise<void>): LogKeysFile {
  let seen = ''
  return {
    async check() {
      const mark = markOf(path)
      if (mark === seen) return
      seen = mark
      if (mark === NONE) return log.error({ path }, 'the key of the log is gone; restore it before the next start')
      const text = readFileSync(path, 'utf8')
      const keys = parseKeysFile(text)
      if (typeof keys === 'string') return log.error({ path, error: keys }, 'the keys of the log stay as they were')
      await take(text)
    },
  }
}

const NONE = 'none'

function markOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? NONE : `${stat.mtimeMs}:${stat.size}:${stat.ino}`
}

function parse(path: string, log: Logger): KeyRow[] {
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
    log.error({ path, error: (error as Error).message }, 'the keys file cannot be read; the keys stay as they were')
    return []
  }
}
