/**
 * PUBLISH packets of QoS 0 as bytes, one after the other, so that many values leave in one write. Pure. Nothing is
 * retained, and no property is set.
 * MQTT 3.1.1 and 5, 2.2.3 (the length) and 3.3. Read next: mqtt-connection.ts, the only caller.
 */
type Plain = { readonly topic: string; readonly payload: string }

const PUBLISH = 0x30
const NO_PROPERTIES = 0

export function publishBytes(messages: readonly Plain[], version: 4 | 5): Buffer {
  const places = messages.map(({ topic, payload }) => {
    const topicBytes = Buffer.byteLength(topic)
    const properties = version === 5 ? 1 : 0
    return { topicBytes, length: 2 + topicBytes + properties + Buffer.byteLength(payload) }
  })
  const bytes = Buffer.allocUnsafe(places.reduce((sum, { length }) => sum + 1 + sizeOfLength(length) + length, 0))
  let at = 0
  for (const [index, { topic, payload }] of messages.entries()) {
    const { topicBytes, length } = places[index]!
    at = bytes.writeUInt8(PUBLISH, at)
    at = putLength(bytes, length, at)
    at = bytes.writeUInt16BE(topicBytes, at)
    at += bytes.write(topic, at)
    if (version === 5) at = bytes.writeUInt8(NO_PROPERTIES, at)
    at += bytes.write(payload, at)
  }
  return bytes
}

/** Seven bits a byte, the lowest first; the eighth says that there are more. */
function putLength(bytes: Buffer, length: number, start: number): number {
  let at = start
  let left = length
  for (; left > 0x7f; left >>>= 7) at = bytes.writeUInt8((left & 0x7f) | 0x80, at)
  return bytes.writeUInt8(left, at)
}

function sizeOfLength(length: number): number {
  let size = 1
  for (let left = length; left > 0x7f; left >>>= 7) size += 1
  return size
}
