/**
 * A lock of the data folder: an SQLite exclusive lock, which the kernel releases when the process dies, however it
 * dies. Its file may be deleted by hand while it is held. Then its holder puts another in its place within a second,
 * and whoever finds a ledger without a lock waits for that before it takes one; so no two gateways write one ledger.
 * Read next: data-dir.ts.
 */
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../core/ground/failure.ts'
import { LEDGER, LOCK } from './names.ts'

export type Lock = {
  /** Every `KEEP_EVERY_MS`. True when the file was gone and is there again; throws when it is another's. */
  keep(): boolean
  close(): void
}

export const KEEP_EVERY_MS = 1000
/** A holder is that late at most. */
const RETURN_MS = 3 * KEEP_EVERY_MS

/** Held until it is closed or the process dies. */
export function takeLock(path: string, holder: string): Lock {
  awaitReturn(path)
  let held = exclusive(path, holder)
  return {
    keep() {
      if (inodeOf(path) === held.inode) return false
      const again = exclusive(path, 'another gateway, which took it when it was deleted or exchanged')
      held.db.close()
      held = again
      return true
    },
    close: () => held.db.close(),
  }
}

/** A ledger has had a lock beside it: if that is gone, a running gateway may be about to put it back. */
function awaitReturn(path: string): void {
  const folder = dirname(path)
  if (path !== join(folder, LOCK) || existsSync(path) || !existsSync(join(folder, LEDGER))) return
  const endMs = performance.now() + RETURN_MS
  while (!existsSync(path) && performance.now() < endMs)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
}

/** Whether this failure means that another process holds the lock, such as a gateway that runs. */
export function isHeldByAnother(error: unknown): boolean {
  return error instanceof GatewayError && (error.cause as { errcode?: number } | undefined)?.errcode === SQLITE_BUSY
}

const SQLITE_BUSY = 5

type Held = { readonly db: DatabaseSync; readonly inode: bigint | undefined }

function exclusive(path: string, holder: string): Held {
  const db = openLock(path)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return { db, inode: inodeOf(path) }
  } catch (cause) {
    db.close()
    throw new GatewayError('lock', 'data-dir', `${path} is held by ${holder}`, { cause })
  }
}

function openLock(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (cause) {
    const why = `${dirname(path)} cannot be written to: ${(cause as Error).message}`
    throw new GatewayError('lock', 'data-dir', `${why}. Give it to the user who runs this, or use another dataDir`, {
      cause,
    })
  }
}

const inodeOf = (path: string) => statSync(path, { bigint: true, throwIfNoEntry: false })?.ino
