/**
 * The frames of TCP, TLS and UDP: a header with a transaction, which tells answers apart. A transaction that was given
 * up is never used again on the same connection, and one that was answered not before 65,535 others; a late or doubled
 * answer therefore finds nobody who waits. Pure. Modbus Messaging on TCP/IP V1.0b, 3.1.3. Read next: pdu.ts.
 */
import type { Asked, Found, Framing } from './frames.ts'
import { putRequest, requestLength } from './pdu.ts'

const HEADER = 6
/** Unit, function code and one byte at least; unit and 253 bytes at most, and a checksum that some devices count. */
const MIN_LENGTH = 3
const MAX_LENGTH = 256
/** Bytes between two frames that belong to neither: a checksum of a serial line, a heartbeat of a converter. */
const MAX_STRAYS = 16
const IDS = 0x1_0000
/** So many transactions without an answer are kept from use; the oldest is then free again. */
const MAX_GIVEN_UP = 4096
const NOTHING = Buffer.alloc(0)

type Mbap<A extends Asked> = {
  readonly found: Found<A>
  /** A frame is a datagram, and a datagram one frame. */
  readonly isDatagram: boolean
  readonly waiting: Map<number, A>
  readonly givenUp: Set<number>
  next: number
  received: Buffer
  strays: number
  isBroken: boolean
}

/** `first`: the first transaction, of 0 to 65535; best by chance, so that two connections share none. */
export function createMbap<A extends Asked>(found: Found<A>, first: number, isDatagram: boolean): Framing<A> {
  const mbap: Mbap<A> = {
    found,
    isDatagram,
    waiting: new Map(),
    givenUp: new Set(),
    next: first,
    received: NOTHING,
    strays: 0,
    isBroken: false,
  }
  return {
    put: (asked) => put(mbap, asked),
    take: (chunk) => take(mbap, chunk),
    giveUp: ({ id }) => giveUp(mbap, id),
  }
}

function put<A extends Asked>(mbap: Mbap<A>, asked: A): Buffer {
  const { waiting, givenUp } = mbap
  while (givenUp.has(mbap.next) || waiting.has(mbap.next)) mbap.next = (mbap.next + 1) % IDS
  asked.id = mbap.next
  mbap.next = (mbap.next + 1) % IDS
  waiting.set(asked.id, asked)
  const length = requestLength(asked.request)
  const out = Buffer.allocUnsafe(HEADER + length)
  out.writeUInt16BE(asked.id, 0)
  out.writeUInt16BE(0, 2)
  out.writeUInt16BE(length, 4)
  putRequest(asked.request, out, HEADER)
  return out
}

function giveUp<A extends Asked>({ waiting, givenUp }: Mbap<A>, id: number): void {
  if (!waiting.delete(id)) return
  givenUp.add(id)
  const [oldest] = givenUp
  if (givenUp.size > MAX_GIVEN_UP) givenUp.delete(oldest!)
}

function take<A extends Asked>(mbap: Mbap<A>, chunk: Buffer): void {
  // Nothing is asked: a heartbeat, or an answer that came too late.
  if (mbap.waiting.size === 0 && mbap.received.length === 0) return
  mbap.received = mbap.received.length === 0 ? chunk : Buffer.concat([mbap.received, chunk])
  while (!mbap.isBroken && mbap.received.length >= HEADER) {
    const { received } = mbap
    const id = received.readUInt16BE(0)
    const isWaitedFor = mbap.waiting.has(id)
    const fault = headerFault(received)
    if (fault !== undefined || (mbap.strays > 0 && !isWaitedFor)) {
      if (isWaitedFor || mbap.strays === MAX_STRAYS) return broken(mbap, `not Modbus: ${fault ?? 'no frame'}`)
      mbap.strays += 1
      mbap.received = received.subarray(1)
      continue
    }
    const length = HEADER + received.readUInt16BE(4)
    if (received.length < length) break
    const behind = received.length - length
    // An answer that was cut short would be filled up by the next one; then what is left of that is no header.
    if (behind > 0 && behind < HEADER && mbap.waiting.size > 1) break
    if (behind >= HEADER && isWaitedFor) {
      const next = headerFault(received.subarray(length))
      if (next !== undefined) return broken(mbap, `not Modbus: ${next} behind an answer`)
    }
    mbap.received = received.length === length ? NOTHING : received.subarray(length)
    mbap.strays = 0
    deliver(mbap, id, received.subarray(HEADER, length))
  }
  if (!mbap.isDatagram) {
    if (mbap.received.length > 0) mbap.received = Buffer.from(mbap.received)
    return
  }
  // A datagram that is cut short goes on nowhere.
  mbap.received = NOTHING
  mbap.strays = 0
}

function deliver<A extends Asked>({ waiting, givenUp, found }: Mbap<A>, id: number, body: Buffer): void {
  const asked = waiting.get(id)
  if (asked !== undefined) {
    waiting.delete(id)
    found.answer(asked, body)
    return
  }
  for (const other of waiting.values())
    other.strange = givenUp.has(id)
      ? 'answers come after they were given up; raise timeoutMs'
      : `answers come with transaction ${id}, asked was ${other.id}`
}

function broken<A extends Asked>(mbap: Mbap<A>, reason: string): void {
  mbap.isBroken = true
  mbap.found.broken(reason)
}

/** What is wrong with the first bytes of a frame. */
function headerFault(bytes: Buffer): string | undefined {
  const protocol = bytes.readUInt16BE(2)
  const length = bytes.readUInt16BE(4)
  if (protocol !== 0) return `protocol id ${protocol}`
  return length < MIN_LENGTH || length > MAX_LENGTH ? `frame of ${length} bytes` : undefined
}
