/**
 * The one owner of a connection: opens it, polls what is due, reopens it after any loss with capped jittered backoff,
 * and gives up on one on which nothing is answered. It is up when something was. Machines ask it to read or write; it
 * never decides what. Read next: adapters/adapter.ts (what it drives), polls.ts (what is due), control/links.ts (who
 * makes it).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Block, type Link, LinkError, type Logger, type Point, type Show } from '../../../adapters/adapter.ts'
import type { LinkRow } from '../../core/board/message.ts'
import { backoffMs } from '../../core/ground/backoff.ts'
import { type Moment, NS_PER_MS } from '../../core/ground/moment.ts'
import type { Reading } from '../../core/reading/reading.ts'
import { type Answers, beginAnswers, noAnswers, takeAnswers, takeValue } from './answers.ts'
import { standing } from './faults.ts'
import { type Browsed, browse, look } from './looking.ts'
import { beginPolls, type Group, nextDueNs, type Place, type Polls, planPolls, readEveryMs, takeDue } from './polls.ts'

/** First wait after a loss, ms. */
const FIRST_BACKOFF_MS = 500
/** After a failure that only a person can mend the backoff begins at this try: near its longest wait. */
const LATE_TRY = 9
/** How often a cut that is over looks whether the link is back, ms. */
const CUT_LOOK_MS = 50
/** What a device says of itself goes no further than this, in characters; what a person is told of two files fits. */
const MAX_CAUSE = 1000
/** Between two hurried tries, ms. */
const HURRY_MS = 250

export type LinkState = Pick<LinkRow, 'state' | 'cause' | 'sinceMs'>

export type LinkLoop = {
  readonly id: string
  /** Begins to connect. Readings and states go to `listener` from then on. */
  start(listener: Listener): void
  state(): LinkState
  /** When it is tried again, while it rests; UTC ms. */
  nextTryMs(): number | undefined
  /** How often this point of it is read: now and then, where the link reports its changes. */
  readEveryMs(point: Pick<Point, 'id' | 'intervalMs'>): number
  /** Points that it is answered for, but that cannot be read. */
  faults(): readonly { readonly point: string; readonly detail: string }[]
  /** Starts the reads that are due. Called on each shared tick; never more than one poll of a device under way. */
  tick(now: Moment): void
  /**
   * From now on it polls these points. New ones for display are polled until the next connection, even where the
   * others are subscribed.
   */
  repoint(gating: readonly Point[], display: readonly Point[]): void
  /** Reads now, before polls. Always one reading per point. */
  read(points: readonly Point[]): Promise<Reading[]>
  /** Reads for a person who looks: behind polls, and nothing follows from it. Undefined: the link is down. */
  look(points: readonly Point[]): Promise<Reading[] | undefined>
  /** What is below a node, at most `limit`, for a person who looks; or why not. */
  browse(node: string | undefined, limit: number): Promise<Browsed>
  write(block: Block): Promise<void>
  /** Ends the connection, if there is one or it is being made; it is opened again like after any loss. */
  drop(why: string): void
  /** Drops the connection on purpose and stays away this long; resolves when it is up again, or after `withinMs`. */
  cut(awayMs: number, withinMs: number): Promise<void>
  stop(): Promise<void>
  readonly counters: Readonly<Counters>
}

type Listener = {
  onReadings(readings: readonly Reading[]): void
  /** A good value that may need no reading; whether it is taken. `everyMs`: how often it is read. */
  onValue(id: string, value: number | boolean, at: Moment, everyMs: number, sourceAtMs?: number): boolean
  onState(state: LinkState): void
}
type Counters = { polls: number; readings: number; bad: number; reconnects: number }

type LinkLoopDeps = {
  readonly id: string
  readonly link: Link
  /** What gates permission or money: always read. */
  readonly points: readonly Point[]
  /** What is only shown: subscribed where the link can. */
  readonly display: readonly Point[]
  /** When its polls have their turn. */
  readonly place: Place
  /** Its first poll is due at this moment, monotonic ns; a tick before does nothing. */
  wait(dueNs: bigint): void
  readonly now: () => Moment
  readonly log: Logger
  readonly maxBackoffMs: number
}

