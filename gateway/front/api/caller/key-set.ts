/**
 * The public keys of one issuer. Kept in memory and, when they came from a URL, on disk, so that an unlock needs no
 * network: a token signed with a known key never waits for one. Fetched every minute, so that a key that was withdrawn
 * is refused soon; also when no key is known and when none verifies a token, at most once per cooldown.
 * Read next: jwks.ts (which keys are accepted), key-cache.ts (the copy on disk).
 */
import type { CryptoKey, JSONWebKeySet, JWK } from 'jose'
import type { Logger } from 'pino'
import { readBounded } from '../../../../config/document/read-file.ts'
import type { SiteConfig } from '../../../../config/site.ts'
import { download, whyNot } from '../../download.ts'
import type { Clock } from './caller.ts'
import { candidates, importKey, MAX_JWKS_BYTES, readJwks } from './jwks.ts'
import { type KeyCache, openKeyCache } from './key-cache.ts'

export type KeySet = {
  /** The keys a token may have been signed with; throws `KeysUnavailable`. */
  keysFor(alg: string, kid: string | undefined): Promise<CryptoKey[]>
  /** Another number when the keys have changed. Asking for it renews old keys, as a token that is verified does. */
  edition(): number
  /** None of them verified a token. True when fresh keys came: it is worth another try. */
  renew(): Promise<boolean>
  /** What people should look at. */
  note(): string | undefined
  start(): void
  stop(): void
}

/** No keys of the issuer are known here, and none can be had now; the message says why. */
export class KeysUnavailable extends Error {}

const FETCH_TIMEOUT_MS = 5_000
/** How often the keys are fetched, used or not: so long at most a withdrawn key is good while the issuer answers. */
const EVERY_MS = 60_000
/** Between two fetches that tokens cause. */
const COOLDOWN_MS = 30_000
/** As long as no key at all is known. */
const EMPTY_COOLDOWN_MS = 2_000

type Issuer = SiteConfig['issuers'][number]
type KeySetDeps = {
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Logger
  readonly fetch: typeof fetch
}

export function createKeySet(issuer: Issuer, deps: KeySetDeps): KeySet {
  const { jwks } = issuer
  const log = deps.log.child({ issuer: issuer.issuer })
  const cache = jwks.kind === 'url' ? openKeyCache(issuer.issuer, jwks.url, deps.dataDir, log) : undefined
  const state: State = { ...deps, issuer, log, cache, edition: 0, imported: new Map() }
  let timer: NodeJS.Timeout | undefined

  return {
    async keysFor(alg, kid) {
      await load(state)
      if (state.known === undefined && mayFetch(state)) await refresh(state)
      if (state.known === undefined) throw new KeysUnavailable(state.trouble)
      if (isOld(state) && mayFetch(state)) void refresh(state)
      const keys = await Promise.all(candidates(state.known, alg, kid).map((key) => imported(state, key, alg)))
      return keys.filter((key) => key !== undefined)
    },
    edition() {
      if (state.known !== undefined && isOld(state) && mayFetch(state)) void refresh(state)
      return state.edition
    },
    renew: async () => mayFetch(state) && refresh(state),
    note: () => noteOf(state),
    start() {
      void load(state).then(() => refresh(state))
      timer = setInterval(() => void refresh(state), EVERY_MS)
    },
    stop: () => clearInterval(timer),
  }
}

type State = KeySetDeps & {
  readonly issuer: Issuer
  readonly cache: KeyCache | undefined
  known?: JSONWebKeySet
  edition: number
  imported: Map<JWK, Promise<CryptoKey | undefined>>
  /** Why the last fetch brought nothing. */
  trouble?: string | undefined
  /** Absent for keys from the disk, whose age is not known. */
  knownAtNs?: bigint
  triedAtNs?: bigint
  loading?: Promise<void>
  refreshing?: Promise<boolean> | undefined
}

const msSince = ({ clock }: State, ns: bigint) => Number((clock.nowNs() - ns) / 1_000_000n)
const isOld = (state: State) => state.knownAtNs === undefined || msSince(state, state.knownAtNs) > EVERY_MS

/** For the sake of a token: one that is under way may be waited for. */
function mayFetch(state: State): boolean {
  if (state.refreshing !== undefined || state.triedAtNs === undefined) return true
  return msSince(state, state.triedAtNs) >= (state.known ? COOLDOWN_MS : EMPTY_COOLDOWN_MS)
}

function take(state: State, keys: JSONWebKeySet): void {
  state.known = keys
  state.edition += 1
  state.imported = new Map()
}

/** What was kept on disk; read once. */
function load(state: State): Promise<void> {
  state.loading ??= (async () => {
    const keys = await state.cache?.read()
    if (keys !== undefined) take(state, keys)
  })()
  return state.loading
}

/** True when fresh keys came. All who ask while it runs share it. */
function refresh(state: State): Promise<boolean> {
  state.refreshing ??= fetchFresh(state).finally(() => {
    state.refreshing = undefined
  })
  return state.refreshing
}

async function fetchFresh(state: State): Promise<boolean> {
  const { issuer, clock, log, cache } = state
  state.triedAtNs = clock.nowNs()
  try {
    const keys = readJwks(await bytesOf(issuer, state.fetch))
    if (state.trouble !== undefined) log.info('the keys of an issuer are fetched again')
    state.trouble = undefined
    state.knownAtNs = clock.nowNs()
    if (JSON.stringify(keys) === JSON.stringify(state.known)) return true
    if (keys.keys.length === 0) log.warn('an issuer has withdrawn all its keys: its tokens are refused')
    take(state, keys)
    await cache?.write(keys)
    return true
  } catch (cause) {
    const why = whyNot(cause)
    if (why !== state.trouble) log.warn({ why }, 'the keys of an issuer could not be fetched')
    state.trouble = why
    return false
  }
}

function imported(state: State, key: JWK, alg: string): Promise<CryptoKey | undefined> {
  const one = state.imported.get(key) ?? importKey(key, alg)
  state.imported.set(key, one)
  return one
}

function noteOf({ issuer: { issuer }, known, trouble }: State): string | undefined {
  if (trouble !== undefined) {
    const rest = known === undefined ? 'its tokens are refused' : 'those that are known stay in use'
    return `the keys of ${issuer} could not be fetched: ${trouble}; ${rest}`
  }
  return known?.keys.length === 0 ? `${issuer} has withdrawn all its keys: its tokens are refused` : undefined
}

async function bytesOf({ jwks }: Issuer, fetchUrl: typeof fetch): Promise<Uint8Array> {
  if (jwks.kind === 'file') return readBounded(jwks.path, MAX_JWKS_BYTES)
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
  return download({ url: jwks.url, signal, maxBytes: MAX_JWKS_BYTES, accept: 'application/json', fetch: fetchUrl })
}
