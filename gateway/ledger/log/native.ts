/**
 * The hash and the signatures of node:crypto. The evidence files know no node: module and take these as arguments,
 * because they are faster than @noble, which makes tables of a megabyte before it signs.
 * Read next: ledger/evidence/merkle.ts, ledger/verify/bundle-check.ts.
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'
import { HASH_BYTES, type Sha256 } from '../evidence/merkle.ts'
import type { Ed25519Signing, Ed25519Verify } from '../evidence/note.ts'

/** The digest comes as text and is unpacked here, which takes half the time of a Buffer: there are millions of them. */
export const nodeSha256: Sha256 = (bytes) => {
  const text = hash('sha256', bytes, 'binary')
  const digest = new Uint8Array(HASH_BYTES)
  for (let index = 0; index < HASH_BYTES; index++) digest[index] = text.charCodeAt(index)
  return digest
}

/** Remembers the keys it has parsed; a log has few of them. */
export function createNodeEd25519(): Ed25519Verify {
  const keys = new Map<string, KeyObject | undefined>()
  return (signature, message, publicKey) => {
    const x = Buffer.from(publicKey).toString('base64url')
    if (!keys.has(x)) keys.set(x, keyOf(x))
    const key = keys.get(x)
    return key !== undefined && verify(null, message, key, signature)
  }
}

/** A private key as PKCS #8 (RFC 8410 §7), up to its 32-byte seed. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' })

export const nodeSigning: Ed25519Signing = {
  publicKey(seed) {
    const { x = '' } = createPublicKey(privateKeyOf(seed)).export({ format: 'jwk' })
    return Uint8Array.from(Buffer.from(x, 'base64url'))
  },
  sign: (message, seed) => Uint8Array.from(sign(null, message, privateKeyOf(seed))),
}

/** Undefined when the 32 bytes are no point of the curve. */
function keyOf(x: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  } catch {
    return undefined
  }
}
