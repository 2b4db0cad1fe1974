/**
 * One thread's line to the ledger thread: requests as promises with a deadline, and news of the head.
 * A late or failed answer leaves the outcome unknown and is reported through `onFailure`, which ends the process.
 */
import type { MessagePort, Worker } from 'node:worker_threads'
import type { Stamp } from '../core/ground/entry.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { Change } from '../core/machine/change.ts'
import type { FromLedger, ToLedger } from './message.ts'

/** `signed`: size of the newest checkpoint; 0: none. */
export type Head = { readonly nextSeq: number; readonly nextSample: number; readonly signed: number }

export type LedgerClient = {
  /** Durable when it resolves. */
  commit(changes: readonly Change[]): Promise<{ firstSeq: number; nextSeq: number }>
  setCursor(sink: string, next: number, nextSample: number): Promise<void>
  park(sink: string, item: string, reason: string): Promise<void>
  /** The text of the file of the log's private keys: what signs from now on. */
  takeLogKeys(text: string, at: Stamp): Promise<void>
  close(): Promise<void>
  head(): Head
  /** Called after each commit of anyone; returns how to stop listening. */
  onHead(listener: (head: Head) => void): () => void
}

type Pending = { resolve(message: FromLedger): void; reject(error: Error): void; timer: NodeJS.Timeout }
/** A request without its id. */
type Body = ToLedger extends infer M ? (M extends ToLedger ? Omit<M, 'id'> : never) : never

export function createLedgerClient(
  port: MessagePort | Worker,
  timeoutMs: number,
  onFailure: (error: GatewayError) => void,
): LedgerClient {
  const pending = new Map<number, Pending>()
  const listeners = new Set<(head: Head) => void>()
  let head: Head = { nextSeq: 0, nextSample: 0, signed: 0 }
  let nextId = 1

  port.on('message', (message: FromLedger) => {
    switch (message.kind) {
      case 'head':
        head = { nextSeq: message.nextSeq, nextSample: message.nextSample, signed: message.signed }
        for (const listener of listeners) listener(head)
        return
      case 'failed':
        return fail(new GatewayError('ledger', 'commit', message.message))
      default: {
        const request = pending.get(message.id)
        if (request === undefined) return
        pending.delete(message.id)
        clearTimeout(request.timer)
        request.resolve(message)
      }
    }
  })

  function fail(error: GatewayError): void {
    for (const request of pending.values()) {
      clearTimeout(request.timer)
      request.reject(error)
    }
    pending.clear()
    onFailure(error)
  }

  function ask(body: Body): Promise<FromLedger> {
    const id = nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => fail(new GatewayError('ledger', body.kind, `no answer within ${timeoutMs} ms`)),
        timeoutMs,
      )
      pending.set(id, { resolve, reject, timer })
      port.postMessage({ ...body, id })
    })
  }

  return {
    async commit(changes) {
      const reply = await ask({ kind: 'commit', changes })
      if (reply.kind !== 'committed') throw new GatewayError('ledger', 'commit', `unexpected answer ${reply.kind}`)
      return { firstSeq: reply.firstSeq, nextSeq: reply.nextSeq }
    },
    async setCursor(sink, next, nextSample) {
      await ask({ kind: 'cursor', sink, next, nextSample })
    },
    async park(sink, item, reason) {
      await ask({ kind: 'park', sink, item, reason })
    },
    async takeLogKeys(text, at) {
      await ask({ kind: 'log-keys', text, at })
    },
    async close() {
      await ask({ kind: 'close' })
    },
    head: () => head,
    onHead(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
