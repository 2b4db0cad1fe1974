/**
 * The front thread: the API, the event streams and the sinks. It reads the ledger, holds a copy of the board, and sends
 * the control thread nothing but commands. Whatever it cannot go on from is thrown: the thread ends, and with it the
 * process, which the ledger makes safe. Read next: front/api/server.ts, commands.ts, sinks.ts.
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { pino } from 'pino'
import { isLoopback } from '../../config/document/endpoint.ts'
import type { SiteConfig } from '../../config/site.ts'
import type { ToControl, ToFront } from '../core/board/message.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { createLedgerClient } from '../ledger/client.ts'
import { createReader } from '../ledger/store/reader.ts'
import { createBoardCopy } from './api/board.ts'
import type { Clock } from './api/caller/caller.ts'
import { openTls } from './api/http/tls.ts'
import { buildServer } from './api/server.ts'
import { createCommands } from './commands.ts'
import { type Pull, startPull } from './pull.ts'
import { startSinks } from './sinks.ts'

export type FrontThreadData = {
  readonly config: SiteConfig
  readonly ledgerPath: string
  readonly ledgerPort: MessagePort
  readonly version: string
  readonly instance: string
  readonly logLevel?: string
  /** Public keys of the log. */
  readonly vkeys?: readonly string[]
}

const { config, ledgerPath, ledgerPort, version, instance, logLevel, vkeys = [] } = workerData as FrontThreadData
const control = parentPort!
const post = (message: ToControl) => control.postMessage(message)
const log = pino(
  {
    level: logLevel ?? 'info',
    base: { site: config.site, thread: 'front' },
    redact: ['req.headers.authorization', 'headers.authorization', '*.password', '*.token'],
  },
  pino.destination({ dest: 2, sync: true }),
)
const clock: Clock = { nowMs: Date.now, nowNs: process.hrtime.bigint }

/**
 * Requests under way may finish within this; with the goodbye of the sinks it stays below what the control thread
 * waits.
 */
const CLOSE_MS = 4_000

const reader = createReader(ledgerPath)
const ledger = createLedgerClient(ledgerPort, config.bounds.ledgerTimeoutMs, fail)
const board = createBoardCopy()
const commands = createCommands(post, {
  maxCommands: config.api.maxCommands,
  timeoutMs: config.api.commandTimeoutMs,
  nowNs: clock.nowNs,
})
const sinks = await startSinks({
  config,
  reader,
  ledger,
  board,
  log,
  vkeys,
  anchored: ({ kind, ...more }) => post({ kind: 'anchor', state: kind, why: 'why' in more ? more.why : '' }),
})
const tls = openTls(config.api, log)
if (tls === undefined && !isLoopback(config.api.host))
  log.warn(
    { host: config.api.host },
    'the API is reachable beyond this host without encryption, as the site file accepts',
  )
const contacted = createContact(() => post({ kind: 'contact' }), clock)
let pull: Pull | undefined
const app = buildServer({
  ...(tls === undefined ? {} : { tls }),
  config,
  version,
  instance,
  reader,
  board,
  ask: commands.ask,
  tell: commands.tell,
  contacted,
  ...(config.bookings.source === 'push' ? {} : { pull: () => pull?.status() ?? {} }),
  onHead: ledger.onHead,
  sinks: sinks.status,
  clock,
  log,
})

let stopping = false
control.on('message', (message: ToFront) => {
  switch (message.kind) {
    case 'outcome':
      return commands.settle(message.id, message.outcome)
    case 'board':
      board.take(message, clock.nowNs())
      return sinks.changed()
    case 'stop':
      if (stopping) return
      stopping = true
      void stop().catch(fail)
  }
})

try {
  await app.listen({ host: config.api.host, port: config.api.port })
} catch (cause) {
  throw new GatewayError(
    'thread',
    'listen',
    `cannot listen on ${config.api.host}:${config.api.port}: ${(cause as Error).message}`,
    { cause },
  )
}
post({ kind: 'listening', url: urlOf(app.server.address()) })
const { source } = config.bookings
if (source !== 'push')
  pull = startPull(source, {
    config,
    ask: commands.ask,
    contacted,
    snapshotVersion: () => reader.snapshotVersion(),
    clock,
    log,
  })

/** Stop accepting, end streams, finish commands, stop sinks, close the ledger. */
async function stop(): Promise<void> {
  pull?.stop()
  commands.stop()
  const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS)
  await app.close()
  clearTimeout(cut)
  await sinks.stop()
  reader.close()
  // the control thread ends this one; ending by itself would be a failure
  post({ kind: 'stopped' })
}

/** Told at most once a second. */
function createContact(tell: () => void, { nowNs }: Clock): () => void {
  let toldNs: bigint | undefined
  return () => {
    if (toldNs !== undefined && nowNs() - toldNs < 1_000_000_000n) return
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

function urlOf(address: ReturnType<typeof app.server.address>): string {
  if (address === null || typeof address === 'string')
    throw new GatewayError('thread', 'listen', 'the server has no address')
  const host =
    address.address === '0.0.0.0'
      ? '127.0.0.1'
      : address.address === '::'
        ? '[::1]'
        : address.family === 'IPv6'
          ? `[${address.address}]`
          : address.address
  return `${tls === undefined ? 'http' : 'https'}://${host}:${address.port}`
}