type Loop = Omit<LinkLoopDeps, 'points' | 'display'> & {
  points: readonly Point[]
  display: readonly Point[]
  polls: Polls
  readonly counters: Counters
  readonly stopping: AbortController
  /** Devices with a poll under way. */
  readonly polling: Set<string>
  readonly answers: Answers
  listener: Listener
  state: LinkState
  /** There is a connection; it is up once something was answered on it. */
  isOpen: boolean
  nextTryMs: number | undefined
  /** What is polled on this connection. */
  groups: readonly Group[]
  /** Ends this connection; absent while there is none. */
  lose: ((error: Error) => void) | undefined
  /** Ends the wait before the next try. */
  wake: AbortController
  /** Takes values that need no reading. */
  readonly show: Show
  hurriedNs: bigint
  /** Cut on purpose until then. */
  awayUntilNs: bigint
}

export function createLinkLoop(deps: LinkLoopDeps): LinkLoop {
  const polls = planPolls(deps.points, deps.display)
  const loop: Loop = {
    ...deps,
    polls,
    counters: { polls: 0, readings: 0, bad: 0, reconnects: 0 },
    stopping: new AbortController(),
    polling: new Set(),
    answers: noAnswers(),
    listener: { onReadings: () => undefined, onValue: () => false, onState: () => undefined },
    show: (point, value, at, sourceAtMs) => show(loop, point, value, at, sourceAtMs),
    state: { state: 'connecting', sinceMs: deps.now().ms },
    isOpen: false,
    nextTryMs: undefined,
    groups: polls.all,
    lose: undefined,
    wake: new AbortController(),
    hurriedNs: 0n,
    awayUntilNs: 0n,
  }
  let running = Promise.resolve()
  return {
    id: deps.id,
    counters: loop.counters,
    start(listener) {
      loop.listener = listener
      running = run(loop)
    },
    state: () => loop.state,
    nextTryMs: () => loop.nextTryMs,
    readEveryMs: (point) => everyMs(loop, point),
    faults: () => standing(loop.answers.faults),
    tick: ({ ns }) => pollDue(loop, ns),
    repoint: (gating, display) => repoint(loop, gating, display),
    read: (points) => read(loop, points),
    look: (points) => look(loop, points),
    browse: (node, limit) => browse(loop, node, limit),
    write: (block) => write(loop, block),
    drop: (why) => loop.lose?.(new LinkError(why)),
    cut: (awayMs, withinMs) => cut(loop, awayMs, withinMs),
    async stop() {
      loop.stopping.abort()
      loop.lose?.(new LinkError('stopping'))
      await running
    },
  }
}

const everyMs = ({ groups, polls }: Loop, point: Pick<Point, 'id' | 'intervalMs'>): number =>
  groups === polls.subscribed ? readEveryMs(polls, point) : point.intervalMs

/* ── the connection ── */

async function run(loop: Loop): Promise<void> {
  const { signal } = loop.stopping
  const bounds = { firstMs: FIRST_BACKOFF_MS, maxMs: loop.maxBackoffMs }
  for (let tries = 1; !signal.aborted; ) {
    const { wasGood, needsPerson } = await connection(loop)
    if (signal.aborted) break
    if (wasGood) tries = 1
    if (needsPerson) tries = Math.max(tries, LATE_TRY)
    loop.counters.reconnects += 1
    // A try that somebody asked for makes the next wait no longer.
    if (await restedOut(loop, backoffMs(bounds, tries, Math.random()))) tries += 1
  }
  await loop.link.close()
}

