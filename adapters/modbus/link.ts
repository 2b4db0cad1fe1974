/**
 * Modbus behind the adapter seam: opens the line to a bus, reads and writes over it, and says when it is lost.
 * It repeats no write and scales nothing. Read next: read.ts (how points are read), line.ts (whose turn it is),
 * outcome.ts (what an answer means).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import { type Adapter, type Block, type Link, type LinkDeps, notConnected, type Point, type Show } from '../adapter.ts'
import { settled, within } from '../deadline.ts'
import { type Connection, connect, type LostBy } from './connection.ts'
import { createLearnt, type Learnt } from './learnt.ts'
import { connectionEnded, createLine, type Doubt, type Line, lose, readAll, UNANSWERED, writeOnce } from './line.ts'
import { type ModbusOptions, modbusAddress, modbusDevice, modbusOptions } from './options.ts'
import { openError, writeError, writeRequest } from './outcome.ts'
import { readPoints } from './read.ts'
import type { Late } from './rtu.ts'
import { type Chains, hasModels, noChains, readPlaced } from './sunspec.ts'
import { chooseTransport } from './transports/choose.ts'
import type { Transport } from './transports/transport.ts'
import { createWatch, type Watch } from './watch.ts'

export const modbusAdapter: Adapter = {
  protocol: 'modbus',
  packages: ['serialport', '@serialport/'],
  optionsSchema: modbusOptions,
  deviceSchema: modbusDevice,
  addressSchema: modbusAddress,
  createLink: (options, deps) => createModbusLink(options as ModbusOptions, deps),
}

const CLOSE_MS = 2000

type ModbusLink = {
  readonly options: ModbusOptions
  readonly deps: LinkDeps
  readonly transport: Transport
  /** What is known of the units; it outlives a connection. */
  readonly watch: Watch
  readonly doubt: Doubt
  /** What is known of how the devices want to be asked; likewise. */
  readonly learnt: Learnt
  /** Where the models of SunSpec devices begin; of this connection. */
  chains: Chains
  /** What may still be answered on a line without transactions; likewise. */
  readonly late: Late
  line: Line | undefined
  /** The attempt to connect that is under way. */
  attempt: AbortController | undefined
}

function createModbusLink(options: ModbusOptions, deps: LinkDeps): Link {
  const transport = chooseTransport(options)
  const isRtu = transport.framing === 'rtu'
  const pauseMs = Math.max(options.pauseMs, transport.gapMs)
  const link: ModbusLink = {
    options: { ...options, pauseMs, inFlight: isRtu ? 1 : options.inFlight },
    deps,
    transport,
    watch: createWatch(options),
    doubt: { untilMs: 0 },
    learnt: createLearnt(),
    chains: noChains(),
    late: new Map(),
    line: undefined,
    attempt: undefined,
  }
  return {
    open: (signal) => open(link, signal),
    read: (points, how) => read(link, points, how?.urgent ?? false, how?.show),
    write: (block) => write(link, block),
    close: () => close(link),
  }
}

async function open(link: ModbusLink, signal: AbortSignal): Promise<void> {
  const { options, deps, watch, doubt } = link
  const closing = close(link)
  // From here on a close ends this attempt too.
  const attempt = new AbortController()
  link.attempt = attempt
  const abort = () => attempt.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    await closing
    let line: Line | undefined
    const dial = () => dialOnce(link, attempt.signal, (reason, by) => line && connectionEnded(line, reason, by))
    line = createLine(await dial(), { options, watch, doubt, log: deps.log, now: deps.now, dial })
    link.line = line
    link.chains = noChains()
    watch.connected()
  } catch (cause) {
    throw openError(cause, link.transport.where)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/**
 * One connection, ready for its first request. Rejects with what prevents it, in time, whatever the transport does; one
 * that comes all the same is closed.
 */
async function dialOnce(
  { options, transport, late: given }: ModbusLink,
  ended: AbortSignal,
  onLost: (reason: string, by: LostBy) => void,
): Promise<Connection> {
  const stop = new AbortController()
  const connecting = connect(transport, options.timeoutMs, given, stop.signal, onLost)
  const connection = await within(connecting, options.connectTimeoutMs, 'the connect', ended).catch(
    (cause: unknown) => {
      stop.abort(cause)
      connecting.then(
        ({ drop }) => drop('it came too late'),
        () => undefined,
      )
      throw cause
    },
  )
  if (options.connectDelayMs > 0) await sleep(options.connectDelayMs, undefined, { signal: ended }).catch(() => {})
  if (ended.aborted) void connection.drop('aborted')
  const lost = connection.lostBecause()
  if (lost === undefined) return connection
  throw ended.aborted ? ended.reason : new Error(`${lost} ${UNANSWERED}`)
}

async function close(link: ModbusLink): Promise<void> {
  link.attempt?.abort(new Error('closed'))
  const { line } = link
  link.line = undefined
  if (line) await settled(lose(line, 'closed'), CLOSE_MS)
}

async function read(link: ModbusLink, points: readonly Point[], urgent: boolean, show?: Show): Promise<Reading[]> {
  const line = lineOf(link)
  const { learnt, options, chains } = link
  const how = { urgent, show }
  const readings = hasModels(chains, points)
    ? await readPlaced(chains, points, {
        read: (placed) => readPoints(line, learnt, options, placed, how),
        ask: async (request) =>
          (await readAll(line, [request], { urgent, turnWithinMs: 10 * options.timeoutMs }))[0]!.outcome,
        now: line.now,
      })
    : await readPoints(line, learnt, options, points, how)
  if (!isUp(link, line)) throw notConnected(link.transport.where, line.lost, 'unknown')
  const inOrder: Reading[] = []
  for (const point of points) {
    const reading = readings.get(point)
    if (reading !== undefined) inOrder.push(reading)
  }
  return inOrder
}

async function write(link: ModbusLink, block: Block): Promise<void> {
  const request = writeRequest(block)
  const outcome = await writeOnce(lineOf(link), request)
  if (outcome.kind !== 'written') throw writeError(outcome, request, link.transport.where)
}

function lineOf(link: ModbusLink): Line {
  const { line } = link
  if (line && isUp(link, line)) return line
  throw notConnected(link.transport.where, line?.lost, 'unsent')
}

function isUp(link: ModbusLink, line: Line): boolean {
  return link.line === line && line.lost === undefined
}
