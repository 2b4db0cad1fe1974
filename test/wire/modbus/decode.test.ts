/** What the wire fixtures cannot make happen: answers that do not fit, and every number there and back. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode } from '../../../adapters/modbus/decode.ts'
import type { ModbusAddress } from '../../../adapters/modbus/options.ts'

const at = (type: ModbusAddress['type'], more: Partial<ModbusAddress> = {}): ModbusAddress => ({
  table: 'holding',
  address: 0,
  type,
  ...more,
})

describe('words that do not fit', () => {
  it.each<[string, ModbusAddress, (number | boolean)[]]>([
    ['too few', at('u32'), [1]],
    ['too many', at('u32'), [1, 2, 3]],
    ['none', at('u16'), []],
    ['above 65535', at('u16'), [65_536]],
    ['negative', at('u16'), [-1]],
    ['a fraction', at('u16'), [1.5]],
    ['no number', at('words', { count: 1 }), [Number.NaN]],
    ['a bit for a register', at('u16'), [true]],
    ['a register for a bit', at('bool', { table: 'coil' }), [1]],
    ['a block of another length', at('words', { count: 3 }), [1, 2]],
  ])('%s are malformed', (_, address, data) => {
    expect(decode(address, data)).toMatchObject({ quality: 'bad', cause: 'malformed' })
    expect(decode(address, data)).not.toHaveProperty('value')
  })
})

describe('packed decimal', () => {
  it.each<[string, ModbusAddress, number[], number]>([
    ['a digit in each four bits', at('bcd16'), [0x1234], 1234],
    ['its highest value', at('bcd16'), [0x9999], 9999],
    ['nothing but zeros', at('bcd32'), [0, 0], 0],
    ['two registers, high one first', at('bcd32'), [0x0012, 0x3456], 123_456],
    ['two registers, low one first', at('bcd32', { order: 'CDAB' }), [0x3456, 0x0012], 123_456],
    ['bytes swapped', at('bcd16', { order: 'BADC' }), [0x3412], 1234],
  ])('is read: %s', (_, address, data, value) => {
    expect(decode(address, data)).toEqual({ quality: 'good', value, raw: BigInt(value) })
  })

  it.each<[string, ModbusAddress, number[]]>([
    ['in the lowest place', at('bcd16'), [0x123a]],
    ['in the highest place', at('bcd16'), [0xf123]],
    ['in the second register', at('bcd32'), [0x0012, 0x34c6]],
    ['everywhere, as an erased register reads', at('bcd32'), [0xffff, 0xffff]],
  ])('with a digit above nine %s is malformed', (_, address, data) => {
    expect(decode(address, data)).toMatchObject({ quality: 'bad', cause: 'malformed' })
    expect(decode(address, data)).not.toHaveProperty('value')
  })
})

describe('every number', () => {
  const orders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
  const words = (bytes: DataView, order: (typeof orders)[number]) => {
    const list = Array.from({ length: bytes.byteLength / 2 }, (_, index) =>
      bytes.getUint16(index * 2, order === 'BADC' || order === 'DCBA'),
    )
    return order === 'CDAB' || order === 'DCBA' ? list.reverse() : list
  }

  it('of 64 bits is exact in every order', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.constantFrom(...orders),
        (number, order) => {
          const view = new DataView(new ArrayBuffer(8))
          view.setBigInt64(0, number)
          const decoded = decode(at('s64', { order }), words(view, order))
          expect(decoded).toMatchObject({ quality: 'good', raw: number })
          expect('value' in decoded && BigInt(decoded.value as number | bigint)).toBe(number)
        },
      ),
    )
  })

  it('that is a float comes back the same, or is malformed', () => {
    fc.assert(
      fc.property(fc.double(), fc.constantFrom(...orders), (number, order) => {
        const view = new DataView(new ArrayBuffer(8))
        view.setFloat64(0, number)
        const decoded = decode(at('f64', { order }), words(view, order))
        if (Number.isFinite(number)) expect(decoded).toEqual({ quality: 'good', value: number })
        else expect(decoded).toMatchObject({ quality: 'bad', cause: 'malformed' })
      }),
    )
  })
})
