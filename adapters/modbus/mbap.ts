/**
 * The frames of TCP, TLS and UDP: a header with a transaction, which tells answers apart. A transaction that was given
 * up is never used again on the same connection, and one that was answered not before 65,535 others; a late or doubled
 * answer therefore finds nobody who waits.
 *
 * There is no checksum, so an answer that was cut short is filled up by whatever the device sends next, and then looks
 * whole. Therefore:
 *
 *   beside other requests            → an answer is taken once the header of another's stands behind it
 *   after one that was not answered  → an answer is taken if it comes in one piece, with nothing strange before it
 *   given up with a part of it here  → nothing that follows on this connection is taken
 *
 * Pure. Modbus Messaging on TCP/IP V1.0b, 3.1.3. Read next: pdu.ts, line.ts (when requests go alone).
 */
import type { Asked, Found, Framing } from './frames.ts'
import { putRequest, requestLength } from './pdu.ts'

const HEADER = 6
/** Unit, function code and one byte at least; unit and 253 bytes at most, and a checksum that some devices count. */
const MIN_LENGTH = 3
const MAX_LENGTH = 256
/** Bytes between two frames that belong to neither: a checksum of a serial line, a heartbeat of a converter. */
const MAX_STRAYS = 16
/** Bytes of a checksum that some devices send behind every answer. */
const CHECKSUM = 2
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
  /** Of these, those whose answers have not come. */
  readonly owed: Set<number>
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
    owed: new Set(),
    next: first,
    received: NOTHING,
    strays: 0,
    isBroken: false,
  }
  return {
    put: (asked) => put(mbap, asked),
    take: (chunk) => take(mbap, chunk),
    giveUp: (asked) => giveUp(mbap, asked),
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

function giveUp<A extends Asked>(mbap: Mbap<A>, { id }: A): void {
  const { waiting, givenUp, owed, received, isBroken, found } = mbap
  if (!waiting.delete(id)) return
  givenUp.add(id)
  owed.add(id)
  const [oldest] = givenUp
  if (givenUp.size > MAX_GIVEN_UP) {
    givenUp.delete(oldest!)
    owed.delete(oldest!)
  }
  if (received.length > 0 && !isBroken) found.torn(`after ${received.length} bytes of an answer nothing came`)
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
      const looks = isWaitedFor ? looksBehind(mbap) : 'an answer'
      if (looks === 'unknown') break
      if (looks === 'no answer' || mbap.strays === MAX_STRAYS) return broken(mbap, `not Modbus: ${fault ?? 'no frame'}`)
      if (isLate(mbap))
        return torn(mbap, `a late answer is cut short, or more than it: ${fault ?? 'no frame'} behind it`)
      mbap.strays += 1
      mbap.received = received.subarray(1)
      continue
    }
    const length = HEADER + received.readUInt16BE(4)
    if (received.length < length) break
    const behind = received.length - length
    const isBeside = isWaitedFor && mayBeFilledUp(mbap)
    if (behind < HEADER && isBeside) break
    if (behind >= HEADER && isWaitedFor) {
      const next = nextFault(mbap, received.subarray(length), isBeside)
      if (next !== undefined) return torn(mbap, `an answer is cut short, or more than it: ${next} behind it`)
    }
    mbap.received = received.length === length ? NOTHING : received.subarray(length)
    mbap.strays = 0
    deliver(mbap, id, received.subarray(HEADER, length))
  }
  if (!mbap.isDatagram) {
    if (mbap.received.length === 0 || mbap.isBroken) return
    if (isLate(mbap)) return torn(mbap, 'an answer comes in pieces, and others are still to come')
    mbap.received = Buffer.from(mbap.received)
    return
  }
  // A datagram that is cut short goes on nowhere.
  mbap.received = NOTHING
  mbap.strays = 0
}

/**
 * A checksum and the header behind it may look like the transaction that is waited for; then that header itself comes
 * with the checksum's end.
 */
function looksBehind<A extends Asked>({ received, waiting, strays }: Mbap<A>): 'an answer' | 'no answer' | 'unknown' {
  for (let at = 1; at <= CHECKSUM - strays; at++) {
    const header = received.subarray(at, at + HEADER)
    if (header.length < HEADER) return 'unknown'
    if (waiting.has(header.readUInt16BE(0)) && headerFault(header) === undefined) return 'an answer'
  }
  return 'no answer'
}

/** What is wrong with what stands behind an answer; beside others only an answer to one of them may. */
function nextFault<A extends Asked>({ waiting }: Mbap<A>, next: Buffer, isBeside: boolean): string | undefined {
  const id = next.readUInt16BE(0)
  return headerFault(next) ?? (isBeside && !waiting.has(id) ? `transaction ${id}, which nobody asked for` : undefined)
}

/** Another answer may come next: a datagram ends with its own, and a request that waits alone has no other. */
function mayBeFilledUp<A extends Asked>({ isDatagram, waiting }: Mbap<A>): boolean {
  return !isDatagram && waiting.size > 1
}

/** Answers to what was given up may still come, in the middle of another's. */
function isLate<A extends Asked>({ isDatagram, owed }: Mbap<A>): boolean {
  return !isDatagram && owed.size > 0
}

function deliver<A extends Asked>({ waiting, givenUp, owed, found }: Mbap<A>, id: number, body: Buffer): void {
  owed.delete(id)
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

function torn<A extends Asked>(mbap: Mbap<A>, reason: string): void {
  mbap.isBroken = true
  mbap.found.torn(reason)
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
