/** Until when and how far a session may go, and what its booking has spent after it. */
import { describe, expect, it } from 'vitest'
import type { Booking, Spent } from '../../../gateway/core/booking/booking.ts'
import type { Limits } from '../../../gateway/core/ground/config.ts'
import {
  deadlineAt,
  deadlineMoved,
  deadlineRebased,
  limitReached,
  spentAfter,
} from '../../../gateway/core/session/deadline.ts'
import { overrunUnits, sinceRebased } from '../../../gateway/core/session/overrun.ts'
import type { Session, StoppedReason } from '../../../gateway/core/session/session.ts'
import { BOOT, booking, envAt, HOUR_MS, NOW, nsAt, session } from '../support.ts'

const MINUTE_MS = 60_000
/** So many ms after `NOW`, on both clocks. */
const deadline = (ms: number) => ({ bookedUntilMs: NOW.ms + ms, deadlineNs: nsAt(ms).toString() })
const used = (meter: string, unit: string, quantity: string) => ({ meter, unit, quantity })

describe('a session that begins now ends', () => {
  it.each<[string, number, Limits, Partial<Booking>, Limits | undefined]>([
    ['with its booking', HOUR_MS, {}, {}, undefined],
    ['when its minutes are over', 20 * MINUTE_MS, { minutes: 20 }, { limits: { minutes: 20 } }, undefined],
    ['with its booking, when its minutes are longer', HOUR_MS, { minutes: 90 }, { limits: { minutes: 90 } }, undefined],
    [
      'when the minutes that are left are over',
      5 * MINUTE_MS,
      { minutes: 5 },
      { limits: { minutes: 20 }, spent: { ms: 15 * MINUTE_MS, energyWh: 0, pieces: 0 } },
      undefined,
    ],
    ['when the cap of an offline session is over', 10 * MINUTE_MS, { minutes: 10 }, {}, { minutes: 10 }],
    [
      'when its minutes are over, if they are less than the cap',
      5 * MINUTE_MS,
      { minutes: 5 },
      { limits: { minutes: 5 } },
      { minutes: 10 },
    ],
  ])('%s', (_name, ms, limits, over, caps) => {
    const found = deadlineAt(booking(over), caps, NOW.ns, NOW)
    expect(found).toEqual({
      limits,
      ...deadline(ms),
      bookingEnd: { ms: NOW.ms + HOUR_MS, ns: nsAt(HOUR_MS).toString() },
    })
  })

  it('a half hour ago has used up half an hour of its minutes', () => {
    const found = deadlineAt(booking({ limits: { minutes: 40 } }), undefined, nsAt(-30 * MINUTE_MS), NOW)
    expect(found).toMatchObject(deadline(10 * MINUTE_MS))
  })
})

describe('a booking that is moved under its session', () => {
  it.each<[string, number, Partial<Booking>, Partial<Session>]>([
    ['moves its end as far as its own was moved', 2 * HOUR_MS, { endMs: NOW.ms + 2 * HOUR_MS }, {}],
    ['moves it back as well', -MINUTE_MS, { endMs: NOW.ms - MINUTE_MS }, {}],
    // The wall clock was an hour behind when it began, and was set since.
    [
      'moves it on the clock that nobody sets',
      3 * HOUR_MS,
      { endMs: NOW.ms + 2 * HOUR_MS },
      { bookingEnd: { ms: NOW.ms + HOUR_MS, ns: nsAt(2 * HOUR_MS).toString() } },
    ],
    ['keeps its minutes from its begin', 10 * MINUTE_MS, { limits: { minutes: 40 } }, {}],
    [
      'keeps the cap of a session that began offline',
      -10 * MINUTE_MS,
      { endMs: NOW.ms + 2 * HOUR_MS },
      { offline: true },
    ],
  ])('%s', (_name, ms, over, open) => {
    const found = deadlineMoved(session(open), booking(over), { minutes: 20 }, NOW)
    expect(found.deadlineNs).toBe(nsAt(ms).toString())
  })

  it('was never moved before its own end was kept: then it goes by what it was booked until', () => {
    const { bookingEnd: _, ...old } = session()
    expect(deadlineMoved(old, booking({ endMs: NOW.ms + 2 * HOUR_MS }), {}, NOW)).toMatchObject(deadline(2 * HOUR_MS))
  })
})

