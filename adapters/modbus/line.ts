/**
 * The way to one device and what waits for it: gives each request its turn and its deadline, and learns from every
 * answer whether the unit or the connection is gone. A connection that answered, and that the device then closes, has
 * served its time: the next request gets another, and nobody hears of it. A read that such a close swallowed is sent
 * once more; a write never is. It plans nothing and decodes nothing.
 * Read next: queue.ts (whose turn it is), watch.ts (what timeouts mean), connection.ts (the socket).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Moment, NS_PER_MS } from '../../gateway/core/ground/moment.ts'
import type { Logger } from '../adapter.ts'
import { settled } from '../deadline.ts'
import type { Connection, LostBy } from './connection.ts'
import type { ModbusOptions } from './options.ts'
import { isFromGateway, type RequestOutcome } from './outcome.ts'
import type { Request, WriteRequest } from './pdu.ts'
import type { ReadRequest } from './plan.ts'
import { createQueue, type Lane, type Queue } from './queue.ts'
import type { Watch } from './watch.ts'

export type Line = {
  /** The one in use. */
  connection: Connection
  readonly queue: Queue<Job>
  readonly options: Pick<ModbusOptions, 'inFlight' | 'timeoutMs' | 'pauseMs'>
  readonly watch: Watch
  readonly log: Logger
  now(): Moment
  /** A further connection to the same device; rejects with what prevents it. */
  dial(): Promise<Connection>
  inFlight: number
  /** Why it is over; another line has to be opened. */
  lost: string | undefined
  /** A further connection is being made. */
  isDialling: boolean
  /** Connections in a row that the device closed after a single answer, if it was as much. */
  closedAfterOne: number
  /** Answers in a row that broke the protocol. */
  violations: number
  /** No request goes out before. */
  pauseUntilMs: number
  readonly doubt: Doubt
}

/** Until then each request goes alone, since one was not answered as it should be. It outlives a connection. */
export type Doubt = { untilMs: number }

type Supplies = Pick<Line, 'options' | 'watch' | 'doubt' | 'log' | 'now' | 'dial'> & {
  readonly options: ModbusOptions
}

export function createLine(connection: Connection, supplies: Supplies): Line {
  return {
    ...supplies,
    connection,
    queue: createQueue<Job>(supplies.options.maxQueue),
    inFlight: 0,
    lost: undefined,
    isDialling: false,
    closedAfterOne: 0,
    violations: 0,
    pauseUntilMs: 0,
  }
}

/** After so many connections with a single answer each, every request gets a connection of its own. */
const CLOSES_UNTIL_EXPECTED = 2
/** After so many violations in a row there is no use in another connection at once: the next one waits. */
const MAX_VIOLATIONS = 3
const VIOLATION_PAUSE_MS = 1000
/** Requests go side by side only while the device has answered each of them for so long. */
const DOUBT_MS = 60_000
/** A connection that is given up is waited for no longer. */
const DROP_MS = 500

/** One request that waits for its turn or is under way. */
type Job = {
  readonly lane: Lane
  readonly unit: number
  readonly request: Request
  /** Its answer shows that a unit that was set aside is back. */
  readonly isProbe: boolean
  /** It has been sent before, on a connection that the device closed. */
  isSecond: boolean
  /** Without its turn within so long it is withdrawn; a probe waits as long as it takes. */
  readonly turnWithinMs: number | undefined
  /** Runs while it waits for its turn. */
  timer?: NodeJS.Timeout
  done(outcome: RequestOutcome): void
}

/** How a read ended, and when. */
export type Ended = { readonly outcome: RequestOutcome; readonly at: Moment }

/**
 * One outcome per request, in order. Those that have not had their turn after `turnWithinMs` are never sent, and none
 * is sent to a unit that has just failed to answer another of them.
 */
export function readAll(
  line: Line,
  requests: readonly ReadRequest[],
  { urgent, turnWithinMs }: { readonly urgent: boolean; readonly turnWithinMs: number },
): Promise<Ended[]> {
  if (requests.length === 0) return Promise.resolve([])
  return new Promise((resolve) => {
    const ended: Ended[] = []
    let left = requests.length
    const done = (index: number, outcome: RequestOutcome) => {
      ended[index] = { outcome, at: line.now() }
      left -= 1
      if (outcome.kind === 'timeout') {
        const { unit } = requests[index]!
        for (const job of jobs) if (job.unit === unit) withdraw(line, job, { kind: 'skipped' })
      }
      if (left === 0) resolve(ended)
    }
    const jobs = requests.map((request, index) =>
      readJob(laneOf(line.watch, request.unit, urgent), request, (outcome) => done(index, outcome), turnWithinMs),
    )
    for (const job of jobs) submit(line, job)
  })
}

