/** The rules of the pages: what is live, how a state looks, where things stand, how numbers are said. */
import { describe, expect, it, test } from 'vitest'
import { labelOf } from '../../../gateway/front/console/model/label.ts'
import { ageOf, type Live, type LiveEvent, takeEvent, unheard } from '../../../gateway/front/console/model/live.ts'
import {
  clockText,
  durationParts,
  shift,
  showPower,
  showQuantity,
} from '../../../gateway/front/console/model/quantity.ts'
import { credentialIn, floorPath, routeOf } from '../../../gateway/front/console/model/route.ts'
import { countGroups, lateMs, shapeOf, toneOf } from '../../../gateway/front/console/model/state.ts'
import { stageOf, stepsDone } from '../../../gateway/front/console/model/tenant.ts'
import { barsOf, windowOf } from '../../../gateway/front/console/model/timeline.ts'
import { addPoint, noTrend, trendOf } from '../../../gateway/front/console/model/trend.ts'
import type { Card, Session, Viewer } from '../../../gateway/front/console/model/wire.ts'
import { availabilityStates } from '../../../gateway/reference/words.ts'

const card = (id: string, state = 'Available', more: Partial<Card> = {}): Card => ({
  machine: {
    ...{ id, name: { en: id }, owner: 'huajian', simulated: true, itemState: 'NotExecuting', mode: 'None' },
    ...{ access: 'Locked', availability: { state, maxAgeMs: 3_000 } },
  },
  kind: 'saw',
  maintenance: false,
  silent: 0,
  ...more,
})

describe('what is known of the floor', () => {
  const board: LiveEvent = { kind: 'board', machines: [card('a'), card('b')] }
  const beat: LiveEvent = { kind: 'beat', beat: { now: 1_000_000, asOf: [999_000, 0], power: [180, null], head: 7 } }
  const play = (...events: readonly (readonly [LiveEvent, number])[]): Live =>
    events.reduce((live, [event, atMs]) => takeEvent(live, event, atMs), unheard)

  it('is live with the first board, and ages between two beats', () => {
    const live = play([board, 100], [beat, 110])
    expect([live.connection, live.order, live.power.a, live.head]).toEqual(['live', ['a', 'b'], 180, 7])
    expect([ageOf(live, 'a', 110), ageOf(live, 'a', 2_110), ageOf(live, 'b', 110)]).toEqual([1_000, 3_000, undefined])
  })

  it('is lost within three seconds of the last beat, not before, and live again with the next', () => {
    const live = play([board, 100], [beat, 110], [{ kind: 'look' }, 2_500])
    expect(live.connection).toBe('live')
    const lost = takeEvent(live, { kind: 'look' }, 2_700)
    expect(lost.connection).toBe('lost')
    expect(lost.cards).toBe(live.cards)
    expect(takeEvent(lost, beat, 9_000).connection).toBe('live')
  })

  it('is lost at once when the connection ends', () => {
    expect(play([board, 100], [{ kind: 'closed' }, 200]).connection).toBe('lost')
  })

  it('changes one machine and leaves the others as they are', () => {
    const before = play([board, 100])
    const after = takeEvent(before, { kind: 'card', card: card('b', 'InUse') }, 200)
    expect(after.cards.a).toBe(before.cards.a)
    expect(after.cards.b?.machine.availability.state).toBe('InUse')
  })
})

