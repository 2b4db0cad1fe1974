/**
 * A file that only the holder of a private key can read: what a backup is kept in. The key of the content comes from
 * X25519 between a key of this one file and that of the reader (HKDF-SHA-256); the content is in pieces of 64 KiB, each
 * AES-256-GCM with its number as nonce and the head of the file beside it, so that none can be changed, moved, left out
 * or cut off at the end. Same secret, same content: same bytes, which is how writing goes on where it was cut short.
 * Read next: backup.ts, restore.ts, gateway/OPERATE.md (the format for others).
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { GatewayError } from '../../core/ground/failure.ts'

export const PIECE = 65_536
/** What a sealed piece is longer. */
export const TAG = 16
const FORMAT = 'latchkey-backup-1'
const PUBLIC = /^latchkey-backup-1:([A-Za-z0-9_-]{43})$/
/** Of the line that a file begins with. */
const MOST_HEAD = 1000

/** What the pieces of one file are sealed with; `head` is its first line. */
export type Vault = { readonly head: Buffer; readonly key: Buffer }

/** The pair of a reader: the private half as PEM, the public one as a line. */
export function newPair(): { readonly secret: string; readonly line: string } {
  const { privateKey } = generateKeyPairSync('x25519')
  return { secret: pemOf(privateKey), line: `${FORMAT}:${rawOf(createPublicKey(privateKey))}` }
}

/** A secret for one file. */
export const newSecret = (): string => pemOf(generateKeyPairSync('x25519').privateKey)

/** The public key in a line of `--to`. */
export function readerOf(line: string): string {
  const [, to] = PUBLIC.exec(line.trim()) ?? []
  if (to === undefined) throw refused(`--to is a line that begins with ${FORMAT}: as latchkey backup-key prints it`)
  return to
}

/** For the reader with this line. */
export function vaultFor(line: string, secret: string): Vault {
  const to = readerOf(line)
  const own = createPrivateKey(secret)
  const from = rawOf(createPublicKey(own))
  const head = Buffer.from(`${JSON.stringify({ format: FORMAT, to, from, piece: PIECE })}\n`)
  return { head, key: keyOf(own, to, head) }
}

/** By the reader; `start` is the beginning of the file. */
export function vaultOf(start: Buffer, secret: string): Vault {
  const head = start.subarray(0, start.subarray(0, MOST_HEAD).indexOf('\n') + 1)
  const { format, to, from } = parsed(head)
  if (format !== FORMAT || from === undefined) throw refused('this is no backup of latchkey, or of another version')
  const own = privateKey(secret)
  if (rawOf(createPublicKey(own)) !== to) throw refused('the backup is for another key')
  return { head, key: keyOf(own, from, head) }
}

/** `index` counts from 0. */
export function seal({ key, head }: Vault, index: number, isLast: boolean, piece: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(index, isLast))
  cipher.setAAD(head)
  return Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()])
}

export function open({ key, head }: Vault, index: number, isLast: boolean, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(index, isLast))
  decipher.setAAD(head)
  decipher.setAuthTag(sealed.subarray(-TAG))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG)), decipher.final()])
  } catch (cause) {
    throw refused(`piece ${index} of the backup is not as it was written`, cause)
  }
}

function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(index, 5, 6)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

function keyOf(own: KeyObject, other: string, head: Buffer): Buffer {
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: other }, format: 'jwk' })
  return Buffer.from(hkdfSync('sha256', diffieHellman({ privateKey: own, publicKey }), head, FORMAT, 32))
}

function parsed(head: Buffer): { readonly format?: string; readonly to?: string; readonly from?: string } {
  try {
    return JSON.parse(head.toString('utf8')) as object
  } catch {
    return {}
  }
}

function privateKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'x25519') return key
  } catch {
    // Said below.
  }
  throw refused('the private key is not one that latchkey backup-key has written')
}

const rawOf = (key: KeyObject) => key.export({ format: 'jwk' }).x!
const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string

function refused(message: string, cause?: unknown): GatewayError {
  return new GatewayError('config', 'backup', message, { cause })
}