/** Sends it once, or never: without its turn within the timeout of a request it is withdrawn. */
export function writeOnce(line: Line, request: WriteRequest): Promise<RequestOutcome> {
  const { promise, resolve } = Promise.withResolvers<RequestOutcome>()
  const { unit } = request
  const turnWithinMs = line.options.timeoutMs
  submit(line, { lane: 'write', unit, request, isProbe: false, isSecond: false, turnWithinMs, done: resolve })
  return promise
}

/** Asks the units of these requests that were set aside, each when it is due. Nobody waits for the answer. */
export function probe(line: Line, requests: readonly ReadRequest[]): void {
  const asked = new Set<number>()
  for (const request of requests) {
    if (asked.has(request.unit) || !line.watch.takeProbe(request.unit, nowMs(line))) continue
    asked.add(request.unit)
    submit(line, { ...readJob('suspect', request, () => {}), isProbe: true })
  }
}

/** Its connection is over. After a violation the next request gets another. */
export function connectionEnded(line: Line, reason: string, by: LostBy): void {
  if (line.isDialling || line.lost !== undefined || by === 'violation') return
  if (by === 'fault') void lose(line, reason)
  else if (!line.connection.isHeard()) void lose(line, `${reason} ${UNANSWERED}`)
  else line.closedAfterOne = line.connection.answered() <= 1 ? line.closedAfterOne + 1 : 0
}

export const UNANSWERED =
  'before it answered anything: what listens there does not speak Modbus, or another client holds its only connection'

/** What waits was never sent. Idempotent; resolves when the socket is gone. */
export function lose(line: Line, reason: string): Promise<void> {
  line.lost ??= reason
  for (let job = line.queue.take(); job; job = line.queue.take()) {
    clearTimeout(job.timer)
    job.done({ kind: 'lost', sent: false })
  }
  return line.connection.drop(reason)
}

function submit(line: Line, job: Job): void {
  if (line.lost !== undefined) return job.done({ kind: 'lost', sent: false })
  const refused = line.queue.add(job)
  clearTimeout(refused?.timer)
  refused?.done({ kind: 'full' })
  pump(line)
  const { turnWithinMs } = job
  if (turnWithinMs === undefined || line.queue.isEmpty() || !line.queue.waiting().includes(job)) return
  job.timer = setTimeout(withdraw, turnWithinMs, line, job, { kind: 'late' })
}

function withdraw(line: Line, job: Job, outcome: RequestOutcome): void {
  if (!line.queue.remove(job)) return
  clearTimeout(job.timer)
  job.done(outcome)
}

function pump(line: Line): void {
  while (line.inFlight < mostInFlight(line) && !line.queue.isEmpty() && line.lost === undefined && !line.isDialling) {
    if (hasServed(line)) {
      if (line.inFlight === 0) dialAnew(line)
      return
    }
    const pauseMs = line.pauseUntilMs - nowMs(line)
    if (pauseMs > 0) {
      // Whatever has arrived is read before the next request: the second copy of an answer belongs to no newer one.
      setTimeout(() => setImmediate(pump, line), pauseMs)
      return
    }
    const job = line.queue.take()!
    if (line.watch.isSilent(job.unit) && !job.isProbe) job.done({ kind: 'silent' })
    else void send(line, job)
  }
}

async function send(line: Line, job: Job): Promise<void> {
  clearTimeout(job.timer)
  line.inFlight += 1
  const before = line.connection.askBefore(job.request)
  const outcome = await (before ? askBoth(line, before, job.request) : line.connection.exchange(job.request))
  line.inFlight -= 1
  const read = readOf(job)
  line.pauseUntilMs = nowMs(line) + Math.max(line.options.pauseMs, read?.pauseMs ?? 0)
  if (!isAnswered(outcome)) line.doubt.untilMs = nowMs(line) + DOUBT_MS
  if (outcome.kind === 'lost' && line.lost === undefined && read && !job.isSecond) {
    job.isSecond = true
    submit(line, job)
    return
  }
  judge(line, job, outcome)
  job.done(outcome)
  pump(line)
}

