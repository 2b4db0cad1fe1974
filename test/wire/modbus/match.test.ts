/** What a display shows, and the register behind it: what is claimed, and what is not. */
import { describe, expect, it } from 'vitest'
import { readDisplay, type Shown } from '../../../adapters/modbus/bench/display.ts'
import { match, type Sample } from '../../../adapters/modbus/bench/match.ts'
import type { Hints, Registers } from '../../../adapters/modbus/bench/places.ts'

const shown = (text: string) => readDisplay(text) as Shown

describe('a number on a display', () => {
  it.each([
    ['1234.5', 1234.5, 0.1, 5],
    ['  0012,50 kWh', 12.5, 0.01, 4],
    ['1 234,56', 1234.56, 0.01, 6],
    ["1'234'567", 1234567, 1, 7],
    ['1.234,5', 1234.5, 0.1, 5],
    ['1,234.5', 1234.5, 0.1, 5],
    ['1,234,567', 1234567, 1, 7],
    ['−3.20 °C', -3.2, 0.01, 3],
    ['0,123', 0.123, 0.001, 3],
    ['5 m³', 5, 1, 1],
  ])('%s is %d', (text, value, step, digits) => {
    const read = shown(text)
    expect(read.value).toBeCloseTo(value, 9)
    expect(read.step).toBeCloseTo(step, 9)
    expect(read.digits).toBe(digits)
  })

  it.each([
    ['1,234', 'two numbers'],
    ['', 'no number'],
    ['kWh', 'no number'],
    ['1 2 3', 'no number'],
    ['1.2.3', 'no number'],
    ['1234567890123456', 'digits'],
  ])('%j is refused', (text, why) => {
    expect(readDisplay(text)).toContain(why)
  })
})

type Kind = 'u16' | 's16' | 'u32' | 's32' | 'f32' | 'u64' | 'f64' | 'bcd32'
type Order = 'ABCD' | 'CDAB' | 'BADC' | 'DCBA'

/** Written apart from the adapter: bytes first, then the words of each order. */
function wordsOf(value: number, kind: Kind, order: Order): number[] {
  const size = Number(/\d+/.exec(kind)![0]) / 8
  const view = new DataView(new ArrayBuffer(size))
  if (kind === 'f32') view.setFloat32(0, value)
  else if (kind === 'f64') view.setFloat64(0, value)
  else {
    let rest = kind === 'bcd32' ? BigInt(`0x${value}`) : BigInt(value)
    for (let at = size - 1; at >= 0; at--, rest >>= 8n) view.setUint8(at, Number(rest & 0xffn))
  }
  const words = Array.from({ length: size / 2 }, (_, at) => [view.getUint8(2 * at), view.getUint8(2 * at + 1)] as const)
  const inOrder = order === 'CDAB' || order === 'DCBA' ? words.reverse() : words
  return inOrder.map(([high, low]) => (order === 'BADC' || order === 'DCBA' ? low * 256 + high : high * 256 + low))
}

/** Registers full of other things, with these words at 20. */
function registers(words: readonly number[], noise = 1): number[] {
  const all = Array.from({ length: 60 }, (_, at) => (at * 7919 + noise * 104_729 + 4321) & 0xffff)
  all.splice(20, words.length, ...words)
  return all
}

function samples(values: readonly string[], kind: Kind, order: Order, scale: number, offset = 0): Sample[] {
  return values.map((text, at) => {
    const raw = (Number(text) - offset) / scale
    const words = wordsOf(kind.startsWith('f') ? raw : Math.round(raw), kind, order)
    return { shown: shown(text), blocks: [{ table: 'holding', start: 1000, words: registers(words, at) }] }
  })
}

