/**
 * The ledger thread: gathers what has arrived, writes it as one transaction, and answers each request, so that many
 * small commits cost one fsync. Every port learns of a failure, which ends the process: after it, nobody knows what is
 * stored.
 * Read next: message.ts, client.ts (the other end of a port), store/writer.ts, log/log.ts.
 */
import { type MessagePort, parentPort } from 'node:worker_threads'
import type { Change } from '../core/machine/change.ts'
import { begun, hasBegun } from './begin.ts'
import type { LogOptions } from './log/log.ts'
import { type HeldKey, parseKeysFile } from './log/log-keys.ts'
import type { FromLedger, ToLedger } from './message.ts'
import { openWriter } from './store/database.ts'
import { createWriter, type WriterOptions } from './store/writer.ts'

export type LedgerThreadData = {
  readonly path: string
  readonly writer: Omit<WriterOptions, 'log'>
  /** Origin, the content of the key file, and how long a grown tree may stay unsigned, ms. */
  readonly log?: { readonly origin: string; readonly keys: string; readonly everyMs: number }
  readonly ports: readonly MessagePort[]
}

type Port = MessagePort | NonNullable<typeof parentPort>
type Waiting = { readonly port: Port; readonly message: ToLedger }

/** Requests taken at a time, whose commits are one transaction. */
const MAX_GROUP = 256
/** How often the age of the last signature is looked at, ms. */
const SIGN_CHECK_MS = 1000

const { path, writer: options, log, ports: others } = await begun<LedgerThreadData>()
const ports: readonly Port[] = [parentPort!, ...others]
const writer = createWriter(openWriter(path), { ...options, ...(log === undefined ? {} : { log: logOptions(log) }) })
let waiting: Waiting[] = []
let signedAtMs = Date.now()

for (const port of ports)
  port.on('message', (message: ToLedger) => {
    waiting.push({ port, message })
    if (waiting.length === 1) setImmediate(drain)
  })
sendHead()
hasBegun()
if (log !== undefined) setInterval(() => guarded(() => sign(log.everyMs)), SIGN_CHECK_MS)

function logOptions({ origin, keys }: NonNullable<LedgerThreadData['log']>): LogOptions {
  return { origin, signers: heldKeys(keys).map(({ signer }) => signer) }
}

function heldKeys(text: string): HeldKey[] {
  const keys = parseKeysFile(text)
  if (typeof keys === 'string') throw new Error(`the keys of the log cannot be used: ${keys}`)
  return keys
}

function drain(): void {
  const taken = waiting.slice(0, MAX_GROUP)
  waiting = waiting.slice(MAX_GROUP)
  if (waiting.length > 0) setImmediate(drain)
  guarded(() => {
    commit(taken)
    for (const { port, message } of taken) {
      answer(port, message)
      // Nobody waits for what follows.
      if (message.kind === 'close') return
    }
  })
}

function guarded(work: () => void): void {
  try {
    work()
  } catch (cause) {
    sendAll({ kind: 'failed', message: (cause as Error).message })
    throw cause
  }
}

function commit(taken: readonly Waiting[]): void {
  const commits = taken.flatMap(({ port, message }) => (message.kind === 'commit' ? [{ port, ...message }] : []))
  if (commits.length === 0) return
  const ranges = writer.commit(commits.map(({ changes }) => changes))
  for (const [index, { port, id }] of commits.entries()) send(port, { kind: 'committed', id, ...ranges[index]! })
  sendHead()
  if (commits.some(({ changes }) => changes.some(isTakenAway))) sign(0)
}

/** What somebody takes away, signed. */
const isTakenAway = (change: Change) =>
  change.kind === 'entry' && (change.entry.kind === 'SessionEnded' || change.entry.kind === 'AcceptanceRecorded')

/** Answers every request but a commit, which has its answer already. */
function answer(port: Port, message: ToLedger): void {
  switch (message.kind) {
    case 'commit':
      return
    case 'cursor':
      writer.setCursor(message.sink, message.next, message.nextSample)
      break
    case 'park':
      writer.park(message.sink, message.item, message.reason, Date.now())
      break
    case 'log-keys':
      if (writer.takeKeys(heldKeys(message.text), message.at)) {
        sendHead()
        sign(0)
      }
      break
    case 'close':
      writer.close()
      send(port, { kind: 'done', id: message.id })
      for (const each of ports) each.close()
      return
  }
  send(port, { kind: 'done', id: message.id })
}

/** Signs what is committed, unless the last signature is younger than this. */
function sign(youngerThanMs: number): void {
  if (Date.now() - signedAtMs < youngerThanMs) return
  signedAtMs = Date.now()
  if (writer.checkpoint(signedAtMs) !== undefined) sendHead()
}

function sendHead(): void {
  sendAll({ kind: 'head', nextSeq: writer.nextSeq, nextSample: writer.nextSample, signed: writer.signed })
}

function sendAll(message: FromLedger): void {
  for (const port of ports) send(port, message)
}

function send(port: Port, message: FromLedger): void {
  port.postMessage(message)
}
