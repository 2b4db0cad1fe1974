/** Maintenance windows by the wall clock of a site, also when clocks change and over midnight. */

import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { wallClock, windowsAround } from '../../../gateway/core/booking/windows.ts'
import type { WindowsConfig } from '../../../gateway/core/ground/config.ts'

const DAY = 86_400_000
const every = [0, 1, 2, 3, 4, 5, 6]
const minuteOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
const daily = (zone: string, from: string, to: string, days = every): WindowsConfig => ({
  zone,
  list: [{ days, fromMinute: minuteOf(from), toMinute: minuteOf(to) }],
})
const spansOf = (windows: WindowsConfig, at: string) =>
  windowsAround(windows, Date.parse(at)).map(
    ({ fromMs, untilMs }) => `${new Date(fromMs).toISOString().slice(0, 16)} ${(untilMs - fromMs) / 60_000}`,
  )

describe('a window', () => {
  it.each([
    ['an ordinary day', daily('Asia/Shanghai', '22:00', '23:30'), '2026-11-23T04:00Z', '2026-11-23T14:00 90'],
    ['over midnight', daily('Asia/Shanghai', '22:00', '06:00'), '2026-11-23T04:00Z', '2026-11-23T14:00 480'],
    ['to midnight', daily('Europe/Berlin', '22:00', '24:00'), '2026-11-23T04:00Z', '2026-11-23T21:00 120'],
    ['from midnight to midnight', daily('UTC', '00:00', '00:00'), '2026-11-23T04:00Z', '2026-11-23T00:00 1440'],
    [
      'on a day of 1970, as a clock that was never set shows it',
      daily('Asia/Shanghai', '22:00', '23:30'),
      '1970-01-02T04:00Z',
      '1970-01-02T14:00 90',
    ],
    ['around a lost hour', daily('Europe/Berlin', '01:00', '04:00'), '2026-03-29T00:00Z', '2026-03-29T00:00 120'],
    [
      'around an hour that comes twice',
      daily('Europe/Berlin', '01:00', '04:00'),
      '2026-10-25T00:00Z',
      '2026-10-24T23:00 240',
    ],
    ['from within a lost hour', daily('Europe/Berlin', '02:30', '04:00'), '2026-03-29T00:00Z', '2026-03-29T01:00 60'],
    ['to within a lost hour', daily('Europe/Berlin', '01:00', '02:30'), '2026-03-29T00:00Z', '2026-03-29T00:00 60'],
    [
      'from within an hour that comes twice',
      daily('Europe/Berlin', '02:30', '04:00'),
      '2026-10-25T00:00Z',
      '2026-10-25T00:30 150',
    ],
    [
      'to within an hour that comes twice',
      daily('Europe/Berlin', '01:00', '02:30'),
      '2026-10-25T00:00Z',
      '2026-10-24T23:00 150',
    ],
    [
      'over midnight and a lost hour',
      daily('America/New_York', '23:00', '05:00'),
      '2026-03-08T04:00Z',
      '2026-03-08T04:00 300',
    ],
    [
      'over midnight and an hour twice',
      daily('America/New_York', '23:00', '05:00'),
      '2026-11-01T03:00Z',
      '2026-11-01T03:00 420',
    ],
    ['a half hour lost', daily('Australia/Lord_Howe', '01:00', '04:00'), '2026-10-03T14:30Z', '2026-10-03T14:30 150'],
    ['a half hour twice', daily('Australia/Lord_Howe', '01:00', '04:00'), '2026-04-04T14:00Z', '2026-04-04T14:00 210'],
  ])('%s', (_, windows, at, expected) => {
    expect(spansOf(windows, at)).toContain(expected)
  })

  it('that lies in a lost hour does not happen', () => {
    const spans = spansOf(daily('Europe/Berlin', '02:00', '03:00'), '2026-03-28T12:00Z')
    expect(spans).toContain('2026-03-28T01:00 60')
    expect(spans).toContain('2026-03-30T00:00 60')
    expect(spans.filter((span) => span.startsWith('2026-03-29'))).toEqual([])
  })

  it('happens on its days only, by the calendar of the site', () => {
    // Monday 02:00 in Shanghai is Sunday in UTC.
    expect(spansOf(daily('Asia/Shanghai', '02:00', '03:00', [1]), '2026-11-23T00:00Z')).toEqual([
      '2026-11-22T18:00 60',
      '2026-11-29T18:00 60',
    ])
  })
})

