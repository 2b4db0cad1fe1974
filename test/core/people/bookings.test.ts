/** What becomes of bookings as time passes: released, ended, forgotten; and by which time. */
import { describe, expect, it } from 'vitest'
import type { Booking, BookingStatus } from '../../../gateway/core/booking/booking.ts'
import type { MachineRow } from '../../../gateway/core/machine/change.ts'
import type { Pace } from '../../../gateway/core/machine/state.ts'
import { newTurn } from '../../../gateway/core/machine/turn.ts'
import { settleBookings } from '../../../gateway/core/people/bookings.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import { MACHINE } from '../../support/world.ts'
import { booking, entriesOf, envAt, HOUR_MS, machine, NOW, session } from '../support.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * HOUR_MS
const pace: Pace = { startedNs: undefined, shutNs: undefined, trail: [], windows: undefined, dueNs: 0n }
const minutesAgo = (minutes: number) => NOW.ns - BigInt(minutes * MINUTE_MS) * 1_000_000n
/** From and until, minutes after `NOW`; nobody came within 15 minutes: released. */
const booked = (from: number, until: number, over: Partial<Booking> = {}) =>
  booking({ startMs: NOW.ms + from * MINUTE_MS, endMs: NOW.ms + until * MINUTE_MS, ...over })
/** `believedMs`: relative to `NOW`. */
type Given = {
  readonly open?: Session
  readonly pace?: Partial<Pace>
  readonly beside?: Booking
  readonly row?: Partial<MachineRow>
  readonly believedMs?: number
}

function settled(item: Booking, { open, pace: over, beside, row, believedMs = 0 }: Given = {}) {
  const bookings = beside === undefined ? [item] : [item, beside]
  const m = machine({
    bookings,
    session: open,
    pace: { ...pace, ...over },
    ...(row ? { row: { machine: MACHINE, fencingCounter: 0, ...row } } : {}),
  })
  const turn = newTurn(m, envAt(0, { believedMs: NOW.ms + believedMs }))
  settleBookings(turn)
  return turn
}

describe('a booking', () => {
  it.each<[string, BookingStatus, Booking, Given]>([
    ['that nobody came to within its time is released', 'released', booked(-15, 60), {}],
    ['that somebody may still come to is held', 'held', booked(-14, 60), {}],
    ['whose tenant came is used', 'used', booked(-15, 60, { status: 'used' }), {}],
    [
      'is held while its tenant could not come in for as long',
      'held',
      booked(-60, 60),
      { pace: { shutNs: minutesAgo(14) } },
    ],
    ['is released once they could for long enough', 'released', booked(-60, 60), { pace: { shutNs: minutesAgo(15) } }],
    [
      'is held while its tenant could not come in, though the clock showed another day meanwhile',
      'held',
      booked(-60 - 1440, 60),
      { pace: { shutNs: minutesAgo(14) }, believedMs: -1440 * MINUTE_MS },
    ],
    ['that is over has ended, though nobody came', 'ended', booked(-60, 0), {}],
    ['that is over has ended', 'ended', booked(-60, 0, { status: 'used' }), {}],
    ['that is not over has not', 'used', booked(-60, 1, { status: 'used' }), {}],
    ['that is over and in use has not ended', 'used', booked(-60, 0, { status: 'used' }), { open: session() }],
    [
      'that is over and beside the one in use has ended',
      'ended',
      booked(-60, 0, { status: 'used' }),
      { open: session({ booking: 'b2' }) },
    ],
    ['that was cancelled stays so', 'cancelled', booked(-60, 0, { status: 'cancelled' }), {}],
    // The wall clock stepped an hour ahead and is not believed yet.
    ['goes by the time that is believed', 'held', booked(-60, 0), { believedMs: -HOUR_MS }],
  ])('%s', (_name, status, item, given) => {
    const turn = settled(item, given)
    expect(turn.m.bookings[0]).toEqual({ ...item, status })
    expect(turn.effects.length > 0).toBe(item.status !== status)
    expect(entriesOf(turn).map(({ kind, data }) => [kind, data])).toEqual(
      status === 'released' ? [['BookingCancelled', { booking: 'b1', version: 1, reason: 'no-show' }]] : [],
    )
  })

  const spent = { ms: 60_000, energyWh: 0, pieces: 2 }
  it.each<[string, BookingStatus, Booking, Given]>([
    ['that time alone had ended holds', 'held', booked(-5, 60, { status: 'ended' }), {}],
    ['that time had ended after a session of it is used', 'used', booked(-60, 60, { status: 'ended', spent }), {}],
    [
      'that time had ended while it is in use is used',
      'used',
      booked(-60, 60, { status: 'ended' }),
      { open: session() },
    ],
    ['that was used up has ended', 'ended', booked(-60, 60, { status: 'ended', spent, limits: { pieces: 2 } }), {}],
    ['that is over all the same has ended', 'ended', booked(-60, 0, { status: 'ended' }), {}],
    [
      'whose time somebody else has taken has ended',
      'ended',
      booked(-5, 60, { status: 'ended' }),
      { beside: booked(0, 30, { id: 'b2' }) },
    ],
    [
      'whose time the owner has blocked has ended',
      'ended',
      booked(-5, 60, { status: 'ended' }),
      { row: { blocks: [{ id: 'k1', fromMs: NOW.ms, untilMs: NOW.ms + HOUR_MS, by: 'owner', reason: 'own order' }] } },
    ],
    ['that was released before its time holds', 'held', booked(-14, 60, { status: 'released' }), {}],
    ['that was released in its time stays released', 'released', booked(-15, 60, { status: 'released' }), {}],
    [
      'that was released in its time stays so though the machine was shut since',
      'released',
      booked(-60, 60, { status: 'released' }),
      { pace: { shutNs: minutesAgo(0) } },
    ],
    ['that was cancelled stays cancelled', 'cancelled', booked(-5, 60, { status: 'cancelled' }), {}],
  ])('%s again, when the time has gone back', (_name, status, item, given) => {
    const turn = settled(item, given)
    expect(turn.m.bookings[0]).toEqual({ ...item, status })
    const isTold = item.status === 'released' && status === 'held'
    expect(entriesOf(turn).map(({ kind, data }) => [kind, data])).toEqual(
      isTold ? [['BookingRestored', { booking: 'b1', version: 1, reason: 'clock' }]] : [],
    )
  })

  const old = booking({ status: 'ended', startMs: NOW.ms - 2 * DAY_MS, endMs: NOW.ms - DAY_MS })
  it.each<[string, number, Booking, Given]>([
    ['a day after it is over', 0, old, {}],
    ['not before', 1, { ...old, endMs: old.endMs + 1 }, {}],
    ['not while it is in use', 1, { ...old, status: 'used' }, { open: session() }],
  ])('is forgotten here %s', (_name, left, item, given) => {
    const { m, effects } = settled(item, given)
    expect(m.bookings).toHaveLength(left)
    expect(effects).toEqual([])
  })

  it('is not forgotten before its end is kept, or a restart with another clock would find it held', () => {
    const { m } = settled({ ...old, status: 'held' }, {})
    expect(m.bookings.map(({ status }) => status)).toEqual(['ended'])
  })
})
