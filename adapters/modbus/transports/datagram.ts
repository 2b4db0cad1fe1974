/**
 * Modbus over UDP: a frame is a datagram. There is no connection, so opening it proves nothing; the kernel takes
 * datagrams of that one host and port alone. A new socket has another port of its own, so that what was sent to the
 * last one reaches nobody. Read next: transport.ts.
 */
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Ears, Wire } from './transport.ts'

export async function openDatagram(host: string, port: number, signal: AbortSignal, ears: Ears): Promise<Wire> {
  signal.throwIfAborted()
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  const closed = new Promise<void>((done) => socket.once('close', () => done()))
  let isOver = false
  const destroy = () => {
    if (isOver) return
    isOver = true
    socket.close()
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  socket.on('error', reject)
  socket.connect(port, host, () => resolve())
  try {
    await promise
  } catch (cause) {
    destroy()
    throw cause
  } finally {
    signal.removeEventListener('abort', abort)
  }
  const lose = (error: Error) => {
    if (isOver) return
    destroy()
    ears.lost(isRefusal(error) ? 'nothing listens there on UDP; correct `host` and `port`' : error.message, 'fault')
  }
  socket.on('error', lose)
  socket.on('message', (bytes) => isOver || ears.data(bytes))
  return { send: (bytes) => socket.send(bytes, (error) => error && lose(error)), destroy, closed }
}

const isRefusal = (error: Error) => 'code' in error && error.code === 'ECONNREFUSED'
