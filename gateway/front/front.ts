/**
 * The front thread: the API, the event streams and the sinks. It reads the ledger, holds a copy of the board, and sends
 * the control thread nothing but commands. What it cannot go on from is thrown: the thread ends, and with it the
 * process, which the ledger makes safe.
 * Read next: front/api/server.ts, commands.ts, sinks.ts, pull.ts.
 */

import type { AddressInfo } from 'node:net'
import { type MessagePort, parentPort } from 'node:worker_threads'
import type { Logger } from 'pino'
import { isLoopback } from '../../config/document/endpoint.ts'
import type { SiteConfig, Written } from '../../config/site.ts'
import type { ToControl, ToFront } from '../core/board/message.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { Anchor } from '../ledger/anchor.ts'
import { begun, hasBegun } from '../ledger/begin.ts'
import { createLedgerClient } from '../ledger/client.ts'
import { createReader } from '../ledger/store/reader.ts'
import { type ImageMemory, imageReader, type LiveRow } from '../live/image.ts'
import { openLog } from '../live/log.ts'
import { type LivePoint, livePoints, newPoints, pointKey } from '../live/point.ts'
import type { RingMemory } from '../live/ring.ts'
import { type BoardCopy, createBoardCopy } from './api/board.ts'
import type { Clock } from './api/caller/caller.ts'
import { openTls } from './api/http/tls.ts'
import { buildServer } from './api/server.ts'
import { createCommands } from './commands.ts'
import { createConfigurations } from './configurations.ts'
import { type Pull, startPull } from './pull.ts'
import { reachAll } from './reach.ts'
import { startSinks } from './sinks.ts'

export type FrontThreadData = {
  readonly config: SiteConfig
  /** Of the site file, absolute, and what is written in it. */
  readonly sitePath: string
  readonly written: Written
  readonly ledgerPath: string
  readonly ledgerPort: MessagePort
  /** Memory that the control thread writes. Without a sink there is no ring. */
  readonly image: ImageMemory
  readonly ring?: RingMemory
  readonly version: string
  readonly instance: string
  readonly logLevel?: string
  /** Public keys of the log. */
  readonly vkeys?: readonly string[]
}

type Server = ReturnType<typeof buildServer>

type Front = {
  take(message: ToFront): void
  /** Serves from now on; rejects when it cannot listen. */
  start(): Promise<void>
}

/**
 * Requests under way may finish within this, ms. Together with the goodbye of the sinks it stays below what the control
 * thread waits.
 */
const CLOSE_MS = 4_000
const SECOND_NS = 1_000_000_000n
const NOT_LISTENING: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has this port; end it, or write another port in api.listen',
  EACCES: 'this user may not use this port; write one above 1023 in api.listen',
  EADDRNOTAVAIL: 'this computer has no such address; correct api.listen',
}

const control = parentPort!
const front = await openFront(await begun<FrontThreadData>(), (message) => control.postMessage(message))
control.on('message', (message: ToFront) => front.take(message))
await front.start()
hasBegun()

async function openFront(data: FrontThreadData, post: (message: ToControl) => void): Promise<Front> {
  const { config, version, instance, vkeys = [] } = data
  const log = createLog(data)
  const clock: Clock = { nowMs: Date.now, nowNs: process.hrtime.bigint }
  const reader = createReader(data.ledgerPath)
  const ledger = createLedgerClient(data.ledgerPort, config.bounds.ledgerTimeoutMs, fail)
  const board = createBoardCopy(config.machines.map(({ id }) => id))
  const points = [...livePoints(config.machines)]
  const signals = signalReader(data.image, points)
  signals.follow(config)
  const configurations = createConfigurations(data)
  const shared = { config, reader, board, clock, log }
  const { maxCommands, commandTimeoutMs: timeoutMs } = config.api
  const commands = createCommands(post, { maxCommands, timeoutMs, nowNs: clock.nowNs })
  const sinks = await startSinks({
    ...{ ...shared, points, ledger, vkeys, anchored: (anchor: Anchor) => post(toMessage(anchor)) },
    ...(data.ring && { ring: data.ring }),
  })
  const contacted = atMostEachSecond(() => post({ kind: 'contact' }), clock)
  const tls = openTls(config.api, log)
  const { source } = config.bookings
  let pull: Pull | undefined
  const app = buildServer({
    ...shared,
    ...(tls === undefined ? {} : { tls }),
    ...(source === 'push' ? {} : { pull: () => pull?.status() ?? {} }),
    ...{ version, instance, vkeys, configurations, contacted, ask: commands.ask, tell: commands.tell },
    ...{ signal: signals.read, reach: () => reachAll(config) },
    onHead: ledger.onHead,
    ...{ sinks: sinks.status, parked: sinks.parked, webhooks: () => sinks.webhooks },
  })

  /** In order: no more commands, then the server, the sinks, the ledger. */
  async function stop(): Promise<void> {
    pull?.stop()
    commands.stop()
    await close(app)
    await sinks.stop()
    reader.close()
    // The control thread ends this one; if it ended by itself, that would be a failure.
    post({ kind: 'stopped' })
  }

  let stopping = false
  return {
    take(message) {
      switch (message.kind) {
        case 'outcome':
          return commands.settle(message.id, message.outcome)
        case 'board':
          board.take(message, clock.nowNs())
          return message.rows.length > 0 ? sinks.changed() : undefined
        case 'configured':
          return follow({ config, points, signals, board, sinks }, configurations.take(message.id))
        case 'samples':
          return sinks.sampled()
        case 'stop':
          if (stopping) return
          stopping = true
          void stop().catch(fail)
      }
    },
    async start() {
      warnOfPlainText(config, log)
      post({ kind: 'listening', url: await listen(app, config) })
      if (source !== 'push')
        pull = startPull(source, { ...shared, ask: commands.ask, contacted, snapshotVersion: reader.snapshotVersion })
    },
  }
}

