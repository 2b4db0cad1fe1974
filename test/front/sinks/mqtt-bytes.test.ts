/** Live values as bytes: packets as the standard has them, one after the other. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { publishBytes } from '../../../gateway/front/sinks/mqtt-bytes.ts'

it.each([
  [4, '300900036d2f31226f6b22'],
  [5, '300a00036d2f3100226f6b22'],
] as const)('is the packet of MQTT version %i', (version, hex) => {
  expect(publishBytes([{ topic: 'm/1', payload: '"ok"' }], version).toString('hex')).toBe(hex)
})

/** Reads packets back by the standard, 2.2.3 and 3.3. */
function parsed(bytes: Buffer, version: 4 | 5) {
  const messages: { topic: string; payload: string }[] = []
  for (let at = 0; at < bytes.length; ) {
    expect(bytes[at]).toBe(0x30)
    let [length, shift, byte] = [0, 0, 0]
    do {
      byte = bytes[++at]!
      length |= (byte & 0x7f) << shift
      shift += 7
    } while (byte > 0x7f)
    expect(shift === 7 || length >= 2 ** (shift - 7)).toBe(true) // in as few bytes as possible
    const end = at + 1 + length
    const topicEnd = at + 3 + bytes.readUInt16BE(at + 1)
    const topic = bytes.toString('utf8', at + 3, topicEnd)
    if (version === 5) expect(bytes[topicEnd]).toBe(0)
    messages.push({ topic, payload: bytes.toString('utf8', topicEnd + (version === 5 ? 1 : 0), end) })
    at = end
  }
  return messages
}

it('holds every message whole, however long and in whatever script', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 })
  const long = fc.constantFrom(100, 127, 128, 16_370, 16_383, 16_384, 2_097_152).map((count) => 'x'.repeat(count))
  const message = fc.record({ topic: text, payload: fc.oneof(text, long) })
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.constantFrom(4 as const, 5 as const), (messages, version) => {
      expect(parsed(publishBytes(messages, version), version)).toEqual(messages)
    }),
    { numRuns: 60 },
  )
})
