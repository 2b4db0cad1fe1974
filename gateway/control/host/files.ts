/** Files that are there as a whole or not at all, and the keys that are kept in one. */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { formatSkey } from '../../ledger/evidence/note.ts'
import { keyFileLine } from '../../ledger/log/log-keys.ts'

/** A line of the file of a log's private keys. */
export const newLogKey = (origin: string): string => keyFileLine(formatSkey(origin, randomBytes(32)))

/** The old content or the new one, whatever happens; readable for its user alone. */
export function writeWhole(path: string, content: string): void {
  const part = `${path}.part`
  rmSync(part, { force: true })
  writeFileSync(part, content, { mode: 0o600, flag: 'wx', flush: true })
  renameSync(part, path)
  syncFolder(dirname(path))
}

/** What was renamed in a folder survives a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
