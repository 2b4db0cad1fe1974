/**
 * The data folder: made with mode 0700, locked by one process, with the secrets the gateway makes for itself.
 * The lock is an SQLite exclusive lock, which the kernel releases when the process dies, however it dies.
 * Read next: names.ts, log-key.ts, new-log.ts.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../core/ground/failure.ts'
import { writeWhole } from './files.ts'
import { logOf, newLogKey, newOrigin, readLogKeys } from './log-key.ts'
import { KEYS, LEDGER, LOCK, LOG_KEY, PSEUDONYM_KEY } from './names.ts'
import { completeNewLog } from './new-log.ts'

export type DataDir = {
  readonly ledgerPath: string
  readonly keysPath: string
  readonly pseudonymKeyPath: string
  /** The log's name, and the file of its private keys. */
  readonly log: { readonly origin: string; readonly path: string }
  stateDirOf(link: string): string
  unlock(): void
}

export function openDataDir(path: string, site: string): DataDir {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new GatewayError('lock', 'data-dir', `${path} cannot be made: ${(cause as Error).message}`, { cause })
  }
  const lock = takeLock(join(path, LOCK), 'another gateway. Stop it first, or use another dataDir')
  completeNewLog(path)
  const logKeyPath = join(path, LOG_KEY)
  if (!existsSync(logKeyPath)) writeWhole(logKeyPath, newLogKey(newOrigin(site)))
  return {
    ledgerPath: join(path, LEDGER),
    keysPath: join(path, KEYS),
    pseudonymKeyPath: join(path, PSEUDONYM_KEY),
    log: { origin: logOf(readLogKeys(logKeyPath)).origin, path: logKeyPath },
    stateDirOf: (link) => join(path, 'links', link),
    unlock: () => lock.close(),
  }
}

/** Held until it is closed or the process dies. */
export function takeLock(path: string, holder: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return db
  } catch (cause) {
    db.close()
    throw new GatewayError('lock', 'data-dir', `${path} is held by ${holder}`, { cause })
  }
}
