/**
 * The one owner of a sink's connection and policy: when to connect, what goes first, what to do after a refusal.
 *
 *   connecting ─open─► up ─lost, wait─► waiting ─backoff─► connecting
 *                      └───stop──► stopped ─longest backoff─► connecting
 *
 * While up two lanes go round: samples in one, live ones before those that waited on disk; in the other what must not
 * grow old (refresh), then entries from the cursor. So live values wait for no acknowledgement of anything else, and
 * live state for no backlog of entries.
 * Read next: sink.ts (the seam), inlets.ts (what moves the cursor).
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import { backoffMs } from '../../core/ground/backoff.ts'
import type { LedgerClient } from '../../ledger/client.ts'
import type { Reader } from '../../ledger/store/reader.ts'
import { type Cursor, createCursor } from './cursor.ts'
import { settled } from './deadline.ts'
import { asSinkError, type Batches } from './inlet.ts'
import { type Counts, entryBatches, type InletDeps, keptBatches, liveBatches, olderSampleBatches } from './inlets.ts'
import { createReleased, type Released } from './released.ts'
import type { Waiting } from './samples/waiting.ts'
import { monotonicMs, type Sink, type SinkClock, SinkError, type SinkLog, type Snapshot } from './sink.ts'

export type SinkDeps = {
  readonly reader: Pick<Reader, 'head' | 'entries' | 'mapEntries' | 'previousOf' | 'samples' | 'cursor' | 'parked'>
  readonly ledger: Pick<LedgerClient, 'setCursor' | 'park' | 'unpark' | 'head' | 'onHead'>
  /** The samples that wait for this sink; closed with it. */
  readonly waiting: Waiting
  /** Asked on each connect, on each `changed()` and once a second. */
  snapshot(): Snapshot
  readonly log: SinkLog
  readonly clock: SinkClock
  readonly reconnectMaxMs: number
  /** Default 1 s. */
  readonly reconnectMinMs?: number
  /** Entries, and samples, of a backlog. Absent: as many as it takes. */
  readonly backlogPerSecond?: number
}

export type SinkStatus = Readonly<Counts> & {
  readonly name: string
  /** `stopped`: a person has to act; it is still tried at the longest backoff. */
  readonly state: 'connecting' | 'up' | 'waiting' | 'stopped' | 'closed'
  /** Entries committed and not yet accepted, and the age of the oldest; 0 when none. */
  readonly backlog: number
  readonly backlogAgeMs: number
  /** Samples that wait, in memory and on disk, and those that it never gets. */
  readonly samplesWaiting: number
  readonly skipped: number
  /** Why it is not up, or the last refusal. */
  readonly lastError?: string
}

export type SinkHandle = {
  status(): SinkStatus
  /** The board has changed: refresh soon. */
  changed(): void
  /** There are samples, or time has passed: those that cannot stay in memory move to the disk. */
  sampled(): void
  /** Sends what was set aside, or this text in its place; resolves with why it is not taken. */
  again(seq: number, text?: string): Promise<string | undefined>
  /** It is set aside no more. */
  forget(seq: number): Promise<void>
  /** Settles within 3 s, with all that was accepted durable in the cursor. */
  stop(): Promise<void>
}

const REFRESH_EVERY_MS = 1_000
const RECONNECT_MIN_MS = 1_000
/** A connection that lived so long, or brought something, was a good one. */
const STEADY_MS = 10_000
/** A stop: for the call under way, for the goodbye, for the loop to end, for the cursor; `STOP_MS` in all. */
const STOP_GRACE_MS = 300
const CLOSE_MS = 2_000
const LAST_SAVE_MS = 500
const STOP_MS = 3_000