type Followers = {
  readonly config: SiteConfig
  readonly points: LivePoint[]
  readonly signals: { follow(config: SiteConfig): void }
  readonly board: BoardCopy
  readonly sinks: { changed(): void }
}

/** What is asked from now on is asked of `next`. */
function follow({ config, points, signals, board, sinks }: Followers, next: SiteConfig | undefined): void {
  if (next === undefined) return
  points.push(...newPoints(points, next.machines))
  Object.assign(config, next)
  signals.follow(next)
  const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id)
  board.follow(ids(next.machines), ids(next.links))
  sinks.changed()
}

/** By id of a signal, as it is configured now. */
function signalReader(image: ImageMemory, points: readonly LivePoint[]) {
  const readAt = imageReader(image)
  let numbers: ReadonlyMap<string, number> = new Map()
  return {
    follow({ machines }: SiteConfig): void {
      const places = new Map(points.map((point, number) => [pointKey(point.kind, point), number]))
      const signals = machines.flatMap((machine) => machine.signals)
      numbers = new Map(signals.map((signal) => [signal.id, places.get(pointKey('signal', signal))!]))
    },
    read(id: string): LiveRow | undefined {
      const number = numbers.get(id)
      return number === undefined ? undefined : readAt(number)
    },
  }
}

function createLog({ config, logLevel }: FrontThreadData): Logger {
  return openLog({
    level: logLevel ?? 'info',
    base: { site: config.site, thread: 'front' },
    redact: ['req.headers.authorization', 'headers.authorization', '*.password', '*.token'],
  })
}

function toMessage({ kind: state, ...more }: Anchor): ToControl {
  return { kind: 'anchor', state, why: 'why' in more ? more.why : '' }
}

function warnOfPlainText({ api: { host, tls } }: SiteConfig, log: Logger): void {
  if (tls !== undefined || isLoopback(host)) return
  log.warn({ host }, 'the API is reachable beyond this host without encryption, as the site file accepts')
}

function atMostEachSecond(tell: () => void, { nowNs }: Clock): () => void {
  let toldNs: bigint | undefined
  return () => {
    if (toldNs !== undefined && nowNs() - toldNs < SECOND_NS) return
    toldNs = nowNs()
    tell()
  }
}

/** Thrown out of any promise, so that the thread ends with the cause. */
function fail(error: Error): void {
  setImmediate(() => {
    throw error
  })
}

/** The address a person on this host can open. */
async function listen(app: Server, { api: { host, port, tls } }: SiteConfig): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException
    throw new GatewayError('thread', 'listen', `cannot listen on ${host}:${port}: ${NOT_LISTENING[code] ?? message}`, {
      cause,
    })
  }
  const address = app.server.address() as AddressInfo
  return `${tls === undefined ? 'http' : 'https'}://${hostOf(address)}:${address.port}`
}

/** Ends streams, and lets requests under way finish, but only for so long. */
async function close(app: Server): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS)
  await app.close()
  clearTimeout(cut)
}

function hostOf({ address, family }: AddressInfo): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  if (address === '::') return '[::1]'
  return family === 'IPv6' ? `[${address}]` : address
}
