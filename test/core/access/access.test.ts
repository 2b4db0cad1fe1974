/** Who may use the machine, from the request to the end, in virtual time: each refusal, each loss, each restart. */
import { describe, expect, it } from 'vitest'
import { isOpen } from '../../../gateway/core/session/session.ts'
import { total, unlocked, used } from '../../support/unlocked.ts'
import { createWorld, machineConfig, type World } from '../../support/world.ts'

describe('an unlock', () => {
  it('answers only after the machine has said so under our token, and the entry is durable', () => {
    const world = unlocked()
    expect(world.enabledNow).toBe(true)
    expect(world.kinds().filter((kind) => kind.startsWith('Unlock'))).toEqual(['UnlockIntended', 'UnlockConfirmed'])
    expect(world.enables).toHaveLength(1)
    expect(world.enables[0]!.token % 16).toBe(3)
  })

  it('writes nothing before its intent is durable', () => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking()])
    world.disk.delayMs = 700
    world.unlock()
    world.run(600)
    expect(world.writes).toHaveLength(0)
    expect(world.until(() => world.writes.length === 1, 1000)).toBe(true)
    expect(world.kinds()).toContain('UnlockIntended')
  })

  it('whose gateway dies before the intent is durable leaves nothing behind', () => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking()])
    world.run(300)
    world.disk.delayMs = 500
    world.unlock({ jti: 'j1' })
    world.run(200)
    world.kill()
    world.run(1000)
    world.disk.delayMs = 3
    world.start()
    world.run(15_000)
    expect(world.writes).toHaveLength(0)
    expect(world.durable.sessions.size).toBe(0)
    expect(world.durable.tokens.size).toBe(0)
    expect(world.state.access.kind).toBe('Locked')
  })

  it('whose gateway dies with the write on the wire is no session of anyone who waits, and lapses', () => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking()])
    world.unlock()
    world.until(() => world.writes.length === 1, 2000)
    world.kill()
    world.run(1000)
    expect(world.enabledNow).toBe(true)
    world.start()
    world.run(15_000)
    expect(world.enabledNow).toBe(false)
    expect(world.writes).toHaveLength(1)
    expect([...world.durable.sessions.values()].map((session) => session.status)).toEqual(['ended'])
    expect(world.state.access.kind).toBe('Locked')
  })

  it.each([
    ['maintenance', (world: World) => void world.maintenance(true), 'machine-blocked'],
    ['untrusted time', (world: World) => void Object.assign(world.gates, { timeTrusted: false }), 'time-untrusted'],
    ['a full disk', (world: World) => void Object.assign(world.gates, { diskOk: false }), 'ledger-full'],
    [
      'a dead link',
      (world: World) => {
        world.link.up = false
        world.run(1000)
      },
      'not-fresh',
    ],
    [
      'a pressed emergency stop',
      (world: World) => {
        world.happen({ kind: 'emergency-stop', pressed: true })
        world.run(1000)
      },
      'machine-not-ready',
    ],
    ['an open guard', (world: World) => world.happen({ kind: 'guard', open: true }), 'machine-not-ready'],
    [
      'the key on local',
      (world: World) => {
        world.happen({ kind: 'mode', mode: 'local' })
        world.run(1000)
      },
      'foreign-use',
    ],
    [
      'power off',
      (world: World) => {
        world.happen({ kind: 'power', on: false })
        world.run(1000)
      },
      'machine-not-ready',
    ],
    [
      'a booking that has ended',
      (world: World) => world.putBookings([world.booking('b1', { endMs: world.booking().startMs + 1000 })]),
      'wrong-time',
    ],
    [
      'a cancelled booking',
      (world: World) => world.putBookings([world.booking('b1', { status: 'cancelled' })]),
      'booking-cancelled',
    ],
  ] satisfies [string, (world: World) => void, string][])('is refused without a write: %s', (_name, prepare, code) => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking()])
    prepare(world)
    const command = world.unlock({ jti: 'j1' })
    world.until(() => world.outcome(command) !== undefined, 5000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code } })
    expect(world.writes).toHaveLength(0)
    expect(world.durable.tokens.size).toBe(0)
  })

  it('that the machine refuses releases the token and leaves nothing open', () => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking()])
    world.link.delayMs = 200
    const command = world.unlock({ jti: 'j1' })
    world.until(() => world.kinds().includes('UnlockIntended'), 2000)
    world.happen({ kind: 'guard', open: true })
    expect(world.until(() => world.outcome(command) !== undefined, 9000)).toBe(true)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'machine-refused' } })
    expect(world.durable.tokens.size).toBe(0)
    expect([...world.durable.sessions.values()].some(isOpen)).toBe(false)
    expect(world.enables).toHaveLength(0)
  })

  it.each([500, 1500, 2900, 3100, 4500, 5900, 6100, 7000, 9000, 20_000])(
    'a PLC frozen for %i ms at the write is either confirmed or never enabled',
    (frozenMs) => {
      const world = createWorld()
      world.run(1000)
      world.putBookings([world.booking()])
      const command = world.unlock({ jti: 'j1' })
      world.until(() => world.kinds().includes('UnlockIntended'), 2000)
      world.freezePlc(frozenMs)
      expect(world.until(() => world.outcome(command) !== undefined, 12_000)).toBe(true)
      world.run(40_000)
      const confirmed = world.kinds().includes('UnlockConfirmed')
      expect(world.enables.length).toBe(confirmed ? 1 : 0)
      expect(world.outcome(command)?.kind).toBe(confirmed ? 'session' : 'refused')
      if (!confirmed) expect(world.enabledNow).toBe(false)
    },
  )

  it('that the machine took but could not say so in time is answered as unconfirmed, lapses, and keeps its units', () => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking()])
    world.operator(true)
    const command = world.unlock({ jti: 'j1' })
    expect(world.until(() => world.enables.length === 1, 2000)).toBe(true)
    world.link.up = false
    expect(world.until(() => world.outcome(command) !== undefined, 12_000)).toBe(true)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'unconfirmed' } })
    expect(world.enabledNow).toBe(false)
    world.link.up = true
    world.run(3000)
    const [session] = [...world.durable.sessions.values()]
    expect(session?.status).toBe('suspended')
    expect(world.machine.producedUnits).toBeGreaterThan(0)
    expect(used(world, session!.id)).toBe(world.machine.producedUnits)
  })
})

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
})

