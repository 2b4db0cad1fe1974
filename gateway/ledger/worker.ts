/**
 * The ledger thread: gathers what has arrived, writes it as one transaction, answers each. Group commit makes many
 * small commits cost one fsync. A failure is told to everyone and ends the process: after it, nobody knows what is
 * stored.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { Change } from '../core/machine/change.ts'
import type { LogOptions } from './log/log.ts'
import { type HeldKey, parseKeysFile } from './log/log-keys.ts'
import type { FromLedger, ToLedger } from './message.ts'
import { openWriter } from './store/database.ts'
import { createWriter, type WriterOptions } from './store/writer.ts'

export type LedgerThreadData = {
  readonly path: string
  readonly writer: Omit<WriterOptions, 'log'>
  /** Origin, the text of the file of private keys, and how long a grown tree may go unsigned, ms. */
  readonly log?: { readonly origin: string; readonly keys: string; readonly everyMs: number }
  readonly ports: readonly MessagePort[]
}

/** Commits written in one transaction at most. */
const MAX_GROUP = 256

const data = workerData as LedgerThreadData
const ports: (MessagePort | NonNullable<typeof parentPort>)[] = [parentPort!, ...data.ports]
const writer = createWriter(openWriter(data.path), {
  ...data.writer,
  ...(data.log ? { log: logOptions(data.log) } : {}),
})
let signed = writer.signed
let signedAtMs = Date.now()
let waiting: { port: (typeof ports)[number]; message: ToLedger }[] = []
let scheduled = false

for (const port of ports) {
  port.on('message', (message: ToLedger) => {
    waiting.push({ port, message })
    if (!scheduled) {
      scheduled = true
      setImmediate(drain)
    }
  })
}
tellHead()
if (data.log) setInterval(() => guarded(() => sign(data.log!.everyMs)), 1000)

function drain(): void {
  scheduled = false
  const taken = waiting.slice(0, MAX_GROUP)
  waiting = waiting.slice(MAX_GROUP)
  if (waiting.length > 0) {
    scheduled = true
    setImmediate(drain)
  }
  guarded(() => handle(taken))
}

function guarded(work: () => void): void {
  try {
    work()
  } catch (cause) {
    tellAll({ kind: 'failed', message: (cause as Error).message })
    throw cause
  }
}

/** Commit first, then sign: after a session has ended, and when the last signature is old. */
function sign(olderThanMs: number): void {
  if (Date.now() - signedAtMs < olderThanMs) return
  signedAtMs = Date.now()
  const size = writer.checkpoint(signedAtMs)
  if (size === undefined) return
  signed = size
  tellHead()
}

function logOptions({ origin, keys }: NonNullable<LedgerThreadData['log']>): LogOptions {
  return { origin, signers: heldKeys(keys).map(({ signer }) => signer) }
}

function heldKeys(text: string): HeldKey[] {
  const keys = parseKeysFile(text)
  if (typeof keys === 'string') throw new Error(`the keys of the log cannot be used: ${keys}`)
  return keys
}

function tellHead(): void {
  tellAll({ kind: 'head', nextSeq: writer.nextSeq, nextSample: writer.nextSample, signed })
}

function handle(taken: typeof waiting): void {
  const commits = taken.flatMap(({ port, message }) => (message.kind === 'commit' ? [{ port, message }] : []))
  if (commits.length > 0) {
    const ranges = writer.commit(commits.map(({ message }) => message.changes))
    for (const [index, { port, message }] of commits.entries())
      send(port, { kind: 'committed', id: message.id, ...ranges[index]! })
    tellHead()
    if (commits.some(({ message }) => message.changes.some(endsSession))) sign(0)
  }
  for (const { port, message } of taken) {
    switch (message.kind) {
      case 'commit':
        break
      case 'cursor':
        writer.setCursor(message.sink, message.next, message.nextSample)
        send(port, { kind: 'done', id: message.id })
        break
      case 'park':
        writer.park(message.sink, message.item, message.reason, Date.now())
        send(port, { kind: 'done', id: message.id })
        break
      case 'log-keys':
        if (writer.takeKeys(heldKeys(message.text), message.at)) {
          tellHead()
          sign(0)
        }
        send(port, { kind: 'done', id: message.id })
        break
      case 'close':
        writer.close()
        send(port, { kind: 'done', id: message.id })
        for (const each of ports) each.close()
        return
    }
  }
}

const endsSession = (change: Change) => change.kind === 'entry' && change.entry.kind === 'SessionEnded'

function send(port: (typeof ports)[number], message: FromLedger): void {
  port.postMessage(message)
}

function tellAll(message: FromLedger): void {
  for (const port of ports) send(port, message)
}
