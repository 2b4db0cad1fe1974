/**
 * The data folder: made with mode 0700, locked by one process, with the secrets the gateway makes for itself.
 * Read next: names.ts, lock.ts, log-key.ts, new-log.ts.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../../core/ground/failure.ts'
import { writeWhole } from './files.ts'
import { type Lock, takeLock } from './lock.ts'
import { logOf, newLogKey, newOrigin, readLogKeys } from './log-key.ts'
import { KEYS, LEDGER, LOCK, LOG_KEY, PSEUDONYM_KEY, RESTORING } from './names.ts'
import { completeNewLog } from './new-log.ts'

export type DataDir = {
  readonly ledgerPath: string
  readonly keysPath: string
  readonly pseudonymKeyPath: string
  /** The log's name, and the file of its private keys. */
  readonly log: { readonly origin: string; readonly path: string }
  stateDirOf(link: string): string
  /** As `keep` of lock.ts. */
  keepLock(): boolean
  unlock(): void
}

export function openDataDir(path: string, site: string): DataDir {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException
    const why = `${path} cannot be made: ${NOT_MADE[code] ?? message}`
    throw new GatewayError('lock', 'data-dir', `${why}. Mend that, or name another folder as dataDir`, { cause })
  }
  const lock = takeLock(join(path, LOCK), 'another gateway. Stop it first, or use another dataDir')
  if (existsSync(join(path, RESTORING))) {
    lock.close()
    throw new GatewayError('lock', 'data-dir', `a restore into ${path} was cut short: run latchkey restore again`)
  }
  completeNewLog(path)
  refuseOtherSite(path, site, lock)
  const logKeyPath = join(path, LOG_KEY)
  if (!existsSync(logKeyPath)) writeWhole(logKeyPath, newLogKey(newOrigin(site)))
  return {
    ledgerPath: join(path, LEDGER),
    keysPath: join(path, KEYS),
    pseudonymKeyPath: join(path, PSEUDONYM_KEY),
    log: { origin: logOf(readLogKeys(logKeyPath)).origin, path: logKeyPath },
    stateDirOf: (link) => linkFolder(path, link),
    keepLock: () => lock.keep(),
    unlock: () => lock.close(),
  }
}

/** Keys and certificates of one link. */
export const linkFolder = (path: string, link: string): string => join(path, 'links', link)

const NOT_MADE: Readonly<Record<string, string>> = {
  EEXIST: 'a file of this name is there',
  ENOTDIR: 'a part of the path is a file',
  EACCES: 'this user may not write there',
  EPERM: 'nobody may make folders there',
  EROFS: 'the disk can only be read',
}

/** A log is of one site for good: under another name its topics and its evidence would contradict each other. */
function refuseOtherSite(path: string, site: string, lock: Lock): void {
  const logKeyPath = join(path, LOG_KEY)
  if (!existsSync(logKeyPath)) return
  const { origin } = logOf(readLogKeys(logKeyPath))
  const owner = origin.slice(0, origin.indexOf('/'))
  if (owner === site) return
  lock.close()
  throw new GatewayError(
    'config',
    'data-dir',
    `${path} is the data of site ${owner}, and the site file says ${site}: write site: ${owner}, or use another dataDir`,
  )
}
