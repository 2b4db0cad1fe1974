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
  const { clock } = deps
  const log = deps.log.child({ issuer: issuer.issuer })
  const cache = issuer.jwks.kind === 'url' ? openCache(issuer.issuer, issuer.jwks.url, { ...deps, log }) : undefined
  let known: ReturnType<typeof createLocalJWKSet> | undefined
  /** Undefined for keys from the disk, whose age is not known. */
  let knownAtNs: bigint | undefined
  let triedAtNs: bigint | undefined
  let loading: Promise<void> | undefined
  let refreshing: Promise<boolean> | undefined

  const msSince = (ns: bigint) => Number((clock.nowNs() - ns) / 1_000_000n)
  const mayTry = () => triedAtNs === undefined || msSince(triedAtNs) >= (known ? COOLDOWN_MS : EMPTY_COOLDOWN_MS)
  const isOld = () => knownAtNs === undefined || msSince(knownAtNs) > REFRESH_AFTER_MS

  async function load(): Promise<void> {
    const keys = await cache?.read()
    if (keys !== undefined) known = createLocalJWKSet(keys)
  }

  async function fetchFresh(): Promise<boolean> {
    triedAtNs = clock.nowNs()
    try {
      const keys = readJwks(await bytesOf(issuer, deps.fetch))
      known = createLocalJWKSet(keys)
      knownAtNs = clock.nowNs()
      await cache?.write(keys)
      return true
    } catch (cause) {
      log.warn({ err: cause }, 'the keys of an issuer could not be fetched')
      return false
    } finally {
      refreshing = undefined
    }
  }

  /** True when fresh keys came. All who ask while it runs share it. */
  function refresh(): Promise<boolean> {
    refreshing ??= fetchFresh()
    return refreshing
  }

  return async (header, token) => {
    loading ??= load()
    await loading
    if (known === undefined && (refreshing !== undefined || mayTry())) await refresh()
    if (known === undefined) throw new KeysUnavailable()
    try {
      const key = await known(header, token)
      if (isOld() && mayTry()) void refresh()
      return key
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !(refreshing !== undefined || mayTry())) throw error
      if (!(await refresh())) throw error
      return known(header, token)
    }
  }
}

async function bytesOf({ jwks }: Issuer, fetchUrl: typeof fetch): Promise<Uint8Array> {
  if (jwks.kind === 'file') return readFile(jwks.path)
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
  return download({ url: jwks.url, signal, maxBytes: MAX_JWKS_BYTES, accept: 'application/json', fetch: fetchUrl })
}

/**
 * The keys of an issuer on disk, one file per issuer and URL. A fault of the disk is logged: the keys in memory hold.
 */
function openCache(issuer: string, url: string, { dataDir, log }: Pick<KeySetDeps, 'dataDir' | 'log'>) {
  const folder = join(dataDir, 'jwks')
  const name = createHash('sha256').update(`${issuer}\n${url}`).digest('hex').slice(0, 32)
  const path = join(folder, `${name}.json`)
  return {
    async read(): Promise<JSONWebKeySet | undefined> {
      try {
        return readJwks(await readFile(path))
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
          log.warn({ err: cause }, 'the kept keys of an issuer cannot be read')
        return undefined
      }
    },
    async write(keys: JSONWebKeySet): Promise<void> {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        await replace(path, JSON.stringify(keys))
      } catch (cause) {
        log.warn({ err: cause }, 'the keys of an issuer could not be kept')
      }
    },
  }
}

/** Whole or not at all. */
async function replace(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}
