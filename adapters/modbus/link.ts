/**
 * Modbus TCP behind the adapter seam: plans requests, gives each its turn and its deadline, turns answers into
 * readings. It repairs no connection, repeats no write and scales nothing. A request that answers is a fact about a
 * unit; which timeouts end the connection is decided in watch.ts. Read next: plan.ts, connection.ts.
 */
import { NS_PER_MS, type Reading } from '../../gateway/core/reading/reading.ts'
import { type Adapter, type Block, type Link, type LinkDeps, LinkError, type Point } from '../adapter.ts'
import { type Answer, type Connection, connect } from './connection.ts'
import { type ModbusDevice, type ModbusOptions, modbusAddress, modbusDevice, modbusOptions } from './options.ts'
import { bad, isAboutTheBlock, type Outcome, openError, readingOf, writeError, writeRequest } from './outcome.ts'
import { cutsFor, plan, type ReadRequest } from './plan.ts'
import { createQueue, type Lane, type Queue } from './queue.ts'
import { createWatch } from './watch.ts'

export const modbusAdapter: Adapter = {
  protocol: 'modbus',
  optionsSchema: modbusOptions,
  deviceSchema: modbusDevice,
  addressSchema: modbusAddress,
  createLink: (options, deps) => createModbusLink(options as ModbusOptions, deps),
}

/** A poll waits for its turn until its next one is due, but no longer than this many request timeouts. */
const MAX_WAIT_TIMEOUTS = 10
const CLOSE_MS = 2000

type Job = {
  readonly lane: Lane
  readonly unit: number
  /** The request that shows a set-aside unit to be back. */
  readonly isProbe: boolean
  readonly request: ReadRequest | undefined
  send(connection: Connection): Promise<Answer>
  done(outcome: Outcome): void
}
/** What lives and dies with one connection. */
type Live = { readonly connection: Connection; readonly queue: Queue<Job>; inFlight: number }

