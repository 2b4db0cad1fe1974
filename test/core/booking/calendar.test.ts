/** The calendar of one machine as rules ask it: closed now, free from when and until when, which block may be put. */
import { describe, expect, it } from 'vitest'
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import {
  type Block,
  type Calendar,
  closedNow,
  decideBlock,
  freeAt,
  freeUntil,
  refuseClosed,
  remainingBlocks,
  windowsNear,
} from '../../../gateway/core/booking/plan.ts'
import type { Refusal } from '../../../gateway/core/ground/refusal.ts'
import { booking, HOUR_MS, NOW } from '../support.ts'

const DAY_MS = 24 * HOUR_MS
/** Hours after `NOW`. */
const at = (hours: number) => NOW.ms + hours * HOUR_MS
const span = (from: number, until: number) => ({ fromMs: at(from), untilMs: at(until) })
const block = (from: number, until: number, over: Partial<Block> = {}): Block => ({
  id: 'k1',
  reason: 'own order',
  by: 'huajian',
  ...span(from, until),
  ...over,
})
const booked = (from: number, until: number, over: Partial<Booking> = {}) =>
  booking({ id: `b${from}`, startMs: at(from), endMs: at(until), ...over })
const windows = (...spans: readonly (readonly [number, number])[]) => ({
  atMs: NOW.ms,
  spans: spans.map(([from, until]) => span(from, until)),
})
const calendar = (over: Partial<Calendar>): Calendar => ({
  bookings: [],
  blocks: [],
  windows: undefined,
  cleanDownMs: 0,
  ...over,
})

describe('a machine is closed', () => {
  it.each<[string, string | undefined, Partial<Calendar>]>([
    ['by a block that lasts', 'owner-block', { blocks: [block(-1, 1)] }],
    ['by a block from its first moment', 'owner-block', { blocks: [block(0, 1)] }],
    ['not by a block in its last moment', undefined, { blocks: [block(-1, 0)] }],
    ['by a maintenance window', 'maintenance-window', { windows: windows([-1, 1]) }],
    ['by the owner before a window', 'owner-block', { blocks: [block(-1, 1)], windows: windows([-1, 1]) }],
    ['not by a booking', undefined, { bookings: [booked(-1, 1)] }],
    ['not by what is planned later', undefined, { blocks: [block(1, 2)], windows: windows([1, 2]) }],
  ])('%s', (_name, kind, over) => {
    expect(closedNow(calendar(over), NOW.ms)?.kind).toBe(kind)
  })

  it.each<[string, Refusal | undefined, Partial<Calendar>]>([
    [
      'and says why and until when',
      {
        code: 'machine-blocked',
        detail: 'blocked by its owner: own order',
        extra: { reason: 'owner-block', freeAt: new Date(at(1)).toISOString() },
      },
      { blocks: [block(-1, 1)] },
    ],
    [
      'and says what a window without a reason is',
      {
        code: 'machine-blocked',
        detail: 'maintenance window',
        extra: { reason: 'maintenance-window', freeAt: new Date(at(1)).toISOString() },
      },
      { windows: windows([-1, 1]) },
    ],
    ['or it is not', undefined, {}],
  ])('%s', (_name, refusal, over) => {
    expect(refuseClosed(calendar(over), NOW.ms)).toEqual(refusal)
  })
})

describe('a machine is free', () => {
  const daily = Array.from({ length: 10 }, (_, day) => [24 * day, 24 * day + 24] as const)
  const row = (count: number) => Array.from({ length: count }, (_, hour) => booked(hour, hour + 1))
  it.each<[string, number | undefined, Partial<Calendar>]>([
    ['at once, when nothing is planned', 0, {}],
    ['at once, when nothing is planned yet', 0, { bookings: [booked(1, 2)] }],
    ['after the booking that holds', 1, { bookings: [booked(-1, 1)] }],
    ['after its clean-down', 1.5, { bookings: [booked(-1, 1)], cleanDownMs: HOUR_MS / 2 }],
    [
      'after what follows without a gap',
      4,
      { bookings: [booked(-1, 1), booked(2, 3)], blocks: [block(1, 2)], windows: windows([3, 4]) },
    ],
    ['in the first gap', 1, { bookings: [booked(-1, 1), booked(1.1, 3)] }],
    [
      'after a booking that begins within the clean-down',
      3,
      { bookings: [booked(-1, 1), booked(1.4, 2.5)], cleanDownMs: HOUR_MS / 2 },
    ],
    ['at once, when a booking that holds was cancelled', 0, { bookings: [booked(-1, 1, { status: 'cancelled' })] }],
    ['at once, when its booking has ended', 0, { bookings: [booked(-2, 0)], cleanDownMs: HOUR_MS }],
    [
      'at no time that is known, when windows go on past those that were looked up',
      undefined,
      { windows: windows(...daily) },
    ],
    ['after bookings that go on for long', 999, { bookings: row(999) }],
    ['at no time that is known behind more than a thousand', undefined, { bookings: row(1001).reverse() }],
  ])('%s', (_name, hours, over) => {
    const found = freeAt(calendar(over), NOW.ms)
    expect(found).toBe(hours === undefined ? undefined : at(hours))
  })

  it.each<[string, number | undefined, Partial<Calendar>]>([
    ['without end, when nothing is planned', undefined, {}],
    ['until the next booking', 2, { bookings: [booked(3, 4), booked(2, 3)] }],
    ['until the clean-down for the next booking', 1.5, { bookings: [booked(2, 3)], cleanDownMs: HOUR_MS / 2 }],
    [
      'until the next booking, once its clean-down should have begun',
      2,
      { bookings: [booked(2, 3)], cleanDownMs: 3 * HOUR_MS },
    ],
    ['until the next block', 1, { blocks: [block(1, 2)], bookings: [booked(2, 3)] }],
    ['until the next window', 1, { windows: windows([-1, -0.5], [1, 2]) }],
    [
      'without end, when the next booking was released',
      undefined,
      { bookings: [booked(2, 3, { status: 'released' })] },
    ],
  ])('%s', (_name, hours, over) => {
    expect(freeUntil(calendar(over), NOW.ms)).toBe(hours === undefined ? undefined : at(hours))
  })
})

