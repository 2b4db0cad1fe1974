/** Values that a device spreads over several registers, of one cycle: exact, and never better than their parts. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Composition, SignalConfig } from '../../../gateway/core/ground/config.ts'
import { composer } from '../../../gateway/core/meter/composed.ts'
import { decimalOf, fullSteps, plus, shown, times } from '../../../gateway/core/meter/decimal.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { machineConfig } from '../../support/world.ts'

const id = (name: string) => `m/it.${name}`
const plain = (name: string, scale = 1, offset = 0): SignalConfig => ({
  ...machineConfig.signals[0]!,
  id: id(name),
  name,
  scale,
  offset,
})
const made = (composed: Composition): SignalConfig => ({ ...plain('made'), composed })
const good = (name: string, value: number | bigint | boolean | string, ns = 5n): Reading => ({
  point: id(name),
  quality: 'good',
  value,
  ...(typeof value === 'bigint' && { raw: value }),
  readAtMs: Number(ns),
  readAtNs: ns,
})
const bad = (name: string, cause: 'timeout' | 'overload'): Reading => ({
  point: id(name),
  quality: 'bad',
  cause,
  readAtMs: 5,
  readAtNs: 5n,
})
const make = (signals: readonly SignalConfig[], readings: readonly Reading[]) =>
  composer(signals)(readings).find(({ point }) => point === id('made'))

const cycle = { instant: 'cycle' as const }
const sum = (more: Partial<Extract<Composition, { kind: 'sum' }>> = {}): Composition => ({
  ...cycle,
  kind: 'sum',
  add: [id('a'), id('b')],
  subtract: [],
  ...more,
})
const floats = {
  [id('a')]: { numerator: 1n, denominator: 100n, bits: 24 as const, finer: true, step: '0.01' },
}

describe('a value of several registers', () => {
  it.each<[string, Composition, readonly SignalConfig[], readonly Reading[], Partial<Reading>]>([
    [
      'two tariffs beyond what a number holds',
      sum({ step: '1' }),
      [plain('a'), plain('b')],
      [good('a', 2n ** 53n), good('b', 1n)],
      { value: 2n ** 53n + 1n, raw: 2n ** 53n + 1n },
    ],
    [
      'whole units and thousandths',
      sum({ step: '0.001', instant: 'request' }),
      [plain('a'), plain('b', 0.001)],
      [good('a', 123n), good('b', 456n)],
      { value: 123.456, raw: 123_456n },
    ],
    [
      'ten times a tenth is one',
      sum({ add: ['a', 'b', 'c'].map(id), step: '0.1' }),
      [plain('a', 0.1), plain('b', 0.1), plain('c', 0.1)],
      [good('a', 1n), good('b', 1n), good('c', 1n)],
      { value: 0.3, raw: 3n },
    ],
    [
      'import less export',
      sum({ add: [id('a')], subtract: [id('b')] }),
      [plain('a', 0.1), plain('b', 0.1)],
      [good('a', 0n), good('b', 4120n)],
      { value: -412 },
    ],
    [
      'a counter behind transformers',
      { ...cycle, kind: 'product', of: id('a'), times: [id('ct'), id('pt')], step: '0.01' },
      [plain('a', 0.01), plain('ct'), plain('pt', 0.1)],
      [good('a', 123_456n), good('ct', 40n), good('pt', 10n)],
      { value: 49_382.4, raw: 4_938_240n },
    ],
    [
      'a float in steps of 0.01 behind a ratio',
      { ...cycle, kind: 'product', of: id('a'), times: [id('ct')], step: '0.01', floats },
      [plain('a'), plain('ct')],
      [good('a', Math.fround(1234.56)), good('ct', 40n)],
      { value: 49_382.4, raw: 4_938_240n },
    ],
    [
      'a scale factor of -2',
      { ...cycle, kind: 'product', of: id('a'), times: [], tenTo: id('sf'), step: '1' },
      [plain('a'), plain('sf')],
      [good('a', 123_456n), good('sf', -2n)],
      { value: 1234.56, raw: 1234n },
    ],
    [
      'three decimals in a register',
      { ...cycle, kind: 'product', of: id('a'), times: [], tenToMinus: id('sf') },
      [plain('a'), plain('sf')],
      [good('a', 123_456n), good('sf', 3n)],
      { value: 123.456 },
    ],
    [
      'a prefix that says mega',
      {
        ...cycle,
        kind: 'product',
        of: id('a'),
        times: [],
        by: { signal: id('p'), factors: { '0': '1', '1': '1000' } },
      },
      [plain('a'), plain('p')],
      [good('a', 7n), good('p', 1)],
      { value: 7000 },
    ],
    [
      'a sign in a register of its own',
      { ...cycle, kind: 'sign', of: id('a'), negative: id('n'), when: 1 },
      [plain('a', 0.1), plain('n')],
      [good('a', 15n), good('n', 1n)],
      { value: -1.5 },
    ],
    [
      'a sign that is a bit, and is not set',
      { ...cycle, kind: 'sign', of: id('a'), negative: id('n'), when: 1 },
      [plain('a'), plain('n')],
      [good('a', 15n), good('n', false)],
      { value: 15 },
    ],
    [
      'a date of six registers',
      {
        ...cycle,
        kind: 'time',
        at: {
          year: id('y'),
          month: id('m'),
          day: id('d'),
          hour: id('h'),
          minute: id('i'),
          second: id('s'),
        },
      },
      ['y', 'm', 'd', 'h', 'i', 's'].map((name) => plain(name)),
      [good('y', 2026), good('m', 2), good('d', 28), good('h', 9), good('i', 5), good('s', 0)],
      { value: '2026-02-28T09:05:00' },
    ],
    [
      'a serial number with its ratios',
      { ...cycle, kind: 'text', of: [id('a'), id('b')] },
      [plain('a'), plain('b')],
      [good('a', 'A17'), good('b', 40n)],
      { value: 'A17/40' },
    ],
  ])('is made: %s', (_, composed, parts, readings, value) => {
    expect(make([...parts, made(composed)], readings)).toEqual({
      point: id('made'),
      quality: 'good',
      ...value,
      readAtMs: 5,
      readAtNs: 5n,
    })
  })

  it.each<[string, Composition, readonly Reading[], Partial<Reading>]>([
    ['a part is bad', sum(), [good('a', 1n), bad('b', 'timeout')], { cause: 'timeout', detail: 'b: timeout' }],
    ['a part is an overload', sum(), [bad('a', 'overload'), good('b', 1n)], { cause: 'overload' }],
    ['a part is missing', sum(), [good('a', 1n)], { cause: 'not-available', detail: 'b was not read with it' }],
    [
      'the parts are of two requests',
      sum({ instant: 'request' }),
      [good('a', 1n), good('b', 1n, 6n)],
      { cause: 'malformed', detail: 'its parts were not read in one request' },
    ],
    ['a part is a text', sum(), [good('a', 1n), good('b', 'x')], { cause: 'malformed' }],
    [
      'a power of ten is none',
      { ...cycle, kind: 'product', of: id('a'), times: [], tenTo: id('b') },
      [good('a', 1n), good('b', -32_768n)],
      { cause: 'out-of-range', detail: 'b shows -32768, which is no power of ten' },
    ],
    [
      'a prefix is unknown',
      { ...cycle, kind: 'product', of: id('a'), times: [], by: { signal: id('b'), factors: { '0': '1' } } },
      [good('a', 1n), good('b', 3)],
      { cause: 'out-of-range', detail: 'b shows 3, which has no factor' },
    ],
    [
      'a float cannot show its steps any more',
      { ...cycle, kind: 'product', of: id('a'), times: [id('b')], step: '0.01', floats },
      [good('a', 1_000_000), good('b', 40n)],
      { cause: 'out-of-range', detail: 'a shows 1000000: unresolved' },
    ],
    [
      'a month has no such day',
      { ...cycle, kind: 'time', at: { year: id('a'), month: id('b'), day: id('c') } },
      [good('a', 2026), good('b', 2), good('c', 30)],
      { cause: 'malformed', detail: '2026-02-30T00:00:00 is no date' },
    ],
  ])('is bad and has no value: %s', (_, composed, readings, why) => {
    const found = make([plain('a'), plain('b'), plain('c'), made(composed)], readings)
    expect(found).toMatchObject({ quality: 'bad', ...why })
    expect(found).not.toHaveProperty('value')
    expect(found).not.toHaveProperty('raw')
  })

  it('is as good as the worst part, and as old as the oldest', () => {
    const readings = [good('a', 1n, 7n), { ...good('b', 1n, 4n), quality: 'uncertain' as const }]
    expect(make([plain('a'), plain('b'), made(sum())], readings)).toMatchObject({ quality: 'uncertain', readAtNs: 4n })
  })

  it('is not made in a cycle that has none of its parts', () => {
    const readings = [good('other', 1n)]
    expect(composer([plain('a'), plain('b'), made(sum())])(readings)).toBe(readings)
  })

  it('may be made of one that is made', () => {
    const scaled = (name: string, of: string): SignalConfig => ({
      ...plain(name),
      composed: { ...cycle, kind: 'product', of: id(of), times: [], tenTo: id('sf') },
    })
    const both = made(sum({ add: [id('x'), id('y')], step: '1' }))
    const readings = [good('a', 25n), good('b', 175n), good('sf', -1n)]
    expect(
      make([both, scaled('x', 'a'), scaled('y', 'b'), plain('a'), plain('b'), plain('sf')], readings),
    ).toMatchObject({ value: 20, raw: 20n })
  })
})

describe('decimals', () => {
  const arbitrary = fc.record({
    digits: fc.bigInt(-(10n ** 30n), 10n ** 30n),
    exponent: fc.integer({ min: -9, max: 9 }),
  })

  it('add up and multiply exactly, and full steps never exceed the value by so much as a step', () => {
    fc.assert(
      fc.property(arbitrary, arbitrary, fc.integer({ min: -6, max: 6 }), (a, b, exponent) => {
        const big = ({ digits, exponent: at }: typeof a) => digits * 10n ** BigInt(at + 20)
        expect(big(plus(a, b))).toBe(big(a) + big(b))
        expect(big(times(a, b))).toBe(a.digits * b.digits * 10n ** BigInt(a.exponent + b.exponent + 20))
        const step = { digits: 1n, exponent }
        const left = big(a) - fullSteps(a, step) * big(step)
        expect(left >= 0n && left < big(step)).toBe(true)
      }),
    )
  })

  it.each([
    ['0.01', 1n, -2],
    ['-3.5', -35n, -1],
    ['1e-7', 1n, -7],
    ['10', 10n, 0],
  ])('%s is read', (text, digits, exponent) => {
    expect(decimalOf(text)).toEqual({ digits, exponent })
  })

  it('show a whole number that a number cannot hold as it is', () => {
    expect(shown({ digits: 2n ** 60n, exponent: 1 })).toBe(2n ** 60n * 10n)
  })
})
