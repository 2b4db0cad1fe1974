/**
 * The socket under modbus-serial: one TCP connection, opened with a deadline, whose every frame is checked before the
 * library sees it. The library's own TCP port repeats transaction ids after 256, accepts any protocol id, does not
 * report a reset, and leaves the socket behind after a failed connect; this one does none of these.
 * Frames: Modbus Messaging on TCP/IP V1.0b, 3.1.3. Read next: connection.ts.
 */
import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import { type Asked, askedBy, fitted } from './answer.ts'

const HEADER = 6
const CRC = 2
/** Unit and PDU: unit, function code and one byte at least; unit and 253 bytes at most, and a checksum that is none. */
const MIN_LENGTH = 3
const MAX_LENGTH = 256
/** Bytes between two frames that belong to neither: a checksum of a serial line, a heartbeat of a converter. */
const MAX_STRAYS = 16
/** The library's own table of requests has this many places; more than can ever be in flight here. */
const LIBRARY_IDS = 256
const KEEP_ALIVE_MS = 5000

type PortEvents = {
  /**
   * The connection is over. Called once, with the reason, unless `destroy` was called before. `byDevice`: it closed the
   * connection, which is nothing bad by itself.
   */
  lost(reason: string, byDevice: boolean): void
  /** The answer with this wire id does not fit its request: the request has failed, the connection goes on. */
  mismatch(wireId: number, detail: string): void
}

/**
 * What was answered meanwhile, but is not the answer: `strange`, a transaction that nobody asked for; `late`, a request
 * that was given up before.
 */
type Waiting = { readonly libraryId: number; readonly asked: Asked; strange?: number; late?: true }

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
  #sent = 0
  #received: Buffer = Buffer.alloc(0)
  #strays = 0
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
      socket.on('error', (error) => (this.#state === 'open' ? this.#lose(error.message, true) : fail(error)))
      socket.on('end', () => this.#lose('closed by the device', true))
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
    const body = frame.subarray(0, frame.length - CRC)
    this.#nextWireId = (wireId + 1) & 0xffff
    this.#sent += 1
    this.lastWireId = wireId
    this.#waiting.set(wireId, { libraryId: this._transactionIdWrite, asked: askedBy(body) })
    this._transactionIdWrite = (this._transactionIdWrite + 1) % LIBRARY_IDS
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

  /** Where something was answered while this request waited, but not this request. */
  confusion(wireId: number): string | undefined {
    const { strange, late } = this.#waiting.get(wireId) ?? {}
    if (strange !== undefined) return `answers come with transaction ${strange}, asked was ${wireId}`
    return late ? 'answers come after they were given up; raise timeoutMs' : undefined
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

  #lose(reason: string, byDevice = false): void {
    if (this.#state !== 'open') return
    this.destroy()
    this.#events.lost(reason, byDevice)
  }

  #take(chunk: Buffer): void {
    // Nothing is asked: a heartbeat, or an answer that came too late.
    if (this.#waiting.size === 0 && this.#received.length === 0) return
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.isOpen && this.#received.length >= HEADER) {
      const isWaitedFor = this.#waiting.has(this.#received.readUInt16BE(0))
      const fault = headerFault(this.#received)
      if (fault !== undefined || (this.#strays > 0 && !isWaitedFor)) {
        if (isWaitedFor || this.#strays === MAX_STRAYS) return this.#lose(`not Modbus: ${fault ?? 'no frame'}`)
        this.#strays += 1
        this.#received = this.#received.subarray(1)
        continue
      }
      const length = HEADER + this.#received.readUInt16BE(4)
      if (this.#received.length < length) return
      const frame = this.#received.subarray(0, length)
      this.#received = this.#received.subarray(length)
      this.#strays = 0
      this.#deliver(frame)
    }
  }

  #deliver(frame: Buffer): void {
    const wireId = frame.readUInt16BE(0)
    const waiting = this.#waiting.get(wireId)
    if (!waiting) {
      const isOurs = ((this.#nextWireId - 1 - wireId) & 0xffff) < this.#sent
      for (const other of this.#waiting.values()) {
        if (isOurs) other.late = true
        else other.strange = wireId
      }
      return
    }
    this.#waiting.delete(wireId)
    const body = fitted(waiting.asked, frame.subarray(HEADER))
    if (typeof body === 'string') {
      this.#events.mismatch(wireId, body)
      return
    }
    this._transactionIdRead = waiting.libraryId
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

/** What is wrong with the first bytes of a frame. */
function headerFault(bytes: Buffer): string | undefined {
  const protocol = bytes.readUInt16BE(2)
  const length = bytes.readUInt16BE(4)
  if (protocol !== 0) return `protocol id ${protocol}`
  return length < MIN_LENGTH || length > MAX_LENGTH ? `frame of ${length} bytes` : undefined
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
