/**
 * The one owner of a sink's connection and policy: when to connect, what goes first, what to do after a refusal.
 *
 *   connecting ─open─► up ─lost, wait─► waiting ─backoff─► connecting
 *                      └───stop──► stopped ─longest backoff─► connecting
 *
 * While up it goes round: what must not grow old (refresh), then samples, then entries from the cursor. So live state
 * is never behind a backlog. The cursor moves after acceptance, never before.
 * Read next: sink.ts (the seam), inlet.ts (halving and parking), cursor.ts (what is durable).
 */
import type { LedgerClient } from '../../ledger/client.ts'
import type { Reader, Sample } from '../../ledger/store/reader.ts'
import { withPrevious } from './chain.ts'
import { createCursor } from './cursor.ts'
import { settled } from './deadline.ts'
import { asSinkError, createStep } from './inlet.ts'
import {
  type Delivery,
  monotonicMs,
  type Sink,
  type SinkClock,
  SinkError,
  type SinkLog,
  type Snapshot,
} from './sink.ts'

export type SinkDeps = {
  readonly reader: Pick<Reader, 'head' | 'entries' | 'previousOf' | 'samples' | 'cursor' | 'parked'>
  readonly ledger: Pick<LedgerClient, 'setCursor' | 'park' | 'head' | 'onHead'>
  /** Asked on each connect, on each `changed()` and once a second. */
  snapshot(): Snapshot
  readonly log: SinkLog
  readonly clock: SinkClock
  readonly reconnectMaxMs: number
  /** Default 1 s. */
  readonly reconnectMinMs?: number
}

export type SinkStatus = {
  readonly name: string
  /** `stopped`: a person has to act; it is still tried at the longest backoff. */
  readonly state: 'connecting' | 'up' | 'waiting' | 'stopped' | 'closed'
  /** Entries committed and not yet accepted, and the age of the oldest; 0 when none. */
  readonly backlog: number
  readonly backlogAgeMs: number
  /** Entries and samples accepted since the start. */
  readonly delivered: number
  readonly samples: number
  /** Samples never delivered: passed over by newer ones, or refused. */
  readonly skipped: number
  /** Entries refused for good, ever. */
  readonly parked: number
  /** Why it is not up, or the last refusal. */
  readonly lastError?: string
}

export type SinkHandle = {
  status(): SinkStatus
  /** The board has changed: refresh soon. */
  changed(): void
  /** Settles within 3 s, with all that was accepted durable in the cursor. */
  stop(): Promise<void>
}

const REFRESH_EVERY_MS = 1_000
/** A connection that lived so long, or brought something, was a good one. */
const STEADY_MS = 10_000
/** A stop: for the call under way, for the goodbye. */
const STOP_GRACE_MS = 300
const CLOSE_MS = 2_000
const STOP_MS = 3_000

