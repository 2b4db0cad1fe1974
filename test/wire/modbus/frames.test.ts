/** Frames of TCP, UDP and serial lines, byte by byte: what is an answer, to which request, and what is none. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Asked, Found, Framing } from '../../../adapters/modbus/frames.ts'
import { createMbap } from '../../../adapters/modbus/mbap.ts'
import { type Request, replyOf } from '../../../adapters/modbus/pdu.ts'
import type { ReadRequest } from '../../../adapters/modbus/plan.ts'
import { askBefore, createRtu, type Late } from '../../../adapters/modbus/rtu.ts'

const read = (start: number, count: number, more: Partial<ReadRequest> = {}): ReadRequest => ({
  unit: 1,
  table: 'holding',
  start,
  count,
  points: [],
  ...more,
})
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const hex = (buffer: Buffer) => buffer.toString('hex')

/** A framing, and what it said: the start of the request, and its answer. */
function listen(make: (found: Found<Asked>) => Framing<Asked>) {
  const said: string[] = []
  const text = (request: Request, what: unknown) => said.push(`${request.start} ${what}`)
  const framing = make({
    answer: ({ request }, body) => {
      const reply = replyOf(request, body)
      text(request, reply.kind === 'data' ? reply.data.join() : reply.kind === 'written' ? 'written' : reply.detail)
    },
    spoilt: ({ request }, detail) => text(request, `spoilt: ${detail}`),
    torn: (reason) => said.push(`torn: ${reason}`),
    broken: (reason) => said.push(`broken: ${reason}`),
  })
  const ask = (request: Request): Asked => ({ request, id: 0 })
  return { framing, said, ask }
}

describe('a request', () => {
  // Modbus Application Protocol V1.1b3, 6: the examples of each function.
  it.each<[string, Request, string]>([
    ['coils', read(0x13, 0x13, { table: 'coil' }), '01 01 0013 0013'],
    ['discrete inputs', read(0xc4, 0x16, { table: 'discrete' }), '01 02 00c4 0016'],
    ['holding registers', read(0x6b, 3), '01 03 006b 0003'],
    ['input registers of unit 255', read(8, 1, { table: 'input', unit: 255 }), 'ff 04 0008 0001'],
    ['one coil on', { unit: 1, code: 5, start: 0xac, words: [1] }, '01 05 00ac ff00'],
    ['a coil that takes a time', { unit: 1, code: 5, start: 0x200, words: [50] }, '01 05 0200 0032'],
    ['one coil off', { unit: 0, code: 5, start: 0xac, words: [0] }, '00 05 00ac 0000'],
    ['one register', { unit: 1, code: 6, start: 1, words: [3] }, '01 06 0001 0003'],
    ['coils', { unit: 1, code: 15, start: 0x13, words: [1, 0, 1, 1, 0, 0, 1, 1, 1, 0] }, '01 0f 0013 000a 02 cd01'],
    ['registers', { unit: 1, code: 16, start: 1, words: [10, 0x102] }, '01 10 0001 0002 04 000a 0102'],
  ])('%s', (_, request, body) => {
    const { framing, ask } = listen((found) => createMbap(found, 0x1501, false))
    const length = bytes(body).length.toString(16).padStart(4, '0')
    expect(hex(framing.put(ask(request)))).toBe(hex(bytes(`1501 0000 ${length} ${body}`)))
  })

  it('of a serial line ends with its checksum, low byte first', () => {
    const { framing, ask } = listen((found) => createRtu(found, new Map()))
    expect(hex(framing.put(ask(read(0, 10))))).toBe(hex(bytes('01 03 0000 000a c5cd')))
  })
})

