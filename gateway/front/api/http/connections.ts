/**
 * How many connections are held. When there is one too many, the one that has been idle for longest gives way: whoever
 * opens connections and says nothing must not keep out the one that ends a session. It never cuts an answer under way.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** By both ends of it: under TLS a request does not show the socket that was accepted. */
const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`

export function boundConnections(server: Server, most: number): void {
  /** Without a request, the oldest first. */
  const idle = new Map<string, Socket>()
  let open = 0
  // Nothing is idle only if every one is being answered.
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