type Loop = {
  readonly sink: Sink
  readonly deps: SinkDeps
  readonly log: SinkLog
  readonly cursor: Cursor
  readonly counts: Counts
  /** Of the ledger at the start; its client may not know of any yet. */
  readonly head: { readonly nextSeq: number; readonly nextSample: number }
  state: SinkStatus['state']
  lastError: string | undefined
  /** What was logged last. */
  logged: 'up' | 'down' | 'stopped' | undefined
  stopping: boolean
  /** The last connection ended at an entry: it goes first now, so that no sample takes the blame. */
  suspects: boolean
  /** Why the connection is over. */
  broken: SinkError | undefined
  /** Each rejects a call under way. */
  readonly calls: Set<(error: SinkError) => void>
  /** Ends the backoff under way. */
  wake(): void
  readonly samples: Lane
  readonly entries: Lane
  refreshDueMs: number
  /** Absent before the first connection. */
  released: Released | undefined
}

/** What goes round while the sink is up, one call of the sink at a time. */
type Lane = {
  readonly inlets: Batches[]
  /** Something happened since it last went round. */
  news: boolean
  /** With nothing to do: news ends the pause. */
  idle: boolean
  wake(): void
}

export function startSink(sink: Sink, deps: SinkDeps): SinkHandle {
  const loop = createLoop(sink, deps)
  const unsubscribe = deps.ledger.onHead(() => notice(loop.entries))
  const running = run(loop).catch((cause) => {
    loop.lastError = asSinkError(cause).message
    loop.log.error({ err: cause }, 'sink loop broke')
  })
  let ending: Promise<void> | undefined

  async function end(): Promise<void> {
    loop.stopping = true
    wakeAll(loop)
    unsubscribe()
    const grace = setTimeout(() => fail(loop, new SinkError('wait', 'stopping')), STOP_GRACE_MS)
    await settled(running, STOP_MS - LAST_SAVE_MS)
    clearTimeout(grace)
    await settled(loop.cursor.save(), LAST_SAVE_MS)
    deps.waiting.close()
    loop.state = 'closed'
  }

  return {
    status: () => statusOf(loop),
    changed() {
      loop.refreshDueMs = 0
      notice(loop.entries)
    },
    sampled() {
      deps.waiting.settle(loop.state === 'up', deps.clock.now().ms)
      notice(loop.samples)
    },
    async again(seq, text) {
      if (loop.state !== 'up') return `${sink.name} is not connected: ${loop.lastError ?? loop.state}`
      const answer = loop.released?.send(seq, text)
      notice(loop.entries)
      return answer
    },
    async forget(seq) {
      await deps.ledger.unpark(sink.name, String(seq))
      loop.counts.parked -= 1
    },
    stop() {
      ending ??= end()
      return ending
    },
  }
}

function createLoop(sink: Sink, deps: SinkDeps): Loop {
  const { reader, ledger } = deps
  const head = reader.head()
  const first = sink.begin === 'now' ? head.nextSeq : 0
  const stored = reader.cursor(sink.name) ?? { next: first, nextSample: head.nextSample }
  // Else one that has delivered nothing yet would begin later after a restart.
  if (sink.begin === 'now') void ledger.setCursor(sink.name, stored.next, stored.nextSample)
  const start = { next: Math.min(stored.next, head.nextSeq), nextSample: Math.min(stored.nextSample, head.nextSample) }
  return {
    sink,
    deps,
    log: withSink(deps.log, sink.name),
    cursor: createCursor(sink.name, start, ledger),
    counts: { delivered: 0, samples: 0, refused: 0, parked: reader.parked(sink.name) },
    head,
    state: 'connecting',
    lastError: undefined,
    logged: undefined,
    stopping: false,
    suspects: false,
    broken: undefined,
    calls: new Set(),
    wake: () => undefined,
    samples: newLane(),
    entries: newLane(),
    refreshDueMs: 0,
    released: undefined,
  }
}

const newLane = (): Lane => ({ inlets: [], news: false, idle: false, wake: () => undefined })

