/**
 * The socket under modbus-serial: one TCP connection, opened with a deadline, whose every frame is checked before the
 * library sees it. The library's own TCP port repeats transaction ids after 256, accepts any protocol id, does not
 * report a reset, and leaves the socket behind after a failed connect; this one does none of these.
 * Frames: Modbus Messaging on TCP/IP V1.0b, 3.1.3. Read next: connection.ts.
 */
import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'

const HEADER = 6
const CRC = 2
/** Unit and PDU: unit, function code and one byte at least; unit and 253 bytes at most. */
const MIN_LENGTH = 3
const MAX_LENGTH = 254
/** The library's own table of requests has this many places; more than can ever be in flight here. */
const LIBRARY_IDS = 256
const KEEP_ALIVE_MS = 5000

type PortEvents = {
  /** The connection is over. Called once, with the reason, unless `destroy` was called before. */
  lost(reason: string): void
  /** The answer with this wire id does not fit its request: the request has failed, the connection goes on. */
  mismatch(wireId: number, detail: string): void
}

type Waiting = { readonly libraryId: number; readonly unit: number }

/** Shaped as modbus-serial wants its `port` argument; it reads and writes the two `_transactionId…` fields. */
export class MbapPort extends EventEmitter {
  _transactionIdRead = 1
  _transactionIdWrite = 1
  /** The transaction id on the wire of the request written last. */
  lastWireId = 0
  readonly #socket = new Socket()
  readonly #events: PortEvents
  readonly #waiting = new Map<number, Waiting>()
  #nextWireId = Math.floor(Math.random() * 0x1_0000)
  #received: Buffer = Buffer.alloc(0)
  #state: 'new' | 'open' | 'over' = 'new'

  constructor(events: PortEvents) {
    super()
    this.#events = events
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Rejects with the socket's error, or with the signal's reason; then nothing is left open. */
  connect(host: string, port: number, signal: AbortSignal): Promise<void> {
    const socket = this.#socket
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        signal.removeEventListener('abort', onAbort)
        if (this.#state !== 'new') return
        this.destroy()
        reject(error)
      }
      const onAbort = () => fail(signal.reason)
      if (signal.aborted) {
        onAbort()
        return
      }
      signal.addEventListener('abort', onAbort, { once: true })
      socket.on('error', (error) => (this.#state === 'open' ? this.#lose(error.message) : fail(error)))
      socket.on('end', () => this.#lose('closed by the device'))
      socket.on('close', () =>
        this.#state === 'new' ? fail(new Error('closed while connecting')) : this.#lose('closed'),
      )
      socket.on('data', (chunk) => this.#take(chunk))
      socket.once('connect', () => {
        signal.removeEventListener('abort', onAbort)
        if (this.#state !== 'new') return
        this.#state = 'open'
        socket.setNoDelay(true)
        socket.setKeepAlive(true, KEEP_ALIVE_MS)
        resolve()
      })
      socket.connect({ host, port })
    })
  }

  /** Called by the library once the socket is connected. */
  open(done: (error?: Error) => void): void {
    if (this.isOpen) done()
    else done(new Error('not connected'))
  }

  /** Called by the library: unit, function code, data, and a CRC, for which TCP has no use. */
  write(frame: Buffer): void {
    if (!this.isOpen) return
    const wireId = this.#nextWireId
    this.#nextWireId = (wireId + 1) & 0xffff
    this.lastWireId = wireId
    this.#waiting.set(wireId, { libraryId: this._transactionIdWrite, unit: frame.readUInt8(0) })
    this._transactionIdWrite = (this._transactionIdWrite + 1) % LIBRARY_IDS
    const body = frame.subarray(0, frame.length - CRC)
    const out = Buffer.alloc(HEADER + body.length)
    out.writeUInt16BE(wireId, 0)
    out.writeUInt16BE(body.length, 4)
    body.copy(out, HEADER)
    this.#socket.write(out)
  }

  /** An answer that comes now belongs to nobody. */
  forget(wireId: number): void {
    this.#waiting.delete(wireId)
  }

  /** Idempotent. Bytes not yet with the kernel are dropped, so that nothing is sent late. */
  destroy(): void {
    this.#state = 'over'
    this.#waiting.clear()
    this.#socket.destroy()
  }

  /** After `destroy`: resolves once the socket is gone. */
  closed(): Promise<void> {
    const socket = this.#socket
    return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()))
  }

  #lose(reason: string): void {
    if (this.#state !== 'open') return
    this.destroy()
    this.#events.lost(reason)
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.isOpen && this.#received.length >= HEADER) {
      const protocol = this.#received.readUInt16BE(2)
      const length = this.#received.readUInt16BE(4)
      // After a header that is not Modbus nothing in the stream can be trusted: there is no way to find the next frame.
      if (protocol !== 0) this.#lose(`not Modbus: protocol id ${protocol}`)
      else if (length < MIN_LENGTH || length > MAX_LENGTH) this.#lose(`not Modbus: frame of ${length} bytes`)
      if (!this.isOpen) return
      if (this.#received.length < HEADER + length) return
      const frame = this.#received.subarray(0, HEADER + length)
      this.#received = this.#received.subarray(HEADER + length)
      this.#deliver(frame)
    }
  }

  #deliver(frame: Buffer): void {
    const wireId = frame.readUInt16BE(0)
    const waiting = this.#waiting.get(wireId)
    if (!waiting) return
    this.#waiting.delete(wireId)
    const unit = frame.readUInt8(HEADER)
    if (unit !== waiting.unit) {
      this.#events.mismatch(wireId, `answer of unit ${unit}, asked ${waiting.unit}`)
      return
    }
    // Function code and length are checked by the library.
    this._transactionIdRead = waiting.libraryId
    const body = frame.subarray(HEADER)
    const data = Buffer.alloc(body.length + CRC)
    body.copy(data)
    data.writeUInt16LE(crc16(body), body.length)
    // What the library throws while it reads this one frame ends this one request.
    try {
      this.emit('data', data)
    } catch (error) {
      this.#events.mismatch(wireId, `the answer cannot be read: ${error instanceof Error ? error.message : error}`)
    }
  }
}

/** The checksum of serial Modbus, which the library checks on TCP too. V1.02 of the serial line guide, 6.2.2. */
function crc16(bytes: Buffer): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  }
  return crc
}
