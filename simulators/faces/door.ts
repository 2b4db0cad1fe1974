/**
 * The cable of a simulator: a listening TCP port that can be cut (no connection, no listener), frozen (connected, but
 * bytes wait unread and nothing is answered) and healed. What waits during a freeze is processed at the thaw, as on a
 * real device. It knows no protocol: each accepted socket goes to `onSocket`.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export type Door = Readonly<{
  port: number
  /** Drops every connection and stops listening. Idempotent. */
  cut(): void
  freeze(): void
  /** Ends a cut or a freeze; resolves when the port listens again. */
  heal(): Promise<void>
  close(): Promise<void>
}>

type DoorOptions = Readonly<{
  host: string
  /** 0 takes a free one; after a cut the same one is used again. */
  port: number
  /** `track` puts a further socket, such as that of a relay, under the same cut and freeze. */
  onSocket: (socket: Socket, track: (other: Socket) => void) => void
  log: (message: string) => void
}>

const maxConnections = 64
const relistenTriesMs = 50
const relistenTries = 100

export async function openDoor(options: DoorOptions): Promise<Door> {
  const sockets = new Set<Socket>()
  let frozen = false
  let server: Server | undefined = await listen(options, options.port, admit)
  const port = portOf(server)

  function track(socket: Socket): void {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    if (frozen) socket.pause()
  }

  function admit(socket: Socket): void {
    track(socket)
    options.onSocket(socket, track)
  }

  function cut(): void {
    frozen = false
    server?.close()
    server = undefined
    for (const socket of sockets) socket.destroy()
  }

  async function heal(): Promise<void> {
    frozen = false
    for (const socket of sockets) socket.resume()
    for (let tries = 0; !server; tries += 1) {
      try {
        server = await listen(options, port, admit)
      } catch (cause) {
        if (tries >= relistenTries) throw cause
        await pause(relistenTriesMs)
      }
    }
  }

  return {
    port,
    cut,
    freeze() {
      frozen = true
      for (const socket of sockets) socket.pause()
    },
    heal,
    async close() {
      cut()
    },
  }
}

/** A free TCP port of `host`, for servers that cannot take port 0. */
export async function freePort(host: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

function listen(options: DoorOptions, port: number, admit: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(admit)
    server.maxConnections = maxConnections
    server.once('error', reject)
    server.listen(port, options.host, () => {
      server.off('error', reject)
      server.on('error', (error) => options.log(`door ${port}: ${error.message}`))
      resolve(server)
    })
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP port')
  return address.port
}
