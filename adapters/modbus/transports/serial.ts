/**
 * A serial port, opened for this process alone. The library is loaded only here, so that a site without a serial link
 * needs none. What lies in the buffers of the port when it is opened or closed is thrown away, and so is what still
 * arrives then: a device may be answering whoever had the port before.
 * Read next: transport.ts.
 */
import type { EventEmitter } from 'node:events'
import type { Ears, Wire } from './transport.ts'

export type SerialOptions = {
  readonly path: string
  readonly baudRate: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly stopBits: 1 | 2
}

const SILENT_MS = 50
const MOST_MS = 500

export async function openSerial(options: SerialOptions, signal: AbortSignal, ears: Ears): Promise<Wire> {
  const { SerialPort } = await import('serialport').catch((cause: unknown) => {
    throw new Error('the package serialport cannot be loaded; run npm ci again', { cause })
  })
  signal.throwIfAborted()
  // `hupcl`: the lines stay as they are when it is closed, so that no device behind it restarts.
  const port = new SerialPort({ ...options, dataBits: 8, autoOpen: false, lock: true, hupcl: false })
  await called((done) => port.open(done)).catch((cause: Error) => {
    throw new Error(adviceOn(cause.message, options.path), { cause })
  })
  const closed = new Promise<void>((done) => port.once('close', () => done()))
  let isOver = false
  const destroy = () => {
    if (isOver) return
    isOver = true
    port.flush(() => port.close(() => {}))
  }
  const lose = (reason: string) => {
    if (isOver) return
    isOver = true
    if (port.isOpen) port.close(() => {})
    ears.lost(reason, 'fault')
  }
  port.on('error', (error) => lose(error.message))
  port.on('close', (error: Error | null) =>
    lose(error?.message ?? 'the serial port is gone; is its adapter plugged in?'),
  )
  await called((done) => port.flush(done)).catch(lose)
  await silence(port)
  if (signal.aborted) destroy()
  signal.throwIfAborted()
  port.on('data', (bytes: Buffer) => isOver || ears.data(bytes))
  return { send: (bytes) => void port.write(bytes), destroy, closed }
}

/** Throws away what arrives, until nothing has for a moment; a line that is never silent is not waited for. */
function silence(port: Pick<EventEmitter, 'on' | 'off'>): Promise<void> {
  return new Promise((resolve) => {
    const rest = () => {
      clearTimeout(most)
      clearTimeout(silent)
      port.off('data', again)
      resolve()
    }
    const most = setTimeout(rest, MOST_MS)
    let silent = setTimeout(rest, SILENT_MS)
    const again = () => {
      clearTimeout(silent)
      silent = setTimeout(rest, SILENT_MS)
    }
    port.on('data', again)
  })
}

function called(call: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())))
}

function adviceOn(message: string, path: string): string {
  if (/no such file|cannot find/i.test(message)) return `there is no ${path}; correct \`path\`, or plug the adapter in`
  if (/permission denied|access denied/i.test(message))
    return `this user may not open ${path}; add it to the group that owns the port (often dialout), and log in again`
  if (/lock|busy|temporarily unavailable/i.test(message))
    return `another program has ${path} open; end it: a serial port has one user`
  return message
}
