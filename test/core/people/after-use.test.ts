/** Between two tenants: clean-down, inspection, and the grace before the next booking, in virtual time. */

import { describe, expect, it } from 'vitest'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import { cleanDownUntil } from '../../../gateway/core/people/after-use.ts'
import { createWorld, machineConfig, type World } from '../../support/world.ts'
import { envAt, HOUR_MS, machine, NOW } from '../support.ts'

const MINUTE_MS = 60_000

function worldWith(over: Partial<MachineConfig>, cycleMs = 3000): World {
  const world = createWorld({ ...machineConfig, ...over }, cycleMs)
  world.run(1000)
  return world
}

/** acme used the machine and left it; bolt is booked from now on. */
function used(over: Partial<MachineConfig>): World {
  const world = worldWith(over)
  world.putBookings([world.booking()])
  world.unlock()
  world.run(1000)
  world.end()
  world.run(3000)
  world.putBookings([
    world.booking('b1', { status: 'ended' }),
    world.booking('bolt', { tenant: 'bolt' }),
    world.booking('again', {
      tenant: 'acme',
      startMs: world.booking().endMs,
      endMs: world.booking().endMs + MINUTE_MS,
    }),
  ])
  world.run(200)
  return world
}

const byBolt = (world: World) => world.unlock({ booking: world.booking('bolt', { tenant: 'bolt' }) })
/** The tenant of the last session, with a booking of now. */
function byAcme(world: World): number {
  world.putBookings([world.booking('mine', { tenant: 'acme' })])
  return world.unlock({ booking: world.booking('mine', { tenant: 'acme' }) })
}
const refusalOf = (world: World, command: number) => {
  const outcome = world.outcome(command)
  return outcome?.kind === 'refused' ? outcome.refusal : undefined
}
const availability = (world: World) => world.state.shown.availability

describe('the clean-down', () => {
  const config = { afterUse: { cleanDownMs: 2 * MINUTE_MS, inspection: 'none' } } as const

  it.each<[string, number, number, number | undefined]>([
    ['goes on after a boot', 0, -MINUTE_MS, MINUTE_MS],
    ['is over after a boot that took longer', 0, -3 * MINUTE_MS, undefined],
    ['begins anew after a boot, no more, when the clock was ahead', MINUTE_MS / 2, HOUR_MS, (MINUTE_MS * 3) / 2],
    ['is over in time after a boot, though the clock was ahead', 2 * MINUTE_MS, HOUR_MS, undefined],
  ])('%s', (_name, upMs, endedMs, leftMs) => {
    const env = { ...envAt(), now: { ms: NOW.ms, ns: BigInt(upMs) * 1_000_000n } }
    const lastUse = { session: 's', tenantRef: 't', endedAtMs: NOW.ms + endedMs, endedNs: '7', bootId: 'before' }
    const row = { machine: 'booth', fencingCounter: 1, lastUse }
    const untilMs = cleanDownUntil(env, machine({ config: { ...machineConfig, ...config }, row }))
    expect(untilMs && untilMs - NOW.ms).toBe(leftMs)
  })

  it('keeps other tenants out for its time, and says until when', () => {
    const world = used(config)
    expect(availability(world)).toMatchObject({ state: 'Finishing', reason: 'clean-down' })
    const refusal = refusalOf(world, byBolt(world))
    expect(refusal?.code).toBe('clean-down')
    world.run(Date.parse(String(refusal!.extra!.freeAt)) - world.booking().startMs - MINUTE_MS - world.ms + 200)
    expect(availability(world)?.state).toBe('Reserved')
    const command = byBolt(world)
    world.run(1000)
    expect(world.outcome(command)?.kind).toBe('session')
  })

  it('does not keep out the tenant who used it last', () => {
    const world = used(config)
    const command = byAcme(world)
    world.run(1000)
    expect(world.outcome(command)?.kind).toBe('session')
  })

  it('lasts its time over a restart and when the clock is set', () => {
    const world = used(config)
    world.kill()
    world.start()
    world.stepClock(3_600_000)
    world.run(1000)
    expect(availability(world)).toMatchObject({ state: 'Finishing', reason: 'clean-down' })
    world.stepClock(-7_200_000)
    world.run(2 * MINUTE_MS)
    expect(availability(world)?.reason).not.toBe('clean-down')
  })

  it('is counted in when the machine is said to be free, and until when', () => {
    const world = worldWith(config)
    const { startMs, endMs } = world.booking()
    world.putBookings([world.booking('later', { startMs: startMs + 10 * MINUTE_MS, endMs })])
    world.run(200)
    expect(availability(world)).toEqual({ state: 'Available', freeUntilMs: startMs + 8 * MINUTE_MS })
    world.run(8 * MINUTE_MS)
    // a clean-down would not be done in time, yet nobody is kept out before the booking begins
    expect(availability(world)).toEqual({ state: 'Available', freeUntilMs: startMs + 10 * MINUTE_MS })
    world.run(2 * MINUTE_MS)
    expect(availability(world)).toMatchObject({ state: 'Reserved', freeAtMs: endMs + 2 * MINUTE_MS })
  })
})

