/**
 * One connection and what waits for it: gives each request its turn and its deadline, and learns from every answer
 * whether the unit or the connection is gone. It plans nothing, repeats nothing and decodes nothing.
 * Read next: queue.ts (whose turn it is), watch.ts (what timeouts mean), connection.ts (the socket).
 */
import type { Logger } from '../adapter.ts'
import type { Answer, Connection, WriteRequest } from './connection.ts'
import type { ModbusOptions } from './options.ts'
import { isFromGateway, type RequestOutcome } from './outcome.ts'
import type { ReadRequest } from './plan.ts'
import type { Lane, Queue } from './queue.ts'
import type { Watch } from './watch.ts'

export type Line = {
  readonly connection: Connection
  readonly queue: Queue<Job>
  readonly options: Pick<ModbusOptions, 'inFlight' | 'timeoutMs'>
  readonly watch: Watch
  readonly log: Logger
  nowMs(): number
  inFlight: number
}

/** One request that waits for its turn or is under way. */
export type Job = {
  readonly lane: Lane
  readonly unit: number
  /** Its answer shows that a unit that was set aside is back. */
  readonly isProbe: boolean
  /** The read that it is; absent for a write. */
  readonly request?: ReadRequest
  send(connection: Connection): Promise<Answer>
  done(outcome: RequestOutcome): void
}

/**
 * One outcome per request, in order. Those that have not had their turn after `turnWithinMs` are never sent, and none
 * is sent to a unit that has just failed to answer another of them.
 */
export function readAll(
  line: Line,
  requests: readonly ReadRequest[],
  { urgent, turnWithinMs }: { readonly urgent: boolean; readonly turnWithinMs: number },
): Promise<RequestOutcome[]> {
  const jobs: Job[] = []
  const withdraw = (which: (job: Job) => boolean, outcome: RequestOutcome) => {
    for (const job of jobs) if (which(job) && line.queue.remove(job)) job.done(outcome)
  }
  const outcomes = requests.map((request) => {
    const { promise, resolve } = Promise.withResolvers<RequestOutcome>()
    const done = (outcome: RequestOutcome) => {
      resolve(outcome)
      if (outcome.kind === 'timeout') withdraw(({ unit }) => unit === request.unit, { kind: 'timeout' })
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
    if (asked.has(request.unit) || !line.watch.takeProbe(request.unit, line.nowMs())) continue
    asked.add(request.unit)
    submit(line, { ...readJob('suspect', request, () => {}), isProbe: true })
  }
}

/** Settles what waits, after the connection is lost: it was never sent. */
export function abandon(queue: Queue<Job>): void {
  for (let job = queue.take(); job; job = queue.take()) job.done({ kind: 'lost', sent: false })
}

function submit(line: Line, job: Job): void {
  line.queue.add(job)?.done({ kind: 'full' })
  pump(line)
}

function pump(line: Line): void {
  while (line.inFlight < line.options.inFlight && line.connection.lostBecause() === undefined) {
    const job = line.queue.take()
    if (!job) return
    if (line.watch.isSilent(job.unit) && !job.isProbe) {
      job.done({ kind: 'silent' })
      continue
    }
    line.inFlight += 1
    void job.send(line.connection).then((answer) => {
      line.inFlight -= 1
      judge(line, job, answer)
      job.done(answer)
      pump(line)
    })
  }
}

/** What an answer, or its absence, says about the unit and the connection. */
function judge(line: Line, { unit, request }: Job, answer: Answer): void {
  const { watch, log } = line
  const wasSilent = watch.isSilent(unit)
  if (answer.kind === 'timeout') onTimeout(line, unit)
  else if (answer.kind === 'exception' && isFromGateway(answer.code)) watch.answeredFor(unit, line.nowMs())
  else if (answer.kind === 'exception' || answer.kind === 'data' || answer.kind === 'written') {
    if (watch.answered(unit, request) === 'returned') log.info({ unit }, 'unit answers again')
  }
  if (!wasSilent && watch.isSilent(unit)) log.warn({ unit }, 'unit does not answer and is set aside')
}

function onTimeout(line: Line, unit: number): void {
  const waiting = line.queue.waiting().map((job) => job.unit)
  const verdict = line.watch.timedOut(unit, line.nowMs(), waiting)
  if (verdict.kind === 'lost') void line.connection.drop(`no answer within ${line.options.timeoutMs} ms, repeatedly`)
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
  return { lane, unit, isProbe: false, request, send: (connection) => connection.read(request), done }
}
