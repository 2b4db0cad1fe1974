/**
 * Connections: how many are held, how long one may take to read an answer, and how they end with the server. When there
 * is one too many, or they have too many answers to read, one gives way: of the address that holds the most, first the
 * one that has been slowest to read its answer, then the idle one that has asked for nothing for longest. So neither
 * silence nor slow reading can keep out the one that ends a session. An answer that is still being made is never cut. A
 * request arms no timer of its own.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Http2ServerRequest, Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { type Answer, answerOf, isEventStream, isOpen, waitsForReader } from './answer.ts'

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
  /** Ends the connection below all that is spoken on it, so that nothing more is written. */
  cut(channel: Channel): void
}

/** So many answers may be open for each connection that may be held, over all of them. */
const ANSWERS_EACH = 4
/** How often a server that stops looks for connections that have nothing left to answer, ms. */
const SWEEP_MS = 50
/** Within `answerMs` it is looked so often which answers have taken that long. */
const LOOKS = 20

/** What carries requests: a connection of HTTP/1.1, or one of HTTP/2, which may carry several at once. */
type Channel = Socket | Http2Session

/** One accepted connection; `answers`: those that may be open; `sinceMs`: when it was accepted, or asked last. */
type Held = {
  readonly socket: Socket
  readonly address: string
  answers: readonly Answer[]
  sinceMs: number
  /** It has taken `answerMs`, and was looked at then. */
  isLate: boolean
}

export function boundConnections(server: Server, bounds: ConnectionBounds): Connections {
  const held = new Set<Held>()
  /** Under TLS a request does not show the socket that was accepted, but a later one with the same far end. */
  const byPeer = new Map<string, Held>()
  const byChannel = new WeakMap<Channel, Held>()
  let open = 0
  // The last resort, for when every connection waits for an answer that is still being made.
  server.maxConnections = 2 * bounds.most
  server.on('connection', (socket: Socket) => {
    const own: Held = {
      ...{ socket, address: socket.remoteAddress ?? '' },
      ...{ answers: [], sinceMs: performance.now(), isLate: false },
    }
    const peer = peerOf(socket)
    held.add(own)
    byPeer.set(peer, own)
    byChannel.set(socket, own)
    socket.once('close', () => {
      held.delete(own)
      if (byPeer.get(peer) === own) byPeer.delete(peer)
    })
    if (held.size > bounds.most) giveWay(held, own)
  })
  const isOn = (channel: Channel, socket: Socket) => {
    const own = byPeer.get(peerOf(socket))
    if (own !== undefined) byChannel.set(channel, own)
  }
  server.on('secureConnection', (socket: Socket) => isOn(socket, socket))
  server.on('session', (session: Http2Session) => isOn(session, session.socket))
  server.on('request', (request: IncomingMessage | Http2ServerRequest, response) => {
    const own = byChannel.get(channelOf(request))
    if (own === undefined) return
    const answer = answerOf(response)
    own.answers = [...own.answers.filter(isOpen), answer]
    own.sinceMs = performance.now()
    own.isLate = false
    open += 1
    answer.once('close', () => {
      open -= 1
    })
    if (open > ANSWERS_EACH * bounds.most) giveWay(held, own)
  })
  cutStalled(server, bounds, (channel) => byChannel.get(channel)?.answers ?? [])
  const looking = setInterval(() => cutLate(held, bounds), bounds.answerMs / LOOKS)
  looking.unref()
  server.once('close', () => clearInterval(looking))
  return {
    closeAnswered: () => closeAnswered(server, held),
    cut: (channel) => void byChannel.get(channel)?.socket.destroy(),
  }
}

/** A stream of HTTP/2 does not show the socket that it is on. */
const channelOf = (request: IncomingMessage | Http2ServerRequest): Channel =>
  'stream' in request ? request.stream.session! : request.socket

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
  answersOn: (channel: Channel) => readonly Answer[],
): void {
  server.setTimeout(stallMs, (channel: Channel) => {
    // One that is still being made: the reader is not late.
    if (answersOn(channel).some((answer) => isOpen(answer) && !waitsForReader(answer))) channel.setTimeout(stallMs)
    else channel.destroy()
  })
}

function cutLate(held: Iterable<Held>, { answerMs }: ConnectionBounds): void {
  const beforeMs = performance.now() - answerMs
  for (const one of held) {
    if (one.isLate || one.sinceMs > beforeMs || !isAnswering(one)) continue
    one.isLate = true
    if (isSlowToRead(one) && !one.answers.some(isEventStream)) one.socket.destroy()
  }
}

const isAnswering = ({ answers }: Held) => answers.some(isOpen)
/** None that is open is still being made. */
const isSlowToRead = (one: Held) => isAnswering(one) && one.answers.filter(isOpen).every(waitsForReader)

function closeAnswered(server: Server, held: ReadonlySet<Held>): void {
  if (!server.listening) return
  const sweep = setInterval(() => {
    if ([...held].some(isAnswering)) server.closeIdleConnections()
    else for (const { socket } of held) socket.destroy()
  }, SWEEP_MS)
  server.once('close', () => clearInterval(sweep))
}
