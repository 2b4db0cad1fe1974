/** Days in a time zone: where they begin, also when clocks change, and that every moment is in exactly one. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { dayBounds, dayOf, dayStart, isDay, nextDay } from '../../../gateway/core/ground/day.ts'

const HOUR = 3_600_000

describe('a day begins', () => {
  it.each([
    ['2026-11-23', 'Asia/Shanghai', '2026-11-22T16:00:00.000Z', 24],
    ['2026-03-28', 'Europe/Berlin', '2026-03-27T23:00:00.000Z', 24],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z', 23],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z', 24],
    ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z', 25],
    ['2026-10-26', 'Europe/Berlin', '2026-10-25T23:00:00.000Z', 24],
    ['2026-01-01', 'UTC', '2026-01-01T00:00:00.000Z', 24],
    ['2026-07-01', 'Asia/Kathmandu', '2026-06-30T18:15:00.000Z', 24],
    ['2026-10-04', 'Australia/Lord_Howe', '2026-10-03T13:30:00.000Z', 23.5],
    ['2026-07-01', 'Pacific/Kiritimati', '2026-06-30T10:00:00.000Z', 24],
    // Midnight does not exist: the day begins at one.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z', 23],
    // Midnight comes twice: the day begins at the first.
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z', 25],
    // The zone jumped over this day.
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z', 0],
  ])('%s in %s at %s and lasts %d h', (day, zone, at, hours) => {
    const { fromMs, toMs } = dayBounds(day, zone)!
    expect(new Date(fromMs).toISOString()).toBe(at)
    expect((toMs - fromMs) / HOUR).toBe(hours)
  })
})

test('every moment lies between the bounds of its day', () => {
  const zones = fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Chatham', 'UTC')
  const moment = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) })
  fc.assert(
    fc.property(moment, zones, (ms, zone) => {
      const { fromMs, toMs } = dayBounds(dayOf(ms, zone), zone)!
      expect(fromMs <= ms && ms < toMs).toBe(true)
      expect(dayOf(toMs, zone)).toBe(nextDay(dayOf(ms, zone)))
      expect(dayOf(fromMs - 1, zone) < dayOf(fromMs, zone)).toBe(true)
    }),
  )
})

test.each(['2026-02-29', '2026-13-01', '2026-1-1', '1999-01-01', '2026-11-31', '', '2026-01-01T00:00:00Z'])(
  '%j is no day',
  (text) => expect([isDay(text), dayStart(text, 'UTC')]).toEqual([false, undefined]),
)
