/** Which bookings that nobody used carry a bill. */
import { expect, it } from 'vitest'
import type { Tariff } from '../../../gateway/core/billing/tariff.ts'
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import { missedJson } from '../../../gateway/core/session/missed.ts'
import { booking, HOUR_MS, machine, NOW } from '../support.ts'

const tariff: Tariff = {
  ...{ id: 'booth', version: 1, currency: 'CNY', digits: 2, zone: 'Asia/Shanghai', approvedBy: 'owners' },
  ...{ freeCancellationMs: 24 * HOUR_MS, basis: 'use', taxIncluded: false, taxes: { t: '0' } },
  validUntil: '2026-12-31',
  elements: [
    { id: 'missed', of: 'flat', when: 'no-show', price: '20', per: '1', tax: 't' },
    { id: 'late', of: 'flat', when: 'cancellation', price: '10', per: '1', tax: 't' },
  ],
  split: { parts: [], remainder: 'owners' },
}
const { elements } = tariff
const noShow = { when: 'no-show' } as const
const givenUp = (hoursBefore: number) => ({ when: 'cancellation', atMs: NOW.ms - hoursBefore * HOUR_MS }) as const
const held = booking({ startMs: NOW.ms, endMs: NOW.ms + HOUR_MS, tariff: 'booth@1', class: 'inside' })

it.each<[string, boolean, Booking, Parameters<typeof missedJson>[1], Partial<Tariff>, string?]>([
  ['nobody came', true, held, noShow, {}],
  ['given up within the day before', true, held, givenUp(23), {}],
  ['given up a day before', false, held, givenUp(24), {}],
  ['somebody came', false, { ...held, status: 'used' }, noShow, {}],
  ['somebody had come before', false, { ...held, spent: { ms: 1, energyWh: 0, pieces: 0 } }, noShow, {}],
  ['it was released before', false, { ...held, status: 'released' }, givenUp(1), {}],
  ['its tariff asks nothing for it', false, held, noShow, { elements: [elements[1]!] }],
  ['its tariff is over by then', false, held, noShow, { validUntil: '2020-01-01' }],
  ['its tariff is not known', false, { ...held, tariff: 'other@1' }, noShow, {}],
  ['no entry ever named the tenant', false, held, noShow, {}, 'unknown'],
])('a booking carries a bill: %s, %s', (_, billed, missed, when, over, tenant) => {
  const tariffs = new Map([['booth@1', { ...tariff, ...over }]])
  const tenantRef = tenant === undefined ? 't-1' : undefined
  const { config } = machine()
  expect(missedJson(missed, when, { config, tariffs, tenantRef })).toEqual(
    billed
      ? {
          tenant: 't-1',
          shares: [{ owner: config.owner, percent: '100' }],
          billing: { tariff: 'booth@1', class: 'inside', bookedFrom: held.startMs, bookedUntil: held.endMs },
        }
      : {},
  )
})
