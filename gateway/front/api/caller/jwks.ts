/**
 * A JSON Web Key Set as an issuer publishes it, and which of its keys a token may have been signed with. Only public
 * signature keys of P-256 and Ed25519 are accepted, and none that is weak; whatever else a key says is dropped.
 * Read next: key-set.ts (where they come from).
 */
import { type CryptoKey, importJWK, type JSONWebKeySet, type JWK } from 'jose'
import { parseStrictJson } from '../http/strict-json.ts'

/** Some issuers publish the certificates of each key beside it. */
export const MAX_JWKS_BYTES = 524_288
const MAX_KEYS = 256
/** A token that names no key is tried with so many; each costs a check of its signature. */
const MOST_TRIED = 8

/** The algorithms of each kind of key. `Ed25519` is what RFC 9864 calls EdDSA with that curve. */
const ALGORITHMS_OF = { EC: ['ES256'], OKP: ['EdDSA', 'Ed25519'] } as const
const BYTE_ORDER_MARK = Buffer.from('\uFEFF')

/**
 * Everything else in the set is dropped. An empty list is an answer: the issuer has withdrawn its keys. Throws when
 * there are keys and none can be used.
 */
export function readJwks(bytes: Uint8Array): JSONWebKeySet {
  if (bytes.length > MAX_JWKS_BYTES) throw new Error('the key set is too large')
  const parsed = parseStrictJson(BYTE_ORDER_MARK.equals(bytes.subarray(0, 3)) ? bytes.subarray(3) : bytes)
  if (!parsed.ok) throw new Error(`the key set is ${parsed.why}`)
  const list = (parsed.value as { keys?: unknown } | null)?.keys
  if (!Array.isArray(list)) throw new Error('the key set has no list of keys')
  if (list.length > MAX_KEYS) throw new Error(`the key set has more than ${MAX_KEYS} keys`)
  const keys = list.flatMap(toUsable)
  if (keys.length === 0 && list.length > 0) throw new Error('the key set has no public ES256 or EdDSA key')
  return { keys }
}

function toUsable(key: JWK): JWK[] {
  if (key === null || typeof key !== 'object' || key.d !== undefined) return []
  if (key.use !== undefined && key.use !== 'sig') return []
  const kind = kindOf(key)
  if (kind === undefined) return []
  // A key that says EdDSA is good for a token that says Ed25519, and the other way round.
  if (key.alg !== undefined && !(ALGORITHMS_OF[kind] as readonly string[]).includes(key.alg)) return []
  const members = ['kty', 'crv', 'x', 'y', 'kid']
  return [Object.fromEntries(Object.entries(key).filter(([name, value]) => isText(value) && members.includes(name)))]
}

const isText = (value: unknown) => typeof value === 'string'

function kindOf({ kty, crv, x, y }: JWK): keyof typeof ALGORITHMS_OF | undefined {
  if (kty === 'EC' && crv === 'P-256' && isText(x) && isText(y)) return 'EC'
  return kty === 'OKP' && crv === 'Ed25519' && !isWeak(x) ? 'OKP' : undefined
}

/**
 * The keys a token may have been signed with: those of its `kid`; else those that have none; without a `kid` all of its
 * algorithm.
 */
export function candidates({ keys }: JSONWebKeySet, alg: string, kid: string | undefined): JWK[] {
  const fitting = keys.filter(({ kty }) =>
    (ALGORITHMS_OF[kty as keyof typeof ALGORITHMS_OF] as readonly string[]).includes(alg),
  )
  const named = kid === undefined ? fitting : fitting.filter((key) => key.kid === kid)
  return (named.length > 0 ? named : fitting.filter((key) => key.kid === undefined)).slice(0, MOST_TRIED)
}

/** Undefined for coordinates that are no point of the curve. */
export async function importKey(key: JWK, alg: string): Promise<CryptoKey | undefined> {
  try {
    return (await importJWK(key, alg)) as CryptoKey
  } catch {
    return undefined
  }
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