async function run(loop: Loop): Promise<void> {
  const { sink, deps, cursor } = loop
  const inlet = inletDeps(loop)
  loop.samples.inlets.push(liveBatches(inlet), keptBatches(inlet), olderSampleBatches(inlet, loop.head.nextSample))
  const entries = entryBatches(inlet)
  loop.released = createReleased(inlet, entries)
  loop.entries.inlets.push(entries, loop.released)
  const { reconnectMaxMs: maxMs = deps.reconnectMaxMs } = sink
  const bounds = { firstMs: deps.reconnectMinMs ?? RECONNECT_MIN_MS, maxMs }
  for (let tries = 1; !loop.stopping; tries += 1) {
    const life = new AbortController()
    const before = { at: monotonicMs(deps.clock), next: cursor.next }
    const error = await connection(loop, life.signal)
    loop.released.giveUp(error.message)
    await settled(sink.close(), CLOSE_MS)
    life.abort()
    if (loop.stopping) return
    loop.suspects = error.lost
    down(loop, error)
    if (cursor.next > before.next || monotonicMs(deps.clock) - before.at > STEADY_MS) tries = 1
    await pause(loop, error.action === 'stop' ? maxMs : backoffMs(bounds, tries, Math.random()))
  }
}

function inletDeps(loop: Loop): InletDeps {
  const { sink, deps, cursor, counts, log } = loop
  const perSecond = sink.backlogPerSecond ?? deps.backlogPerSecond ?? Number.POSITIVE_INFINITY
  const pace = { perSecond, fillMs: sink.fillMs ?? 0, nowMs: () => monotonicMs(deps.clock) }
  return {
    pace,
    livePace: { ...pace, perSecond: Number.POSITIVE_INFINITY },
    sink,
    reader: deps.reader,
    ledger: deps.ledger,
    cursor,
    waiting: deps.waiting,
    counts,
    nextSeq: () => nextSeq(loop),
    call: (work) => call(loop, work),
    /** Logged at the 1st, 2nd, 4th, 8th …: the count is in the status. */
    refused(text, fields, times) {
      loop.lastError = fields.reason
      if ((times & (times - 1)) === 0) log.warn({ ...fields, times }, text)
    },
  }
}

/** One connection, from open to its end. Resolves with the reason why it ended. */
async function connection(loop: Loop, signal: AbortSignal): Promise<SinkError> {
  const { sink, deps, samples, entries } = loop
  loop.broken = undefined
  loop.refreshDueMs = monotonicMs(deps.clock) + REFRESH_EVERY_MS
  try {
    await call(loop, sink.open(deps.snapshot, signal))
    void sink.lost().then((error) => {
      // The call under way hears of it first: its refusal says how far it came.
      setImmediate(() => {
        if (!signal.aborted) fail(loop, error)
      })
    })
    up(loop)
    // Alone, so that no sample takes the blame.
    if (loop.suspects) await goRound(loop, entries)
    const ends = await Promise.all([samples, entries].map((lane) => keepGoing(loop, lane)))
    const error = ends.find((end) => end?.lost) ?? loop.broken
    if (error !== undefined) return error
    // The last word before the goodbye: what is retained outside is as new as what we know.
    await call(loop, sink.refresh(deps.snapshot))
    return new SinkError('wait', 'stopping')
  } catch (cause) {
    return asSinkError(cause)
  }
}

/** Until the loop stops, or the connection is over: then with why this lane ended. */
async function keepGoing(loop: Loop, lane: Lane): Promise<SinkError | undefined> {
  try {
    while (!loop.stopping) await goRound(loop, lane)
    for (const batches of lane.inlets) await batches.finish()
    return undefined
  } catch (cause) {
    const error = asSinkError(cause)
    fail(loop, error)
    for (const batches of lane.inlets) batches.forget()
    return error
  }
}

