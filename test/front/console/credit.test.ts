/** What a person may say that a bill has too much of. */
import { expect, it, test } from 'vitest'
import { mostOf, type Takeable, takeablesOf, unitsOf } from '../../../gateway/front/console/model/credit.ts'
import type { Bill } from '../../../gateway/front/console/model/wire.ts'

type Line = Bill['lines'][number]
const FROM = '2026-06-01T10:00:00.000Z'
const meters = [{ meter: 'booth/plc.energy', begin: '1000', end: '1700' }]

const line = (more: Partial<Line>): Line => ({
  ...{ of: 'executing', when: 'use', why: '', from: FROM, meters: [], quantity: '90000' },
  ...{ free: '0', unit: 'ms', amount: '1', split: [] },
  ...more,
})
const bill = (...lines: Line[]): Bill => ({
  ...{ id: 's', machine: 'booth', tenant: 't', tariff: 'a@1', currency: 'CNY', endedAt: FROM, lines, adjustments: [] },
  ...{ net: '1', tax: '0', total: '1', split: [] },
})

it('clocks and meters can be taken out, each once, and what has no readings cannot', () => {
  const energy = line({ of: 'energy', meters, quantity: '700', unit: 'Wh' })
  const all = bill(line({}), energy, { ...energy, quantity: '200' }, line({ of: 'flat', quantity: '1', unit: 'use' }))
  const at = Date.parse(FROM)
  expect(takeablesOf(all)).toEqual([
    { of: 'executing', at, most: '90000', unit: 'ms' },
    { of: 'booth/plc.energy', at, most: '700', unit: 'Wh' },
  ])
  expect(takeablesOf(bill(line({ quantity: '0' }), line({ of: 'booked' })))).toEqual([])
})

const clock: Takeable = { of: 'executing', at: 0, most: '90000', unit: 'ms' }
const meter: Takeable = { of: 'booth/plc.energy', at: 0, most: '12345678901234567890', unit: 'Wh' }

test.each([
  ['1', clock, '60000'],
  [' 1.5 ', clock, '90000'],
  ['0,25', clock, '15000'],
  ['1.501', clock, undefined],
  ['1.5000', clock, undefined],
  ['12345678901234567890', meter, '12345678901234567890'],
  ['12345678901234567891', meter, undefined],
  ['1.5', meter, undefined],
  ['0', meter, undefined],
  ['-1', meter, undefined],
  ['', clock, undefined],
] as const)('%j is as many units as it says, or none', (text, of, units) => {
  expect(unitsOf(text, of)).toBe(units)
})

it('the most that is said is taken', () => {
  expect([mostOf(clock), mostOf({ ...clock, most: '100' }), mostOf(meter)]).toEqual(['1.5', '0.001', meter.most])
  for (const each of [clock, { ...clock, most: '100' }, meter]) expect(unitsOf(mostOf(each), each)).toBeDefined()
})