/** From opening to the loss. One that never brought a value was no good: the wait after it goes on growing. */
async function connection(loop: Loop): Promise<{ readonly wasGood: boolean; readonly needsPerson: boolean }> {
  const { promise: lost, resolve: lose } = Promise.withResolvers<Error>()
  try {
    await away(loop)
    loop.lose = lose
    await loop.link.open(loop.stopping.signal)
    loop.groups = await subscribe(loop)
    const openedNs = loop.now().ns
    beginAnswers(loop.answers, openedNs)
    beginPolls(loop.groups, openedNs, loop.place)
    loop.wait(nextDueNs(loop.groups))
    loop.isOpen = true
    if (loop.groups.length === 0) setState(loop, { state: 'up', sinceMs: loop.now().ms })
    setState(loop, down(loop, await lost))
    return { wasGood: loop.answers.lastGoodNs > openedNs, needsPerson: false }
  } catch (error) {
    if (!loop.stopping.signal.aborted) setState(loop, down(loop, error as Error))
    return { wasGood: false, needsPerson: error instanceof LinkError && !error.retriable }
  } finally {
    loop.isOpen = false
    loop.lose = undefined
  }
}

/** Cut on purpose: nothing is asked meanwhile, and nobody can hurry it. */
async function away({ link, now, awayUntilNs, stopping }: Loop): Promise<void> {
  const restMs = Number((awayUntilNs - now().ns) / NS_PER_MS)
  if (restMs <= 0) return
  await link.close()
  await sleep(restMs, undefined, { signal: stopping.signal })
}

/** No value for display is worth a reconnect: where a subscription fails, its points are polled like the rest. */
async function subscribe(loop: Loop): Promise<readonly Group[]> {
  const { id, link, display, log, listener } = loop
  if (link.subscribe === undefined || display.length === 0) return loop.polls.all
  try {
    const emit = (readings: readonly Reading[]) => {
      noteAnswers(loop, readings)
      listener.onReadings(readings)
    }
    await link.subscribe(display, emit, loop.show)
    // Other points may have been asked for meanwhile.
    return display === loop.display ? loop.polls.subscribed : loop.polls.all
  } catch (error) {
    log.warn({ link: id, cause: (error as Error).message }, 'no subscription; its points are polled')
    return loop.polls.all
  }
}

/** False when it was cut short. */
async function restedOut(loop: Loop, ms: number): Promise<boolean> {
  const wake = new AbortController()
  loop.wake = wake
  loop.nextTryMs = loop.now().ms + ms
  const signal = AbortSignal.any([loop.stopping.signal, wake.signal])
  // What ends the rest ends the watch too.
  void loop.link.whenMended?.(signal).then(
    () => wake.abort(),
    () => undefined,
  )
  return sleep(ms, true, { signal })
    .catch(() => false)
    .finally(() => {
      loop.nextTryMs = undefined
      wake.abort()
    })
}

function down({ state, now }: Loop, { message }: Error): LinkState {
  const cause = message.toWellFormed().slice(0, MAX_CAUSE)
  return { state: 'down', cause, sinceMs: state.state === 'down' ? state.sinceMs : now().ms }
}

/** A loss is logged once, and so is the return; a new cause is logged too. */
function setState(loop: Loop, next: LinkState): void {
  const { id, log, listener, state: before } = loop
  loop.state = next
  if (before.state === next.state && before.cause === next.cause) return
  if (next.state === 'up') log.info({ link: id }, 'link is up')
  else if (next.state === 'down') log.warn({ link: id, cause: next.cause }, 'link is down')
  listener.onState(next)
  if (next.state === 'down' && before.state !== 'down')
    listener.onReadings(allDown(loop, [...loop.points, ...loop.display], next.cause))
}

function repoint(loop: Loop, gating: readonly Point[], display: readonly Point[]): void {
  const isSubscribed = loop.groups === loop.polls.subscribed && isDeepStrictEqual(display, loop.display)
  loop.points = gating
  loop.display = display
  loop.polls = planPolls(gating, display)
  loop.groups = isSubscribed ? loop.polls.subscribed : loop.polls.all
  const ids = new Set([...gating, ...display].map(({ id }) => id))
  const { faults } = loop.answers
  for (const point of faults.keys()) if (!ids.has(point)) faults.delete(point)
  const { ns } = loop.now()
  beginPolls(loop.groups, ns, loop.place)
  if (loop.isOpen) loop.wait(nextDueNs(loop.groups))
  if (ids.size === 0 && loop.isOpen && loop.state.state !== 'up')
    setState(loop, { state: 'up', sinceMs: loop.now().ms })
}

/* ── what is asked of it ── */

