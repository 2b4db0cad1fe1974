/**
 * The file of a log's private keys: made once, read at each start. It never leaves this host.
 * Read next: ledger/log/log-keys.ts (what the lines mean), keys-file.ts (how a change reaches a running gateway).
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { GatewayError } from '../../core/ground/failure.ts'
import { formatSkey } from '../../ledger/evidence/note.ts'
import type { LogOptions } from '../../ledger/log/log.ts'
import { type HeldKey, keyFileLine, parseKeysFile } from '../../ledger/log/log-keys.ts'
import { nodeSigning } from '../../ledger/log/native.ts'

/** `{site}/{random id}`: no two logs have the same name. */
export const newOrigin = (site: string): string => `${site}/${randomBytes(8).toString('hex')}`

/** A line of the file. */
export const newLogKey = (origin: string): string => keyFileLine(formatSkey(origin, randomBytes(32), nodeSigning))

/** The keys in the file, or why it cannot be used. */
export function logKeysIn(path: string): HeldKey[] | string {
  return existsSync(path) ? parseKeysFile(readFileSync(path, 'utf8')) : 'there is none'
}

export function readLogKeys(path: string): HeldKey[] {
  const held = logKeysIn(path)
  if (typeof held === 'string')
    throw new GatewayError('config', 'log-key', `${path} cannot be used: ${held}. Restore it from a copy`)
  return held
}

/** What a writer signs with; all keys in one file are of one log. */
export function logOf(held: readonly HeldKey[]): LogOptions {
  return { origin: held[0]!.signer.key.name, signers: held.map(({ signer }) => signer) }
}
