/** Bookings in time: one tenant after the other, early, late, extended, with limits, and on clocks that step. */
import { describe, expect, it } from 'vitest'
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import { createWorld, machineConfig, type World } from '../../support/world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 0, 5, 8)

function unlock(world: World, id: string) {
  const command = world.unlock({ booking: world.state.bookings.find((booking) => booking.id === id)! })
  world.until(() => world.outcome(command) !== undefined, 3000)
  const outcome = world.outcome(command)
  return outcome?.kind === 'refused' ? outcome.refusal : outcome
}
function begun(bookings: Booking[], cycleMs = 3000): World {
  const world = createWorld(machineConfig, cycleMs)
  world.putBookings(bookings)
  world.run(1000)
  return world
}
const held = (id: string, fromMs: number, untilMs: number, over: Partial<Booking> = {}): Booking =>
  createWorld().booking(id, { startMs: START + fromMs, endMs: START + untilMs, ...over })
/** Another version of a booking as it is now. */
const change = (world: World, id: string, over: Partial<Booking>) =>
  world.putBookings(
    world.state.bookings.map((item) => (item.id === id ? { ...item, version: item.version + 1, ...over } : item)),
  )
const statusOf = (world: World, id: string) => world.state.bookings.find((booking) => booking.id === id)?.status

describe('one after the other', () => {
  it('the next tenant waits until the cycle of the one before is done, and is told until when at most', () => {
    const world = begun([held('a', -MINUTE, 10 * MINUTE), held('b', 10 * MINUTE, HOUR)], 47_000)
    expect(unlock(world, 'a')).toMatchObject({ kind: 'session' })
    // Who has it is told which session to end; the next one below is not.
    expect(unlock(world, 'a')).toMatchObject({ code: 'machine-in-use', extra: { session: 'session-1' } })
    world.operator(true)
    world.run(10 * MINUTE + 2000)
    expect(world.state.access.kind).toBe('Finishing')
    expect(unlock(world, 'b')).toEqual({
      code: 'machine-in-use',
      detail: 'the cycle of the previous session is not done',
      extra: { freeAt: new Date(START + 11 * MINUTE).toISOString() },
    })
    const writes = world.enables.length
    expect(writes).toBe(1)
    expect(world.until(() => world.state.session === undefined, MINUTE)).toBe(true)
    world.run(1000)
    expect(unlock(world, 'b')).toMatchObject({ kind: 'session' })
    // The cycle was never cut, and no unit of it went to the next.
    const use = world.durable.sessions.get('session-1')!.use.find(({ unit }) => unit === 'pcs')
    expect(Number(use!.quantity)).toBeGreaterThan(0)
    expect(world.edges.some(({ cause }) => cause === 'lapse')).toBe(false)
  })

  it('an early start takes nothing of another’s time, and may begin once that is free', () => {
    const world = begun([held('a', -MINUTE, 3 * MINUTE), held('b', 3 * MINUTE, HOUR)])
    expect(unlock(world, 'b')).toMatchObject({
      code: 'wrong-time',
      detail: 'another booking holds until this one begins',
    })
    change(world, 'a', { status: 'cancelled' })
    expect(unlock(world, 'b')).toMatchObject({ kind: 'session' })
  })

  it('earlier than an early start is too early', () => {
    expect(unlock(begun([held('b', 6 * MINUTE, HOUR)]), 'b')).toMatchObject({ code: 'wrong-time' })
  })

  it('who does not come in time loses the booking, and the time is free', () => {
    const world = begun([held('a', 0, HOUR)])
    world.run(15 * MINUTE)
    expect(statusOf(world, 'a')).toBe('released')
    expect(world.state.shown.availability).toEqual({ state: 'Available' })
    expect(unlock(world, 'a')).toMatchObject({ code: 'booking-released' })
    expect(world.durable.entries.find(({ kind }) => kind === 'BookingCancelled')?.data).toMatchObject({
      reason: 'no-show',
    })
  })

  it('who finds the machine still in use has not stayed away, and then has his time to come', () => {
    const world = begun([held('a', -MINUTE, 10 * MINUTE), held('b', 10 * MINUTE, 2 * HOUR)], 20 * MINUTE)
    unlock(world, 'a')
    world.run(9 * MINUTE)
    world.operator(true)
    world.run(17 * MINUTE)
    expect(world.state.access.kind).toBe('Finishing')
    expect(statusOf(world, 'b')).toBe('held')
    world.until(() => world.state.session === undefined, 10 * MINUTE)
    world.run(14 * MINUTE)
    expect(statusOf(world, 'b')).toBe('held')
    world.run(MINUTE + 1000)
    expect(statusOf(world, 'b')).toBe('released')
  })

  it('who finds a machine that is out of reach or in maintenance has not stayed away', () => {
    const world = begun([held('a', 0, 2 * HOUR)])
    world.link.up = false
    world.run(20 * MINUTE)
    world.link.up = true
    world.maintenance(true)
    world.run(20 * MINUTE)
    world.maintenance(false)
    world.run(MINUTE)
    expect(statusOf(world, 'a')).toBe('held')
    expect(unlock(world, 'a')).toMatchObject({ kind: 'session' })
  })

  it('what becomes of the next booking, or of the machine, is no entry of the session before', () => {
    const world = begun([held('a', -MINUTE, HOUR)])
    unlock(world, 'a')
    world.maintenance(true)
    world.run(MINUTE)
    world.maintenance(false)
    world.run(20 * MINUTE)
    const strays = world.durable.entries.filter(
      ({ kind, session }) => /^(Maintenance|Block|Booking|MeterSampled)/.test(kind) && session !== undefined,
    )
    expect(strays.map(({ kind }) => kind)).toEqual([])
    expect(world.kinds()).toContain('MaintenanceStarted')
  })

  it.each([10, 20, 30])(
    'a booking cancelled %d ms after the request stays so, whatever a token says of it',
    (afterMs) => {
      const world = begun([held('b1', -MINUTE, HOUR)])
      world.link.urgentDelayMs = 100
      const newer = { ...world.state.bookings[0]!, version: 2, source: 'token' as const }
      const command = world.unlock({ booking: newer, newBooking: true, jti: 'j' })
      world.run(afterMs)
      change(world, 'b1', { version: 1, status: 'cancelled' })
      world.until(() => world.outcome(command) !== undefined, 3000)
      expect(world.outcome(command)).toMatchObject({ refusal: { code: 'booking-cancelled' } })
      expect(world.enables).toEqual([])
      expect(statusOf(world, 'b1')).toBe('cancelled')
    },
  )

  it('who ends early may come again within his time: the platform, not the gateway, gives the rest away', () => {
    const world = begun([held('a', -MINUTE, HOUR), held('b', HOUR, 2 * HOUR)])
    unlock(world, 'a')
    world.end()
    world.run(10_000)
    expect(statusOf(world, 'a')).toBe('used')
    expect(world.state.shown.availability).toMatchObject({ state: 'Reserved', freeAtMs: START + 2 * HOUR })
    expect(unlock(world, 'a')).toMatchObject({ kind: 'session' })
    world.end()
    world.run(10_000)
    change(world, 'a', { endMs: START + 2 * MINUTE })
    world.run(2 * MINUTE)
    expect(statusOf(world, 'a')).toBe('ended')
    expect(world.state.shown.availability).toMatchObject({ state: 'Available', freeUntilMs: START + HOUR })
  })
})

