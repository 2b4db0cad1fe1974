/** What is changed of a booking between two puts: how far it may be extended, and when it may be handed over. */
import { describe, expect, it } from 'vitest'
import { decideHandOver, latestEnd, withEnd } from '../../../gateway/core/booking/amendment.ts'
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import { decidePut } from '../../../gateway/core/booking/decide.ts'
import { openDiary } from '../../../gateway/core/booking/diary.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const booking = (id: string, from: number, to: number, more: Partial<Booking> = {}): Booking => ({
  ...{ id, version: 1, machine: 'saw', tenant: 'acme', limits: {}, status: 'held', source: 'push' },
  startMs: from * HOUR,
  endMs: to * HOUR,
  ...more,
})

describe('the latest end', () => {
  const mine = booking('b', 1, 2, { status: 'used', terms: { lateStopMinutes: 120 } })
  const other = (from: number, more: Partial<Booking> = {}) =>
    booking('o', from, from + 1, { tenant: 'other', ...more })
  const cleanDownMs = HOUR / 2
  it.each([
    ['of a tenant is what the terms allow', [], [], 'tenant', 4],
    ['of a tenant without terms is the end', [{ ...mine, terms: {} }], [], 'tenant', 2],
    ['of the platform is that of the longest booking', [], [], 'platform', 1 + 31 * 24],
    ['is before the clean-down for the next tenant', [other(3)], [], 'platform', 2.5],
    ['needs no clean-down before the next booking of the same tenant', [other(3, { tenant: 'acme' })], [], 'tenant', 3],
    ['never is before the end that it has', [other(2)], [], 'tenant', 2],
    ['is no later for a clean-down that is longer than the booking', [other(2.25)], [], 'platform', 2, 3 * HOUR],
    ['is before a block of the owner', [], [{ fromMs: 2.25 * HOUR }], 'platform', 2.25],
    ['does not care for what was cancelled', [other(3, { status: 'cancelled' })], [], 'tenant', 4],
    ['does not care for what was before', [other(0)], [{ fromMs: 0 }], 'tenant', 4],
  ] as const)('%s', (_, others, blocks, by, hours, cleanMs: number = cleanDownMs) => {
    const own = others.find(({ id }) => id === 'b') ?? mine
    const taken = { bookings: [own, ...others], blocks: blocks as never, cleanDownMs: cleanMs }
    expect(latestEnd(own, taken, by) / HOUR).toBe(hours)
  })

  it('of one that was extended counts from the end that was put', () => {
    const taken = { bookings: [], blocks: [], cleanDownMs }
    expect(latestEnd(withEnd(mine, 3 * HOUR), taken, 'tenant') / HOUR).toBe(4)
  })
})

describe('a booking that was extended or given back', () => {
  const put = booking('b', 1, 2, { status: 'used' })
  const { status: _, source: __, ...input } = put
  const ground = { source: 'push', room: true } as const

  it.each([
    ['longer', withEnd(put, 3 * HOUR)],
    ['shorter', withEnd({ ...put, status: 'ended' }, 1.5 * HOUR)],
  ])('stays %s when the platform puts the same again, and is as the next version says', (_, moved) => {
    const diary = openDiary([moved])
    expect(decidePut(diary, input, ground)).toEqual({ kind: 'unchanged', booking: moved })
    const next = decidePut(diary, { ...input, version: 2, endMs: 2 * HOUR }, ground)
    expect(next).toMatchObject({ kind: 'put', booking: { endMs: 2 * HOUR, version: 2 } })
    expect(next.kind === 'put' && next.booking).not.toHaveProperty('putEndMs')
  })
})

describe('a hand-over', () => {
  const known = booking('b', 1, 2, { pin: 'hash', qualifications: ['saws'], spent: { ms: 1, energyWh: 0, pieces: 0 } })
  const asked = { id: 'b', version: 2, tenant: 'colleague' }

  it('keeps what was booked and used, and nothing of the tenant before', () => {
    const { pin: _, qualifications: __, ...kept } = known
    expect(decideHandOver(known, asked, false)).toEqual({ kind: 'handed-over', booking: { ...kept, ...asked } })
  })

  it.each([
    ['not-found', undefined, {}, false],
    ['booking-version', known, { version: 1 }, false],
    ['booking-in-use', known, {}, true],
    ['booking-cancelled', { ...known, status: 'cancelled' }, {}, false],
    ['booking-released', { ...known, status: 'released' }, {}, false],
    ['session-ended', { ...known, status: 'ended' }, {}, false],
  ] as const)('is refused: %s', (code, held, more, inUse) => {
    expect(decideHandOver(held, { ...asked, ...more }, inUse)).toMatchObject({ kind: 'refused', refusal: { code } })
  })

  it('that comes again changes nothing, even in use', () => {
    const done = { ...known, ...asked }
    expect(decideHandOver(done, asked, true)).toEqual({ kind: 'unchanged', booking: done })
  })

  it('lets the platform put the next version for the new tenant', () => {
    const { status: _, source: __, spent: ___, ...input } = { ...known, ...asked, version: 3, endMs: 2 * HOUR + DAY }
    const diary = openDiary([{ ...known, ...asked }])
    expect(decidePut(diary, input, { source: 'push', room: true }).kind).toBe('put')
    expect(decidePut(diary, { ...input, tenant: 'acme' }, { source: 'push', room: true }).kind).toBe('refused')
  })
})
