/** A broker is judged by the bytes that it sends, before the library works through them. */
import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { guardInbound, MOST_INBOUND } from '../../../gateway/front/sinks/mqtt-inbound.ts'

const PINGRESP = Buffer.from([0xd0, 0])
/** Acknowledges message 1. */
const PUBACK = Buffer.from([0x40, 2, 0, 1])
const packetOf = (length: number) => {
  const field = [length & 0x7f, (length >> 7) & 0x7f, length >> 14].map((byte, at) => (at < 2 ? byte | 0x80 : byte))
  return Buffer.concat([Buffer.from([0x30, ...field]), Buffer.alloc(length, 0x41)])
}

/** A client whose library is one listener, there before ours. */
function connect() {
  const stream = new EventEmitter()
  const client = Object.assign(new EventEmitter(), { stream })
  const seen: Buffer[] = []
  const breaches: string[] = []
  stream.on('data', (chunk: Buffer) => seen.push(Buffer.from(chunk)))
  guardInbound(client as never, (what) => breaches.push(what))
  return {
    client,
    seen,
    breaches,
    receive: (...chunks: Buffer[]) => chunks.forEach((chunk) => void stream.emit('data', Buffer.from(chunk))),
  }
}

const inPieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))

describe.each([1, 2, 3, 7, 1_000, 1_000_000])('in pieces of %i bytes', (size) => {
  test('as much as was asked for, and a little more, passes untouched', () => {
    const { client, seen, breaches, receive } = connect()
    for (let sent = 0; sent < 100; sent += 1) client.emit('packetsend')
    const bytes = Buffer.concat([
      ...Array(100).fill(PUBACK),
      packetOf(300),
      packetOf(MOST_INBOUND),
      ...Array(60).fill(PINGRESP),
    ])
    receive(...inPieces(bytes, size))
    expect(breaches).toEqual([])
    expect(Buffer.concat(seen)).toEqual(bytes)
  })

  test('what nobody asked for is a breach, once, and the library gets nothing of it that it can read', () => {
    const { seen, breaches, receive } = connect()
    receive(...inPieces(Buffer.concat(Array(5_000).fill(PINGRESP)), size).slice(0, 200))
    expect(breaches).toEqual(['the broker sends what nobody asked for'])
    expect(seen.find((chunk) => chunk[0] === 0xff)).toBeDefined()
    expect(Buffer.concat(seen).indexOf(0xff)).toBeLessThan(2 * 64)
  })

  test('a length above the bound is a breach before any of its bytes are gathered', () => {
    const { breaches, receive } = connect()
    receive(...inPieces(packetOf(MOST_INBOUND + 1).subarray(0, 5), size))
    expect(breaches).toEqual([`the broker sent a packet of more than ${MOST_INBOUND} bytes`])
  })
})
