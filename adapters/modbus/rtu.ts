/**
 * The frames of a serial line, and of the same bytes over TCP: no header and no transaction, a checksum at the end. The
 * length of an answer follows from its request, of which one waits at a time. Pure.
 *
 * An answer says unit, function and length, and not which request it answers. A device answers in the order in which
 * it was asked, so what was given up may still come, and before anything newer:
 *
 *   a request is given up            → it is remembered; its answer, when it comes, is recognised and dropped
 *   a request that looks like it     → first another read of the same unit, of a length of its own (`askBefore`)
 *   that read, or any other, answers → whatever was given up before it can no longer come
 *
 * Modbus over Serial Line V1.02, 2.5.1. Read next: pdu.ts, line.ts (who asks before).
 */
import type { Asked, Found, Framing } from './frames.ts'
import {
  codeOf,
  EXCEPTION_LENGTH,
  PLAIN_LENGTH,
  putRequest,
  type Request,
  replyLength,
  replyOf,
  requestLength,
} from './pdu.ts'
import { isBitTable, type ReadRequest } from './plan.ts'

/** By unit, the oldest first: what was given up and may still be answered. It outlives a connection. */
export type Late = Map<number, Request[]>

const CRC = 2
const SHORTEST = EXCEPTION_LENGTH + CRC
/** Unit and 253 bytes, and the checksum. */
const LONGEST = 256
/** Of one unit. A request given up so many others ago is forgotten. */
const MAX_LATE = 16
const NOTHING = Buffer.alloc(0)

type Rtu<A extends Asked> = {
  readonly found: Found<A>
  readonly late: Late
  waiting: A | undefined
  received: Buffer
}

export function createRtu<A extends Asked>(found: Found<A>, late: Late): Framing<A> {
  const rtu: Rtu<A> = { found, late, waiting: undefined, received: NOTHING }
  return {
    put: (asked) => put(rtu, asked),
    take: (chunk) => take(rtu, chunk),
    giveUp: (asked) => giveUp(rtu, asked),
  }
}

/**
 * The read that has to be answered before this request may be sent, since an answer to it could be that to another;
 * undefined when it can be sent at once.
 */
export function askBefore(late: Late, request: Request): ReadRequest | undefined {
  const others = late.get(request.unit)
  if (others === undefined || isUnlike(request, others)) return undefined
  const { unit, start } = request
  const table = 'table' in request ? request.table : request.code === 5 || request.code === 15 ? 'coil' : 'holding'
  const step = isBitTable(table) ? 8 : 1
  for (let count = step; ; count += step) {
    const read: ReadRequest = { unit, table, start, count, points: [] }
    if (isUnlike(read, others)) return read
  }
}

/** Whether its answer can be told from that to each of the others. An exception has no length: a write needs more. */
function isUnlike(request: Request, others: readonly Request[]): boolean {
  const code = codeOf(request)
  const length = 'table' in request ? replyLength(request) : undefined
  return !others.some((other) => codeOf(other) === code && (length === undefined || replyLength(other) === length))
}

function put<A extends Asked>(rtu: Rtu<A>, asked: A): Buffer {
  rtu.waiting = asked
  // Noise; but the rest of an answer that is late is better recognised.
  if (rtu.late.size === 0) rtu.received = NOTHING
  const length = requestLength(asked.request)
  const out = Buffer.allocUnsafe(length + CRC)
  putRequest(asked.request, out, 0)
  out.writeUInt16LE(crc16(out, 0, length), length)
  return out
}

function giveUp<A extends Asked>(rtu: Rtu<A>, asked: A): void {
  if (rtu.waiting !== asked) return
  rtu.waiting = undefined
  if (rtu.received.length > 0) asked.strange ??= `${rtu.received.length} bytes came that are no answer`
  remember(rtu.late, asked.request)
}

function remember(late: Late, request: Request): void {
  const others = late.get(request.unit) ?? []
  others.push(request)
  if (others.length > MAX_LATE) others.shift()
  late.set(request.unit, others)
}

