/** A session while it runs: heartbeats, cuts, stops, strangers, resumption, restarts. */
import { describe, expect, it } from 'vitest'
import { total, unlocked, used } from '../../support/unlocked.ts'
import { createWorld, machineConfig } from '../../support/world.ts'

describe('a session', () => {
  it('counts exactly what the machine made, from the begin reading to the end reading', () => {
    const world = unlocked()
    world.operator(true)
    world.run(31_700)
    world.operator(false)
    const command = world.end()
    expect(world.until(() => world.outcome(command) !== undefined, 20_000)).toBe(true)
    const outcome = world.outcome(command)
    if (outcome?.kind !== 'session') throw new Error('no session')
    world.run(1000)
    const session = world.durable.sessions.get(outcome.session.id)!
    expect(session.status).toBe('ended')
    expect(used(world, session.id)).toBe(world.machine.producedUnits)
    expect(total(world)).toBe(world.machine.producedUnits)
    const raw = (points: typeof session.begin) => Number(points.find((point) => point.meter === 'booth/plc.parts')!.raw)
    expect(raw(session.end!) - raw(session.begin)).toBe(world.machine.producedUnits)
    expect(world.enabledNow).toBe(false)
    expect(world.kinds()).toEqual(expect.arrayContaining(['SessionFinishing', 'LockConfirmed', 'SessionEnded']))
  })

  it('says when it ends how long the machine was booked, occupied, powered and executing', () => {
    const world = unlocked()
    world.run(4000)
    world.operator(true)
    world.run(6000)
    world.operator(false)
    world.run(10_000)
    world.link.up = false
    world.run(3000)
    world.link.up = true
    world.run(2000)
    const command = world.end()
    expect(world.until(() => world.outcome(command) !== undefined, 20_000)).toBe(true)
    world.run(1000)
    const ended = world.durable.entries.find(({ kind }) => kind === 'SessionEnded')!.data
    const clocks = ended.clocks as Record<string, number>
    expect(clocks.bookedMs).toBe(3_660_000)
    const about = (ms: number, slackMs: number) => [ms - slackMs, ms + slackMs] as const
    const within = (value: number, [low, high]: readonly [number, number]) => value >= low && value <= high
    expect(clocks).toSatisfy((at: typeof clocks) => within(at.executingMs!, about(7500, 1500)))
    // Without a link the permission is ours until it lapses, but what the machine does is not known.
    expect(clocks).toSatisfy((at: typeof clocks) => within(at.occupiedMs!, about(25_000, 2000)))
    expect(clocks).toSatisfy((at: typeof clocks) => within(at.occupiedMs! - at.poweredMs!, about(3500, 1000)))
  })

  it('never cuts a running cycle when its tenant ends it', () => {
    const world = unlocked()
    world.operator(true)
    world.run(4000)
    world.operator(false)
    const made = world.machine.producedUnits
    world.end()
    expect(world.until(() => world.kinds().includes('SessionEnded'), 10_000)).toBe(true)
    expect(world.machine.producedUnits).toBe(made + 1)
  })

  it('gives back the rest of its booking when its tenant says so at the end, and keeps it otherwise', () => {
    const ended = (release: boolean) => {
      const world = unlocked()
      world.run(4000)
      const command = world.end('tenant', release)
      expect(world.until(() => world.outcome(command) !== undefined, 20_000)).toBe(true)
      world.run(1000)
      return { world, booking: world.durable.bookings.get('b1')! }
    }
    const kept = ended(false)
    const { world, booking } = ended(true)
    expect(kept.booking).toMatchObject({ status: 'used' })
    expect(booking).toMatchObject({ status: 'ended', putEndMs: kept.booking.endMs })
    expect(booking.endMs).toBeLessThan(kept.booking.endMs)
    const { data } = world.durable.entries.findLast(({ kind }) => kind === 'BookingPut')!
    expect(data).toMatchObject({ booking: 'b1', because: 'released', by: 'tenant' })
    expect(kept.world.kinds()).not.toContain('BookingPut')
  })

  it('keeps its lease for as long as the gates hold', () => {
    const world = unlocked()
    world.run(60_000)
    expect(world.enabledNow).toBe(true)
    expect(world.edges.filter((edge) => !edge.on)).toHaveLength(0)
  })

  it('is suspended by a cut longer than the lease, and resumed under a higher token', () => {
    const world = unlocked()
    world.operator(true)
    world.run(5000)
    world.link.up = false
    world.run(12_000)
    expect(world.enabledNow).toBe(false)
    expect(world.edges.at(-1)).toMatchObject({ on: false, cause: 'lapse' })
    expect(world.state.access.kind).toBe('Suspended')
    world.link.up = true
    world.run(2000)
    const command = world.resume()
    expect(world.until(() => world.outcome(command) !== undefined, 5000)).toBe(true)
    expect(world.outcome(command)?.kind).toBe('session')
    expect(world.enables.map(({ token }) => token)).toEqual(
      [...world.enables.map(({ token }) => token)].sort((a, b) => a - b),
    )
    expect(world.enables).toHaveLength(2)
    world.run(10_000)
    world.operator(false)
    const end = world.end()
    world.until(() => world.outcome(end) !== undefined, 10_000)
    world.run(500)
    const [session] = [...world.durable.sessions.values()]
    expect(used(world, session!.id)).toBe(world.machine.producedUnits)
  })

  it.each([
    ['that drops the permission', false],
    ['that only says so', true],
  ])('is suspended by an open guard, and nothing is written meanwhile, by a PLC %s', (_name, onlySays) => {
    const world = unlocked()
    if (onlySays) world.tamper((words) => words.with(14, 0))
    else world.happen({ kind: 'guard', open: true })
    world.run(600)
    expect(world.state.session).toMatchObject({ status: 'suspended', suspendedReason: 'safety' })
    const before = world.writes.length
    world.run(20_000)
    expect(world.writes).toHaveLength(before)
    const command = world.resume()
    world.run(3500)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused' })
    expect(world.writes).toHaveLength(before)
  })

  it('is suspended by an emergency stop, and nothing is written until it is reset', () => {
    const world = unlocked()
    world.run(3000)
    world.happen({ kind: 'emergency-stop', pressed: true })
    world.run(1000)
    const written = world.writes.length
    world.run(20_000)
    expect(world.writes.length).toBe(written)
    expect(world.state.access.kind).toBe('Suspended')
    const command = world.resume()
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'machine-not-ready' } })
  })

  it('ends by itself at the end of the booking, after the running cycle', () => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking('b1', { endMs: world.booking().startMs + 80_000 })])
    world.unlock()
    world.run(1000)
    world.operator(true)
    world.run(40_000)
    expect(world.kinds()).toContain('SessionEnded')
    expect(world.enabledNow).toBe(false)
    const [session] = [...world.durable.sessions.values()]
    expect(session).toMatchObject({ status: 'ended', stoppedReason: 'TimeLimitReached' })
    expect(used(world, session!.id)).toBe(world.machine.producedUnits)
  })

  it.each([500, 2000, 4000])('is adopted by a gateway restarted after %i ms, and keeps every unit', (downMs) => {
    const world = unlocked()
    world.operator(true)
    world.run(10_300)
    world.kill()
    world.run(downMs)
    world.start()
    world.run(10_000)
    expect(world.enables).toHaveLength(1)
    expect(world.enabledNow).toBe(true)
    world.operator(false)
    const end = world.end()
    world.until(() => world.outcome(end) !== undefined, 10_000)
    world.run(500)
    const [session] = [...world.durable.sessions.values()]
    expect(used(world, session!.id)).toBe(world.machine.producedUnits)
    expect(total(world)).toBe(world.machine.producedUnits)
  })

  it('that was being resumed when the gateway was killed is nobody else’s, and not over, before the late write has come', () => {
    const world = unlocked()
    world.link.up = false
    world.run(10_000)
    world.link.up = true
    world.run(1000)
    expect(world.state.access.kind).toBe('Suspended')
    world.link.lateWriteMs = 900
    const written = world.writes.length
    world.resume()
    world.until(() => world.writes.length > written, 1000)
    world.kill()
    world.start()
    expect(world.enables).toHaveLength(1)
    world.run(100)
    expect(world.state.access.kind).toBe('Unconfirmed')
    const end = world.end()
    world.run(10_000)
    expect(world.outcome(end)).toMatchObject({ refusal: { code: 'unconfirmed' } })
    expect(world.kinds()).not.toContain('ForeignUse')
    const late = world.durable.entries.find(({ kind, data }) => kind === 'UnlockConfirmed' && data.late === true)
    expect(late?.data.token).toBe(String(world.enables[1]!.token))
    expect(world.state.access.kind).toBe('Locked')
  })

  it('that lapsed while the gateway was dead is closed with its end reading, and keeps every unit', () => {
    const world = unlocked()
    world.operator(true)
    world.run(10_300)
    world.kill()
    world.run(20_000)
    expect(world.enabledNow).toBe(false)
    world.start()
    world.run(5000)
    const [session] = [...world.durable.sessions.values()]
    expect(session).toMatchObject({ status: 'ended', stoppedReason: 'Reboot' })
    expect(used(world, session!.id)).toBe(world.machine.producedUnits)
    expect(total(world)).toBe(world.machine.producedUnits)
  })

  it('that lapsed during a long cycle while the gateway was dead keeps the unit of that cycle', () => {
    const world = unlocked(createWorld(machineConfig, 20_000))
    world.operator(true)
    world.run(2000)
    world.operator(false)
    world.kill()
    world.run(7000)
    expect(world.plcState).toBe('finishing')
    world.start()
    world.run(3000)
    expect(world.kinds()).not.toContain('SessionEnded')
    world.run(20_000)
    const [session] = [...world.durable.sessions.values()]
    expect(session).toMatchObject({ status: 'ended', stoppedReason: 'Reboot' })
    expect(used(world, session!.id)).toBe(1)
  })

  it('disputes units made across a restart of the PLC', () => {
    const world = unlocked()
    world.operator(true)
    world.run(10_000)
    world.link.up = false
    world.run(500)
    world.rebootPlc()
    world.happen({ kind: 'mode', mode: 'local' })
    world.run(7000)
    world.happen({ kind: 'mode', mode: 'remote' })
    world.run(3000)
    world.link.up = true
    world.run(5000)
    const accounts = world.state.meters.get('booth/plc.parts')!.accounts
    expect(accounts.disputed).toBeGreaterThan(0n)
    expect(accounts.session + accounts.disputed + accounts.unassigned).toBe(BigInt(world.machine.producedUnits))
  })

  it('that is an override has the grace of any other, and says once that it ends', () => {
    const world = createWorld(machineConfig, 15_000)
    world.start()
    world.run(2000)
    world.operator(true)
    const time = { startMs: world.booking().startMs, endMs: world.booking().startMs + 20_000 }
    const override = { reason: 'try the nozzle', by: { role: 'technician', name: 'Wang Li' } }
    world.unlock({ booking: world.booking('override', time), override })
    world.run(60_000)
    expect(world.entriesOf('Override').map(({ data }) => data.by)).toEqual([override.by])
    expect(world.entriesOf('SessionFinishing').map(({ data }) => [data.reason, data.overrun])).toEqual([
      ['TimeLimitReached', false],
    ])
    expect(world.entriesOf('SessionEnded').map(({ data }) => data.overrun)).toEqual([undefined])
  })
})