describe('how a state looks', () => {
  it('no two states share a shape', () => {
    const shapes = Object.keys(availabilityStates).map(shapeOf)
    expect(new Set(shapes).size).toBe(shapes.length)
  })

  test.each([
    ['Available', undefined, 'calm'],
    ['InUse', 'session', 'calm'],
    ['InUse', 'foreign', 'warn'],
    ['Blocked', 'maintenance', 'notice'],
    ['Blocked', 'not-commissioned', 'warn'],
    ['OutOfOrder', 'emergency-stop', 'alarm'],
    ['Unknown', 'stale:board', 'unknown'],
    ['Newer', undefined, 'calm'],
  ])('%s because of %s is %s', (state, reason, tone) => {
    expect(toneOf({ state, ...(reason === undefined ? {} : { reason }) })).toBe(tone)
  })

  it('the floor is counted', () => {
    const cards = [card('a'), card('b', 'InUse'), card('c', 'Reserved'), card('d', 'OutOfOrder'), card('e', 'Unknown')]
    expect(countGroups(cards)).toEqual({ free: 1, taken: 2, closed: 0, broken: 1, unknown: 1 })
  })

  it('a booking is late once nobody has come for five minutes', () => {
    const now = { start: '2026-11-27T08:00:00Z', end: '2026-11-27T09:00:00Z', begun: false }
    const at = Date.parse(now.start)
    expect(lateMs(card('a', 'Reserved', { now }), at + 299_000)).toBeUndefined()
    expect(lateMs(card('a', 'Reserved', { now }), at + 300_000)).toBe(300_000)
    expect(lateMs(card('a', 'Reserved', { now: { ...now, begun: true } }), at + 300_000)).toBeUndefined()
  })
})

describe('numbers', () => {
  test.each([
    ['1234567', 'Wh', '1,234.567', 'kWh'],
    ['50', 'Wh', '0.05', 'kWh'],
    ['0', 'Wh', '0', 'kWh'],
    ['123456789012345678901234567890', 'Wh', '123,456,789,012,345,678,901,234,567.89', 'kWh'],
    ['42', 'pieces', '42', 'pieces'],
    ['-1500', 'Wh', '-1.5', 'kWh'],
  ])('%s %s is %s %s', (quantity, unit, value, shown) => {
    expect(showQuantity(quantity, unit, 'en-GB')).toEqual({ value, unit: shown })
  })

  it('nothing is lost on the way', () => {
    for (const text of ['0', '1', '999', '1000', '123456', '100200300']) {
      const [whole = '', fraction = ''] = shift(text, 3).split('.')
      expect(BigInt(whole + fraction.padEnd(3, '0'))).toBe(BigInt(text))
    }
  })

  it('power and times are said shortly', () => {
    expect([showPower(180, 'en-GB'), showPower(12_340, 'en-GB')]).toEqual([
      { value: '180', unit: 'W' },
      { value: '12.3', unit: 'kW' },
    ])
    expect([clockText(59_001), clockText(3_600_000), clockText(-5)]).toEqual(['1:00', '1:00:00', '0:00'])
    expect(durationParts(90_000_000)).toEqual([
      [1, 'd'],
      [1, 'h'],
    ])
  })

  it('a trend is bounded, in order, and has gaps', () => {
    let trend = noTrend
    for (let at = 0; at < 2_000; at++) trend = addPoint(trend, at, at % 7 === 0 ? null : at)
    expect([trend.at.length, trend.at.at(-1), trend.values[0]]).toEqual([1_800, 1_999, 200])
    expect(addPoint(trend, 1_999, 1)).toBe(trend)
  })
})

test('a trend of the gateway stands where its steps are, with gaps', () => {
  const { at, values } = trendOf({ from: '2026-11-27T08:00:00Z', stepMs: 300_000, values: [1, null, 3] })
  expect(at.map((s) => new Date(s * 1_000).toISOString().slice(11, 19))).toEqual(['08:02:30', '08:07:30', '08:12:30'])
  expect(values).toEqual([1, null, 3])
})

test('the floor is found as cards or plan, on a wall screen or not', () => {
  expect([floorPath(false, false), floorPath(true, false), floorPath(false, true), floorPath(true, true)]).toEqual([
    '/',
    '/?plan',
    '/?wall',
    '/?wall&plan',
  ])
})

test.each([
  ['/', { page: 'floor' }],
  ['/machines/saw-1', { page: 'machine', id: 'saw-1' }],
  ['/m/saw-1/', { page: 'tenant', id: 'saw-1' }],
  ['/m/Saw', { page: 'nowhere' }],
  ['/bench', { page: 'bench' }],
  ['/m/a/b', { page: 'nowhere' }],
  ['/constructor', { page: 'nowhere' }],
])('%s is a page', (path, route) => {
  expect(routeOf(path)).toEqual(route)
})