describe('a block', () => {
  const known = [block(10, 11), block(20, 21, { id: 'k2' })]
  it.each<[string, string, Block, Partial<Calendar>, number]>([
    ['of a free time is put', 'put', block(2, 3), {}, 1],
    ['of a time that has begun is put', 'put', block(-1, 1), {}, 1],
    ['put again is unchanged, also where no more are held', 'unchanged', block(10, 11), { blocks: known }, 2],
    ['that is known may be moved, also where no more are held', 'put', block(12, 13), { blocks: known }, 2],
    ['that is known may get another reason', 'put', block(10, 11, { reason: 'paint' }), { blocks: known }, 2],
    ['beside a cancelled booking is put', 'put', block(2, 3), { bookings: [booked(2, 3, { status: 'cancelled' })] }, 1],
    ['of just the time between two bookings is put', 'put', block(2, 3), { bookings: [booked(1, 2), booked(3, 4)] }, 1],
    ['that ends as it begins is refused', 'bad-request', block(2, 2), {}, 1],
    ['that is over is refused', 'bad-request', block(-1, 0), {}, 1],
    ['beyond those that may be held is refused', 'too-many-blocks', block(2, 3, { id: 'k3' }), { blocks: known }, 2],
    ['of booked time is refused', 'booking-conflict', block(2, 3), { bookings: [booked(2.9, 4)] }, 1],
    [
      'of time in use is refused',
      'booking-conflict',
      block(2, 3),
      { bookings: [booked(-1, 2.1, { status: 'used' })] },
      1,
    ],
  ])('%s', (_name, kind, given, over, most) => {
    const decision = decideBlock(calendar(over), given, NOW.ms, most)
    expect(decision.kind === 'refused' ? decision.refusal.code : decision.kind).toBe(kind)
    if (decision.kind !== 'put') return
    expect(decision.created).toBe(over.blocks === undefined)
    expect(decision.blocks).toEqual([...(over.blocks ?? []).filter(({ id }) => id !== given.id), given])
  })

  it('is forgotten a day after it is over, and nothing is made anew before', () => {
    const blocks = [block(-30, -24 + 1 / HOUR_MS), block(-30, -24, { id: 'k2' })]
    expect(remainingBlocks(blocks, NOW.ms)).toEqual([blocks[0]])
    expect(remainingBlocks(blocks.slice(0, 1), NOW.ms)).toEqual(blocks.slice(0, 1))
    const kept = blocks.slice(0, 1)
    expect(remainingBlocks(kept, NOW.ms)).toBe(kept)
  })
})

describe('windows near a moment', () => {
  const config = { zone: 'UTC', list: [{ days: [1], fromMinute: 0, toMinute: 60 }] }
  it.each<[string, number, boolean]>([
    ['are kept for a day', DAY_MS, true],
    ['are kept for a day when the clock goes back', -DAY_MS, true],
    ['are made anew after it', DAY_MS + 1, false],
    ['are made anew when the clock goes back further', -DAY_MS - 1, false],
  ])('%s', (_name, ms, kept) => {
    const known = windows([0, 1])
    const found = windowsNear(known, config, NOW.ms + ms)
    expect(found === known).toBe(kept)
    expect(found?.atMs).toBe(kept ? NOW.ms : NOW.ms + ms)
  })

  it('are none where the site has none, and made where none are known', () => {
    expect(windowsNear(windows([0, 1]), undefined, NOW.ms)).toBeUndefined()
    expect(windowsNear(undefined, config, NOW.ms)?.spans.length).toBeGreaterThan(0)
  })
})
