/** Messages as bytes: packets as the standard has them, one after the other. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Message, type Packet, publishBytes } from '../../../gateway/front/sinks/mqtt-bytes.ts'

type Version = 4 | 5

const LIVE: Message = { topic: 'm/1', payload: '"ok"', qos: 0 }
const KEPT: Message = { ...LIVE, qos: 1, retain: true, expiryS: 60 }

it.each([
  [LIVE, 4, '300900036d2f31226f6b22'],
  [LIVE, 5, '301f00036d2f311501010300106170706c69636174696f6e2f6a736f6e226f6b22'],
  [KEPT, 4, '330b00036d2f310102226f6b22'],
  [KEPT, 5, '332600036d2f3101021a01010300106170706c69636174696f6e2f6a736f6e020000003c226f6b22'],
] as const)('%j is the packet of MQTT version %i', (message, version, hex) => {
  expect(publishBytes([{ message, id: 258 }], version).toString('hex')).toBe(hex)
})

/** UTF-8, and the content type (3.3.2.3.2, 3.3.2.3.9). */
const IS_JSON = Buffer.concat([Buffer.from([1, 1, 3, 0, 16]), Buffer.from('application/json')])

/** Reads packets back by the standard, 2.2.3 and 3.3. */
function parsed(bytes: Buffer, version: Version): Packet[] {
  const packets: Packet[] = []
  for (let at = 0; at < bytes.length; ) {
    const head = bytes[at]!
    expect(head >> 4).toBe(3)
    let [length, shift, byte] = [0, 0, 0]
    do {
      byte = bytes[++at]!
      length |= (byte & 0x7f) << shift
      shift += 7
    } while (byte > 0x7f)
    expect(shift === 7 || length >= 2 ** (shift - 7)).toBe(true) // in as few bytes as possible
    const end = at + 1 + length
    at += 3 + bytes.readUInt16BE(at + 1)
    const topic = bytes.toString('utf8', at - bytes.readUInt16BE(end - length), at)
    const qos = ((head & 6) >> 1) as 0 | 1
    const id = qos === 1 ? bytes.readUInt16BE(at) : 0
    at += 2 * qos
    const properties = version === 5 ? bytes[at++]! : 0
    const told = bytes.subarray(at, at + properties)
    at += properties
    const type = version === 5 && at < end ? IS_JSON : Buffer.alloc(0)
    expect(told.subarray(0, type.length)).toEqual(type)
    const expiry = told.length > type.length ? { expiryS: told.readUInt32BE(type.length + 1) } : {}
    if (told.length > type.length) expect([told.length - type.length, told[type.length]]).toEqual([5, 2])
    packets.push({
      message: { topic, payload: bytes.toString('utf8', at, end), qos, retain: (head & 1) === 1, ...expiry },
      id,
    })
    at = end
  }
  return packets
}

/** What is told of a message in this version. */
const told = ({ message: { expiryS, ...message }, id }: Packet, version: Version): Packet => ({
  message: version === 5 && expiryS !== undefined ? { ...message, expiryS } : message,
  id: message.qos === 1 ? id : 0,
})

it('holds every message whole, however long and in whatever script', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 })
  const long = fc.constantFrom(100, 127, 128, 16_370, 16_383, 16_384, 2_097_152).map((count) => 'x'.repeat(count))
  const flags = { qos: fc.constantFrom(0 as const, 1 as const), retain: fc.boolean() }
  const message = fc.record(
    { topic: text, payload: fc.oneof(text, long), ...flags, expiryS: fc.nat(2 ** 32 - 1) },
    { requiredKeys: ['topic', 'payload', 'qos', 'retain'] },
  )
  const packet = fc.record({ message, id: fc.integer({ min: 1, max: 65_535 }) }) as fc.Arbitrary<Packet>
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 5 }), fc.constantFrom<Version>(4, 5), (packets, version) => {
      expect(parsed(publishBytes(packets, version), version)).toEqual(packets.map((each) => told(each, version)))
    }),
    { numRuns: 60 },
  )
})
