/**
 * The data folder: made 0700, locked by one process, with the secrets the gateway makes for itself.
 * The lock is an SQLite exclusive lock, which the kernel lets go when the process dies, however it dies.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../core/error.ts'
import { formatSkey, formatVkey, parseSkey } from '../ledger/note.ts'

export type DataDir = {
  readonly ledgerPath: string
  readonly keysPath: string
  readonly pseudonymKey: Buffer
  /** The log's name, `{site}/{random id}`, and its private keys as text: the one in use first. */
  readonly log: { readonly origin: string; readonly keys: readonly string[]; readonly vkeys: readonly string[] }
  stateDirOf(link: string): string
  unlock(): void
}

export function openDataDir(path: string, site: string): DataDir {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new GatewayError('lock', 'data-dir', `${path} cannot be made: ${(cause as Error).message}`, { cause })
  }
  const lock = takeLock(join(path, 'lock'))
  return {
    ledgerPath: join(path, 'ledger.sqlite'),
    keysPath: join(path, 'keys.json'),
    pseudonymKey: secret(join(path, 'pseudonym.key')),
    log: logKeys(join(path, 'log.key'), site),
    stateDirOf: (link) => join(path, 'links', link),
    unlock: () => lock.close(),
  }
}

function takeLock(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return db
  } catch (cause) {
    db.close()
    throw new GatewayError(
      'lock',
      'data-dir',
      `${path} is held by another gateway. Stop it first, or use another dataDir`,
      { cause },
    )
  }
}

/** One key a line; the first signs, a second one beside it while verifiers change over. */
function logKeys(path: string, site: string): DataDir['log'] {
  if (!existsSync(path)) {
    const origin = `${site}/${randomBytes(8).toString('hex')}`
    writeFileSync(path, `${formatSkey(origin, randomBytes(32))}\n`, { mode: 0o600, flag: 'wx', flush: true })
  }
  const keys = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  const first = parseSkey(keys[0] ?? '')
  if (first.kind === 'refused')
    throw new GatewayError(
      'lock',
      'data-dir',
      `${path} holds no key of the log: ${first.reason}. Restore it from a copy`,
    )
  const vkeys = keys.flatMap((line) => {
    const signer = parseSkey(line)
    return signer.kind === 'ok' ? [formatVkey(signer.value.key)] : []
  })
  return { origin: first.value.key.name, keys, vkeys }
}

function secret(path: string): Buffer {
  if (!existsSync(path)) writeFileSync(path, randomBytes(32), { mode: 0o600, flag: 'wx', flush: true })
  return readFileSync(path)
}