describe('the inspection', () => {
  const config = { afterUse: { cleanDownMs: 0, inspection: 'required' } } as const

  it('is awaited before another tenant, also after a restart', () => {
    const world = used(config)
    world.kill()
    world.start()
    world.run(1000)
    expect(availability(world)?.state).toBe('ToCheck')
    expect(refusalOf(world, byBolt(world))?.code).toBe('inspection-due')
  })

  it('lets the next tenant in once it is passed, and looks back on the session before', () => {
    const world = used(config)
    const [before] = [...world.durable.sessions.keys()]
    world.inspect(true, 'tenant', 't-bolt')
    world.run(200)
    expect(availability(world)?.state).toBe('Reserved')
    expect(world.durable.entries.find(({ kind }) => kind === 'InspectionRecorded')).toMatchObject({
      session: before,
      data: { passed: true, note: 'belt is fine', by: { role: 'tenant' }, tenant: 't-acme' },
    })
    const command = byBolt(world)
    world.run(1000)
    expect(world.outcome(command)?.kind).toBe('session')
  })

  it('is not passed by whoever left the machine', () => {
    const world = used(config)
    expect(refusalOf(world, world.inspect(true, 'tenant', 't-acme'))?.code).toBe('forbidden')
    world.run(200)
    expect(availability(world)?.state).toBe('ToCheck')
  })

  it('that failed blocks everybody until a technician passes it', () => {
    const world = used(config)
    world.inspect(false, 'tenant', 't-bolt')
    world.run(200)
    expect(availability(world)).toMatchObject({ state: 'Blocked', reason: 'inspection-failed' })
    expect(refusalOf(world, byBolt(world))?.code).toBe('inspection-failed')
    expect(refusalOf(world, byAcme(world))?.code).toBe('inspection-failed')
    for (const role of ['tenant', 'owner'] as const)
      expect(refusalOf(world, world.inspect(true, role, 'somebody'))?.code).toBe('forbidden')
    world.kill()
    world.start()
    world.run(1000)
    expect(availability(world)?.reason).toBe('inspection-failed')
    world.inspect(true)
    world.run(200)
    expect(availability(world)?.reason).not.toBe('inspection-failed')
  })

  it('can fail where none is asked for', () => {
    const world = used({})
    world.inspect(false, 'tenant', 't-bolt')
    world.run(200)
    expect(availability(world)?.reason).toBe('inspection-failed')
  })

  it('waits while a session is open', () => {
    const world = worldWith(config)
    world.putBookings([world.booking()])
    world.unlock()
    world.run(1000)
    expect(refusalOf(world, world.inspect(false))?.code).toBe('machine-in-use')
  })
})

describe('the grace', () => {
  /** A cycle of two minutes runs when the booking ends; the grace is one minute, the next booking begins after 40 s. */
  function overrunning(over: Partial<MachineConfig>, tenant = 'bolt'): World {
    const world = worldWith(over, 120_000)
    const end = world.booking().startMs + 80_000
    world.putBookings([
      world.booking('b1', { endMs: end }),
      world.booking('next', { tenant, startMs: end + 40_000, endMs: end + 3_600_000 }),
    ])
    world.unlock()
    world.run(1000)
    world.operator(true)
    world.run(2000)
    world.operator(false)
    world.until(() => world.kinds().includes('SessionFinishing'), 30_000)
    return world
  }
  const cleanDown = { afterUse: { cleanDownMs: 10_000, inspection: 'none' } } as const
  const late = (world: World) => world.durable.entries.some(({ data }) => data.overrun === true)

  it('is shorter by the clean-down when another tenant is next, and still cuts no cycle', () => {
    const world = overrunning(cleanDown)
    const end = world.booking().startMs + 80_000
    expect(availability(world)).toMatchObject({ state: 'Finishing', freeAtMs: end + 3_600_000 + 10_000 })
    world.run(29_000)
    expect(late(world)).toBe(false)
    world.run(2000)
    expect(late(world)).toBe(true)
    // it goes on, and nobody knows how long
    expect(availability(world)).toEqual({ state: 'Finishing', reason: 'session' })
    world.run(100_000)
    expect(world.machine.producedUnits).toBe(1)
  })

  it('is whole when the next booking is of the same tenant', () => {
    const world = overrunning(cleanDown, 'acme')
    world.run(55_000)
    expect(late(world)).toBe(false)
    world.run(10_000)
    expect(late(world)).toBe(true)
  })

  it('is over earlier for at-end too', () => {
    const world = overrunning({
      ...cleanDown,
      endOfBooking: { ...machineConfig.endOfBooking, policy: 'at-end' },
    })
    world.run(29_000)
    expect(world.plcState).toBe('finishing')
    world.run(3000)
    expect(world.writes.at(-1)!.words[4]).toBe(3)
  })

  it('does not begin anew with a restart, and what is made after it is told apart', () => {
    const world = overrunning({ afterUse: { cleanDownMs: 0, inspection: 'none' } }, 'acme')
    world.run(50_000)
    world.kill()
    world.run(1000)
    world.start()
    world.run(8000)
    expect(late(world)).toBe(false)
    world.run(4000)
    expect(late(world)).toBe(true)
    world.run(80_000)
    const ended = world.durable.entries.find(({ kind }) => kind === 'SessionEnded')!
    expect(ended.data.overrun).toContainEqual({ meter: 'booth/plc.parts', unit: 'pcs', quantity: '1' })
    const running = (list: unknown) => Number((list as { quantity: string }[])[0]?.quantity)
    const use = ended.data.use as { meter: string; quantity: string }[]
    const overrun = ended.data.overrun as typeof use
    const of = (lines: typeof use) => Number(lines.find(({ meter }) => meter.endsWith('running'))!.quantity)
    expect(running(overrun)).toBeGreaterThan(0)
    expect(of(overrun)).toBeLessThan(of(use))
  })

  it('owner-release keeps waiting for a person over a restart, and not once one has said so', () => {
    const world = overrunning({ endOfBooking: { ...machineConfig.endOfBooking, policy: 'owner-release' } }, 'acme')
    world.run(65_000)
    world.end('owner')
    world.run(500)
    world.kill()
    world.run(500)
    world.start()
    world.run(60_000)
    expect(world.kinds()).toContain('SessionEnded')
    expect(world.machine.producedUnits).toBe(1)
  })
})
