/**
 * One connection for a person who looks what is there: asks any function, one request at a time, at a bounded rate, and
 * hands back what came. It retries nothing, and it is never used by a gateway that runs.
 * Frames: Modbus Messaging on TCP/IP V1.0b, 3.1.3. Read next: identify.ts (what is asked), walk.ts (which registers).
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

type AskerOptions = {
  readonly host: string
  readonly port: number
  readonly connectMs: number
  readonly timeoutMs: number
  /** Between an answer and the next request. */
  readonly gapMs: number
}

export type Asked =
  /** The function code without its error bit, and what stands behind it. */
  | { readonly kind: 'answer'; readonly data: Buffer }
  | { readonly kind: 'exception'; readonly code: number }
  | { readonly kind: 'silent' }
  /** The connection is over; ask again on another. */
  | { readonly kind: 'lost'; readonly why: string }

export type Asker = {
  /** `pdu`: function code and data. */
  ask(unit: number, pdu: readonly number[]): Promise<Asked>
  /** Another connection is needed. */
  isOver(): boolean
  close(): void
}

const HEADER = 7
const MAX_LENGTH = 254
const MAX_WAITING = 4096

/** Rejects with the reason when there is no connection in time. */
export async function openAsker(options: AskerOptions, signal: AbortSignal): Promise<Asker> {
  const socket = connect({ host: options.host, port: options.port })
  socket.setNoDelay(true)
  const late = AbortSignal.timeout(options.connectMs)
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, late]) })
  } catch (error) {
    socket.destroy()
    throw late.aborted ? new Error(`no connection within ${options.connectMs} ms`, { cause: error }) : error
  }
  const line: Line = { socket, received: Buffer.alloc(0), over: undefined, transaction: 0, take: undefined }
  socket.on('data', (chunk) => take(line, chunk))
  socket.on('error', (error) => end(line, error.message))
  socket.on('close', () => end(line, 'closed by the device'))
  let isFirst = true
  return {
    async ask(unit, pdu) {
      if (!isFirst) await pause(options.gapMs)
      isFirst = false
      return askOnce(line, unit, pdu, options.timeoutMs)
    },
    isOver: () => line.over !== undefined,
    close: () => end(line, 'closed'),
  }
}

type Line = {
  readonly socket: Socket
  received: Buffer
  over: string | undefined
  transaction: number
  /** Waits for the answer of the one request under way. */
  take: ((answer: Asked, transaction?: number) => void) | undefined
}

function askOnce(line: Line, unit: number, pdu: readonly number[], timeoutMs: number): Promise<Asked> {
  if (line.over !== undefined) return Promise.resolve({ kind: 'lost', why: line.over })
  line.transaction = (line.transaction + 1) & 0xffff
  const mine = line.transaction
  const frame = Buffer.from([mine >> 8, mine & 0xff, 0, 0, 0, pdu.length + 1, unit, ...pdu])
  return new Promise((resolve) => {
    const done = (answer: Asked) => {
      clearTimeout(timer)
      line.take = undefined
      resolve(answer)
    }
    const timer = setTimeout(() => done({ kind: 'silent' }), timeoutMs)
    line.take = (answer, transaction = mine) => transaction === mine && done(answer)
    line.socket.write(frame)
  })
}

function take(line: Line, chunk: Buffer): void {
  line.received = Buffer.concat([line.received, chunk])
  while (line.received.length > HEADER) {
    const length = line.received.readUInt16BE(4)
    if (line.received.readUInt16BE(2) !== 0 || length < 3 || length > MAX_LENGTH || line.received.length > MAX_WAITING)
      return end(line, 'what answers there does not speak Modbus TCP')
    if (line.received.length < HEADER - 1 + length) return
    const frame = line.received.subarray(0, HEADER - 1 + length)
    line.received = line.received.subarray(frame.length)
    const code = frame.readUInt8(HEADER)
    const answer: Asked =
      code >= 0x80
        ? { kind: 'exception', code: frame.readUInt8(HEADER + 1) }
        : { kind: 'answer', data: frame.subarray(HEADER + 1) }
    line.take?.(answer, frame.readUInt16BE(0))
  }
}

function end(line: Line, why: string): void {
  if (line.over !== undefined) return
  line.over = why
  line.socket.destroy()
  line.take?.({ kind: 'lost', why })
}
