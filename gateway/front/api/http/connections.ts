/**
 * Connections: how many are held, and how they end with the server. When there is one too many, the one that has been
 * idle for longest gives way, so that connections on which nothing is said cannot keep out the one that ends a session.
 * It never cuts an answer under way.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** How often a server that stops looks for connections that have nothing left to answer, ms. */
const SWEEP_MS = 50

/** A connection by its far end: under TLS a request does not show the socket that was accepted. */
const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`

export function boundConnections(server: Server, most: number): void {
  /** Connections without a request, the longest idle first. */
  const idle = new Map<string, Socket>()
  let open = 0
  // The last resort, for when every connection is being answered and none is idle.
  server.maxConnections = 2 * most
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    open++
    idle.set(peer, socket)
    socket.once('close', () => {
      open--
      if (idle.get(peer) === socket) idle.delete(peer)
    })
    if (open <= most) return
    const [oldest] = idle
    if (oldest === undefined) return
    idle.delete(oldest[0])
    oldest[1].destroy()
  })
  server.on('request', ({ socket }, response) => {
    const peer = peerOf(socket)
    const accepted = idle.get(peer)
    if (accepted === undefined) return
    idle.delete(peer)
    response.once('close', () => {
      if (!accepted.destroyed) idle.set(peer, accepted)
    })
  })
}

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