describe('after a boot of the host', () => {
  it('what is left goes by the wall clock', () => {
    const open = session({ bookedUntilMs: NOW.ms + MINUTE_MS, deadlineNs: '7', beganNs: '7' })
    expect(deadlineRebased(open, NOW)).toEqual({
      deadlineNs: nsAt(MINUTE_MS).toString(),
      bookingEnd: { ms: NOW.ms + HOUR_MS, ns: nsAt(HOUR_MS).toString() },
      beganNs: nsAt(-HOUR_MS / 2).toString(),
    })
  })

  it.each<[string, Session['finishingSince'], string | undefined]>([
    ['an end goes on from when it began', { ms: NOW.ms - 5000, ns: '7' }, nsAt(-5000).toString()],
    ['an end that lies ahead has just begun', { ms: NOW.ms + 5000, ns: '7' }, nsAt(0).toString()],
    ['a session that is not ending has no such moment', undefined, undefined],
  ])('%s', (_name, finishingSince, ns) => {
    const open = session(finishingSince === undefined ? {} : { finishingSince })
    expect(sinceRebased(open, NOW).finishingSince?.ns).toBe(ns)
  })
})

describe('a limit', () => {
  const energy = used('booth/plc.energy', 'Wh', '500')
  it.each<[string, StoppedReason | undefined, Limits, Session['use']]>([
    ['of energy is reached by just as much', 'EnergyLimitReached', { energyWh: 500 }, [energy]],
    ['of energy is not reached by less', undefined, { energyWh: 501 }, [energy]],
    [
      'of energy sums its meters',
      'EnergyLimitReached',
      { energyWh: 900 },
      [energy, used('booth/aux.energy', 'Wh', '400')],
    ],
    ['of part of a watt-hour is reached by the whole below it', 'EnergyLimitReached', { energyWh: 500.9 }, [energy]],
    ['of pieces is reached by just as many', 'Other', { pieces: 3 }, [used('booth/plc.parts', 'pcs', '3')]],
    ['of pieces counts no energy', undefined, { pieces: 3 }, [energy]],
    ['that is not set is never reached', undefined, {}, [energy]],
  ])('%s', (_name, reason, limits, use) => {
    expect(limitReached(session({ limits, use }))).toBe(reason)
  })
})

describe('a session that is over has spent', () => {
  const use = [
    used('booth/plc.energy', 'Wh', '500'),
    used('booth/plc.parts', 'pcs', '3'),
    used('booth/plc.ms', 'ms', '9'),
  ]
  const HALF_MS = HOUR_MS / 2
  it.each<[string, Spent, Partial<Booking>, Partial<Session>]>([
    ['its time and units', { ms: HALF_MS, energyWh: 500, pieces: 3 }, {}, { use }],
    [
      'them beside what was spent before',
      { ms: HALF_MS + 1, energyWh: 502, pieces: 6 },
      { spent: { ms: 1, energyWh: 2, pieces: 3 } },
      { use },
    ],
    [
      'time by the wall clock over a boot of the host',
      { ms: HALF_MS, energyWh: 0, pieces: 0 },
      {},
      { bootId: 'old', beganNs: '7' },
    ],
    [
      'no time when the wall clock went back over it',
      { ms: 0, energyWh: 0, pieces: 0 },
      {},
      { bootId: 'old', intendedAtMs: NOW.ms + 1 },
    ],
  ])('%s', (_name, spent, over, open) => {
    expect(spentAfter(booking(over), session(open), envAt().now, BOOT)).toEqual(spent)
  })
})

describe('an overrun', () => {
  const overrun = { sinceMs: NOW.ms, use: [used('a', 'pcs', '3')] }
  it.each<[string, Session['use'], Partial<Session>]>([
    [
      'is what each meter made after the grace',
      [used('a', 'pcs', '2'), used('b', 'Wh', '7')],
      { overrun, use: [used('a', 'pcs', '5'), used('b', 'Wh', '7')] },
    ],
    ['leaves out a meter that made nothing since', [], { overrun, use: [used('a', 'pcs', '3')] }],
    ['is none within the grace', [], { use: [used('a', 'pcs', '5')] }],
  ])('%s', (_name, units, open) => {
    expect(overrunUnits(session(open))).toEqual(units)
  })
})
