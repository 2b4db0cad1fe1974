/**
 * The data folder: made 0700, locked by one process, with the secrets the gateway makes for itself.
 * The lock is an SQLite exclusive lock, which the kernel lets go when the process dies, however it dies.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../core/ground/failure.ts'
import { parseKeysFile } from '../../ledger/log/log-keys.ts'
import { newLogKey, writeWhole } from './files.ts'
import { completeNewLog } from './new-log.ts'

export type DataDir = {
  readonly ledgerPath: string
  readonly keysPath: string
  /** Of gateways before pseudonyms were random; see control/commands/pseudonyms.ts. */
  readonly pseudonymKeyPath: string
  /** The log's name, `{site}/{random id}`, and the file of its private keys. */
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
  const lock = takeLock(join(path, 'lock'), 'another gateway. Stop it first, or use another dataDir')
  completeNewLog(path)
  return {
    ledgerPath: join(path, 'ledger.sqlite'),
    keysPath: join(path, 'keys.json'),
    pseudonymKeyPath: join(path, 'pseudonym.key'),
    log: logKeys(join(path, 'log.key'), site),
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

function logKeys(path: string, site: string): DataDir['log'] {
  if (!existsSync(path)) writeWhole(path, newLogKey(`${site}/${randomBytes(8).toString('hex')}`))
  const keys = parseKeysFile(readFileSync(path, 'utf8'))
  if (typeof keys === 'string')
    throw new GatewayError('lock', 'data-dir', `${path} holds no key of the log: ${keys}. Restore it from a copy`)
  return { origin: keys[0]!.signer.key.name, path }
}