export function startSink(sink: Sink, deps: SinkDeps): SinkHandle {
  const { reader, ledger, clock } = deps
  const log = withSink(deps.log, sink.name)
  const head = reader.head()
  const stored = reader.cursor(sink.name) ?? { next: 0, nextSample: head.nextSample }
  const start = { next: Math.min(stored.next, head.nextSeq), nextSample: Math.min(stored.nextSample, head.nextSample) }
  const cursor = createCursor(sink.name, start, ledger)
  const count = { delivered: 0, samples: 0, skipped: 0, parked: reader.parked(sink.name) }
  let state: SinkStatus['state'] = 'connecting'
  let lastError: string | undefined
  let stopping = false
  let broken: SinkError | undefined
  let giveUp: ((error: SinkError) => void) | undefined
  let wake: () => void = () => undefined
  let news = false
  let idle = false
  let refreshDueMs = 0

  const nextSeq = () => Math.max(head.nextSeq, ledger.head().nextSeq)
  const nextSample = () => Math.max(head.nextSample, ledger.head().nextSample)

  /** Something to do: ends the wait for news, not a backoff. */
  function notice(): void {
    news = true
    if (idle) wake()
  }

  /** One call of the sink at a time; given up at its deadline, when the connection is lost, and when told to stop. */
  function call(work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new SinkError('wait', `no answer within ${sink.deadlineMs} ms`))
      const timer = setTimeout(late, sink.deadlineMs)
      giveUp = reject
      work.then(resolve, reject).finally(() => clearTimeout(timer))
      if (broken !== undefined) reject(broken)
    })
  }

  function fail(error: SinkError): void {
    broken ??= error
    giveUp?.(error)
    wake()
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, ms))
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  const stepEntries = createStep<Delivery>(
    {
      read: (limit) => withPrevious(reader, reader.entries(cursor.next, limit)),
      deliver: (items) => call(sink.deliver(items)),
      accept(items) {
        cursor.advance(items.at(-1)!.entry.seq + 1)
        count.delivered += items.length
      },
      async setAside({ entry }, reason) {
        await ledger.park(sink.name, String(entry.seq), reason)
        cursor.advance(entry.seq + 1)
        count.parked += 1
        refused('an entry was refused for good and set aside', { seq: entry.seq, reason }, count.parked)
      },
    },
    sink.batch,
  )

  const stepSamples = createStep<Sample>(
    {
      read(limit) {
        skipTo(nextSample() - sink.sampleBacklog)
        const items = reader.samples(cursor.nextSample, limit)
        if (items[0] !== undefined) skipTo(items[0].n)
        return items
      },
      deliver: (items) => call(sink.deliverSamples(items)),
      accept(items) {
        cursor.advanceSamples(items.at(-1)!.n + 1)
        count.samples += items.length
      },
      async setAside(sample, reason) {
        skipTo(sample.n + 1)
        refused('a sample was refused for good', { id: sample.id, reason }, count.skipped)
      },
    },
    sink.batch,
  )

  function skipTo(n: number): void {
    if (n <= cursor.nextSample) return
    count.skipped += n - cursor.nextSample
    cursor.advanceSamples(n)
  }

  /** Said at the 1st, 2nd, 4th, 8th …: the count is in the status. */
  function refused(text: string, fields: { readonly reason: string; readonly [name: string]: unknown }, times: number) {
    lastError = fields.reason
    if ((times & (times - 1)) === 0) log.warn({ ...fields, times }, text)
  }

  /** One connection, from open to its end; says why it ended. */
  async function connection(signal: AbortSignal): Promise<SinkError> {
    broken = undefined
    idle = false
    refreshDueMs = monotonicMs(clock) + REFRESH_EVERY_MS
    try {
      await call(sink.open(deps.snapshot, signal))
      void sink.lost().then((error) => {
        if (!signal.aborted) fail(error)
      })
      up()
      while (!stopping) {
        news = false
        if (monotonicMs(clock) >= refreshDueMs) {
          refreshDueMs = monotonicMs(clock) + REFRESH_EVERY_MS
          await call(sink.refresh(deps.snapshot))
        }
        const moved = [await stepSamples(), await stepEntries()].some(Boolean)
        if (broken !== undefined) throw broken
        if (moved || news || stopping) continue
        idle = true
        await pause(refreshDueMs - monotonicMs(clock))
        idle = false
      }
      // the last word before the goodbye: what is retained outside is as new as what we know
      await call(sink.refresh(deps.snapshot))
      return new SinkError('wait', 'stopping')
    } catch (cause) {
      return asSinkError(cause)
    }
  }

  function up(): void {
    const was = state
    state = 'up'
    lastError = undefined
    const text = was === 'connecting' ? 'sink up' : 'sink up again'
    if (told !== 'up') log.info({ backlog: nextSeq() - cursor.next }, text)
    told = 'up'
  }

  /** Said once when it is lost and once when it returns; once more when it turns out that a person must act. */
  let told: 'up' | 'down' | 'stopped' | undefined
  function down(error: SinkError): void {
    lastError = error.message
    state = error.action === 'stop' ? 'stopped' : 'waiting'
    if (state === 'stopped' && told !== 'stopped') {
      log.error({ err: error }, `sink stopped until somebody acts: ${error.message}`)
      told = 'stopped'
    } else if (told !== 'down' && told !== 'stopped') {
      log.warn({ err: error }, `sink down, entries are kept: ${error.message}`)
      told = 'down'
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping; failures += 1) {
      const session = new AbortController()
      const before = { at: monotonicMs(clock), next: cursor.next }
      const error = await connection(session.signal)
      giveUp = undefined
      await settled(sink.close(), CLOSE_MS)
      session.abort()
      if (stopping) return
      down(error)
      if (cursor.next > before.next || monotonicMs(clock) - before.at > STEADY_MS) failures = 0
      await pause(error.action === 'stop' ? deps.reconnectMaxMs : backoffMs(failures, deps))
    }
  }

  const unsubscribe = ledger.onHead(notice)
  const running = run().catch((cause) => {
    lastError = asSinkError(cause).message
    log.error({ err: cause }, 'sink loop broke')
  })
  let ending: Promise<void> | undefined

  async function end(): Promise<void> {
    stopping = true
    wake()
    unsubscribe()
    const grace = setTimeout(() => fail(new SinkError('wait', 'stopping')), STOP_GRACE_MS)
    await settled(running, STOP_MS - 500)
    clearTimeout(grace)
    await settled(cursor.save(), 500)
    state = 'closed'
  }

  return {
    status() {
      const backlog = Math.max(0, nextSeq() - cursor.next)
      const oldest = backlog === 0 || state === 'closed' ? undefined : reader.entries(cursor.next, 1)[0]
      return {
        name: sink.name,
        state,
        backlog,
        backlogAgeMs: oldest === undefined ? 0 : Math.max(0, clock.now().ms - oldest.atMs),
        ...count,
        ...(lastError === undefined ? {} : { lastError }),
      }
    },
    changed() {
      refreshDueMs = 0
      notice()
    },
    stop() {
      ending ??= end()
      return ending
    },
  }
}

/** Doubled from the least to the most, each shortened by up to a half, so that many gateways do not come at once. */
function backoffMs(failures: number, bounds: { reconnectMaxMs: number; reconnectMinMs?: number }): number {
  const whole = Math.min(bounds.reconnectMaxMs, (bounds.reconnectMinMs ?? 1_000) * 2 ** Math.min(failures, 20))
  return whole * (1 - Math.random() / 2)
}

function withSink(log: SinkLog, sink: string): SinkLog {
  return {
    info: (fields, text) => log.info({ sink, ...fields }, text),
    warn: (fields, text) => log.warn({ sink, ...fields }, text),
    error: (fields, text) => log.error({ sink, ...fields }, text),
  }
}
