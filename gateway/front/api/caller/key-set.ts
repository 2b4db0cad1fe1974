/**
 * The public keys of one issuer. Kept in memory and, when they came from a URL, on disk for ever, so that an unlock
 * needs no network: a known key never waits for one. Fetched when nothing is known, when a token names an unknown key,
 * and in the background when old; at most once in a cooldown. Redirects are not followed.
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CompactJWSHeaderParameters,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWK,
} from 'jose'
import type { Logger } from 'pino'
import type { SiteConfig } from '../../../../config/site.ts'
import type { Clock } from '../api.ts'
import { parseStrictJson } from '../http/strict-json.ts'

export type KeySet = (
  header: CompactJWSHeaderParameters,
  token: FlattenedJWSInput,
) => ReturnType<ReturnType<typeof createLocalJWKSet>>

/** No keys of the issuer are known here, and none can be had now. */
export class KeysUnavailable extends Error {}

const FETCH_TIMEOUT_MS = 5_000
const COOLDOWN_MS = 30_000
/** While nothing at all is known, try sooner. */
const EMPTY_COOLDOWN_MS = 2_000
const REFRESH_AFTER_MS = 600_000
const MAX_BYTES = 65_536
const MAX_KEYS = 32

type Issuer = SiteConfig['issuers'][number]
export type KeySetDeps = {
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Logger
  readonly fetch: typeof fetch
}

export function createKeySet(issuer: Issuer, deps: KeySetDeps): KeySet {
  const { clock, log } = deps
  let known: ReturnType<typeof createLocalJWKSet> | undefined
  /** Undefined for keys from disk: however old. */
  let knownAtNs: bigint | undefined
  let triedAtNs: bigint | undefined
  let loading: Promise<void> | undefined
  let refreshing: Promise<boolean> | undefined
  const cache = issuer.jwks.kind === 'url' ? cachePath(deps.dataDir, issuer) : undefined

  const msSince = (ns: bigint) => Number((clock.nowNs() - ns) / 1_000_000n)
  const mayTry = () => triedAtNs === undefined || msSince(triedAtNs) >= (known ? COOLDOWN_MS : EMPTY_COOLDOWN_MS)

  async function loadCache(): Promise<void> {
    if (cache === undefined) return
    try {
      known = createLocalJWKSet(usableKeys(await readFile(cache)))
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
        log.warn({ err: cause, issuer: issuer.issuer }, 'the kept keys of an issuer cannot be read')
    }
  }

  /** True when fresh keys came. */
  function refresh(): Promise<boolean> {
    refreshing ??= (async () => {
      triedAtNs = clock.nowNs()
      try {
        const bytes =
          issuer.jwks.kind === 'url' ? await download(issuer.jwks.url, deps.fetch) : await readFile(issuer.jwks.path)
        const keys = usableKeys(bytes)
        known = createLocalJWKSet(keys)
        knownAtNs = clock.nowNs()
        if (cache !== undefined)
          await keep(cache, deps.dataDir, keys).catch((cause) =>
            log.warn({ err: cause, issuer: issuer.issuer }, 'the keys of an issuer could not be kept'),
          )
        return true
      } catch (cause) {
        log.warn({ err: cause, issuer: issuer.issuer }, 'the keys of an issuer could not be fetched')
        return false
      } finally {
        refreshing = undefined
      }
    })()
    return refreshing
  }

  return async (header, token) => {
    loading ??= loadCache()
    await loading
    if (known === undefined && (refreshing !== undefined || mayTry())) await refresh()
    if (known === undefined) throw new KeysUnavailable()
    try {
      const key = await known(header, token)
      if ((knownAtNs === undefined || msSince(knownAtNs) > REFRESH_AFTER_MS) && mayTry()) void refresh()
      return key
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !(refreshing !== undefined || mayTry())) throw error
      if (!(await refresh())) throw error
      return known(header, token)
    }
  }
}

/** Only public signature keys of the two families we take; everything else in the set is dropped. */
function usableKeys(bytes: Uint8Array): JSONWebKeySet {
  if (bytes.length > MAX_BYTES) throw new Error('the key set is too large')
  const parsed = parseStrictJson(bytes)
  if (!parsed.ok) throw new Error(`the key set is ${parsed.why}`)
  const list = (parsed.value as { keys?: unknown } | null)?.keys
  if (!Array.isArray(list) || list.length > MAX_KEYS)
    throw new Error('the key set has no list of keys, or too long a one')
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

/** Points of small order: for such a key a signature of anything is easily made. Little-endian y, the sign bit left out. */
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

async function download(url: string, fetchUrl: typeof fetch): Promise<Uint8Array> {
  const response = await fetchUrl(url, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  })
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw new Error(`the key set was answered with ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_BYTES) throw new Error('the key set is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function cachePath(dataDir: string, issuer: Issuer): string {
  const name = createHash('sha256')
    .update(`${issuer.issuer}\n${issuer.jwks.kind === 'url' ? issuer.jwks.url : ''}`)
    .digest('hex')
    .slice(0, 32)
  return join(dataDir, 'jwks', `${name}.json`)
}

/** Whole or not at all. */
async function keep(path: string, dataDir: string, keys: JSONWebKeySet): Promise<void> {
  mkdirSync(join(dataDir, 'jwks'), { recursive: true, mode: 0o700 })
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(keys))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}
