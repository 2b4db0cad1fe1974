/** A quote counts what is expected by the meter that the tariff names. */
import { expect, it } from 'vitest'
import { quoteOf } from '../../../gateway/core/billing/quote.ts'
import type { Tariff } from '../../../gateway/core/billing/tariff.ts'

const FROM_MS = Date.parse('2026-11-24T08:00:00Z')
const expected = {
  ...{ machine: 'booth', owner: 'huajian', energyWh: 11_000, pieces: 40 },
  booked: { fromMs: FROM_MS, untilMs: FROM_MS + 3_600_000 },
}
const tariffOf = (energy: string, pieces: string): Tariff => ({
  ...{ id: 'a', version: 1, currency: 'CNY', digits: 2, zone: 'UTC', approvedBy: 'owners', freeCancellationMs: 0 },
  ...{ basis: 'use', taxIncluded: false, taxes: { t: '0' }, split: { parts: [], remainder: 'owners' } },
  elements: [
    { id: 'energy', of: energy, when: 'use', price: '0.80', per: '1000', tax: 't' },
    { id: 'pieces', of: pieces, when: 'use', price: '0.10', per: '1', tax: 't' },
  ],
})

it.each([
  ['the sum of all meters', 'energy', 'pieces', undefined, '12.80'],
  ['a meter that is named', 'energy.energy', 'plc.parts', { energy: 'energy.energy', pieces: 'plc.parts' }, '12.80'],
  ['a meter that is expected to count nothing', 'display.energy', 'pieces', { energy: 'energy.energy' }, '4.00'],
])('by %s', (_, energy, pieces, meters, total) => {
  const quote = quoteOf(tariffOf(energy, pieces), { ...expected, ...(meters === undefined ? {} : { meters }) })
  expect(quote.total).toBe(total)
})
