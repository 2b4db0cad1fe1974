/**
 * Free loopback ports for servers which must be able to come back on the same one. They lie below the range from which
 * the system gives ports to clients, and each is reserved until its process ends, so that none is taken or even tried
 * by another test while its server is down.
 */
import { once } from 'node:events'
import { createServer, connect as open, type Server } from 'node:net'

const FIRST = 20_000
const LAST = 32_000

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    if ((await reserve(port)) && (await isFree(port))) return port
  }
  throw new Error('no free port found')
}

/** By a name of Linux that one process can hold, and loses when it ends, however it does. False: it is taken. */
async function reserve(port: number): Promise<boolean> {
  const holder = createServer().unref()
  return listening(holder, () => holder.listen(`\0latchkey-test-port-${port}`))
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await listening(server, () => server.listen(port, '127.0.0.1'))
  if (free) await new Promise((resolve) => server.close(resolve))
  return free
}

async function listening(server: Server, listen: () => void): Promise<boolean> {
  try {
    listen()
    await once(server, 'listening')
    return true
  } catch {
    return false
  }
}

/** Whether something accepts connections there. */
export async function listens(port: number): Promise<boolean> {
  const socket = open({ port, host: '127.0.0.1' })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