describe('an answer', () => {
  it.each<[string, Request, string, string]>([
    ['registers', read(7, 2), '01 03 04 0001 ffff', '7 1,65535'],
    ['coils', read(7, 3, { table: 'coil' }), '01 01 01 05', '7 true,false,true'],
    ['an exception', read(7, 2), '01 83 02', '7 exception 2 (illegal data address)'],
    ['another unit', read(7, 2), '02 03 04 0001 ffff', '7 unit 2 answers in the place of unit 1'],
    ['another function', read(7, 2), '01 04 04 0001 ffff', '7 the answer is for function 4, asked was function 3'],
    ['another length', read(7, 2), '01 03 02 0001', '7 the answer says it holds 2 bytes, asked were 4'],
    ['too little', read(7, 2), '01 03 04 0001', '7 the answer is cut short: 5 bytes of 7'],
    ['too much', read(7, 1), '01 03 02 0001 aa', '7 1'],
    ['a receipt', { unit: 1, code: 16, start: 9, words: [1, 2] }, '01 10 0009 0002', '9 written'],
    ['a receipt of less', { unit: 1, code: 16, start: 9, words: [1, 2] }, '01 10 0009 0001', '9 the receipt names 1'],
    [
      'a receipt of elsewhere',
      { unit: 1, code: 6, start: 9, words: [1] },
      '01 06 0008 0001',
      '9 the receipt names 1 at 8',
    ],
    ['a coil that is off', { unit: 1, code: 5, start: 9, words: [1] }, '01 05 0009 0000', '9 the receipt names 0'],
    ['a receipt cut short', { unit: 1, code: 6, start: 9, words: [1] }, '01 06 0009', '9 the answer is cut short'],
  ])('%s', (_, request, body, expected) => {
    const { framing, said, ask } = listen((found) => createMbap(found, 5, false))
    framing.put(ask(request))
    framing.take(bytes(`0005 0000 ${bytes(body).length.toString(16).padStart(4, '0')} ${body}`))
    expect(said).toEqual([expect.stringContaining(expected)])
  })
})

