import { describe, expect, it } from 'vitest'
import { bandsIn, holds, shownAt } from '../../../gateway/core/billing/hours.ts'

const at = Date.parse
const NIGHT = { hours: { from: 22 * 60, to: 6 * 60 } }
const element = (over: object) => ({
  id: 'e',
  of: 'booked',
  when: 'use' as const,
  price: '1',
  per: '1',
  tax: 't',
  ...over,
})

describe('days and hours of the wall', () => {
  it.each([
    ['2026-11-27T15:59:00Z', 'Asia/Shanghai', { day: 5, minute: 1439 }],
    ['2026-11-27T16:00:00Z', 'Asia/Shanghai', { day: 6, minute: 0 }],
    ['2026-10-25T00:59:00Z', 'Europe/Berlin', { day: 0, minute: 179 }],
    ['2026-10-25T01:00:00Z', 'Europe/Berlin', { day: 0, minute: 120 }],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', { day: 0, minute: 180 }],
    ['2026-04-04T14:59:00Z', 'Australia/Lord_Howe', { day: 0, minute: 119 }],
    ['2026-04-04T15:00:00Z', 'Australia/Lord_Howe', { day: 0, minute: 90 }],
    ['1969-12-31T23:30:00Z', 'Asia/Kathmandu', { day: 4, minute: 300 }],
  ])('%s in %s', (time, zone, shown) => expect(shownAt(at(time), zone)).toEqual(shown))

  it.each([
    ['an evening', { day: 5, minute: 22 * 60 }, true],
    ['its last minute', { day: 6, minute: 359 }, true],
    ['its end', { day: 6, minute: 360 }, false],
    ['the evening after', { day: 6, minute: 22 * 60 }, false],
    ['the morning before', { day: 5, minute: 0 }, false],
  ])('a Friday night: %s', (_, shown, expected) => expect(holds({ ...NIGHT, days: [5] }, shown)).toBe(expected))

  it('an hour that is shown twice belongs to its band twice, and one that is skipped never', () => {
    const tariff = { zone: 'Europe/Berlin', elements: [element({ hours: { from: 120, to: 180 } })] }
    const hours = (day: string) =>
      bandsIn(tariff, { fromMs: at(`${day}T22:00:00Z`) - 86_400_000, untilMs: at(`${day}T06:00:00Z`) }).map(
        ({ fromMs, untilMs }) => (untilMs - fromMs) / 3_600_000,
      )
    expect(hours('2026-10-25')).toEqual([2, 2, 4])
    expect(hours('2026-03-29')).toEqual([8])
    expect(hours('2026-06-17')).toEqual([2, 1, 5])
  })

  it('without days and hours nothing is cut, and an empty span is none', () => {
    const tariff = { zone: 'UTC', elements: [element({})] }
    expect(bandsIn(tariff, { fromMs: 1, untilMs: 90_000_000 })).toEqual([{ fromMs: 1, untilMs: 90_000_000 }])
    expect(bandsIn(tariff, { fromMs: 5, untilMs: 5 })).toEqual([])
  })
})
