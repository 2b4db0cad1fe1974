/** Free times of a machine: what is taken is not in them, and everything else is. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import type { Block } from '../../../gateway/core/booking/plan.ts'
import { freeSlots } from '../../../gateway/core/booking/slots.ts'
import type { WindowsConfig } from '../../../gateway/core/ground/config.ts'
import { booking, HOUR_MS, NOW } from '../support.ts'

type Hours = readonly [from: number, until: number]
const at = (hours: number) => NOW.ms + hours * HOUR_MS
const booked = ([from, until]: Hours, over: Partial<Booking> = {}) =>
  booking({ id: `b${from}`, startMs: at(from), endMs: at(until), ...over })
const blocked = ([from, until]: Hours): Block => ({
  id: `k${from}`,
  fromMs: at(from),
  untilMs: at(until),
  reason: 'own order',
  by: 'huajian',
})

type Given = {
  readonly bookings?: readonly Booking[]
  readonly blocks?: readonly Block[]
  readonly cleanDownMs?: number
  readonly windows?: WindowsConfig
}
const free = ({ bookings = [], blocks = [], cleanDownMs = 0, windows }: Given, [from, until]: Hours, least = 0.25) =>
  freeSlots({ bookings, blocks, cleanDownMs, windows }, { fromMs: at(from), untilMs: at(until) }, least * HOUR_MS).map(
    ({ fromMs, untilMs }) => [(fromMs - NOW.ms) / HOUR_MS, (untilMs - NOW.ms) / HOUR_MS],
  )

describe('a machine is free', () => {
  it.each<[string, Given, Hours[]]>([
    ['the whole time when nothing is planned', {}, [[0, 10]]],
    [
      'before and after a booking',
      { bookings: [booked([4, 6])] },
      [
        [0, 4],
        [6, 10],
      ],
    ],
    [
      'not between two bookings without a gap',
      { bookings: [booked([2, 4]), booked([4, 6])] },
      [
        [0, 2],
        [6, 10],
      ],
    ],
    ['not in what has begun before', { bookings: [booked([-1, 3])] }, [[3, 10]]],
    ['not in what lasts beyond', { bookings: [booked([8, 12])] }, [[0, 8]]],
    ['again where a booking was cancelled', { bookings: [booked([4, 6], { status: 'cancelled' })] }, [[0, 10]]],
    [
      'less the clean-down on both sides',
      { bookings: [booked([4, 6])], cleanDownMs: HOUR_MS },
      [
        [0, 3],
        [7, 10],
      ],
    ],
    [
      'not in a block, also within a longer one',
      { blocks: [blocked([1, 8]), blocked([2, 3])] },
      [
        [0, 1],
        [8, 10],
      ],
    ],
    ['not for less than is asked for', { bookings: [booked([0.2, 4]), booked([4.2, 10])] }, []],
    ['never when all is taken', { blocks: [blocked([-1, 11])] }, []],
  ])('%s', (_name, given, slots) => {
    expect(free(given, [0, 10])).toEqual(slots)
  })

  it('outside the windows of the site, also weeks ahead', () => {
    const every = [0, 1, 2, 3, 4, 5, 6]
    const windows = { zone: 'UTC', list: [{ days: every, fromMinute: 22 * 60, toMinute: 6 * 60 }] }
    const ahead = { fromMs: Date.parse('2027-01-10T00:00Z'), untilMs: Date.parse('2027-01-12T00:00Z') }
    const slots = freeSlots({ bookings: [], blocks: [], cleanDownMs: 0, windows }, ahead, HOUR_MS)
    expect(slots.map(({ fromMs, untilMs }) => [fromMs, untilMs].map((ms) => new Date(ms).toISOString()))).toEqual([
      ['2027-01-10T06:00:00.000Z', '2027-01-10T22:00:00.000Z'],
      ['2027-01-11T06:00:00.000Z', '2027-01-11T22:00:00.000Z'],
    ])
  })
})

test('every hour is either taken or in exactly one slot', () => {
  const hours = fc
    .tuple(fc.integer({ min: -5, max: 30 }), fc.integer({ min: 1, max: 8 }))
    .map(([from, length]): Hours => [from, from + length])
  fc.assert(
    fc.property(fc.array(hours, { maxLength: 6 }), fc.array(hours, { maxLength: 4 }), (bookings, blocks) => {
      const slots = free({ bookings: bookings.map((each) => booked(each)), blocks: blocks.map(blocked) }, [0, 24], 1)
      for (let hour = 0; hour < 24; hour++) {
        const taken = [...bookings, ...blocks].some(([from, until]) => from <= hour && hour < until)
        expect(slots.filter(([from, until]) => from! <= hour && hour < until!)).toHaveLength(taken ? 0 : 1)
      }
    }),
  )
})