describe('a transaction', () => {
  const answer = (id: number, value: number) =>
    bytes(`${id.toString(16).padStart(4, '0')} 0000 0005 01 03 02 ${value.toString(16).padStart(4, '0')}`)

  it('that was given up is not used again, and its answer finds nobody', () => {
    const { framing, said, ask } = listen((found) => createMbap(found, 65_534, false))
    const given = ask(read(0, 1))
    framing.put(given)
    framing.giveUp(given)
    const used = new Set<number>()
    for (let index = 0; index < 70_000; index++) {
      const next = ask(read(1, 1))
      framing.put(next)
      used.add(next.id)
      framing.take(answer(given.id, 999))
      framing.take(answer(next.id, 1))
    }
    expect(used.has(given.id)).toBe(false)
    expect(used.size).toBe(65_535)
    expect(new Set(said)).toEqual(new Set(['1 1']))
  })

  it('tells answers apart that overtake each other, torn or in one piece', () => {
    const { framing, said, ask } = listen((found) => createMbap(found, 1, false))
    for (const start of [10, 20, 30]) framing.put(ask(read(start, 1)))
    const all = Buffer.concat([answer(3, 33), answer(1, 11), answer(2, 22)])
    for (const byte of all) framing.take(Buffer.from([byte]))
    expect(said).toEqual(['30 33', '10 11', '20 22'])
  })

  it.each([1, 2, 3, 4])('that is answered %i bytes short is not filled up by the next answer', (short) => {
    const { framing, said, ask } = listen((found) => createMbap(found, 1, false))
    for (const start of [10, 20, 30]) framing.put(ask(read(start, 2)))
    const two = (id: number) => bytes(`000${id} 0000 0007 01 03 04 1111 2222`)
    framing.take(two(1).subarray(0, 13 - short))
    framing.take(two(2))
    framing.take(two(3))
    expect(said).toEqual([expect.stringContaining('torn: an answer is cut short')])
  })

  it.each([1, 2, 3, 4])('that is answered %i bytes short is not taken before it is known what follows', (short) => {
    const { framing, said, ask } = listen((found) => createMbap(found, 1, false))
    for (const start of [10, 20]) framing.put(ask(read(start, 2)))
    const two = (id: number) => bytes(`000${id} 0000 0007 01 03 04 1111 2222`)
    framing.take(two(1).subarray(0, 13 - short))
    for (const byte of two(2)) framing.take(Buffer.from([byte]))
    expect(said).toEqual([expect.stringContaining('torn: an answer is cut short')])
  })

  it('is not ended by something that looks like a header and belongs to none that waits', () => {
    const { framing, said, ask } = listen((found) => createMbap(found, 1, false))
    for (const start of [10, 20]) framing.put(ask(read(start, 1)))
    framing.take(Buffer.concat([answer(1, 11), bytes('0000 0000 0007')]))
    expect(said).toEqual([expect.stringContaining('torn: an answer is cut short')])
  })

  it('that is answered beside one that never is, is not believed', () => {
    const { framing, said, ask } = listen((found) => createMbap(found, 1, false))
    const [one, other] = [ask(read(10, 1)), ask(read(20, 1))]
    framing.put(one)
    framing.put(other)
    framing.take(answer(1, 11))
    framing.giveUp(one)
    framing.giveUp(other)
    expect(said).toEqual([
      'torn: after 11 bytes of an answer nothing came',
      'torn: after 11 bytes of an answer nothing came',
    ])
  })

  it('that is given up in the middle of its answer spoils what comes after', () => {
    const { framing, said, ask } = listen((found) => createMbap(found, 1, false))
    const asked = ask(read(10, 1))
    framing.put(asked)
    framing.take(answer(1, 11).subarray(0, 7))
    framing.giveUp(asked)
    expect(said).toEqual(['torn: after 7 bytes of an answer nothing came'])
  })

  it('is answered once: the second copy is nobody’s', () => {
    const { framing, said, ask } = listen((found) => createMbap(found, 1, false))
    framing.put(ask(read(10, 1)))
    framing.put(ask(read(20, 1)))
    framing.take(Buffer.concat([answer(1, 11), answer(1, 99), answer(2, 22)]))
    expect(said).toEqual(['10 11', '20 22'])
  })

  it.each([0xd637, 0x3737])('%i is told from a checksum that looks like it, in pieces too', (first) => {
    for (const size of [1, 2, 7, 8, 99]) {
      const { framing, said, ask } = listen((found) => createMbap(found, first, false))
      framing.put(ask(read(10, 1)))
      const all = Buffer.concat([bytes('d637'), answer(first, 11)])
      for (let at = 0; at < all.length; at += size) framing.take(all.subarray(at, at + size))
      expect(said, `in pieces of ${size}`).toEqual(['10 11'])
    }
  })

  it('with a wrong protocol and no other header behind it ends the connection', () => {
    const { framing, said, ask } = listen((found) => createMbap(found, 5, false))
    framing.put(ask(read(10, 1)))
    framing.take(bytes('0005 0007 0005 01 03 02 0001'))
    expect(said).toEqual([expect.stringContaining('broken: not Modbus: protocol id 7')])
  })

  it('is not put together from two datagrams', () => {
    const { framing, said, ask } = listen((found) => createMbap(found, 1, true))
    framing.put(ask(read(10, 1)))
    framing.take(answer(1, 11).subarray(0, 8))
    framing.take(answer(1, 11).subarray(8))
    expect(said).toEqual([])
    framing.take(answer(1, 11))
    expect(said).toEqual(['10 11'])
  })
})