function createModbusLink(options: ModbusOptions, deps: LinkDeps): Link {
  const where = `${options.host}:${options.port}`
  const watch = createWatch(options)
  const cuts = new Set<string>()
  let live: Live | undefined
  let attempt: AbortController | undefined
  const nowMs = () => Number(deps.now().ns / NS_PER_MS)

  function pump(at: Live): void {
    while (at.inFlight < options.inFlight && at.connection.lostBecause() === undefined) {
      const job = at.queue.take()
      if (!job) return
      if (watch.isSilent(job.unit) && !job.isProbe) {
        job.done({ kind: 'silent' })
        continue
      }
      at.inFlight += 1
      void job.send(at.connection).then((answer) => {
        at.inFlight -= 1
        judge(at, job, answer)
        job.done(answer)
        pump(at)
      })
    }
  }

  function judge(at: Live, job: Job, answer: Answer): void {
    const wasSilent = watch.isSilent(job.unit)
    if (answer.kind === 'data' || answer.kind === 'written') watch.answered(job.unit, job.request)
    else if (answer.kind === 'exception') {
      if (answer.code === 10 || answer.code === 11) watch.answeredFor(job.unit, nowMs())
      else watch.answered(job.unit, job.request)
    } else if (answer.kind === 'timeout') {
      const waiting = at.queue.waiting().map((other) => other.unit)
      const verdict = watch.timedOut(job.unit, nowMs(), waiting)
      if (verdict.kind === 'lost') void at.connection.drop(`no answer within ${options.timeoutMs} ms, repeatedly`)
      if (verdict.kind === 'ask')
        submit(
          at,
          readJob('urgent', verdict.request, () => {}),
        )
    }
    const isSilent = watch.isSilent(job.unit)
    if (isSilent && !wasSilent) deps.log.warn({ unit: job.unit }, 'unit does not answer and is set aside')
    if (!isSilent && wasSilent) deps.log.info({ unit: job.unit }, 'unit answers again')
  }

  function submit(at: Live, job: Job): void {
    at.queue.add(job)?.done({ kind: 'full' })
    pump(at)
  }

  /** Rejects what waits; what is under way was settled by the connection. */
  function lose(at: Live | undefined): void {
    for (let job = at?.queue.take(); job; job = at?.queue.take()) job.done({ kind: 'lost', sent: false })
  }

  function up(): Live | undefined {
    return live?.connection.lostBecause() === undefined ? live : undefined
  }

  function down(outcome: LinkError['outcome']): LinkError {
    const because = live?.connection.lostBecause()
    return new LinkError(because ? `connection to ${where} lost: ${because}` : `not connected to ${where}`, { outcome })
  }

  /** All requests of one read: one answer each, and none after a unit of it has shown to be silent. */
  function askAll(at: Live, requests: readonly ReadRequest[], urgent: boolean, waitMs: number): Promise<Outcome[]> {
    const jobs: Job[] = []
    const withdraw = (which: (job: Job) => boolean, outcome: Outcome) => {
      for (const job of jobs) if (which(job) && at.queue.remove(job)) job.done(outcome)
    }
    const answers = requests.map(
      (request) =>
        new Promise<Outcome>((resolve) => {
          const job = readJob(laneOf(request, urgent), request, (outcome) => {
            resolve(outcome)
            if (outcome.kind === 'timeout') withdraw((other) => other.unit === job.unit, { kind: 'timeout' })
          })
          jobs.push(job)
        }),
    )
    const timer = setTimeout(() => withdraw(() => true, { kind: 'late' }), waitMs)
    for (const job of jobs) submit(at, job)
    return Promise.all(answers).finally(() => clearTimeout(timer))
  }

  function laneOf({ unit }: ReadRequest, urgent: boolean): Lane {
    return urgent ? 'urgent' : watch.isSuspect(unit) ? 'suspect' : 'poll'
  }

  function waitFor(points: readonly Point[], urgent: boolean): number {
    if (urgent) return 2 * options.timeoutMs
    const intervalMs = Math.max(...points.map((point) => point.intervalMs))
    return Math.min(Math.max(intervalMs, options.timeoutMs), MAX_WAIT_TIMEOUTS * options.timeoutMs)
  }

  async function read(points: readonly Point[], how: { urgent?: boolean } = {}): Promise<Reading[]> {
    const at = up()
    if (!at) throw down('unsent')
    const urgent = how.urgent ?? false
    const readings = new Map<Point, Reading>()
    const asideOf = ({ device }: Point) => watch.isSilent((device as ModbusDevice).unit)
    const aside = points.filter(asideOf)
    if (aside.length > 0) probe(at, aside)
    for (const point of aside) readings.set(point, bad(point, deps.now(), { kind: 'silent' }))

    let open = points.filter((point) => !readings.has(point))
    while (open.length > 0) {
      const { requests, invalid } = plan(open, options, cuts)
      for (const { point, detail } of invalid)
        readings.set(point, bad(point, deps.now(), { kind: 'malformed', detail }))
      const outcomes = await askAll(at, requests, urgent, waitFor(open, urgent))
      if (up() !== at) throw down('unknown')
      const moment = deps.now()
      open = requests.flatMap((request, index) => {
        const outcome = outcomes[index] as Outcome
        if (outcome.kind === 'exception' && isAboutTheBlock(outcome.code) && cut(request)) return request.points
        for (const point of request.points) readings.set(point, readingOf(point, request, outcome, moment))
        return []
      })
    }
    return points.map((point) => readings.get(point) as Reading)
  }

  /** Ask the units that were set aside, each when it is due, without keeping the caller waiting. */
  function probe(at: Live, points: readonly Point[]): void {
    const due = new Set<number>()
    for (const request of plan(points, options, cuts).requests) {
      if (due.has(request.unit) || !watch.takeProbe(request.unit, nowMs())) continue
      due.add(request.unit)
      submit(at, { ...readJob('suspect', request, () => {}), isProbe: true })
    }
  }

  /** Whether the request could be divided; the plan made next respects it. */
  function cut(request: ReadRequest): boolean {
    const found = cutsFor(request)
    for (const key of found) cuts.add(key)
    const { unit, table, start, count } = request
    if (found.length > 0) deps.log.info({ unit, table, start, count }, 'the device refuses this block: it is split')
    return found.length > 0
  }

  async function write(block: Block): Promise<void> {
    const request = writeRequest(block)
    const at = up()
    if (!at) throw down('unsent')
    const outcome = await new Promise<Outcome>((resolve) => {
      const job: Job = {
        lane: 'write',
        unit: request.unit,
        isProbe: false,
        request: undefined,
        send: (connection) => {
          clearTimeout(timer)
          return connection.write(request)
        },
        done: (ended) => {
          clearTimeout(timer)
          resolve(ended)
        },
      }
      const timer = setTimeout(() => at.queue.remove(job) && job.done({ kind: 'late' }), options.timeoutMs)
      submit(at, job)
    })
    if (outcome.kind !== 'written') throw writeError(outcome, request, where)
  }

  async function open(signal: AbortSignal): Promise<void> {
    const ending = close()
    // From here on a close ends this attempt too.
    const mine = new AbortController()
    attempt = mine
    const abort = () => mine.abort(new Error('aborted'))
    const timer = setTimeout(
      () => mine.abort(new Error(`no connection within ${options.connectTimeoutMs} ms`)),
      options.connectTimeoutMs,
    )
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    try {
      await ending
      let fresh: Live | undefined
      const connection = await connect(options, mine.signal, () => lose(fresh))
      if (mine.signal.aborted) {
        void connection.drop('aborted')
        throw mine.signal.reason
      }
      fresh = { connection, queue: createQueue(options.maxQueue), inFlight: 0 }
      live = fresh
      watch.connected()
    } catch (cause) {
      throw openError(cause, where)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      if (attempt === mine) attempt = undefined
    }
  }

  async function close(): Promise<void> {
    attempt?.abort(new Error('closed'))
    const old = live
    live = undefined
    if (!old) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS)
    })
    await Promise.race([old.connection.drop('closed'), late])
    clearTimeout(timer)
  }

  return { open, read, write, close }
}

function readJob(lane: Lane, request: ReadRequest, done: (outcome: Outcome) => void): Job {
  const { unit } = request
  return { lane, unit, isProbe: false, request, send: (connection) => connection.read(request), done }
}
