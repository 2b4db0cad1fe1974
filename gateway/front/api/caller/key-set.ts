/**
 * The public keys of one issuer. Kept in memory and, when they came from a URL, on disk for ever, so that an unlock
 * needs no network: a token signed with a known key never waits for one. Fetched when no key is known, when a token
 * names an unknown key, and in the background once they are old; at most once per cooldown.
 * Read next: jwks.ts (which keys are accepted).
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
} from 'jose'
import type { Logger } from 'pino'
import type { SiteConfig } from '../../../../config/site.ts'
import { download } from '../http/download.ts'
import type { Clock } from './caller.ts'
import { MAX_JWKS_BYTES, readJwks } from './jwks.ts'

export type KeySet = (
  header: CompactJWSHeaderParameters,
  token: FlattenedJWSInput,
) => ReturnType<ReturnType<typeof createLocalJWKSet>>

/** No keys of the issuer are known here, and none can be had now. */
export class KeysUnavailable extends Error {}

const FETCH_TIMEOUT_MS = 5_000
const COOLDOWN_MS = 30_000
/** As long as no key at all is known. */
const EMPTY_COOLDOWN_MS = 2_000
const REFRESH_AFTER_MS = 600_000

type Issuer = SiteConfig['issuers'][number]
type KeySetDeps = {
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Logger
  readonly fetch: typeof fetch
}

export function createKeySet(issuer: Issuer, deps: KeySetDeps): KeySet {
  const { clock, log } = deps
  let known: ReturnType<typeof createLocalJWKSet> | undefined
  /** Undefined for keys from the disk, whose age is not known. */
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
      known = createLocalJWKSet(readJwks(await readFile(cache)))
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
        log.warn({ err: cause, issuer: issuer.issuer }, 'the kept keys of an issuer cannot be read')
    }
  }

  const fetchKeys = (url: string) => {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
    return download({ url, signal, maxBytes: MAX_JWKS_BYTES, accept: 'application/json', fetch: deps.fetch })
  }

  /** True when fresh keys came. */
  function refresh(): Promise<boolean> {
    refreshing ??= (async () => {
      triedAtNs = clock.nowNs()
      try {
        const bytes = issuer.jwks.kind === 'url' ? await fetchKeys(issuer.jwks.url) : await readFile(issuer.jwks.path)
        const keys = readJwks(bytes)
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
