import { describe, expect, it } from 'vitest'
import { around, type Booking, type BookingInput, isNoShow } from '../../../gateway/core/booking/booking.ts'
import { decidePut, decideUse } from '../../../gateway/core/booking/decide.ts'
import { openDiary } from '../../../gateway/core/booking/diary.ts'

const H = 3_600_000
const input = (over: Partial<BookingInput> = {}): BookingInput => ({
  id: 'b1',
  version: 1,
  machine: 'saw',
  tenant: 'acme',
  startMs: 10 * H,
  endMs: 12 * H,
  limits: {},
  ...over,
})
const held = (over: Partial<Booking> = {}): Booking => ({ ...input(), status: 'held', source: 'push', ...over })

describe('putting a booking', () => {
  it.each([
    ['a new one is created', [], input(), { kind: 'put', created: true }],
    ['the same again changes nothing', [held()], input(), { kind: 'unchanged' }],
    ['a higher version moves it', [held()], input({ version: 2, endMs: 13 * H }), { kind: 'put', created: false }],
    [
      'the same version with other content is refused',
      [held()],
      input({ endMs: 13 * H }),
      { kind: 'refused', refusal: { code: 'booking-version' } },
    ],
    [
      'a lower version is refused',
      [held({ version: 3 })],
      input({ version: 2 }),
      { kind: 'refused', refusal: { code: 'booking-version' } },
    ],
    [
      'an overlap on the same machine is refused',
      [held({ id: 'b0', startMs: 11 * H, endMs: 14 * H })],
      input(),
      { kind: 'refused', refusal: { code: 'booking-conflict' } },
    ],
    ['back to back is no overlap', [held({ id: 'b0', startMs: 12 * H, endMs: 14 * H })], input(), { kind: 'put' }],
    ['an overlap on another machine is none', [held({ id: 'b0', machine: 'booth' })], input(), { kind: 'put' }],
    ['a cancelled one does not stand in the way', [held({ id: 'b0', status: 'cancelled' })], input(), { kind: 'put' }],
    ['end before start is refused', [], input({ endMs: 9 * H }), { kind: 'refused', refusal: { code: 'bad-request' } }],
    [
      'more than 31 days is refused',
      [],
      input({ endMs: 10 * H + 32 * 24 * H }),
      { kind: 'refused', refusal: { code: 'bad-request' } },
    ],
    [
      'the machine of a booking stays',
      [held()],
      input({ version: 2, machine: 'booth' }),
      { kind: 'refused', refusal: { code: 'booking-conflict' } },
    ],
    [
      'the start of a booking in use stays',
      [held({ status: 'used' })],
      input({ version: 2, startMs: 11 * H }),
      { kind: 'refused', refusal: { code: 'booking-in-use' } },
    ],
    [
      'the end of a booking in use can move, and it stays in use',
      [held({ status: 'used' })],
      input({ version: 2, endMs: 13 * H }),
      { kind: 'put', booking: { status: 'used' } },
    ],
  ] satisfies [string, Booking[], BookingInput, object][])('%s', (_name, known, put, expected) => {
    expect(decidePut(openDiary(known), put, { source: 'push', room: true })).toMatchObject(expected)
  })

  it('is refused when no more can be held', () => {
    expect(decidePut(openDiary([]), input(), { source: 'push', room: false })).toMatchObject({
      kind: 'refused',
      refusal: { code: 'too-many-bookings' },
    })
    expect(decidePut(openDiary([held()]), input({ version: 2 }), { source: 'push', room: false })).toMatchObject({
      kind: 'put',
    })
  })
})

describe('using a booking', () => {
  const early = 300_000
  it.each([
    ['within its time', [], held(), 11 * H, undefined],
    ['at its very start', [], held(), 10 * H, undefined],
    ['at its very end', [], held(), 12 * H, 'wrong-time'],
    ['a little early', [], held(), 10 * H - 200_000, undefined],
    ['too early', [], held(), 10 * H - 400_000, 'wrong-time'],
    [
      'early while another still holds',
      [held({ id: 'b0', startMs: 8 * H, endMs: 10 * H })],
      held(),
      10 * H - 200_000,
      'wrong-time',
    ],
    [
      'early after another was cancelled',
      [held({ id: 'b0', startMs: 8 * H, endMs: 10 * H, status: 'cancelled' })],
      held(),
      10 * H - 200_000,
      undefined,
    ],
    ['cancelled', [], held({ status: 'cancelled' }), 11 * H, 'booking-cancelled'],
    ['released', [], held({ status: 'released' }), 11 * H, 'booking-released'],
    ['again after a first session', [], held({ status: 'used' }), 11 * H, undefined],
  ] satisfies [string, Booking[], Booking, number, string | undefined][])(
    '%s',
    (_name, others, booking, nowMs, code) => {
      expect(decideUse([...others, booking], booking, nowMs, early)?.code).toBe(code)
    },
  )
})

describe('time', () => {
  it('finds what holds now and what is next', () => {
    const bookings = [
      held({ id: 'a', startMs: 8 * H, endMs: 9 * H }),
      held({ id: 'b' }),
      held({ id: 'd', startMs: 20 * H, endMs: 21 * H }),
      held({ id: 'c', startMs: 13 * H, endMs: 14 * H }),
    ]
    expect(around(bookings, 11 * H)).toMatchObject({ now: { id: 'b' }, next: { id: 'c' } })
    expect(around(bookings, 12.5 * H)).toEqual({ next: bookings[3] })
    expect(around(bookings, 30 * H)).toEqual({})
  })

  it('releases what nobody used in time, and nothing else', () => {
    expect(isNoShow(held(), 10 * H + 899_999, 900_000)).toBe(false)
    expect(isNoShow(held(), 10 * H + 900_000, 900_000)).toBe(true)
    expect(isNoShow(held({ status: 'used' }), 11 * H, 900_000)).toBe(false)
  })
})

describe('the PIN of a booking', () => {
  const first: BookingInput = {
    id: 'p1',
    version: 1,
    machine: 'saw',
    tenant: 'acme',
    startMs: 1_000,
    endMs: 2_000,
    limits: {},
    pin: 'hash-1',
  }
  const known: Booking = { ...first, status: 'held', source: 'push' }
  const { pin: _, ...without } = first

  it('stays when a put does not name one, whatever the version', () => {
    expect(decidePut(openDiary([known]), without, { source: 'push', room: true })).toMatchObject({
      kind: 'unchanged',
      booking: { pin: 'hash-1' },
    })
    expect(decidePut(openDiary([known]), { ...without, version: 2 }, { source: 'push', room: true })).toMatchObject({
      kind: 'put',
      booking: { version: 2, pin: 'hash-1' },
    })
  })

  it('comes with the put, when a token had brought the booking', () => {
    expect(
      decidePut(openDiary([{ ...without, status: 'used', source: 'token' }]), first, { source: 'push', room: true }),
    ).toMatchObject({
      kind: 'put',
      booking: { status: 'used', source: 'push', pin: 'hash-1' },
    })
  })

  it('changes only with a version', () => {
    expect(decidePut(openDiary([known]), { ...first, pin: 'hash-2' }, { source: 'push', room: true }).kind).toBe(
      'refused',
    )
    expect(
      decidePut(openDiary([known]), { ...first, version: 2, pin: 'hash-2' }, { source: 'push', room: true }),
    ).toMatchObject({
      kind: 'put',
      booking: { pin: 'hash-2' },
    })
  })
})