function pollDue(loop: Loop, nowNs: bigint): void {
  if (!loop.isOpen) return
  const due = takeDue(loop.groups, nowNs, (device) => loop.polling.has(device))
  loop.wait(nextDueNs(loop.groups))
  for (const [device, points] of due) void poll(loop, device, points)
}

async function poll(loop: Loop, device: string, points: readonly Point[]): Promise<void> {
  const { lose } = loop // of this connection: a late answer says nothing about the next one
  loop.polling.add(device)
  loop.counters.polls += 1
  const answer = await loop.link.read(points, { show: loop.show }).catch((error: Error) => error)
  loop.polling.delete(device)
  if (answer instanceof Error) return lose?.(answer)
  take(loop, answer) // what it throws is a broken invariant, not a lost link
  const silentNs = loop.now().ns - loop.answers.lastNs
  if (silentNs > loop.polls.silentNs) lose?.(new LinkError(`connected, but nothing is answered: ${whyBad(answer)}`))
}

function whyBad(readings: readonly Reading[]): string {
  const { cause, detail } = readings.find(({ quality }) => quality === 'bad') ?? {}
  return detail ?? cause ?? 'no reading'
}

function take(loop: Loop, readings: readonly Reading[]): void {
  loop.counters.readings += readings.length
  for (const { quality } of readings) if (quality !== 'good') loop.counters.bad += 1
  noteAnswers(loop, readings)
  loop.listener.onReadings(readings)
}

function show(loop: Loop, point: Point, value: number | boolean, at: Moment, sourceAtMs: number | undefined): boolean {
  if (!loop.listener.onValue(point.id, value, at, everyMs(loop, point), sourceAtMs)) return false
  loop.counters.readings += 1
  takeValue(loop.answers, point.id, at)
  return true
}

/** The first answer on a connection shows that the link is up. */
function noteAnswers(loop: Loop, readings: readonly Reading[]): void {
  const { id, log, answers } = loop
  const nowMs = loop.now().ms
  for (const fault of takeAnswers(answers, readings, nowMs))
    log.warn({ link: id, ...fault }, 'a signal cannot be read: correct its profile, or the device')
  if (loop.isOpen && loop.state.state !== 'up' && answers.isAny) setState(loop, { state: 'up', sinceMs: nowMs })
}

async function read(loop: Loop, points: readonly Point[]): Promise<Reading[]> {
  if (!loop.isOpen) {
    hurry(loop)
    return allDown(loop, points, loop.state.cause)
  }
  const { lose } = loop
  try {
    const readings = await loop.link.read(points, { urgent: true })
    noteAnswers(loop, readings)
    return readings
  } catch (error) {
    lose?.(error as Error)
    return allDown(loop, points, (error as Error).message)
  }
}

/** Somebody waits for the answer: the backoff is cut short. */
function hurry(loop: Loop): void {
  const { ns } = loop.now()
  if (ns - loop.hurriedNs < BigInt(HURRY_MS) * NS_PER_MS) return
  loop.hurriedNs = ns
  loop.wake.abort()
}

async function write({ id, link, isOpen }: Loop, block: Block): Promise<void> {
  if (!isOpen) throw new LinkError(`link ${id} is down`, { outcome: 'unsent' })
  await link.write(block)
}

async function cut(loop: Loop, awayMs: number, withinMs: number): Promise<void> {
  loop.awayUntilNs = loop.now().ns + BigInt(awayMs) * NS_PER_MS
  const untilNs = loop.awayUntilNs + BigInt(withinMs) * NS_PER_MS
  loop.lose?.(new LinkError('cut on purpose, for a drill'))
  await sleep(0)
  loop.wake.abort()
  while (loop.state.state !== 'up' && loop.now().ns < untilNs) {
    await sleep(CUT_LOOK_MS)
    loop.wake.abort()
  }
}

function allDown({ now }: Loop, points: readonly Point[], detail: string | undefined): Reading[] {
  const at = now()
  return points.map((point) => ({
    point: point.id,
    quality: 'bad',
    cause: 'link-down',
    ...(detail === undefined ? {} : { detail }),
    readAtMs: at.ms,
    readAtNs: at.ns,
  }))
}