/** What is due, one batch of each inlet that does not rest, and a pause when there is nothing more to do. */
async function goRound(loop: Loop, lane: Lane): Promise<void> {
  const { sink, deps } = loop
  const nowMs = () => monotonicMs(deps.clock)
  lane.news = false
  if (lane === loop.entries && nowMs() >= loop.refreshDueMs) {
    loop.refreshDueMs = nowMs() + REFRESH_EVERY_MS
    await call(loop, sink.refresh(deps.snapshot))
  }
  let goesOn = false
  for (const batches of lane.inlets) {
    if (batches.restsUntilMs() > nowMs()) continue
    if ((await batches.next()) && batches.restsUntilMs() <= nowMs()) goesOn = true
  }
  if (loop.broken !== undefined) throw loop.broken
  if (goesOn) await othersTurn()
  if (goesOn || lane.news || loop.stopping) return
  const rests = lane.inlets.map((batches) => batches.restsUntilMs()).filter((untilMs) => untilMs > nowMs())
  lane.idle = true
  await pause(
    lane,
    Math.min(lane === loop.entries ? loop.refreshDueMs : nowMs() + REFRESH_EVERY_MS, ...rests) - nowMs(),
  )
  lane.idle = false
}

/** Given up at its deadline, when the connection is lost, or when the loop stops. */
function call(loop: Loop, work: Promise<void>): Promise<void> {
  const { deadlineMs } = loop.sink
  return new Promise((resolve, reject) => {
    const late = () => reject(new SinkError('wait', `no answer within ${deadlineMs} ms`))
    const timer = setTimeout(late, deadlineMs)
    loop.calls.add(reject)
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      loop.calls.delete(reject)
    })
    if (loop.broken !== undefined) reject(loop.broken)
  })
}

/** The first reason counts. */
function fail(loop: Loop, error: SinkError): void {
  loop.broken ??= error
  for (const giveUp of loop.calls) giveUp(error)
  loop.calls.clear()
  wakeAll(loop)
}

function wakeAll(loop: Loop): void {
  for (const each of [loop, loop.samples, loop.entries]) each.wake()
}

/** Something to do: ends the wait for news, not a backoff. */
function notice(lane: Lane): void {
  lane.news = true
  if (lane.idle) lane.wake()
}

function pause(sleeper: { wake(): void }, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, ms))
    sleeper.wake = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

/** A loss is logged once, and so is the return. */
function up(loop: Loop): void {
  const text = loop.state === 'connecting' ? 'sink up' : 'sink up again'
  loop.state = 'up'
  loop.lastError = undefined
  if (loop.logged !== 'up') loop.log.info({ code: 'sink-up', backlog: nextSeq(loop) - loop.cursor.next }, text)
  loop.logged = 'up'
}

/** Logged once more when it turns out that a person has to act. The sentence says it; a stack says nothing besides. */
function down(loop: Loop, error: SinkError): void {
  loop.lastError = error.message
  loop.state = error.action === 'stop' ? 'stopped' : 'waiting'
  if (loop.state === 'stopped' && loop.logged !== 'stopped') {
    loop.log.error({}, `sink stopped until somebody acts: ${error.message}`)
    loop.logged = 'stopped'
  } else if (loop.logged !== 'down' && loop.logged !== 'stopped') {
    loop.log.warn({}, `sink down, entries are kept: ${error.message}`)
    loop.logged = 'down'
  }
}

function statusOf(loop: Loop): SinkStatus {
  const { sink, deps, state, cursor, lastError } = loop
  const backlog = Math.max(0, nextSeq(loop) - cursor.next)
  const oldest = backlog === 0 || state === 'closed' ? undefined : deps.reader.entries(cursor.next, 1)[0]
  return {
    name: sink.name,
    state,
    backlog,
    backlogAgeMs: oldest === undefined ? 0 : Math.max(0, deps.clock.now().ms - oldest.atMs),
    samplesWaiting: deps.waiting.count(),
    skipped: deps.waiting.drops.total(),
    ...loop.counts,
    ...(lastError === undefined ? {} : { lastError }),
  }
}

const nextSeq = ({ head, deps }: Loop) => Math.max(head.nextSeq, deps.ledger.head().nextSeq)

function withSink(log: SinkLog, sink: string): SinkLog {
  return {
    info: (fields, text) => log.info({ sink, ...fields }, text),
    warn: (fields, text) => log.warn({ sink, ...fields }, text),
    error: (fields, text) => log.error({ sink, ...fields }, text),
  }
}
