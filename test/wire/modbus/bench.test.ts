/** What is found of a device that nobody knows: its registers, and what it says of itself. */
import { describe, expect, it } from 'vitest'
import { identificationOf, serverIdOf, wordsOf } from '../../../adapters/modbus/bench/identify.ts'
import { type Range, walk } from '../../../adapters/modbus/bench/walk.ts'

describe('the registers of a unit', () => {
  const device: readonly Range[] = [
    { table: 'holding', from: 0, to: 9 },
    { table: 'holding', from: 1000, to: 1399 },
    { table: 'holding', from: 65_530, to: 65_535 },
    { table: 'input', from: 77, to: 108 },
  ]
  const has = (table: string, start: number, count: number, most = 125) =>
    count <= most &&
    device.some((range) => range.table === table && start >= range.from && start + count - 1 <= range.to)
  const find = async (more: { known?: number[]; most?: number; perRead?: number } = {}) => {
    let reads = 0
    const heard: Range[] = []
    const options = { tables: ['holding', 'input'] as const, known: [], stride: 32, block: 64, most: 10_000, ...more }
    const result = await walk(
      async (table, start, count) => {
        reads += 1
        return has(table, start, count, more.perRead)
      },
      options,
      (range) => heard.push(range),
    )
    return { ...result, heard, reads }
  }

  it('are found to their first and last address', async () => {
    const { ranges, isWhole, heard } = await find({ known: [65_531] })
    expect(ranges).toEqual(device)
    expect(isWhole).toBe(true)
    expect(heard).toHaveLength(device.length)
  })

  it('are found of a device that takes few registers in a read', async () => {
    expect((await find({ known: [65_531], perRead: 10 })).ranges).toEqual(device)
  })

  it('are missed where a range is shorter than the stride, unless its address is known', async () => {
    expect((await find()).ranges).not.toContainEqual(device[2])
  })

  it('cost no more reads than are allowed, and it says so', async () => {
    const { isWhole, reads } = await find({ most: 100 })
    expect(reads).toBeLessThanOrEqual(100)
    expect(isWhole).toBe(false)
  })
})

describe('what a device says of itself', () => {
  const object = (id: number, text: string) => [id, text.length, ...Buffer.from(text)]
  it.each<[string, number[], Record<string, string>]>([
    [
      'vendor and product',
      [14, 1, 1, 0, 0, 2, ...object(0, 'ACME'), ...object(1, 'M1\u0000')],
      { vendor: 'ACME', product: 'M1' },
    ],
    ['an object that is cut short', [14, 1, 1, 0, 0, 2, ...object(0, 'ACME'), 1, 9, 65], { vendor: 'ACME' }],
    ['objects of its own', [14, 1, 1, 0, 0, 1, ...object(0x80, 'secret')], {}],
    ['nothing', [], {}],
  ])('%s', (_, bytes, said) => {
    expect(identificationOf(Buffer.from(bytes))).toEqual(said)
  })

  it('server id and words', () => {
    expect(serverIdOf(Buffer.from([5, 0x01, ...Buffer.from('SDM1'), 0xff]))).toBe('SDM1')
    expect(serverIdOf(Buffer.from([1, 7]))).toBeUndefined()
    expect(wordsOf(Buffer.from([4, 0, 1, 0xff, 0xfe]), 2)).toEqual([1, 0xfffe])
    expect(wordsOf(Buffer.from([2, 0, 1]), 2)).toBeUndefined()
  })
})