describe('limits and policies', () => {
  it('ends a session when its pieces are made, after the cycle that runs', () => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking('b1', { limits: { pieces: 3 } })])
    world.unlock()
    world.run(1000)
    world.operator(true)
    expect(world.until(() => world.kinds().includes('SessionEnded'), 60_000)).toBe(true)
    const [session] = [...world.durable.sessions.values()]
    expect(used(world, session!.id)).toBe(world.machine.producedUnits)
    expect(world.machine.producedUnits).toBeGreaterThanOrEqual(3)
    expect(world.machine.producedUnits).toBeLessThanOrEqual(4)
    expect(world.enabledNow).toBe(false)
  })

  it('ends a session after its minutes, before the booking does', () => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking('b1', { limits: { minutes: 1 } })])
    world.unlock()
    world.run(59_000)
    expect(world.enabledNow).toBe(true)
    world.run(5000)
    expect(world.enabledNow).toBe(false)
  })

  /** A cycle of two minutes runs when the booking ends; the grace is one minute. */
  function overrunning(policy: 'finish-cycle' | 'at-end' | 'owner-release'): World {
    const world = createWorld({ ...machineConfig, endOfBooking: { ...machineConfig.endOfBooking, policy } }, 120_000)
    world.run(1000)
    world.putBookings([world.booking('b1', { endMs: world.booking().startMs + 80_000 })])
    world.unlock()
    world.run(1000)
    world.operator(true)
    world.run(2000)
    world.operator(false)
    world.run(90_000)
    return world
  }

  it('finish-cycle: a running cycle is never cut, and the overrun is said', () => {
    const world = overrunning('finish-cycle')
    expect(world.plcState).toBe('finishing')
    expect(
      world.durable.entries.filter(({ kind, data }) => kind === 'SessionFinishing' && data.overrun === true),
    ).toHaveLength(1)
    world.run(40_000)
    expect(world.kinds()).toContain('SessionEnded')
    expect(world.machine.producedUnits).toBe(1)
  })

  it('at-end: the permission is revoked when the grace is over', () => {
    const world = overrunning('at-end')
    expect(world.kinds()).toContain('SessionFinishing')
    expect(world.writes.at(-1)!.words[4]).toBe(3)
  })

  it('owner-release: after an overrun a person other than the tenant ends it', () => {
    const world = overrunning('owner-release')
    world.run(40_000)
    expect(world.machine.producedUnits).toBe(1)
    world.end()
    world.run(10_000)
    const [session] = [...world.durable.sessions.values()]
    // The simulated PLC locks by itself once the cycle ends; what counts is that nothing was revoked by us.
    expect(world.writes.some(({ words }) => words[4] === 3)).toBe(false)
    expect(session).toBeDefined()
  })
})

describe('while the intent is being committed', () => {
  it.each<[string, (world: World) => unknown, string]>([
    ['an emergency stop', (world) => world.happen({ kind: 'emergency-stop', pressed: true }), 'machine-not-ready'],
    ['maintenance', (world) => world.maintenance(true), 'machine-blocked'],
    ['the key switch', (world) => world.happen({ kind: 'mode', mode: 'local' }), 'foreign-use'],
    [
      'a cancelled booking',
      (world) => world.putBookings([world.booking('b1', { status: 'cancelled', version: 2 })]),
      'booking-cancelled',
    ],
  ])('%s is followed by no write, and the token may be used again', (_name, happens, code) => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking()])
    world.disk.delayMs = 2000
    const command = world.unlock({ jti: 'j1' })
    world.run(500)
    happens(world)
    expect(world.until(() => world.outcome(command) !== undefined, 9000)).toBe(true)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code } })
    expect(world.writes).toHaveLength(0)
    world.run(5000)
    expect(world.durable.tokens.size).toBe(0)
  })
})

describe('what generated lives have found', () => {
  it('does not tell a machine to lock that nobody can see: its stop may be pressed', () => {
    const endOfBooking = { ...machineConfig.endOfBooking, graceMs: 4000 }
    const world = unlocked(createWorld({ ...machineConfig, endOfBooking }))
    world.freezePlc(6000)
    world.happen({ kind: 'emergency-stop', pressed: true })
    const writes = world.writes.length
    world.end()
    world.run(6000)
    expect(world.writes.slice(writes).map(({ words }) => words[4])).not.toContain(3)
    world.run(12_000)
    expect(world.state.access.kind).toBe('Locked')
  })

  it('intends nothing for a session that is cancelled while it is being resumed', () => {
    const world = unlocked()
    world.link.up = false
    world.run(9000)
    world.link.up = true
    world.run(1000)
    expect(world.state.access.kind).toBe('Suspended')
    const command = world.resume()
    world.putBookings([world.booking('b1', { status: 'cancelled' })])
    world.run(3000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'booking-cancelled' } })
    expect(world.kinds().filter((kind) => kind === 'UnlockIntended')).toHaveLength(1)
    expect(world.kinds()).toContain('SessionEnded')
  })
})