const isAnswered = ({ kind }: RequestOutcome) => kind === 'data' || kind === 'written' || kind === 'exception'

/** Where a late answer could be taken for that to `request`, another read goes first. Without its answer, no write. */
async function askBoth(line: Line, before: ReadRequest, request: Request): Promise<RequestOutcome> {
  const { connection } = line
  const answer = await connection.exchange(before)
  if (isAnswered(answer) && connection.askBefore(request) === undefined) {
    await sleep(line.options.pauseMs)
    return connection.exchange(request)
  }
  if (!('table' in request)) return { kind: 'silent' }
  return isAnswered(answer) ? { kind: 'timeout' } : answer
}

function readOf({ request }: Job): ReadRequest | undefined {
  return 'table' in request ? request : undefined
}

/**
 * What is sent beside another request is swallowed by a device that closes after each answer; and beside one that is
 * not answered, nobody can tell for sure where an answer ends.
 */
function mostInFlight(line: Line): number {
  const { closedAfterOne, doubt, options } = line
  if (options.inFlight === 1 || closedAfterOne > 0) return 1
  return nowMs(line) < doubt.untilMs ? 1 : options.inFlight
}

/** The device has closed the connection, or is known to do so after each answer. */
function hasServed({ connection, closedAfterOne }: Line): boolean {
  if (connection.lostBecause() !== undefined) return true
  return closedAfterOne >= CLOSES_UNTIL_EXPECTED && connection.answered() > 0
}

function dialAnew(line: Line): void {
  line.isDialling = true
  const dropped = settled(line.connection.drop('it has served its time'), DROP_MS)
  dropped
    .then(() => line.dial())
    .then(
      (connection) => {
        line.isDialling = false
        line.connection = connection
        if (line.lost === undefined) pump(line)
        else void connection.drop(line.lost)
      },
      (error: unknown) => {
        line.isDialling = false
        void lose(line, error instanceof Error ? error.message : String(error))
      },
    )
}

const nowMs = (line: Line) => Number(line.now().ns / NS_PER_MS)

/** What an answer, or its absence, says about the unit and the connection. */
function judge(line: Line, job: Job, outcome: RequestOutcome): void {
  const { watch, log } = line
  const { unit } = job
  const wasSilent = watch.isSilent(unit)
  if (outcome.kind === 'malformed' || (outcome.kind === 'lost' && outcome.detail !== undefined))
    return onViolation(line)
  if (outcome.kind === 'timeout') onTimeout(line, unit, outcome.detail)
  else if (outcome.kind === 'silent') onTimeout(line, unit, undefined)
  else if (outcome.kind === 'exception' && isFromGateway(outcome.code)) watch.answeredFor(unit, nowMs(line))
  else if (outcome.kind === 'exception' || outcome.kind === 'data' || outcome.kind === 'written') {
    line.violations = 0
    if (watch.answered(unit, readOf(job)) === 'returned') log.info({ unit }, 'unit answers again')
  }
  if (!wasSilent && watch.isSilent(unit)) log.warn({ unit }, 'unit does not answer and is set aside')
}

/** The connection was closed, but the link is there: what is wrong stands as the fault of the point asked for. */
function onViolation(line: Line): void {
  line.violations += 1
  if (line.violations >= MAX_VIOLATIONS) line.pauseUntilMs = nowMs(line) + VIOLATION_PAUSE_MS
}

function onTimeout(line: Line, unit: number, detail: string | undefined): void {
  const waiting = line.queue.waiting().map((job) => job.unit)
  const verdict = line.watch.timedOut(unit, nowMs(line), waiting)
  if (verdict.kind === 'lost') {
    const who =
      verdict.units.length === 1 ? `unit ${unit} does not answer` : `units ${verdict.units.join(', ')} do not answer`
    void lose(
      line,
      `${who}: nothing within ${line.options.timeoutMs} ms, repeatedly${detail === undefined ? '' : `; ${detail}`}`,
    )
  }
  if (verdict.kind === 'ask')
    submit(
      line,
      readJob('urgent', verdict.request, () => {}),
    )
}

function laneOf(watch: Watch, unit: number, urgent: boolean): Lane {
  return urgent ? 'urgent' : watch.isSuspect(unit) ? 'suspect' : 'poll'
}

function readJob(lane: Lane, request: ReadRequest, done: Job['done'], turnWithinMs?: number): Job {
  return { lane, unit: request.unit, request, isProbe: false, isSecond: false, turnWithinMs, done }
}
