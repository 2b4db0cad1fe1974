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
