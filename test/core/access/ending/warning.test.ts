/** The warning before the end of a session: once for each end, in virtual time. */
import { describe, expect, it } from 'vitest'
import { unlocked } from '../../../support/unlocked.ts'
import { createWorld, machineConfig, type World } from '../../../support/world.ts'

const MINUTE_MS = 60_000

/** Unlocked at about 2 s; the booking ends 5 minutes after the start, the warning comes 2 minutes before. */
function open(over: Partial<ReturnType<World['booking']>> = {}, warnMs = 2 * MINUTE_MS): World {
  const world = createWorld({ ...machineConfig, endOfBooking: { ...machineConfig.endOfBooking, warnMs } })
  const { startMs } = world.booking()
  return unlocked(world, world.booking('b1', { endMs: startMs + 6 * MINUTE_MS, ...over }))
}

const warnings = (world: World) => world.durable.entries.filter(({ kind }) => kind === 'SessionWarned')
const endOf = (world: World) => world.state.session!.bookedUntilMs

describe('a session that nears its end', () => {
  it('is warned once, and not before its time', () => {
    const world = open()
    world.run(2 * MINUTE_MS)
    expect(warnings(world)).toHaveLength(0)
    world.run(2 * MINUTE_MS)
    expect(warnings(world).map(({ data }) => data)).toEqual([{ endsAt: new Date(endOf(world)).toISOString() }])
    expect(world.state.session!.warned).toMatchObject({ endsAtMs: endOf(world) })
  })

  it('is told when the next booking begins, not whose it is', () => {
    const world = open()
    const next = endOf(world) + 30 * MINUTE_MS
    world.putBookings([
      ...world.state.bookings,
      world.booking('b2', { tenant: 'other', startMs: next, endMs: next + MINUTE_MS }),
    ])
    world.run(4 * MINUTE_MS)
    expect(warnings(world)[0]!.data).toEqual({
      endsAt: new Date(endOf(world)).toISOString(),
      nextBookingAt: new Date(next).toISOString(),
    })
  })

  it('is warned anew once its booking was extended', () => {
    const world = open()
    world.run(4 * MINUTE_MS)
    const first = endOf(world)
    world.putBookings([world.booking('b1', { version: 2, status: 'used', endMs: first + 10 * MINUTE_MS })])
    world.run(MINUTE_MS)
    expect(warnings(world)).toHaveLength(1)
    world.run(8 * MINUTE_MS)
    expect(warnings(world).map(({ data }) => data.endsAt)).toEqual([
      new Date(first).toISOString(),
      new Date(first + 10 * MINUTE_MS).toISOString(),
    ])
  })

  it('is not warned again after a restart', () => {
    const world = open()
    world.run(4 * MINUTE_MS)
    world.kill()
    world.run(1000)
    world.start()
    world.run(30_000)
    expect(world.enabledNow).toBe(true)
    expect(warnings(world)).toHaveLength(1)
  })

  it('is warned of the end of its minutes too', () => {
    const world = open({ limits: { minutes: 3 } })
    world.run(90_000)
    expect(warnings(world)).toHaveLength(1)
    expect(endOf(world)).toBeLessThan(world.booking().startMs + 6 * MINUTE_MS)
  })

  it('is not warned where the site says 0', () => {
    const world = open({}, 0)
    world.run(7 * MINUTE_MS)
    expect(world.kinds()).toContain('SessionEnded')
    expect(warnings(world)).toHaveLength(0)
  })
})
