/**
 * Connections: how many are held, how long one may take to read an answer, and how they end with the server. When there
 * is one too many, one gives way: of the address that holds the most, first the one that has been slowest to read its
 * answer, then the idle one that has asked for nothing for longest. So neither silence nor slow reading can keep out
 * the one that ends a session. An answer that is still being made is never cut. A request arms no timer of its own.
 */
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export type ConnectionBounds = {
  /** Held at once. */
  readonly most: number
  /** A reader that takes nothing of its answer for this long is cut, ms. */
  readonly stallMs: number
  /** An answer that is no stream is read within this, ms. */
  readonly answerMs: number
}

type Connections = {
  /**
   * A server that stops waits for its connections by itself: also for those that are kept alive after their last
   * answer, and for those that a browser opened and has not used. From now on it waits for answers only.
   */
  closeAnswered(): void
}

/** How often a server that stops looks for connections that have nothing left to answer, ms. */
const SWEEP_MS = 50
/** Within `answerMs` it is looked so often which answers have taken that long. */
const LOOKS = 20

/** One accepted connection; `response`: the last one on it; `sinceMs`: when it was accepted, or asked for that. */
type Held = {
  readonly socket: Socket
  readonly address: string
  response: ServerResponse | undefined
  sinceMs: number
  /** It has taken `answerMs`, and was looked at then. */
  isLate: boolean
}

export function boundConnections(server: Server, bounds: ConnectionBounds): Connections {
  const held = new Set<Held>()
  /** Under TLS a request does not show the socket that was accepted, but a later one with the same far end. */
  const byPeer = new Map<string, Held>()
  const bySocket = new WeakMap<Socket, Held>()
  // The last resort, for when every connection waits for an answer that is still being made.
  server.maxConnections = 2 * bounds.most
  server.on('connection', (socket: Socket) => {
    const own: Held = {
      ...{ socket, address: socket.remoteAddress ?? '' },
      ...{ response: undefined, sinceMs: performance.now(), isLate: false },
    }
    const peer = peerOf(socket)
    held.add(own)
    byPeer.set(peer, own)
    bySocket.set(socket, own)
    socket.once('close', () => {
      held.delete(own)
      if (byPeer.get(peer) === own) byPeer.delete(peer)
    })
    if (held.size > bounds.most) giveWay(held, own)
  })
  server.on('secureConnection', (socket: Socket) => {
    const own = byPeer.get(peerOf(socket))
    if (own !== undefined) bySocket.set(socket, own)
  })
  server.on('request', (request, response) => {
    const own = bySocket.get(request.socket)
    if (own === undefined) return
    own.response = response
    own.sinceMs = performance.now()
    own.isLate = false
  })
  cutStalled(server, bounds, (socket) => bySocket.get(socket)?.response)
  const looking = setInterval(() => cutLate(held, bounds), bounds.answerMs / LOOKS)
  looking.unref()
  server.once('close', () => clearInterval(looking))
  return { closeAnswered: () => closeAnswered(server, held) }
}

const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`

/** Ends one connection for the newest one. */
function giveWay(held: Set<Held>, newest: Held): void {
  const shares = new Map<string, number>()
  for (const { address } of held) shares.set(address, (shares.get(address) ?? 0) + 1)
  const most = Math.max(...shares.values())
  const candidates = [...held]
    .filter((one) => one !== newest && shares.get(one.address) === most)
    .sort((a, b) => a.sinceMs - b.sinceMs)
  const one = candidates.find(isSlowToRead) ?? candidates.find((one) => !isAnswering(one))
  if (one === undefined) return
  held.delete(one)
  one.socket.destroy()
}

/** The timer of the socket counts what the far end takes as a sign of life; Node arms it for each answer. */
function cutStalled(
  server: Server,
  { stallMs }: ConnectionBounds,
  answerOn: (socket: Socket) => ServerResponse | undefined,
): void {
  server.setTimeout(stallMs, (socket) => {
    const response = answerOn(socket)
    // It is still being made: the reader is not late.
    if (response !== undefined && !response.closed && !waitsForReader(response)) socket.setTimeout(stallMs)
    else socket.destroy()
  })
}

function cutLate(held: Iterable<Held>, { answerMs }: ConnectionBounds): void {
  const beforeMs = performance.now() - answerMs
  for (const one of held) {
    if (one.isLate || one.sinceMs > beforeMs || !isAnswering(one)) continue
    one.isLate = true
    if (isSlowToRead(one) && !isStream(one.response!)) one.socket.destroy()
  }
}

const isAnswering = ({ response }: Held) => response !== undefined && !response.closed
const isSlowToRead = (one: Held) => isAnswering(one) && waitsForReader(one.response!)

/** All of it is made, or no more is made before the reader takes some. */
const waitsForReader = (response: ServerResponse) => response.writableEnded || response.writableNeedDrain

const isStream = (response: ServerResponse) =>
  String(response.getHeader('content-type') ?? '').startsWith('text/event-stream')

function closeAnswered(server: Server, held: ReadonlySet<Held>): void {
  if (!server.listening) return
  const sweep = setInterval(
    () => ([...held].some(isAnswering) ? server.closeIdleConnections() : server.closeAllConnections()),
    SWEEP_MS,
  )
  server.once('close', () => clearInterval(sweep))
}