test('a credential is taken from the fragment only as it can be', () => {
  expect(credentialIn('#token=eyJhbGciOi.J9.c2ln-_nature')).toBe('Bearer eyJhbGciOi.J9.c2ln-_nature')
  for (const text of ['', '#token=', '#token=short', '#token=<script>alert(1)</script>', '#other=eyJhbGciOiJFUzI1NiJ9'])
    expect(credentialIn(text)).toBeUndefined()
})

describe('the label of a machine', () => {
  it('is the same each time, and another for another machine or site', () => {
    const ids = Array.from({ length: 300 }, (_, index) => `saw-${index}`)
    const codes = new Set(ids.map((id) => labelOf('site', id).code))
    expect(codes.size).toBeGreaterThan(295)
    expect(labelOf('site', 'saw-1')).toEqual(labelOf('site', 'saw-1'))
    expect(labelOf('site', 'saw-1').code).not.toBe(labelOf('other', 'saw-1').code)
  })

  it('has a picture that is the same left and right', () => {
    for (const row of labelOf('site', 'saw-1').picture) expect(row).toEqual(row.toReversed())
  })
})

describe('the day as a line', () => {
  const day = { fromMs: Date.UTC(2026, 10, 27), toMs: Date.UTC(2026, 10, 28) }
  const at = (hour: number) => new Date(day.fromMs + hour * 3_600_000).toISOString()

  it('shows what of a span lies within it, and an open use until now', () => {
    const spans = [
      { kind: 'booking', start: at(-2), end: at(6) },
      { kind: 'use', start: at(6) },
      { kind: 'booking', start: at(30), end: at(31) },
    ] as const
    const bars = barsOf(spans, day, day.fromMs + 12 * 3_600_000)
    expect(bars.map(({ left, width, open }) => [left, width, open])).toEqual([
      [0, 25, false],
      [25, 25, true],
    ])
  })

  it('is cut to the hours that matter, at least ten, rather those to come', () => {
    const now = day.fromMs + 13.5 * 3_600_000
    const hours = ({ fromMs, toMs }: typeof day) => [(fromMs - day.fromMs) / 3_600_000, (toMs - day.fromMs) / 3_600_000]
    expect(hours(windowOf(day, [], now))).toEqual([12, 22])
    expect(hours(windowOf(day, [{ kind: 'booking', start: at(6), end: at(22) }], now))).toEqual([5, 24])
    expect(hours(windowOf(day, [], now + 9 * 3_600_000))).toEqual([14, 24])
  })
})

describe('a tenant at a machine', () => {
  const viewer: Viewer = {
    ...{
      site: 's',
      timezone: 'UTC',
      version: '0',
      board: 'states',
      plan: false,
      idleMs: 1,
      logKeys: [],
      role: 'tenant',
      id: 'acme',
    },
    booking: { id: 'b', machine: 'saw-1', start: '2026-11-27T08:00:00Z', end: '2026-11-27T09:00:00Z', pin: false },
  }
  const now = Date.parse('2026-11-27T08:30:00Z')
  const session = { id: 'x', machine: 'saw-1', status: 'open' } as Session

  it('sees the stage of the use', () => {
    expect(stageOf(undefined, 'saw-1', undefined, now).kind).toBe('sign-in')
    expect(stageOf(viewer, 'mill-1', undefined, now)).toEqual({ kind: 'other-machine', machine: 'saw-1' })
    expect(stageOf(viewer, 'saw-1', undefined, now).kind).toBe('before')
    expect(stageOf(viewer, 'saw-1', undefined, now + 3_600_000).kind).toBe('over')
    expect(stageOf(viewer, 'saw-1', session, now + 3_600_000).kind).toBe('running')
    expect(stageOf(viewer, 'saw-1', { ...session, status: 'refused' }, now).kind).toBe('before')
  })

  it('sees a step as done only once it was seen', () => {
    expect(stepsDone({ access: 'Locked', session: false, confirmed: false })).toBe(0)
    expect(stepsDone({ access: 'Unlocking', session: false, confirmed: false })).toBe(1)
    expect(stepsDone({ access: 'Unlocked', session: true, confirmed: false })).toBe(3)
    expect(stepsDone({ access: 'Unlocked', session: true, confirmed: true })).toBe(4)
  })
})
