/** Who may use the machine, from the request to the end, in virtual time: each refusal, each loss, each restart. */
import { describe, expect, it } from 'vitest'
import { isOpen } from '../../../gateway/core/session/session.ts'
import { unlocked, used } from '../../support/unlocked.ts'
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
    ['a computer that is short', (world: World) => void Object.assign(world.gates, { short: 'of memory' }), 'busy'],
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
