/** What a count is worth by its signal and by its meter. */
import { expect, it } from 'vitest'
import { rightPerCount } from '../../config/check/unit.ts'

it.each<[string, string, bigint, string, ReturnType<typeof rightPerCount>]>([
  ['0.01', 'kWh', 10n, 'Wh', undefined],
  ['0.01', 'kWh', 1n, 'Wh', 10n],
  ['0.001', 'kWh', 1n, 'Wh', undefined],
  ['1', 'kWh', 1000n, 'Wh', undefined],
  ['10', 'Wh', 10n, 'Wh', undefined],
  ['1', 'kWh', 1n, 'kWh', undefined],
  ['0.1', 'Wh', 1n, 'Wh', 'not-whole'],
  ['0.1', 'Wh', 100n, 'mWh', undefined],
  ['1e-2', 'm3', 10n, 'l', undefined],
  ['0.01', 'm³', 1n, 'l', 10n],
  ['1', 'h', 60n, 'min', undefined],
  ['1', 'kWh', 1n, 'l', 'other-kind'],
  ['1', 'strokes', 5n, 'pcs', undefined],
  ['1', 'constructor', 5n, 'Wh', undefined],
])('a count of %s %s is %s %s: %s', (step, signalUnit, perCount, unit, right) => {
  expect(rightPerCount({ step, signalUnit, perCount, unit })).toBe(right)
})
