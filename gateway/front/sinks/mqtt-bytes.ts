/**
 * PUBLISH packets as bytes, one after the other, so that many messages leave in one write. Pure.
 * MQTT 3.1.1 and 5, 2.2.3 (the length), 3.3 (the packet) and 3.3.2.3.3 (the expiry). Read next: mqtt-connection.ts,
 * mqtt-window.ts (the callers).
 */
export type Message = {
  readonly topic: string
  readonly payload: string
  readonly qos: 0 | 1
  readonly retain?: boolean
  /** MQTT 5; ignored in 3.1.1. */
  readonly expiryS?: number
}

/** `id` belongs to a message of QoS 1. */
export type Packet = { readonly message: Message; readonly id: number }

const PUBLISH = 0x30
const QOS_1 = 0x02
const RETAIN = 0x01
/** Type and length of a packet take no more than this, bytes. */
const MOST_HEAD = 5
/** A property of one byte and four more. */
const EXPIRY = 0x02
const EXPIRY_BYTES = 5

export function publishBytes(packets: readonly Packet[], version: 4 | 5): Buffer {
  const places = packets.map(({ message }) => placeOf(message, version))
  const bytes = Buffer.allocUnsafe(places.reduce((sum, { length }) => sum + MOST_HEAD + length, 0))
  let at = 0
  for (const [index, { message, id }] of packets.entries()) {
    const { topicBytes, length } = places[index]!
    const { topic, payload, qos, retain, expiryS } = message
    at = bytes.writeUInt8(PUBLISH | (qos === 1 ? QOS_1 : 0) | (retain ? RETAIN : 0), at)
    at = putLength(bytes, length, at)
    at = bytes.writeUInt16BE(topicBytes, at)
    at += bytes.write(topic, at)
    if (qos === 1) at = bytes.writeUInt16BE(id, at)
    if (version === 5) at = putProperties(bytes, expiryS, at)
    at += bytes.write(payload, at)
  }
  return bytes.subarray(0, at)
}

/** What follows the type and the length of a packet. */
function placeOf({ topic, payload, qos, expiryS }: Message, version: 4 | 5): { topicBytes: number; length: number } {
  const topicBytes = Buffer.byteLength(topic)
  const id = qos === 1 ? 2 : 0
  const properties = version === 5 ? 1 + (expiryS === undefined ? 0 : EXPIRY_BYTES) : 0
  return { topicBytes, length: 2 + topicBytes + id + properties + Buffer.byteLength(payload) }
}

function putProperties(bytes: Buffer, expiryS: number | undefined, start: number): number {
  if (expiryS === undefined) return bytes.writeUInt8(0, start)
  const at = bytes.writeUInt8(EXPIRY, bytes.writeUInt8(EXPIRY_BYTES, start))
  return bytes.writeUInt32BE(expiryS, at)
}

/** Seven bits a byte, the lowest first; the eighth says that there are more. */
function putLength(bytes: Buffer, length: number, start: number): number {
  let at = start
  let left = length
  for (; left > 0x7f; left >>>= 7) at = bytes.writeUInt8((left & 0x7f) | 0x80, at)
  return bytes.writeUInt8(left, at)
}
