/**
 * A TCP connection, with TLS in it or not, opened with a deadline. A reset, an end and an error are each told once, and
 * a connect that failed leaves no socket behind. Read next: tls.ts, transport.ts.
 */
import { connect, type Socket } from 'node:net'
import type { Ears, EndedBy, Wire } from './transport.ts'

const KEEP_ALIVE_MS = 5000
/** More than the longest frame; what a device sends beyond it at once comes in further pieces. */
const READ_BYTES = 1024

/**
 * Plain TCP. Every answer is read into the same bytes; else Node takes 64 kB for each, and gives most of them back.
 */
export function openTcp(host: string, port: number, signal: AbortSignal, ears: Ears): Promise<Wire> {
  const buffer = Buffer.alloc(READ_BYTES)
  const callback = (length: number) => {
    ears.data(buffer.subarray(0, length))
    return true
  }
  return openStream(connect({ host, port, onread: { buffer, callback } }), 'connect', signal, ears)
}

/** `ready`: the event after which bytes may be sent. `socket` is on its way to be connected. */
export function openStream(
  socket: Socket,
  ready: 'connect' | 'secureConnect',
  signal: AbortSignal,
  ears: Ears,
): Promise<Wire> {
  const { promise, resolve, reject } = Promise.withResolvers<Wire>()
  const closed = new Promise<void>((done) => socket.once('close', () => done()))
  let state: 'opening' | 'open' | 'over' = 'opening'
  const destroy = () => {
    state = 'over'
    socket.destroy()
  }
  const end = (cause: Error, by: EndedBy) => {
    const before = state
    destroy()
    if (before === 'opening') reject(cause)
    else if (before === 'open') ears.lost(cause.message, by)
  }
  const abort = () => end(signal.reason, 'fault')
  socket.on('error', (error) => end(error, 'device'))
  socket.on('end', () => end(new Error('closed by the device'), 'device'))
  socket.on('close', () => {
    signal.removeEventListener('abort', abort)
    end(new Error('closed'), 'fault')
  })
  socket.once(ready, () => {
    signal.removeEventListener('abort', abort)
    if (state !== 'opening') return
    state = 'open'
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.on('data', ears.data)
    resolve({ send: (bytes) => void socket.write(bytes), destroy, closed })
  })
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return promise
}