const zones = [
  'Asia/Shanghai',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kathmandu',
]
/** Days before a change of clocks somewhere, and any others. */
const moments = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01', '2011-12-30'),
      fc.integer({ min: -2 * DAY, max: 2 * DAY }),
    )
    .map(([day, offset]) => Date.parse(day) + offset),
  fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2040, 0, 1) }),
)
const formats = new Map(
  zones.map((zone) => [
    zone,
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }),
  ]),
)
const shown = (ms: number, zone: string) => formats.get(zone)!.format(ms)

test('the wall clock shows what was asked at the first and the last moment, and not before or after near them', () => {
  fc.assert(
    fc.property(moments, fc.integer({ min: 0, max: 1439 }), fc.constantFrom(...zones), (ms, minute, zone) => {
      const day = shown(ms, zone).slice(0, 10)
      const wanted = `${day} ${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00`
      const { firstMs, lastMs } = wallClock(day, minute, zone)
      if (shown(firstMs, zone) === wanted) {
        expect(shown(lastMs, zone)).toBe(wanted)
        // An earlier and a later one would be less than a day away.
        for (let step = 1_800_000; step < DAY; step += 1_800_000) {
          expect(shown(firstMs - step, zone)).not.toBe(wanted)
          expect(shown(lastMs + step, zone)).not.toBe(wanted)
        }
      } else {
        expect(firstMs).toBe(lastMs)
        expect(shown(firstMs - 1, zone) < wanted && shown(firstMs, zone) > wanted, `${wanted} in ${zone}`).toBe(true)
      }
    }),
    { numRuns: 400 },
  )
})

test('a moment is in a window when the wall clock says so, on any day without a change of clocks', () => {
  const minutes = fc.integer({ min: 0, max: 1439 })
  fc.assert(
    fc.property(
      moments,
      minutes,
      minutes,
      fc.constantFrom(...zones),
      fc.subarray(every),
      (ms, from, to, zone, days) => {
        const windows = { zone, list: [{ days, fromMinute: from, toMinute: to }] }
        const inside = windowsAround(windows, ms).some(({ fromMs, untilMs }) => fromMs <= ms && ms < untilMs)
        // Changed clocks within a day of it: the tables above say what holds.
        const offsets = [-2, -1, 0, 1, 2].map((n) => Date.parse(`${shown(ms + n * DAY, zone)}Z`) - (ms + n * DAY))
        if (offsets.some((offset) => Math.abs(offset - offsets[2]!) > 1000)) return
        const weekday = new Date(`${shown(ms, zone).slice(0, 10)}T00:00:00Z`).getUTCDay()
        const minute = minuteOf(shown(ms, zone).slice(11, 16))
        const today = days.includes(weekday) && minute >= from && (to <= from || minute < to)
        const sinceYesterday = days.includes((weekday + 6) % 7) && to <= from && minute < to
        expect(inside).toBe(today || sinceYesterday)
      },
    ),
    { numRuns: 500 },
  )
})

test('the windows of two neighbouring looks agree wherever both reach', () => {
  fc.assert(
    fc.property(moments, fc.integer({ min: -DAY, max: DAY }), fc.constantFrom(...zones), (ms, apart, zone) => {
      const windows = daily(zone, '22:00', '02:30')
      const near = (at: number) =>
        windowsAround(windows, at).filter(({ fromMs }) => fromMs > ms - DAY / 2 && fromMs < ms + 7 * DAY)
      expect(near(ms + apart)).toEqual(near(ms))
    }),
    { numRuns: 100 },
  )
})
