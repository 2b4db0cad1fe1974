/**
 * PUBLISH packets as bytes, one after the other, so that many messages leave in one write. Pure.
 * In MQTT 5 each says what it is, and those that grow old say when.
 * MQTT 3.1.1 and 5, 2.2.3 (the length), 3.3 (the packet) and 3.3.2.3 (the properties). Read next: mqtt-connection.ts,
 * mqtt-window.ts (the callers).
 */
/** Text, or bytes as they are. */
type Payload = string | Uint8Array

export type Message<P extends Payload = Payload> = {
  readonly topic: string
  readonly payload: P
  readonly qos: 0 | 1
  readonly retain?: boolean
  /** MQTT 5; ignored in 3.1.1. */
  readonly expiryS?: number
  /** Likewise; absent: JSON. Bytes, and an empty payload, which clears what is retained, are of no type. */
  readonly contentType?: typeof TEXT
}

/** What a checkpoint is. */
export const TEXT = 'text/plain; charset=utf-8'
export const JSON_TYPE = 'application/json'

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
/** Payload format: UTF-8 (3.3.2.3.2), and content type (3.3.2.3.9). */
const typed = (type: string) => Buffer.from([0x01, 1, 0x03, 0, type.length, ...Buffer.from(type)])
const TYPES = { [JSON_TYPE]: typed(JSON_TYPE), [TEXT]: typed(TEXT) } as const
const NO_TYPE = Buffer.alloc(0)

export function publishBytes(packets: readonly Packet[], version: 4 | 5): Buffer {
  const places = packets.map(({ message }) => placeOf(message, version))
  const bytes = Buffer.allocUnsafe(places.reduce((sum, { length }) => sum + MOST_HEAD + length, 0))
  let at = 0
  for (const [index, { message, id }] of packets.entries()) {
    const { topicBytes, length } = places[index]!
    const { topic, payload, qos, retain } = message
    at = bytes.writeUInt8(PUBLISH | (qos === 1 ? QOS_1 : 0) | (retain ? RETAIN : 0), at)
    at = putLength(bytes, length, at)
    at = bytes.writeUInt16BE(topicBytes, at)
    at += bytes.write(topic, at)
    if (qos === 1) at = bytes.writeUInt16BE(id, at)
    if (version === 5) at = putProperties(bytes, message, at)
    at += typeof payload === 'string' ? bytes.write(payload, at) : bytesOf(payload).copy(bytes, at)
  }
  return bytes.subarray(0, at)
}

export const bytesOf = (payload: Payload): Buffer =>
  typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload.buffer, payload.byteOffset, payload.length)

/** What follows the type and the length of a packet. */
function placeOf(message: Message, version: 4 | 5): { topicBytes: number; length: number } {
  const { topic, payload, qos } = message
  const topicBytes = Buffer.byteLength(topic)
  const id = qos === 1 ? 2 : 0
  const properties = version === 5 ? 1 + propertyBytes(message) : 0
  return { topicBytes, length: 2 + topicBytes + id + properties + Buffer.byteLength(payload) }
}

const typeOf = ({ payload, contentType }: Message) =>
  payload === '' || typeof payload !== 'string' ? NO_TYPE : TYPES[contentType ?? JSON_TYPE]

const propertyBytes = (message: Message) => typeOf(message).length + (message.expiryS === undefined ? 0 : EXPIRY_BYTES)

function putProperties(bytes: Buffer, message: Message, start: number): number {
  let at = bytes.writeUInt8(propertyBytes(message), start)
  at += typeOf(message).copy(bytes, at)
  const { expiryS } = message
  return expiryS === undefined ? at : bytes.writeUInt32BE(expiryS, bytes.writeUInt8(EXPIRY, at))
}

/** Seven bits a byte, the lowest first; the eighth says that there are more. */
function putLength(bytes: Buffer, length: number, start: number): number {
  let at = start
  let left = length
  for (; left > 0x7f; left >>>= 7) at = bytes.writeUInt8((left & 0x7f) | 0x80, at)
  return bytes.writeUInt8(left, at)
}
