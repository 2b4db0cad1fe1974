/** A technician uses a machine without a booking: what holds them back, and what does not, in virtual time. */

import { describe, expect, it } from 'vitest'
import { OVERRIDE } from '../../../gateway/core/booking/booking.ts'
import { overrideBooking, personOf } from '../../../gateway/core/booking/override.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import { createWorld, MACHINE, machineConfig, type World } from '../../support/world.ts'

const override = { reason: 'try the new belt', by: { role: 'technician', key: 'k1', name: 'Wang' } }
const HOUR_MS = 3_600_000

function ask(world: World, mostMs = HOUR_MS): number {
  const booking = overrideBooking(MACHINE, 'k1', world.booking().startMs + 60_000 + world.ms, mostMs)
  return world.unlock({ booking, override })
}

function started(over: Partial<MachineConfig> = {}): World {
  const world = createWorld({ ...machineConfig, ...over })
  world.run(1000)
  return world
}

const entries = (world: World, kind: string) => world.durable.entries.filter((entry) => entry.kind === kind)

describe('an override', () => {
  it.each<[string, Partial<MachineConfig>, (world: World) => void]>([
    ['no booking', {}, () => {}],
    ["another's booking", {}, (world) => world.putBookings([world.booking()])],
    ['no commissioning', { simulated: false }, () => {}],
    ['maintenance', {}, (world) => world.maintenance(true)],
    ['a failed inspection', {}, (world) => world.inspect(false)],
    [
      'no contact with the platform',
      { offline: { policy: 'none', caps: {} } },
      (world) => {
        world.gates.offline = true
      },
    ],
  ])('is not held back by %s', (_name, config, arrange) => {
    const world = started(config)
    arrange(world)
    world.run(500)
    const command = ask(world)
    world.run(1500)
    expect(world.outcome(command)).toMatchObject({
      kind: 'session',
      session: { booking: OVERRIDE, tenant: personOf('k1'), override: true },
    })
    const session = world.state.session!.id
    expect(entries(world, 'Override')).toMatchObject([
      { session, data: { reason: 'try the new belt', by: { name: 'Wang' } } },
    ])
    expect(world.durable.bookings.has(OVERRIDE)).toBe(false)
  })

  it.each([-86_400_000, 86_400_000])(
    'lasts as long as it may, though the clock is set by %i ms meanwhile',
    (stepMs) => {
      const world = started()
      const command = ask(world, 20_000)
      world.stepClock(stepMs)
      world.run(1500)
      expect(world.outcome(command)).toMatchObject({ kind: 'session', session: { override: true } })
      world.run(17_000)
      expect(world.state.access.kind).toBe('Unlocked')
      world.run(10_000)
      expect(world.state.session).toBeUndefined()
    },
  )

  it.each<[string, (world: World) => void, string]>([
    ['an emergency stop', (world) => world.happen({ kind: 'emergency-stop', pressed: true }), 'machine-not-ready'],
    ['an open guard', (world) => world.happen({ kind: 'guard', open: true }), 'machine-not-ready'],
    [
      'a machine that cannot be read',
      (world) => {
        world.link.up = false
      },
      'not-fresh',
    ],
    [
      'a ledger that is not shown to be whole',
      (world) => {
        world.gates.ledgerProven = false
      },
      'ledger-unproven',
    ],
    [
      'a full disk',
      (world) => {
        world.gates.diskOk = false
      },
      'ledger-full',
    ],
    [
      'a clock that is not trusted',
      (world) => {
        world.gates.timeTrusted = false
      },
      'time-untrusted',
    ],
    [
      'a session that is open',
      (world) => {
        world.putBookings([world.booking()])
        world.unlock()
      },
      'machine-in-use',
    ],
  ])('is held back by %s, like everybody', (_name, arrange, code) => {
    const world = started()
    arrange(world)
    world.run(5000)
    const written = world.enables.length
    const command = ask(world)
    world.run(5000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code } })
    expect(world.enables).toHaveLength(written)
    expect(entries(world, 'Override')).toHaveLength(0)
  })

  it('is metered as a session, and ends with MasterPass', () => {
    const world = started()
    ask(world)
    world.run(1000)
    world.operator(true)
    world.run(6500)
    world.operator(false)
    world.end('technician')
    world.run(8000)
    const [ended] = entries(world, 'SessionEnded')
    expect(ended!.data).toMatchObject({ booking: OVERRIDE, override: true, stoppedReason: 'MasterPass' })
    expect(ended!.data.use).toContainEqual({
      meter: 'booth/plc.parts',
      unit: 'pcs',
      quantity: String(world.machine.producedUnits),
    })
    expect(world.machine.producedUnits).toBeGreaterThan(0)
  })

  it('is taken up after a restart', () => {
    const world = started()
    ask(world)
    world.run(1000)
    world.kill()
    world.run(1000)
    world.start()
    world.run(10_000)
    expect(world.enabledNow).toBe(true)
    expect(world.state.session).toMatchObject({ override: true, status: 'open' })
    expect(entries(world, 'SessionEnded')).toHaveLength(0)
  })

  it('can be resumed in maintenance after a stop', () => {
    const world = started()
    world.maintenance(true)
    ask(world)
    world.run(1000)
    world.happen({ kind: 'emergency-stop', pressed: true })
    world.run(1000)
    world.happen({ kind: 'emergency-stop', pressed: false })
    world.run(1000)
    const command = world.resume()
    world.run(2000)
    expect(world.outcome(command)).toMatchObject({ kind: 'session', session: { status: 'open' } })
  })

  it('ends by itself after its time', () => {
    const world = started()
    ask(world, 60_000)
    world.run(70_000)
    expect(entries(world, 'SessionEnded')[0]!.data).toMatchObject({ stoppedReason: 'TimeLimitReached' })
  })

  it('leaves an inspection that is open as it is: it looks back on the tenant before', () => {
    const world = started({ afterUse: { cleanDownMs: 0, inspection: 'required' } })
    world.putBookings([world.booking()])
    world.unlock()
    world.run(1000)
    world.end()
    world.run(3000)
    const tenants = world.state.row.lastUse
    ask(world)
    world.run(1500)
    world.end('technician')
    world.run(3000)
    expect(entries(world, 'SessionEnded')).toHaveLength(2)
    expect(world.state.row).toMatchObject({ lastUse: tenants, inspection: 'due' })
  })
})

describe('maintenance', () => {
  it('that begins while a session runs leaves it alone, and holds from its end, also after a restart', () => {
    const world = started()
    world.putBookings([world.booking()])
    world.unlock()
    world.run(1000)
    world.maintenance(true)
    world.run(5000)
    expect(world.enabledNow).toBe(true)
    world.end()
    world.run(3000)
    world.kill()
    world.start()
    world.run(1000)
    const command = world.unlock({ booking: world.booking('b2') })
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'machine-blocked' } })
    expect(world.state.shown.availability).toMatchObject({ state: 'Blocked', reason: 'maintenance' })
  })
})
