/**
 * Connections: how many are held, how long one may take to read an answer, and how they end with the server. When there
 * is one too many, one gives way: of the address that holds the most, first the one that has been slowest to read its
 * answer, then the one that has been idle for longest. So neither silence nor slow reading can keep out the one that
 * ends a session. An answer that is still being made is never cut.
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

/** How often a server that stops looks for connections that have nothing left to answer, ms. */
const SWEEP_MS = 50

/** One accepted connection; `response`: what is being answered on it, and since when it waits for nothing else. */
type Held = { readonly socket: Socket; readonly address: string; response?: ServerResponse }

/** A connection by its far end: under TLS a request does not show the socket that was accepted. */
const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`

export function boundConnections(server: Server, bounds: ConnectionBounds): void {
  /** The longest in its present state (idle, answering) first. */
  const held = new Map<string, Held>()
  // The last resort, for when every connection waits for an answer that is still being made.
  server.maxConnections = 2 * bounds.most
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    const own: Held = { socket, address: socket.remoteAddress ?? '' }
    held.set(peer, own)
    socket.once('close', () => {
      if (held.get(peer) === own) held.delete(peer)
    })
    if (held.size > bounds.most) giveWay(held, own)
  })
  server.on('request', (request, response) => {
    limitReading(response, bounds)
    const peer = peerOf(request.socket)
    const own = held.get(peer)
    if (own === undefined) return
    held.delete(peer)
    held.set(peer, { ...own, response })
    response.once('close', () => {
      const now = held.get(peer)
      // Pipelined requests: the next one is being answered already.
      if (now?.socket !== own.socket || now.response !== response) return
      held.delete(peer)
      if (!own.socket.destroyed) held.set(peer, { socket: own.socket, address: own.address })
    })
  })
}

/** Ends one connection for the newest one. */
function giveWay(held: Map<string, Held>, newest: Held): void {
  const shares = new Map<string, number>()
  for (const { address } of held.values()) shares.set(address, (shares.get(address) ?? 0) + 1)
  const most = Math.max(...shares.values())
  const candidates = [...held].filter(([, one]) => one !== newest && shares.get(one.address) === most)
  const [peer, one] =
    candidates.find(([, { response }]) => response !== undefined && waitsForReader(response)) ??
    candidates.find(([, { response }]) => response === undefined) ??
    []
  if (peer === undefined) return
  held.delete(peer)
  one!.socket.destroy()
}

/** All of it is made, or no more is made before the reader takes some. */
const waitsForReader = (response: ServerResponse) => response.writableEnded || response.writableNeedDrain

/** The timer of the socket counts what the far end takes as a sign of life. */
function limitReading(response: ServerResponse, { stallMs, answerMs }: ConnectionBounds): void {
  const { socket } = response
  if (socket === null) return
  const whole = setTimeout(() => {
    if (waitsForReader(response) && !isStream(response)) socket.destroy()
  }, answerMs)
  whole.unref()
  response.once('close', () => clearTimeout(whole))
  response.setTimeout(stallMs, () => {
    if (waitsForReader(response)) socket.destroy()
    // It is still being made: the reader is not late.
    else socket.setTimeout(stallMs)
  })
}

const isStream = (response: ServerResponse) =>
  String(response.getHeader('content-type') ?? '').startsWith('text/event-stream')

/**
 * A server that stops waits for its connections by itself: also for those that are kept alive after their last answer,
 * and for those that a browser opened and has not used. What this returns makes it wait for answers only.
 */
export function watchConnections(server: Server): () => void {
  let answering = 0
  server.on('request', (_request, response) => {
    answering++
    response.once('close', () => answering--)
  })
  return () => {
    if (!server.listening) return
    const sweep = setInterval(
      () => (answering === 0 ? server.closeAllConnections() : server.closeIdleConnections()),
      SWEEP_MS,
    )
    server.once('close', () => clearInterval(sweep))
  }
}
