/**
 * Bookings pulled from a feed of the platform: a full snapshot with a version, in the words of `PUT /v1/bookings`,
 * asked for with its ETag every so often. This only asks: the control thread decides, and keeps its own durable copy,
 * by which the machines run while nothing can be fetched, for days. Redirects are not followed; a reply is bounded in
 * time and size.
 */
import type { Logger } from 'pino'
import { Compile } from 'typebox/compile'
import type { SiteConfig } from '../../config/site.ts'
import type { Command } from '../core/command/command.ts'
import type { Outcome } from '../core/command/outcome.ts'
import type { PullStatus } from './api/api.ts'
import { snapshotBytes, snapshotSchema, toSnapshot } from './api/bookings/booking-body.ts'
import { parseStrictJson } from './api/http/strict-json.ts'

export type Pull = { status(): PullStatus; stop(): void }

export type PullDeps = {
  readonly config: SiteConfig
  readonly ask: (command: Command) => Promise<Outcome>
  readonly contacted: () => void
  /** Of the newest snapshot that was taken. */
  readonly snapshotVersion: () => number
  readonly clock: { nowMs(): number; nowNs(): bigint }
  readonly log: Logger
  readonly fetch?: typeof fetch
  readonly random?: () => number
}

type Source = Exclude<SiteConfig['bookings']['source'], 'push'>
/** What came of one try: known as it is, or not, and why. */
type Tried = { readonly kind: 'current' } | { readonly kind: 'failed'; readonly why: string }

/** After failures the feed is asked less often, but at least this often, ms. */
const MAX_BACKOFF_MS = 300_000
const MAX_ETAG = 256
const body = Compile(snapshotSchema)

export function startPull(source: Source, deps: PullDeps): Pull {
  const { clock, log, random = Math.random } = deps
  const stopped = new AbortController()
  let status: PullStatus = {}
  let etag: string | undefined
  let failures = 0
  let timer: NodeJS.Timeout | undefined

  async function pull(): Promise<Tried> {
    const headers = {
      accept: 'application/json',
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
      ...(source.token === undefined ? {} : { authorization: `Bearer ${source.token}` }),
    }
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(source.timeoutMs)])
    const response = await (deps.fetch ?? fetch)(source.url, { redirect: 'error', headers, signal })
    if (response.status === 304 && etag !== undefined) return { kind: 'current' }
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel()
      return failed(`it answered with ${response.status}`)
    }
    const bytes = await readBounded(response.body, snapshotBytes(deps.config))
    const tried = bytes === undefined ? failed('it is too large') : await take(bytes)
    const tag = response.headers.get('etag')
    etag = tried.kind === 'current' && tag !== null && tag.length <= MAX_ETAG ? tag : undefined
    return tried
  }

  async function take(bytes: Uint8Array): Promise<Tried> {
    const parsed = parseStrictJson(bytes)
    if (!parsed.ok) return failed(`it is ${parsed.why}`)
    if (!body.Check(parsed.value)) return failed(`it is not a snapshot${whereOf(body.Errors(parsed.value)[0])}`)
    const snapshot = toSnapshot(parsed.value)
    if (snapshot.errors.length > 0) return failed(`${snapshot.errors[0]!.path} ${snapshot.errors[0]!.message}`)
    const { version, bookings } = snapshot
    if (version === deps.snapshotVersion()) return { kind: 'current' }
    const principal = { role: 'platform', id: 'feed', issuer: source.url } as const
    const outcome = await deps.ask({ kind: 'put-bookings', principal, version, bookings })
    if (outcome.kind === 'bookings') {
      if (outcome.refused.length > 0)
        log.warn({ version, refused: outcome.refused }, 'bookings of the feed were refused')
      return { kind: 'current' }
    }
    if (outcome.kind !== 'refused') throw new Error(`the control thread answered ${outcome.kind} to put-bookings`)
    if (outcome.refusal.code === 'booking-version')
      return failed(`it went back to version ${version}: ${outcome.refusal.detail ?? ''}`)
    return failed(`its bookings could not be taken: ${outcome.refusal.code}`)
  }

  async function once(): Promise<void> {
    const tried = await pull().catch((error: unknown) => failed(reasonOf(error)))
    if (stopped.signal.aborted) return
    if (tried.kind === 'current') {
      if (failures > 0) log.info({ failures }, 'the feed of bookings is back')
      failures = 0
      status = { pulledAtMs: clock.nowMs(), pulledAtNs: clock.nowNs() }
      deps.contacted()
    } else {
      failures += 1
      if (failures === 1 || status.note !== tried.why) log.warn({ why: tried.why }, 'the feed of bookings failed')
      status = { ...status, note: tried.why }
    }
    timer = setTimeout(() => void once(), waitMs())
  }

  /** Spread, so that many gateways do not ask at once. */
  function waitMs(): number {
    const most = Math.max(source.everyMs, MAX_BACKOFF_MS)
    const ceiling = failures === 0 ? source.everyMs : Math.min(most, source.everyMs * 2 ** Math.min(failures - 1, 20))
    return Math.max(100, Math.round(ceiling * (0.75 + random() / 4)))
  }

  void once()
  return {
    status: () => status,
    stop() {
      stopped.abort()
      clearTimeout(timer)
    },
  }
}

const failed = (why: string): Tried => ({ kind: 'failed', why })

const whereOf = (fault: { instancePath: string } | undefined) =>
  fault === undefined || fault.instancePath === '' ? '' : `: ${fault.instancePath.slice(0, 100)}`

/** Never the address, which may hold more than a name; the cause is what helps. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it could not be asked'
  if (error.name === 'TimeoutError') return 'it did not answer in time'
  const cause = error.cause instanceof Error ? error.cause : error
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}

async function readBounded(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > most) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