describe('a register is found', () => {
  it.each<[Kind, Order, number, number, string[]]>([
    ['u32', 'ABCD', 0.01, 0, ['1234.56', '1234.57', '1300.12']],
    ['u32', 'CDAB', 0.001, 0, ['98765.432', '98765.500', '98770.1']],
    ['u32', 'BADC', 1, 0, ['7654321', '7654399', '7660000']],
    ['s32', 'DCBA', 0.1, 0, ['-12345.6', '-12300.1', '9999.9']],
    ['f32', 'CDAB', 1, 0, ['1234.56', '1300.99', '1400.1']],
    ['f64', 'ABCD', 0.001, 0, ['1234.567', '1234.999', '1300.1']],
    ['u64', 'DCBA', 0.001, 0, ['20000000.123', '20000000.999', '20000050.5']],
    ['bcd32', 'ABCD', 0.1, 0, ['123456.7', '123460.1', '123999.9']],
    ['u32', 'ABCD', 0.25, 0, ['250000.25', '250000.75', '250500.5']],
    ['s16', 'ABCD', 0.1, -40, ['-81.5', '-30.2', '55.1', '12.7', '-2.9', '101.3']],
    // Half of it would need an offset of 1155.36, which is not round.
    ['u32', 'CDAB', 0.01, 500, ['1500.01', '1510.55', '1602.12', '1700.01', '1801.99']],
    ['u32', 'CDAB', 0.01, 500, ['1500.01', '2600.55', '9000.12', '20000.01', '20650.99']],
  ])('%s %s at scale %d with offset %d', (kind, order, scale, offset, values) => {
    expect(match(samples(values, kind, order, scale, offset))).toEqual({
      kind: 'one',
      mirrored: false,
      candidate: { table: 'holding', address: 1020, type: kind, order, scale, offset },
    })
  })

  it('in one of two tables that mirror each other, and says so', () => {
    const both = samples(['1234.56', '1234.57', '1300.12'], 'u32', 'ABCD', 0.01).map(({ shown, blocks }) => ({
      shown,
      blocks: [...blocks, ...blocks.map((block) => ({ ...block, table: 'input' as const }))],
    }))
    expect(match(both)).toMatchObject({ kind: 'one', mirrored: true, candidate: { table: 'holding', address: 1020 } })
  })
})

describe('nothing is claimed', () => {
  const energy = (...values: string[]) => samples(values, 'u32', 'ABCD', 0.01)
  const plain = (word: number): Registers => ({ table: 'holding', start: 0, words: [0, word] })
  const small = (values: readonly string[]) =>
    values.map((text) => ({ shown: shown(text), blocks: [plain(Number(text))] }))

  it.each<[string, Sample[], Hints, string, string]>([
    ['while the number has not changed', energy('1234.56', '1234.56', '1234.56'), {}, 'several', 'change'],
    ['after two samples', energy('1234.56', '1300.12'), {}, 'several', 'once more'],
    ['while it shows 0', energy('0', '0.00'), {}, 'none', 'hold 0'],
    [
      'when no register fits',
      energy('1234.56', '1234.57').map((one) => ({ ...one, shown: shown('77.7') })),
      {},
      'none',
      'constant offset',
    ],
    [
      'when a wide counter could stand before a narrow one',
      small(['123', '456', '789', '801']),
      {},
      'several',
      'part beyond 65536',
    ],
  ])('%s', (_, given, hints, kind, advice) => {
    const verdict = match(given, hints)
    expect(verdict.kind).toBe(kind)
    expect(verdict).toMatchObject({ advice: expect.stringContaining(advice) })
  })

  it('when two registers have always shown the same', () => {
    const twice = energy('1234.56', '1234.57', '1300.12').map(({ shown, blocks: [block] }) => {
      const words = [...block!.words]
      words.splice(40, 2, words[20]!, words[21]!)
      return { shown, blocks: [{ ...block!, words }] }
    })
    const verdict = match(twice)
    expect(verdict.kind === 'several' && verdict.candidates.map(({ address }) => address)).toEqual([1020, 1040])
  })

  it('by few digits, which chance can give, until there are enough of them', () => {
    const values = ['12', '57', '33', '81', '29', '64', '45', '90', '17', '72', '38', '55']
    const verdicts = values.map((_, at) => match(samples(values.slice(0, at + 1), 'u16', 'ABCD', 1)).kind)
    expect(verdicts.indexOf('one')).toBeGreaterThan(3)
    expect(verdicts.at(-1)).toBe('one')
  })

  it('but what a person knows narrows it', () => {
    const values = small(['123', '456', '789', '801', '555'])
    expect(match(values, { width: 16 })).toMatchObject({ kind: 'one', candidate: { address: 1, type: 'u16' } })
  })
})
