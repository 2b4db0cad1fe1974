/**
 * A JSON Web Key Set as an issuer publishes it: which keys of it are accepted. Only public signature keys of P-256 and
 * Ed25519, and none that is weak.
 * Read next: key-set.ts (where they come from).
 */
import type { JSONWebKeySet, JWK } from 'jose'
import { parseStrictJson } from '../http/strict-json.ts'

export const MAX_JWKS_BYTES = 65_536
const MAX_KEYS = 32

/** Everything else in the set is dropped; throws when nothing is left. */
export function readJwks(bytes: Uint8Array): JSONWebKeySet {
  if (bytes.length > MAX_JWKS_BYTES) throw new Error('the key set is too large')
  const parsed = parseStrictJson(bytes)
  if (!parsed.ok) throw new Error(`the key set is ${parsed.why}`)
  const list = (parsed.value as { keys?: unknown } | null)?.keys
  if (!Array.isArray(list) || list.length > MAX_KEYS)
    throw new Error(`the key set has no list of keys, or more than ${MAX_KEYS}`)
  const keys = list.flatMap((key: JWK): JWK[] => {
    if (key === null || typeof key !== 'object' || key.d !== undefined || (key.use !== undefined && key.use !== 'sig'))
      return []
    const family =
      key.kty === 'EC' && key.crv === 'P-256'
        ? ['kty', 'crv', 'x', 'y']
        : key.kty === 'OKP' && key.crv === 'Ed25519' && !isWeak(key.x)
          ? ['kty', 'crv', 'x']
          : []
    if (family.length === 0) return []
    const named = Object.entries(key).filter(
      ([name, value]) => typeof value === 'string' && [...family, 'kid', 'alg', 'use'].includes(name),
    )
    return [Object.fromEntries(named) as JWK]
  })
  if (keys.length === 0) throw new Error('the key set has no ES256 or EdDSA key')
  return { keys }
}

/**
 * Points of small order, as little-endian y without the sign bit: with such a key anybody can make a signature of
 * anything.
 */
const SMALL_ORDER = new Set([
  `00${'00'.repeat(31)}`,
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
])

function isWeak(x: unknown): boolean {
  const y = typeof x === 'string' ? Buffer.from(x, 'base64url') : Buffer.alloc(0)
  if (y.length !== 32) return true
  y[31]! &= 0x7f
  return SMALL_ORDER.has(y.toString('hex'))
}