describe('an extension while in use', () => {
  it.each([0, -2 * HOUR, 2 * HOUR, 5 * MINUTE])(
    'moves the end by as much as it was moved, the clock stepped by %d ms',
    (stepMs) => {
      const world = begun([held('a', -MINUTE, 10 * MINUTE)])
      unlock(world, 'a')
      world.run(MINUTE)
      world.stepClock(stepMs)
      change(world, 'a', { endMs: START + 20 * MINUTE })
      world.run(18 * MINUTE)
      expect(world.enabledNow).toBe(true)
      world.run(2 * MINUTE)
      expect(world.enabledNow).toBe(false)
      expect(world.durable.sessions.get('session-1')).toMatchObject({ stoppedReason: 'TimeLimitReached' })
    },
  )

  it('may also shorten it, and what was shortened may be extended again', () => {
    const world = begun([held('a', -MINUTE, HOUR)])
    unlock(world, 'a')
    change(world, 'a', { endMs: START + 5 * MINUTE })
    change(world, 'a', { endMs: START + 8 * MINUTE })
    world.run(7 * MINUTE)
    expect(world.enabledNow).toBe(true)
    world.run(MINUTE + 5000)
    expect(world.enabledNow).toBe(false)
  })

  it('goes on with its deadline over a restart', () => {
    const world = begun([held('a', -MINUTE, 10 * MINUTE)])
    unlock(world, 'a')
    change(world, 'a', { endMs: START + 20 * MINUTE })
    world.run(1000)
    world.kill()
    world.start()
    world.run(17 * MINUTE)
    expect(world.enabledNow).toBe(true)
    world.run(4 * MINUTE)
    expect(world.enabledNow).toBe(false)
  })
})

describe('limits', () => {
  it('of minutes are those of the booking, over all its sessions', () => {
    const world = begun([held('a', -MINUTE, HOUR, { limits: { minutes: 10 } })])
    unlock(world, 'a')
    world.run(6 * MINUTE)
    world.end()
    world.run(10_000)
    expect(unlock(world, 'a')).toMatchObject({ kind: 'session' })
    world.run(3 * MINUTE)
    expect(world.enabledNow).toBe(true)
    world.run(MINUTE + 5000)
    expect(world.enabledNow).toBe(false)
    expect(statusOf(world, 'a')).toBe('ended')
    expect(world.state.shown.availability).toEqual({ state: 'Available' })
  })

  it('of pieces let the cycle complete, and then there are none left', () => {
    const world = begun([held('a', -MINUTE, HOUR, { limits: { pieces: 3 } })])
    unlock(world, 'a')
    world.operator(true)
    world.run(MINUTE)
    world.operator(false)
    expect(world.enabledNow).toBe(false)
    expect(world.machine.producedUnits).toBeGreaterThanOrEqual(3)
    expect(world.machine.producedUnits).toBeLessThanOrEqual(4)
    expect(statusOf(world, 'a')).toBe('ended')
  })

  it('raised while in use hold at once', () => {
    const world = begun([held('a', -MINUTE, HOUR, { limits: { minutes: 5 } })])
    unlock(world, 'a')
    change(world, 'a', { limits: { minutes: 30 } })
    world.run(20 * MINUTE)
    expect(world.enabledNow).toBe(true)
    expect(world.state.session).toMatchObject({ limits: { minutes: 30 } })
  })
})
