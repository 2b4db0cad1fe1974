/**
 * One connection to a device or a bus: requests with a deadline each, answers as values. It retries nothing and, once
 * lost, is thrown away; link.ts builds another. An answer that breaks the protocol fails its request and ends the
 * connection, so that nothing which belongs to it can be taken for another.
 * Read next: transports/transport.ts (what carries the bytes), mbap.ts and rtu.ts (the frames).
 */
import { randomInt } from 'node:crypto'
import type { Asked, Found, Framing } from './frames.ts'
import { createMbap } from './mbap.ts'
import { type Reply, type Request, replyOf } from './pdu.ts'
import type { ReadRequest } from './plan.ts'
import { askBefore, createRtu, type Late } from './rtu.ts'
import type { EndedBy, Transport, Wire } from './transports/transport.ts'

export type Answer =
  | Reply
  /** `detail`: what came instead. */
  | { readonly kind: 'timeout'; readonly detail?: string }
  /** The connection ended; `sent`: the request had left before. `detail`: what of an answer made us close it. */
  | { readonly kind: 'lost'; readonly sent: boolean; readonly detail?: string }

export type Connection = {
  exchange(request: Request): Promise<Answer>
  /** What has to be answered before this request may be sent: see rtu.ts. */
  askBefore(request: Request): ReadRequest | undefined
  /** Requests that were answered on it, with whatever. */
  answered(): number
  /** Bytes came, if no more than the beginning of an answer. */
  isHeard(): boolean
  /** Why the connection is over, or undefined while it is up. */
  lostBecause(): string | undefined
  /** Ends it: every request under way answers `lost`. Idempotent; resolves when the socket is gone. */
  drop(reason: string): Promise<void>
}

/** `violation`: we closed it, since an answer broke the protocol. */
export type LostBy = EndedBy | 'violation'
type OnLost = (reason: string, by: LostBy) => void

type Exchange = Asked & { timer?: NodeJS.Timeout; settle(answer: Answer): void }

type Live = {
  readonly transport: Transport
  readonly timeoutMs: number
  readonly onLost: OnLost
  readonly underWay: Set<Exchange>
  framing: Framing<Exchange>
  wire: Wire | undefined
  answered: number
  isHeard: boolean
  over: string | undefined
}

/**
 * Rejects with what prevents it, or with the signal's reason. `late`: what may still be answered on this line, which
 * outlives a connection. `onLost` is called at most once.
 */
export async function connect(
  transport: Transport,
  timeoutMs: number,
  late: Late,
  signal: AbortSignal,
  onLost: OnLost,
): Promise<Connection> {
  const found: Found<Exchange> = {
    answer: (exchange, body) => take(live, exchange, replyOf(exchange.request, body)),
    spoilt: (exchange, detail) => take(live, exchange, { kind: 'malformed', detail }),
    torn: (reason) => end(live, reason, 'violation'),
    broken: (reason) => end(live, reason, 'fault'),
  }
  const live: Live = {
    transport,
    timeoutMs,
    onLost,
    underWay: new Set(),
    framing:
      transport.framing === 'rtu'
        ? createRtu(found, late)
        : createMbap(found, randomInt(0x1_0000), transport.framing === 'datagram'),
    wire: undefined,
    answered: 0,
    isHeard: false,
    over: undefined,
  }
  live.wire = await transport.open(signal, {
    data(chunk) {
      live.isHeard = true
      live.framing.take(chunk)
    },
    lost: (reason, by) => end(live, reason, by),
  })
  return {
    exchange: (request) => exchange(live, request),
    askBefore: (request) => (transport.framing === 'rtu' ? askBefore(late, request) : undefined),
    answered: () => live.answered,
    isHeard: () => live.isHeard,
    lostBecause: () => live.over,
    async drop(reason) {
      end(live, reason, 'fault')
      await live.wire?.closed
    },
  }
}

function exchange(live: Live, request: Request): Promise<Answer> {
  if (live.over !== undefined) return Promise.resolve({ kind: 'lost', sent: false })
  return new Promise((settle) => {
    const exchange: Exchange = { request, id: 0, settle }
    // What has arrived by then is read before.
    exchange.timer = setTimeout(() => setImmediate(giveUp, live, exchange), live.timeoutMs)
    live.underWay.add(exchange)
    live.wire!.send(live.framing.put(exchange))
  })
}

function giveUp(live: Live, exchange: Exchange): void {
  if (!live.underWay.has(exchange)) return
  live.framing.giveUp(exchange)
  const { strange } = exchange
  settle(live, exchange, strange === undefined ? { kind: 'timeout' } : { kind: 'timeout', detail: strange })
}

/** An answer that is none ends the connection: whatever follows it could be as wrong. A line goes on. */
function take(live: Live, exchange: Exchange, reply: Reply): void {
  live.answered += 1
  settle(live, exchange, reply)
  if (reply.kind === 'malformed' && live.transport.isConnection) end(live, reply.detail, 'violation')
}

function settle(live: Live, exchange: Exchange, answer: Answer): void {
  if (!live.underWay.delete(exchange)) return
  clearTimeout(exchange.timer)
  exchange.settle(answer)
}

function end(live: Live, reason: string, by: LostBy): void {
  if (live.over !== undefined) return
  live.over = reason
  live.wire?.destroy()
  const lost: Answer = { kind: 'lost', sent: true, ...(by === 'violation' ? { detail: reason } : {}) }
  for (const exchange of live.underWay) {
    live.framing.giveUp(exchange)
    settle(live, exchange, lost)
  }
  live.onLost(reason, by)
}
