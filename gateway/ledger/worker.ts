/**
 * The ledger thread: gathers what has arrived, writes it as one transaction, and answers each request, so that many
 * small commits cost one fsync. Every port learns of a failure, which ends the process: after it, nobody knows what is
 * stored. In a pair nobody hears of a commit, and nothing is signed, before the other box has it too.
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
type Asked = Exclude<ToLedger, { kind: 'kept' }>
type Waiting = { readonly port: Port; readonly message: Asked }

/** Requests taken at a time, whose commits are one transaction. */
const MAX_GROUP = 256
/** How often the age of the last signature is looked at, ms. */
const SIGN_CHECK_MS = 1000

const { path, writer: options, log, ports: others } = await begun<LedgerThreadData>()
const ports: readonly Port[] = [parentPort!, ...others]
const writer = createWriter(openWriter(path), { ...options, ...(log === undefined ? {} : { log: logOptions(log) }) })
let waiting: Waiting[] = []
let signedAtMs = Date.now()
/** Changesets that were made, and what is said once each is kept; the first part is of those that are not. */
let made = 0
let untold: { readonly n: number; readonly tell: () => void }[] = []
let isSignDue = false

for (const port of ports)
  port.on('message', (message: ToLedger) => {
    if (message.kind === 'kept') return guarded(() => tellKept(message.n))
    waiting.push({ port, message })
    if (waiting.length === 1) setImmediate(drain)
  })
sendAll(headNow())
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
    handOn()
  })
}

/** Of a pair: what was written goes to the other box. */
function handOn(): void {
  if (!options.paired) return
  const bytes = writer.takeChanges()
  if (bytes === undefined && !untold.some(({ n }) => n > made)) return
  made += 1
  send(parentPort!, { kind: 'changes', n: made, bytes: bytes ?? new Uint8Array() })
}

/** Says it when what was written just now is kept: at once without a pair. */
function whenKept(tell: () => void): void {
  if (options.paired) untold.push({ n: made + 1, tell })
  else tell()
}

function tellKept(n: number): void {
  const due = untold.filter((each) => each.n <= n)
  untold = untold.filter((each) => each.n > n)
  for (const { tell } of due) tell()
  if (!isSignDue || untold.length > 0) return
  isSignDue = false
  sign(0)
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
  const head = headNow()
  whenKept(() => {
    for (const [index, { port, id }] of commits.entries()) send(port, { kind: 'committed', id, ...ranges[index]! })
    sendAll(head)
  })
  if (commits.some(({ changes }) => changes.some(isTakenAway))) sign(0)
}

/** What somebody takes away, signed. */
const isTakenAway = (change: Change) =>
  change.kind === 'entry' && (change.entry.kind === 'SessionEnded' || change.entry.kind === 'AcceptanceRecorded')

/** Answers every request but a commit, which has its answer already. */
function answer(port: Port, message: Asked): void {
  switch (message.kind) {
    case 'commit':
      return
    case 'cursor':
      writer.setCursor(message.sink, message.next, message.nextSample)
      break
    case 'park':
      writer.park(message.sink, message.item, message.reason, Date.now())
      break
    case 'unpark':
      writer.unpark(message.sink, message.item)
      break
    case 'log-keys':
      if (writer.takeKeys(heldKeys(message.text), message.at)) {
        const head = headNow()
        whenKept(() => sendAll(head))
        sign(0)
      }
      break
    case 'settle':
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
  if (untold.length > 0) {
    isSignDue = true
    return
  }
  signedAtMs = Date.now()
  if (writer.checkpoint(signedAtMs) === undefined) return
  const head = headNow()
  whenKept(() => sendAll(head))
  handOn()
}

function headNow(): FromLedger {
  return { kind: 'head', nextSeq: writer.nextSeq, nextSample: writer.nextSample, signed: writer.signed }
}

function sendAll(message: FromLedger): void {
  for (const port of ports) send(port, message)
}

function send(port: Port, message: FromLedger): void {
  port.postMessage(message)
}