function take<A extends Asked>(rtu: Rtu<A>, chunk: Buffer): void {
  if (rtu.waiting === undefined && rtu.late.size === 0) return
  rtu.received = Buffer.concat([rtu.received, chunk])
  while (rtu.late.size > 0 && dropLate(rtu)) {}
  const { received, waiting } = rtu
  if (waiting === undefined) {
    if (received.length > LONGEST) rtu.received = NOTHING
    return
  }
  for (let at = 0; at + SHORTEST <= received.length; at++) {
    const end = endOf(waiting.request, received, at)
    if (end > 0) return deliver(rtu, waiting, received.subarray(at, end - CRC))
  }
  const fault = faultOf(waiting.request, received)
  if (fault === undefined) return
  rtu.waiting = undefined
  rtu.received = NOTHING
  // What was spoilt may not have been its answer.
  remember(rtu.late, waiting.request)
  rtu.found.spoilt(waiting, fault)
}

/** Takes out a frame that answers what was given up, and nothing that waits. All that was asked before it is over. */
function dropLate<A extends Asked>(rtu: Rtu<A>): boolean {
  const { late, waiting, received } = rtu
  for (let at = 0; at + SHORTEST <= received.length; at++) {
    const unit = received[at]!
    const others = late.get(unit)
    if (others === undefined || (waiting && endOf(waiting.request, received, at) > 0)) continue
    const index = others.findIndex((other) => endOf(other, received, at) > 0)
    if (index < 0) continue
    rtu.received = received.subarray(endOf(others[index]!, received, at))
    others.splice(0, index + 1)
    if (others.length === 0) late.delete(unit)
    if (waiting) waiting.strange = 'answers come after they were given up; raise timeoutMs'
    return true
  }
  return false
}

function deliver<A extends Asked>(rtu: Rtu<A>, asked: A, body: Buffer): void {
  const { request } = asked
  const others = rtu.late.get(request.unit)
  if (others !== undefined) rtu.late.delete(request.unit)
  // An exception may be that to an older request: then this one may still be answered.
  if (body.length === EXCEPTION_LENGTH && others?.some((other) => codeOf(other) === codeOf(request)))
    remember(rtu.late, request)
  rtu.waiting = undefined
  // What follows an answer is noise, or the same answer again.
  rtu.received = NOTHING
  rtu.found.answer(asked, body)
}

/** Where the frame ends that begins at `at`, is whole, and answers this request; 0 when there is none. */
function endOf(request: Request, bytes: Buffer, at: number): number {
  if (bytes[at] !== request.unit) return 0
  const [code, asked] = [bytes[at + 1]!, codeOf(request)]
  const length = code === asked ? replyLength(request) : code === (asked | 0x80) ? EXCEPTION_LENGTH : 0
  return length > 0 && isWhole(bytes, at, length) ? at + length + CRC : 0
}

function isWhole(bytes: Buffer, at: number, length: number): boolean {
  const end = at + length
  return bytes.length >= end + CRC && bytes.readUInt16LE(end) === crc16(bytes, at, end)
}

/** What is wrong with bytes that hold no answer, once that is certain. */
function faultOf(request: Request, bytes: Buffer): string | undefined {
  if (bytes.length < SHORTEST) return undefined
  const [unit, code, count] = [bytes[0]!, bytes[1]!, bytes[2]!]
  const length = code & 0x80 ? EXCEPTION_LENGTH : code <= 4 ? EXCEPTION_LENGTH + count : PLAIN_LENGTH
  if (isWhole(bytes, 0, length)) {
    const reply = replyOf(request, bytes.subarray(0, length))
    if (reply.kind === 'malformed') return reply.detail
  }
  const isOurs = unit === request.unit && (code & 0x7f) === codeOf(request)
  if (isOurs && isEcho(request, bytes)) return 'the adapter sends back what is sent to it; switch its echo off'
  if (isOurs && bytes.length >= Math.min(length, replyLength(request)) + CRC)
    return 'the checksum is wrong; look at the cable, its ends, and that baud rate and parity are those of the device'
  return bytes.length > LONGEST ? `not Modbus: ${bytes.length} bytes without a frame` : undefined
}

/** The bytes are those of the request itself. A receipt of a write looks the same, and was taken for one before. */
function isEcho(request: Request, bytes: Buffer): boolean {
  const count = 'table' in request ? request.count : request.words.length
  return bytes.length >= PLAIN_LENGTH && bytes.readUInt16BE(2) === request.start && bytes.readUInt16BE(4) === count
}

const TABLE = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  return crc
})

/** Modbus over Serial Line V1.02, 6.2.2. */
function crc16(bytes: Buffer, from: number, to: number): number {
  let crc = 0xffff
  for (let at = from; at < to; at++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[at]!) & 0xff]!
  return crc
}
