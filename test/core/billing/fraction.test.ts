import { describe, expect, it } from 'vitest'
import {
  cut,
  decimal,
  fraction,
  fractionText,
  minus,
  moneyText,
  over,
  plus,
  rounded,
  sum,
  times,
} from '../../../gateway/core/billing/fraction.ts'

describe('fractions', () => {
  it.each([
    ['0', '0'],
    ['12', '12'],
    ['0.85', '17/20'],
    ['-3.50', '-7/2'],
    ['0.000000000001', '1/1000000000000'],
  ])('%s is exactly %s', (text, exact) => expect(fractionText(decimal(text))).toBe(exact))

  it.each(['', '.5', '1.', '1e3', '01', '+1', '1,5', ' 1', '0x1', 'NaN', '1.0000000000001'])(
    '%j is no decimal',
    (text) => expect(() => decimal(text)).toThrow(RangeError),
  )

  it('a third three times is one', () => {
    const third = over(decimal('1'), decimal('3'))
    expect(fractionText(sum([third, third, third]))).toBe('1')
    expect(fractionText(minus(plus(third, third), times(third, third)))).toBe('5/9')
  })

  it.each([
    [1n, 200n, 2, '0.01'],
    [-1n, 200n, 2, '-0.01'],
    [4n, 1000n, 2, '0.00'],
    [25n, 1000n, 2, '0.03'],
    [35n, 1000n, 2, '0.04'],
    [5n, 2n, 0, '3'],
    [1n, 3n, 3, '0.333'],
  ])('%d/%d to %d decimals, half away from zero: %s', (top, bottom, digits, text) =>
    expect(moneyText(rounded(fraction(top, bottom), digits), digits)).toBe(text),
  )

  it('cut never goes away from zero', () => {
    expect(moneyText(cut(decimal('0.999'), 2), 2)).toBe('0.99')
    expect(moneyText(cut(decimal('-0.999'), 2), 2)).toBe('-0.99')
  })
})
