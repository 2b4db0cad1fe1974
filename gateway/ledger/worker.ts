/**
 * The ledger thread: gathers what has arrived, writes it as one transaction, answers each. Group commit makes many small
 * commits cost one fsync. A failure is told to everyone and ends the process: after it, nobody knows what is stored.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openWriter } from './database.ts'
import type { FromLedger, ToLedger } from './ledger.ts'
import { createWriter, type WriterOptions } from './writer.ts'

export type LedgerThreadData = {
  readonly path: string
  readonly writer: WriterOptions
  readonly ports: readonly MessagePort[]
}

/** Commits written in one transaction at most. */
const MAX_GROUP = 256

const data = workerData as LedgerThreadData
const ports: (MessagePort | NonNullable<typeof parentPort>)[] = [parentPort!, ...data.ports]
const writer = createWriter(openWriter(data.path), data.writer)
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
tellAll({ kind: 'head', nextSeq: writer.nextSeq, nextSample: writer.nextSample })

function drain(): void {
  scheduled = false
  const taken = waiting.slice(0, MAX_GROUP)
  waiting = waiting.slice(MAX_GROUP)
  if (waiting.length > 0) {
    scheduled = true
    setImmediate(drain)
  }
  try {
    handle(taken)
  } catch (cause) {
    tellAll({ kind: 'failed', message: (cause as Error).message })
    throw cause
  }
}

function handle(taken: typeof waiting): void {
  const commits = taken.flatMap(({ port, message }) => (message.kind === 'commit' ? [{ port, message }] : []))
  if (commits.length > 0) {
    const ranges = writer.commit(commits.map(({ message }) => message.changes))
    for (const [index, { port, message }] of commits.entries())
      send(port, { kind: 'committed', id: message.id, ...ranges[index]! })
    tellAll({ kind: 'head', nextSeq: writer.nextSeq, nextSample: writer.nextSample })
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
      case 'close':
        writer.close()
        send(port, { kind: 'done', id: message.id })
        for (const each of ports) each.close()
        return
    }
  }
}

function send(port: (typeof ports)[number], message: FromLedger): void {
  port.postMessage(message)
}

function tellAll(message: FromLedger): void {
  for (const port of ports) send(port, message)
}
