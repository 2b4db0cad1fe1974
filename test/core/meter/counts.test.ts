import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FloatSteps } from '../../../gateway/core/ground/config.ts'
import { floatCounts, rateMilli, resolvedCounts } from '../../../gateway/core/meter/counts.ts'

const step = (text: string, bits: 24 | 53 = 24): FloatSteps => {
  const [whole, digits = ''] = text.split('.')
  return { numerator: BigInt(`${whole}${digits}`), denominator: 10n ** BigInt(digits.length), bits }
}

describe('a float register', () => {
  it.each<[string, number, FloatSteps, bigint | string]>([
    ['zero', 0, step('0.01'), 0n],
    ['one step', Math.fround(0.01), step('0.01'), 1n],
    ['a total of a few years', Math.fround(16_384.07), step('0.01'), 1_638_407n],
    ['steps of five', 35, step('5'), 7n],
    ['steps of a quarter', Math.fround(10.25), step('0.25'), 41n],
    ['a double of many digits', 90_071_992_547.41, step('0.01', 53), 9_007_199_254_741n],
    ['one unit in the last place off, as a device multiplies', 0.010000000707805157, step('0.01'), 1n],
    ['the last total whose steps can be told apart', 16_777_215, step('1'), 16_777_215n],
    ['a total beyond 2^24 steps', 16_777_216, step('1'), 'unresolved'],
    ['a total whose last place is more than a step', Math.fround(131_072.01), step('0.01'), 'unresolved'],
    ['three units in the last place off', Math.fround(0.0100000026), step('0.01'), 'out-of-range'],
    ['half a step', Math.fround(0.015), step('0.01'), 'out-of-range'],
    ['a tenth of a step', Math.fround(12.341), step('0.01'), 'out-of-range'],
    ['words in the wrong order', 2.3694278276172396e-38, step('0.01'), 'out-of-range'],
    ['a huge number', 1e30, step('0.01'), 'unresolved'],
    ['not a number', Number.NaN, step('0.01'), 'out-of-range'],
    ['infinity', Number.POSITIVE_INFINITY, step('0.01'), 'out-of-range'],
    ['a negative total', -5, step('1'), -5n],
  ])('shows %s', (_name, value, resolution, counts) => {
    expect(floatCounts(value, resolution)).toBe(counts)
  })

  it('gives back every count that a float32 can tell from its neighbours, and no other', () => {
    const resolutions = ['1', '0.1', '0.01', '0.001', '0.5', '2.5', '10'].map((text) => step(text))
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 26n }), fc.constantFrom(...resolutions), (count, resolution) => {
        const shown = (n: bigint) => Math.fround(Number(n * resolution.numerator) / Number(resolution.denominator))
        const counts = floatCounts(shown(count), resolution)
        // A float that also shows a neighbour may not be counted.
        const alone = shown(count) !== shown(count - 1n) && shown(count) !== shown(count + 1n)
        return alone ? counts === count || counts === 'unresolved' : counts === 'unresolved'
      }),
      { numRuns: 5000 },
    )
  })
})

describe('a float that counts in finer steps', () => {
  const finer = (text: string): FloatSteps => ({ ...step(text), finer: true })
  it.each<[string, number, bigint | string]>([
    ['thousandths, in hundredths', Math.fround(4392.588), 439_258n],
    ['a full step', Math.fround(4392.59), 439_259n],
    ['less than a step', Math.fround(0.009), 0n],
    ['a little below zero', -0.004, 'out-of-range'],
    ['too large to tell steps apart', Math.fround(131_072.01), 'unresolved'],
    ['not a number', Number.NaN, 'out-of-range'],
  ])('shows %s', (_name, value, counts) => {
    expect(floatCounts(value, finer('0.01'))).toBe(counts)
  })

  it('never counts more than there is, by one place of the float, leaves less than a step, and never goes back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000_000 }), fc.integer({ min: 0, max: 50 }), (thousandths, more) => {
        const shown = (n: number) => Math.fround(n / 1000)
        const counts = (n: number) => Number(floatCounts(shown(n), finer('0.01')))
        const place = 2 ** (Math.floor(Math.log2(Math.max(shown(thousandths), 1))) - 23)
        const left = shown(thousandths) - counts(thousandths) / 100
        return left >= -place * 1.001 && left < 0.01 && counts(thousandths + more) >= counts(thousandths)
      }),
      { numRuns: 5000 },
    )
  })
})

describe('the counts that a float can show', () => {
  it.each([
    ['1', 24, 2n ** 24n],
    ['0.01', 24, 13_107_200n],
    ['0.001', 24, 16_384_000n],
    ['2.5', 24, 13_421_772n],
    ['0.01', 53, 2n ** 46n * 100n],
  ] as const)('in steps of %s with %s bits are as many as it resolves', (text, bits, most) => {
    const resolution = step(text, bits)
    expect(resolvedCounts(resolution)).toBe(most)
    const shown = (count: bigint) => Number(count * resolution.numerator) / Number(resolution.denominator)
    const float = bits === 24 ? Math.fround : Number
    expect(floatCounts(float(shown(most - 1n)), resolution)).toBe(most - 1n)
    expect(floatCounts(float(shown(most + 2n)), resolution)).toBe('unresolved')
  })
})

describe('a rate', () => {
  it.each<[string, number | bigint | boolean | undefined, bigint | undefined]>([
    ['is rounded to a thousandth', 1234.5678, 1_234_568n],
    ['may be an integer beyond 2^53', 2n ** 60n, 2n ** 60n * 1000n],
    ['may be negative', -0.5, -500n],
    ['is nothing when it is no number', Number.NaN, undefined],
    ['is nothing when it is true', true, undefined],
    ['is nothing when it is absent', undefined, undefined],
  ])('%s', (_name, value, milli) => {
    expect(rateMilli(value)).toBe(milli)
  })
})
