/**
 * The ledger thread as another thread calls it: requests become promises with a deadline, and news of the head arrives.
 * A late or failed answer leaves the outcome unknown: `onFailure` receives it and ends the process.
 * Read next: message.ts, worker.ts.
 */
import type { MessagePort, Worker } from 'node:worker_threads'
import type { Stamp } from '../core/ground/entry.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { Change } from '../core/machine/change.ts'
import type { FromLedger, ToLedger } from './message.ts'

/** What is durable. `signed`: size of the newest checkpoint; 0: none. */
export type Head = { readonly nextSeq: number; readonly nextSample: number; readonly signed: number }

export type LedgerClient = {
  /** The changes are durable when it resolves. */
  commit(changes: readonly Change[]): Promise<{ firstSeq: number; nextSeq: number }>
  setCursor(sink: string, next: number, nextSample: number): Promise<void>
  park(sink: string, item: string, reason: string): Promise<void>
  unpark(sink: string, item: string): Promise<void>
  /** `text` is the content of the log's key file: the keys in it sign from now on. */
  takeLogKeys(text: string, at: Stamp): Promise<void>
  /** Of a pair: the other box has all changes up to `n`, or nobody has to. */
  kept(n: number): void
  /** Resolves after all that the ledger thread has said so far. */
  settle(): Promise<void>
  close(): Promise<void>
  head(): Head
  /** Calls the listener with each new head, also those of other threads' commits; returns a function that stops it. */
  onHead(listener: (head: Head) => void): () => void
}

/** Of a pair: takes each changeset, in order. */
export type OnChanges = (n: number, bytes: Uint8Array) => void

type Pending = { resolve(message: FromLedger): void; reject(error: Error): void; readonly timer: NodeJS.Timeout }
/** A request without its id. */
type Request = ToLedger extends infer M ? (M extends { readonly id: number } ? Omit<M, 'id'> : never) : never

type State = {
  readonly port: MessagePort | Worker
  readonly timeoutMs: number
  readonly onFailure: (error: GatewayError) => void
  readonly pending: Map<number, Pending>
  readonly listeners: Set<(head: Head) => void>
  readonly onChanges: OnChanges | undefined
  head: Head
  nextId: number
}

export function createLedgerClient(
  port: MessagePort | Worker,
  timeoutMs: number,
  onFailure: (error: GatewayError) => void,
  onChanges?: OnChanges,
): LedgerClient {
  const head: Head = { nextSeq: 0, nextSample: 0, signed: 0 }
  const inside = { pending: new Map(), listeners: new Set<(head: Head) => void>(), onChanges, head, nextId: 1 }
  const state: State = { port, timeoutMs, onFailure, ...inside }
  port.on('message', (message: FromLedger) => receive(state, message))
  const request = async (body: Request): Promise<void> => void (await ask(state, body))
  return {
    async commit(changes) {
      const answer = await ask(state, { kind: 'commit', changes })
      if (answer.kind !== 'committed') throw new GatewayError('ledger', 'commit', `unexpected answer ${answer.kind}`)
      return { firstSeq: answer.firstSeq, nextSeq: answer.nextSeq }
    },
    setCursor: (sink, next, nextSample) => request({ kind: 'cursor', sink, next, nextSample }),
    park: (sink, item, reason) => request({ kind: 'park', sink, item, reason }),
    unpark: (sink, item) => request({ kind: 'unpark', sink, item }),
    takeLogKeys: (text, at) => request({ kind: 'log-keys', text, at }),
    kept: (n) => port.postMessage({ kind: 'kept', n } satisfies ToLedger),
    settle: () => request({ kind: 'settle' }),
    close: () => request({ kind: 'close' }),
    head: () => state.head,
    onHead(listener) {
      state.listeners.add(listener)
      return () => state.listeners.delete(listener)
    },
  }
}

function ask(state: State, body: Request): Promise<FromLedger> {
  const { port, pending, timeoutMs } = state
  const id = state.nextId++
  return new Promise((resolve, reject) => {
    const late = () => fail(state, new GatewayError('ledger', body.kind, `no answer within ${timeoutMs} ms`))
    pending.set(id, { resolve, reject, timer: setTimeout(late, timeoutMs) })
    port.postMessage({ ...body, id })
  })
}

function receive(state: State, message: FromLedger): void {
  switch (message.kind) {
    case 'head': {
      const { nextSeq, nextSample, signed } = message
      state.head = { nextSeq, nextSample, signed }
      for (const listener of state.listeners) listener(state.head)
      return
    }
    case 'changes':
      return state.onChanges?.(message.n, message.bytes)
    case 'failed':
      return fail(state, new GatewayError('ledger', 'commit', message.message))
    case 'committed':
    case 'done': {
      const request = state.pending.get(message.id)
      if (request === undefined) return
      state.pending.delete(message.id)
      clearTimeout(request.timer)
      request.resolve(message)
    }
  }
}

/** No request that is under way has a known outcome any more. */
function fail({ pending, onFailure }: State, error: GatewayError): void {
  for (const request of pending.values()) {
    clearTimeout(request.timer)
    request.reject(error)
  }
  pending.clear()
  onFailure(error)
}
