/**
 * Free loopback ports for servers which must be able to come back on the same one. They lie below the range from which
 * the system gives ports to clients, so none is taken while its server is down.
 */
import { once } from 'node:events'
import { createServer, connect as open } from 'node:net'

const FIRST = 20_000
const LAST = 32_000
const given = new Set<number>()

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
  throw new Error('no free port found')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
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
