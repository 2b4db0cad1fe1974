/**
 * The way to one device and what waits for it: gives each request its turn and its deadline, and learns from every
 * answer whether the unit or the connection is gone. A connection that answered, and that the device then closes, has
 * served its time: the next request gets another, and nobody hears of it. A read that such a close swallowed is sent
 * once more; a write never is. It plans nothing and decodes nothing.
 * Read next: queue.ts (whose turn it is), watch.ts (what timeouts mean), connection.ts (the socket).
 */
import { type Moment, NS_PER_MS } from '../../gateway/core/ground/moment.ts'
import type { Logger } from '../adapter.ts'
import type { Answer, Connection, WriteRequest } from './connection.ts'
import type { ModbusOptions } from './options.ts'
import { isFromGateway, type RequestOutcome } from './outcome.ts'
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
  /** Connections in a row that the device closed after a single answer. */
  closedAfterOne: number
  /** No request goes out before. */
  pauseUntilMs: number
}

type Supplies = Pick<Line, 'options' | 'watch' | 'log' | 'now' | 'dial'> & { readonly options: ModbusOptions }

export function createLine(connection: Connection, supplies: Supplies): Line {
  return {
    ...supplies,
    connection,
    queue: createQueue<Job>(supplies.options.maxQueue),
    inFlight: 0,
    lost: undefined,
    isDialling: false,
    closedAfterOne: 0,
    pauseUntilMs: 0,
  }
}

/** After so many connections with a single answer each, every request gets a connection of its own. */
const CLOSES_UNTIL_EXPECTED = 2

/** One request that waits for its turn or is under way. */
type Job = {
  readonly lane: Lane
  readonly unit: number
  /** Its answer shows that a unit that was set aside is back. */
  readonly isProbe: boolean
  /** The read that it is; absent for a write. */
  readonly request?: ReadRequest
  /** It has been sent before, on a connection that the device closed. */
  isSecond: boolean
  send(connection: Connection): Promise<Answer>
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
  const jobs: Job[] = []
  const withdraw = (which: (job: Job) => boolean, outcome: RequestOutcome) => {
    for (const job of jobs) if (which(job) && line.queue.remove(job)) job.done(outcome)
  }
  const outcomes = requests.map((request) => {
    const { promise, resolve } = Promise.withResolvers<Ended>()
    const done = (outcome: RequestOutcome) => {
      resolve({ outcome, at: line.now() })
      if (outcome.kind === 'timeout') withdraw(({ unit }) => unit === request.unit, { kind: 'skipped' })
    }
    jobs.push(readJob(laneOf(line.watch, request.unit, urgent), request, done))
    return promise
  })
  const timer = setTimeout(() => withdraw(() => true, { kind: 'late' }), turnWithinMs)
  for (const job of jobs) submit(line, job)
  return Promise.all(outcomes).finally(() => clearTimeout(timer))
}

/** Sends it once, or never: without its turn within the timeout of a request it is withdrawn. */
export function writeOnce(line: Line, request: WriteRequest): Promise<RequestOutcome> {
  const { promise, resolve } = Promise.withResolvers<RequestOutcome>()
  const job: Job = {
    lane: 'write',
    unit: request.unit,
    isProbe: false,
    isSecond: false,
    send(connection) {
      clearTimeout(timer)
      return connection.write(request)
    },
    done(outcome) {
      clearTimeout(timer)
      resolve(outcome)
    },
  }
  const timer = setTimeout(() => line.queue.remove(job) && job.done({ kind: 'late' }), line.options.timeoutMs)
  submit(line, job)
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

/** Its connection is over. `byDevice`: the device closed it. */
export function connectionEnded(line: Line, reason: string, byDevice: boolean): void {
  if (line.isDialling || line.lost !== undefined) return
  const answered = line.connection.answered()
  if (!byDevice) void lose(line, reason)
  else if (answered === 0) void lose(line, `${reason} ${UNANSWERED}`)
  else line.closedAfterOne = answered === 1 ? line.closedAfterOne + 1 : 0
}

export const UNANSWERED =
  'before it answered anything: what listens there does not speak Modbus, or another client holds its only connection'

/** What waits was never sent. Idempotent; resolves when the socket is gone. */
export function lose(line: Line, reason: string): Promise<void> {
  line.lost ??= reason
  for (let job = line.queue.take(); job; job = line.queue.take()) job.done({ kind: 'lost', sent: false })
  return line.connection.drop(reason)
}

function submit(line: Line, job: Job): void {
  if (line.lost !== undefined) return job.done({ kind: 'lost', sent: false })
  line.queue.add(job)?.done({ kind: 'full' })
  pump(line)
}

function pump(line: Line): void {
  while (line.inFlight < mostInFlight(line) && !line.queue.isEmpty() && line.lost === undefined && !line.isDialling) {
    if (hasServed(line)) {
      if (line.inFlight === 0) dialAnew(line)
      return
    }
    const pauseMs = line.pauseUntilMs - nowMs(line)
    if (pauseMs > 0) {
      setTimeout(pump, pauseMs, line)
      return
    }
    const job = line.queue.take()!
    if (line.watch.isSilent(job.unit) && !job.isProbe) job.done({ kind: 'silent' })
    else void send(line, job)
  }
}

async function send(line: Line, job: Job): Promise<void> {
  line.inFlight += 1
  const answer = await job.send(line.connection)
  line.inFlight -= 1
  line.pauseUntilMs = nowMs(line) + Math.max(line.options.pauseMs, job.request?.pauseMs ?? 0)
  if (answer.kind === 'lost' && line.lost === undefined && job.request && !job.isSecond) {
    job.isSecond = true
    submit(line, job)
    return
  }
  judge(line, job, answer)
  job.done(answer)
  pump(line)
}

/** What is sent beside another request is swallowed by a device that closes after each answer. */
function mostInFlight({ closedAfterOne, options }: Line): number {
  return closedAfterOne > 0 ? 1 : options.inFlight
}

/** The device has closed the connection, or is known to do so after each answer. */
function hasServed({ connection, closedAfterOne }: Line): boolean {
  if (connection.lostBecause() !== undefined) return true
  return closedAfterOne >= CLOSES_UNTIL_EXPECTED && connection.answered() > 0
}

function dialAnew(line: Line): void {
  line.isDialling = true
  void line.connection.drop('it has served its time')
  line.dial().then(
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
function judge(line: Line, { unit, request }: Job, answer: Answer): void {
  const { watch, log } = line
  const wasSilent = watch.isSilent(unit)
  if (answer.kind === 'timeout') onTimeout(line, unit, answer.detail)
  else if (answer.kind === 'exception' && isFromGateway(answer.code)) watch.answeredFor(unit, nowMs(line))
  else if (answer.kind === 'exception' || answer.kind === 'data' || answer.kind === 'written') {
    if (watch.answered(unit, request) === 'returned') log.info({ unit }, 'unit answers again')
  }
  if (!wasSilent && watch.isSilent(unit)) log.warn({ unit }, 'unit does not answer and is set aside')
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

function readJob(lane: Lane, request: ReadRequest, done: (outcome: RequestOutcome) => void): Job {
  const { unit } = request
  return { lane, unit, isProbe: false, isSecond: false, request, send: (connection) => connection.read(request), done }
}
