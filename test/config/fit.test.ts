/** Whether what was read of a device can be what a profile says. */
import { expect, it } from 'vitest'
import { fitOf, isNamed, type Tried } from '../../config/fit.ts'

const volts: Tried = { name: 'voltage', unit: 'V', value: 231.4 }
const hertz: Tried = { name: 'frequency', unit: 'Hz', value: 50.02 }

it.each<[string, Tried[], string]>([
  ['a voltage and a frequency', [volts, hertz], 'fits'],
  [
    'zeros, which prove nothing',
    [
      { ...volts, value: 0 },
      { name: 'power', unit: 'W', value: 0 },
    ],
    'may',
  ],
  ['one that was refused', [volts, hertz, { name: 'energy', unit: 'kWh' }], 'not'],
  ['a voltage that cannot be', [{ ...volts, value: 65_535 }, hertz], 'not'],
  ['an integer read as a float', [volts, hertz, { name: 'x', value: 1e-41 }], 'not'],
  ['a serial number and a frequency', [{ name: 'serial', value: 'AB1234' }, hertz], 'fits'],
])('%s', (_, tried, kind) => {
  expect(fitOf(tried).kind).toBe(kind)
})

it.each([
  ['Carlo Gavazzi EM340-DIN', 'Carlo Gavazzi', 'EM330, EM340', true],
  ['Carlo Gavazzi EM112', 'Carlo Gavazzi', 'EM330, EM340', false],
  ['pymodbus Server', 'ABB', 'B23', false],
  ['', 'ABB', 'B23', false],
])('%j is called %s %s: %s', (said, maker, model, is) => {
  expect(isNamed(said, maker, model)).toBe(is)
})