describe('a line without transactions', () => {
  const frame = (body: string) => {
    const all = bytes(body)
    return Buffer.concat([all, crc(all)])
  }
  const line = (late: Late = new Map()) => ({ late, ...listen((found) => createRtu(found, late)) })

  it.each<[string, string, string]>([
    ['whole', hex(frame('01 03 02 0007')), '5 7'],
    ['behind noise', `00ff${hex(frame('01 03 02 0007'))}`, '5 7'],
    ['before its second copy', hex(Buffer.concat([frame('01 03 02 0007'), frame('01 03 02 0008')])), '5 7'],
    ['an exception', hex(frame('01 83 06')), '5 exception 6 (device busy)'],
    ['with a wrong checksum', '01030200070000', '5 spoilt: the checksum is wrong'],
    ['of another unit', hex(frame('02 03 02 0007')), '5 spoilt: unit 2 answers'],
    ['of another function', hex(frame('01 04 02 0007')), '5 spoilt: the answer is for function 4'],
    ['of another length', hex(frame('01 03 04 00070008')), '5 spoilt: the answer says it holds 4 bytes'],
    ['the request itself', hex(frame('01 03 0005 0001')), '5 spoilt: the adapter sends back'],
  ])('takes an answer, or says what is wrong with it: %s', (_, answer, expected) => {
    const { framing, said, ask } = line()
    framing.put(ask(read(5, 1)))
    framing.take(bytes(answer))
    expect(said).toEqual([expect.stringContaining(expected)])
  })

  it('asks something else before a request that looks like one that was given up', () => {
    const { framing, said, ask, late } = line()
    const given = ask(read(0, 2))
    framing.put(given)
    framing.giveUp(given)
    expect(askBefore(late, read(100, 2, { unit: 2 }))).toBeUndefined()
    expect(askBefore(late, read(100, 3))).toBeUndefined()
    const before = askBefore(late, read(100, 2))!
    expect(before.count).not.toBe(2)
    framing.put(ask(before))
    framing.take(frame('01 03 04 0001 0002'))
    framing.take(frame('01 03 02 0005'))
    expect(said).toEqual(['100 5'])
    expect(askBefore(late, read(100, 2))).toBeUndefined()
  })

  it('asks a read of another length before a write, since an exception has none', () => {
    const { framing, ask, late } = line()
    const given = ask({ unit: 1, code: 16, start: 100, words: [1, 2] })
    framing.put(given)
    framing.giveUp(given)
    expect(askBefore(late, { unit: 1, code: 16, start: 7, words: [1] })).toMatchObject({ table: 'holding', start: 7 })
    expect(askBefore(late, { unit: 1, code: 6, start: 7, words: [1] })).toBeUndefined()
  })

  it('never takes the late answer to one request for that to another, however late', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ start: fc.nat(3), count: fc.integer({ min: 1, max: 2 }), lag: fc.nat(4) })),
        (asks) => {
          // The device answers in order, each answer so many requests late; register N holds N.
          const { framing, said, ask, late } = line()
          const pending: { answer: Buffer; lag: number }[] = []
          const play = (request: ReadRequest, lag: number): void => {
            const asked = ask(request)
            const before = said.length
            framing.put(asked)
            const values = Array.from({ length: request.count }, (_, index) =>
              (request.start + index).toString(16).padStart(4, '0'),
            )
            pending.push({
              answer: frame(`01 03 ${(2 * request.count).toString(16).padStart(2, '0')} ${values.join('')}`),
              lag,
            })
            for (const one of pending) one.lag -= 1
            while (pending[0] !== undefined && pending[0].lag < 0) framing.take(pending.shift()!.answer)
            if (said.length === before) framing.giveUp(asked)
          }
          for (const { start, count, lag } of asks) {
            const before = askBefore(late, read(start, count))
            if (before) play(before, lag)
            if (!askBefore(late, read(start, count))) play(read(start, count), lag)
          }
          for (const line of said) {
            const [start, values] = line.split(' ')
            expect(values!.split(',')[0]).toBe(start)
          }
        },
      ),
    )
  })

  it('ends no process and takes no value, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (chunks) => {
        for (const make of [
          (found: Found<Asked>) => createRtu(found, new Map()),
          (found: Found<Asked>) => createMbap(found, 1, false),
          (found: Found<Asked>) => createMbap(found, 1, true),
        ]) {
          const { framing, said, ask } = listen(make)
          framing.put(ask(read(5, 3)))
          for (const chunk of chunks) framing.take(Buffer.from(chunk))
          expect(said.filter((text) => /^5 \d/.test(text))).toEqual([])
        }
      }),
    )
  })
})

/** Of its own, bit by bit: Modbus over Serial Line V1.02, 6.2.2. */
function crc(all: Buffer): Buffer {
  let value = 0xffff
  for (const byte of all) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xa001 : value >>> 1
  }
  return Buffer.from([value & 0xff, value >>> 8])
}
