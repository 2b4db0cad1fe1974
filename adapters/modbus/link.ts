/**
 * Modbus TCP behind the adapter seam: plans requests, has each sent once, and turns answers into readings. It repairs
 * no connection, repeats no write and scales nothing.
 * Read next: plan.ts (which requests), line.ts (whose turn it is), outcome.ts (what an answer means).
 */
import { NS_PER_MS } from '../../gateway/core/ground/moment.ts'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import { type Adapter, type Block, type Link, type LinkDeps, notConnected, type Point } from '../adapter.ts'
import { settled } from '../deadline.ts'
import { connect } from './connection.ts'
import { abandon, type Job, type Line, probe, readAll, writeOnce } from './line.ts'
import { type ModbusDevice, type ModbusOptions, modbusAddress, modbusDevice, modbusOptions } from './options.ts'
import { bad, isAboutTheBlock, openError, readingOf, writeError, writeRequest } from './outcome.ts'
import { cutsFor, plan, type ReadRequest } from './plan.ts'
import { createQueue } from './queue.ts'
import { createWatch, type Watch } from './watch.ts'

export const modbusAdapter: Adapter = {
  protocol: 'modbus',
  packages: ['modbus-serial'],
  optionsSchema: modbusOptions,
  deviceSchema: modbusDevice,
  addressSchema: modbusAddress,
  createLink: (options, deps) => createModbusLink(options as ModbusOptions, deps),
}

/** A poll waits for its turn until its next one is due, but no longer than this many request timeouts. */
const MAX_WAIT_TIMEOUTS = 10
const CLOSE_MS = 2000

type ModbusLink = {
  readonly options: ModbusOptions
  readonly deps: LinkDeps
  readonly where: string
  /** What is known of the units; it outlives a connection. */
  readonly watch: Watch
  /** Boundaries that the device refused to have read over. */
  readonly cuts: Set<string>
  line: Line | undefined
  /** The attempt to connect that is under way. */
  attempt: AbortController | undefined
}

function createModbusLink(options: ModbusOptions, deps: LinkDeps): Link {
  const link: ModbusLink = {
    options,
    deps,
    where: `${options.host}:${options.port}`,
    watch: createWatch(options),
    cuts: new Set(),
    line: undefined,
    attempt: undefined,
  }
  return {
    open: (signal) => open(link, signal),
    read: (points, how) => read(link, points, how?.urgent ?? false),
    write: (block) => write(link, block),
    close: () => close(link),
  }
}

async function open(link: ModbusLink, signal: AbortSignal): Promise<void> {
  const { options, deps, watch } = link
  const closing = close(link)
  // From here on a close ends this attempt too.
  const attempt = new AbortController()
  link.attempt = attempt
  const late = new Error(`no connection within ${options.connectTimeoutMs} ms`)
  const timer = setTimeout(() => attempt.abort(late), options.connectTimeoutMs)
  const ended = AbortSignal.any([signal, attempt.signal])
  try {
    await closing
    const queue = createQueue<Job>(options.maxQueue)
    const connection = await connect(options, ended, () => abandon(queue))
    if (ended.aborted) {
      void connection.drop('aborted')
      throw ended.reason
    }
    const nowMs = () => Number(deps.now().ns / NS_PER_MS)
    link.line = { connection, queue, options, watch, log: deps.log, nowMs, inFlight: 0 }
    watch.connected()
  } catch (cause) {
    throw openError(cause, link.where)
  } finally {
    clearTimeout(timer)
    if (link.attempt === attempt) link.attempt = undefined
  }
}

async function close(link: ModbusLink): Promise<void> {
  link.attempt?.abort(new Error('closed'))
  const { line } = link
  link.line = undefined
  if (line) await settled(line.connection.drop('closed'), CLOSE_MS)
}

async function read(link: ModbusLink, points: readonly Point[], urgent: boolean): Promise<Reading[]> {
  const { options, deps, watch } = link
  const line = lineOf(link)
  const readings = new Map<Point, Reading>()
  const silent = points.filter(({ device }) => watch.isSilent((device as ModbusDevice).unit))
  probe(line, plan(silent, options, link.cuts).requests)
  for (const point of silent) readings.set(point, bad(point, deps.now(), { kind: 'silent' }))

  let left = points.filter((point) => !readings.has(point))
  while (left.length > 0) {
    const { requests, invalid } = plan(left, options, link.cuts)
    for (const { point, detail } of invalid) readings.set(point, bad(point, deps.now(), { kind: 'malformed', detail }))
    const outcomes = await readAll(line, requests, { urgent, turnWithinMs: turnWithinMs(left, urgent, options) })
    if (!isUp(link, line)) throw notConnected(link.where, line.connection.lostBecause(), 'unknown')
    const moment = deps.now()
    left = requests.flatMap((request, index) => {
      const outcome = outcomes[index]!
      if (outcome.kind === 'exception' && isAboutTheBlock(outcome.code) && divide(link, request)) return request.points
      for (const point of request.points) readings.set(point, readingOf(point, request, outcome, moment))
      return []
    })
  }
  return points.map((point) => readings.get(point)!)
}

async function write(link: ModbusLink, block: Block): Promise<void> {
  const request = writeRequest(block)
  const outcome = await writeOnce(lineOf(link), request)
  if (outcome.kind !== 'written') throw writeError(outcome, request, link.where)
}

/** Whether the refused request could be divided; the plan made next respects where. */
function divide({ cuts, deps }: ModbusLink, request: ReadRequest): boolean {
  const found = cutsFor(request)
  for (const key of found) cuts.add(key)
  const { unit, table, start, count } = request
  if (found.length > 0) deps.log.info({ unit, table, start, count }, 'the device refuses this block: it is split')
  return found.length > 0
}

function turnWithinMs(points: readonly Point[], urgent: boolean, { timeoutMs }: ModbusOptions): number {
  if (urgent) return 2 * timeoutMs
  const intervalMs = Math.max(...points.map((point) => point.intervalMs))
  return Math.min(Math.max(intervalMs, timeoutMs), MAX_WAIT_TIMEOUTS * timeoutMs)
}

function lineOf(link: ModbusLink): Line {
  const { line } = link
  if (line && isUp(link, line)) return line
  throw notConnected(link.where, line?.connection.lostBecause(), 'unsent')
}

function isUp(link: ModbusLink, line: Line): boolean {
  return link.line === line && line.connection.lostBecause() === undefined
}
