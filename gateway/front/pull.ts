/**
 * Bookings pulled from a feed of the platform: a full snapshot with a version, as in `PUT /v1/bookings`, asked for with
 * its ETag every so often. This only asks. The control thread decides, and keeps a durable copy of its own, by which
 * the machines run for days while nothing can be fetched. A redirect is an error; a reply is bounded in time and size.
 * Read next: api/bookings/booking-body.ts (a snapshot), control/commands/booking-snapshot.ts (what becomes of it).
 */
import type { Logger } from 'pino'
import { Compile } from 'typebox/compile'
import type { SiteConfig } from '../../config/site.ts'
import type { Command } from '../core/command/command.ts'
import type { Outcome } from '../core/command/outcome.ts'
import type { PullStatus } from './api/api.ts'
import { snapshotBytes, snapshotSchema, toSnapshot } from './api/bookings/booking-body.ts'
import type { Clock } from './api/caller/caller.ts'
import { parseStrictJson } from './api/http/strict-json.ts'
import { readBounded, whyNot } from './download.ts'

export type Pull = { status(): PullStatus; stop(): void }

type PullDeps = {
  readonly config: SiteConfig
  readonly ask: (command: Command) => Promise<Outcome>
  readonly contacted: () => void
  /** Of the newest snapshot that was taken. */
  readonly snapshotVersion: () => number
  readonly clock: Clock
  readonly log: Logger
  readonly fetch?: typeof fetch
  readonly random?: () => number
}

type Source = Exclude<SiteConfig['bookings']['source'], 'push'>
/** What came of one try: what is known is what the feed says now, or it failed. */
type Tried = { readonly kind: 'current' } | { readonly kind: 'failed'; readonly why: string }

/** After failures the feed is asked less often, but at least this often, ms. */
const MAX_BACKOFF_MS = 300_000
const LEAST_WAIT_MS = 100
const MAX_ETAG = 256
const body = Compile(snapshotSchema)

export function startPull(source: Source, deps: PullDeps): Pull {
  const { clock, log, random = Math.random } = deps
  const stopped = new AbortController()
  const feed = createFeed(source, deps, stopped.signal)
  let status: PullStatus = {}
  let failures = 0
  let timer: NodeJS.Timeout | undefined

  async function again(): Promise<void> {
    const tried = await feed().catch((error: unknown) => failed(whyNot(error)))
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
    timer = setTimeout(() => void again(), waitMs(source.everyMs, failures, random()))
  }

  void again()
  return {
    status: () => status,
    stop() {
      stopped.abort()
      clearTimeout(timer)
    },
  }
}

/** Asks once. The ETag is kept only of what was taken, so that anything else is asked for in full again. */
function createFeed(source: Source, deps: PullDeps, stopped: AbortSignal): () => Promise<Tried> {
  let etag: string | undefined
  return async () => {
    const headers = {
      accept: 'application/json',
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
      ...(source.token === undefined ? {} : { authorization: `Bearer ${source.token}` }),
    }
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(source.timeoutMs)])
    const response = await (deps.fetch ?? fetch)(source.url, { redirect: 'error', headers, signal })
    if (response.status === 304 && etag !== undefined) return { kind: 'current' }
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel()
      return failed(`it answered with ${response.status}`)
    }
    const bytes = await readBounded(response.body, snapshotBytes(deps.config))
    const tried = bytes === undefined ? failed('it is too large') : await take(bytes, source, deps)
    const tag = response.headers.get('etag')
    etag = tried.kind === 'current' && tag !== null && tag.length <= MAX_ETAG ? tag : undefined
    return tried
  }
}

async function take(bytes: Uint8Array, source: Source, { ask, snapshotVersion, log }: PullDeps): Promise<Tried> {
  const parsed = parseStrictJson(bytes)
  if (!parsed.ok) return failed(`it is ${parsed.why}`)
  if (!body.Check(parsed.value)) return failed(`it is not a snapshot${whereOf(body.Errors(parsed.value)[0])}`)
  const { version, bookings, errors } = toSnapshot(parsed.value)
  const [error] = errors
  if (error !== undefined) return failed(`${error.path} ${error.message}`)
  if (version === snapshotVersion()) return { kind: 'current' }
  const principal = { role: 'platform', id: 'feed', issuer: source.url } as const
  const outcome = await ask({ kind: 'put-bookings', principal, version, bookings })
  if (outcome.kind === 'bookings') {
    if (outcome.refused.length > 0) log.warn({ version, refused: outcome.refused }, 'bookings of the feed were refused')
    return { kind: 'current' }
  }
  if (outcome.kind !== 'refused') throw new Error(`the control thread answered ${outcome.kind} to put-bookings`)
  return outcome.refusal.code === 'booking-version'
    ? failed(`it went back to version ${version}: ${outcome.refusal.detail ?? ''}`)
    : failed(`its bookings could not be taken: ${outcome.refusal.code}`)
}

/** Until the next try. Spread, so that many gateways do not ask at once. */
function waitMs(everyMs: number, failures: number, random: number): number {
  const most = Math.max(everyMs, MAX_BACKOFF_MS)
  const ceiling = failures === 0 ? everyMs : Math.min(most, everyMs * 2 ** Math.min(failures - 1, 20))
  return Math.max(LEAST_WAIT_MS, Math.round(ceiling * (0.75 + random / 4)))
}

const failed = (why: string): Tried => ({ kind: 'failed', why })

const whereOf = (fault: { instancePath: string } | undefined) =>
  fault === undefined || fault.instancePath === '' ? '' : `: ${fault.instancePath.slice(0, 100)}`
