/** What the gateway must do while it sees only part of the machine, or sees it late. */
import { describe, expect, it } from 'vitest'
import { encodeToPlc } from '../../../gateway/core/interlock/lease.ts'
import { unlocked } from '../../support/unlocked.ts'
import { createWorld, MACHINE, machineConfig, type World } from '../../support/world.ts'

const PARTS = `${MACHINE}/plc.parts`
const HEARTBEAT_AT_MOST_MS = 3000

function ready(): World {
  const world = createWorld()
  world.run(1040)
  world.putBookings([world.booking()])
  return world
}

const session = (world: World) => [...world.durable.sessions.values()][0]!
const used = (world: World) => Number(session(world).use.find((use) => use.meter === PARTS)?.quantity ?? 0)
const accounts = (world: World) => world.state.meters.get(PARTS)!.accounts

function ended(world: World): void {
  world.operator(false)
  const command = world.end()
  expect(world.until(() => world.outcome(command) !== undefined, 30_000)).toBe(true)
  world.run(1000)
}

describe('no metering, no permission', () => {
  it('heartbeats stop when the gating meter cannot be read, and the machine locks itself', () => {
    const world = unlocked()
    world.link.meterUp = false
    const sinceMs = world.ms
    world.run(15_000)
    expect(world.writes.at(-1)!.atMs - sinceMs).toBeLessThanOrEqual(HEARTBEAT_AT_MOST_MS)
    expect(world.enabledNow).toBe(false)
    expect(world.state.session?.status).toBe('suspended')
  })

  it('heartbeats stop when the interlock cannot be read, though writes would pass', () => {
    const world = unlocked()
    world.link.readUp = false
    const sinceMs = world.ms
    world.run(6000)
    expect(world.writes.at(-1)!.atMs - sinceMs).toBeLessThanOrEqual(HEARTBEAT_AT_MOST_MS)
  })

  it('heartbeats stop while the machine reports a stop that its lease block does not show', () => {
    const world = unlocked()
    world.signals.stop = true
    world.run(600)
    const written = world.writes.length
    world.run(10_000)
    expect(world.writes).toHaveLength(written)
    expect(world.enabledNow).toBe(false)
  })

  it('after a pause of its own longer than the lease nothing is sent before a new reading', () => {
    const slow = { ...machineConfig, interlock: { ...machineConfig.interlock!, pollMs: 20_000 } }
    const world = unlocked(createWorld(slow))
    world.link.readUp = false
    world.signals.stop = true
    world.dispatch({
      kind: 'readings',
      readings: [...world.state.seen.readings.values()]
        .filter(({ point }) => point.endsWith('stop'))
        .map((reading) => ({ ...reading, value: true, readAtNs: reading.readAtNs + 1n })),
    })
    world.run(5500)
    world.dispatch({
      kind: 'readings',
      readings: [...world.state.seen.readings.values()]
        .filter(({ point }) => point.endsWith('stop'))
        .map((reading) => ({
          ...reading,
          quality: 'good' as const,
          value: false,
          readAtNs: BigInt(world.ms) * 1_000_000n,
        })),
    })
    const written = world.writes.length
    world.run(300)
    expect(world.writes).toHaveLength(written)
  })

  it('a PLC that restarted and still claims to be ours is not believed', () => {
    const world = unlocked()
    world.tamper((words) => words.with(2, words[2]! + 1))
    world.run(1000)
    expect(world.state.session).toMatchObject({ status: 'suspended', suspendedReason: 'plc-restarted' })
  })

  it('a session is not taken up after a restart when the PLC has another boot id', () => {
    const world = unlocked()
    world.kill()
    world.tamper((words) => words.with(2, words[2]! + 1))
    world.start()
    world.run(2000)
    expect(world.state.access.kind).not.toBe('Unlocked')
    expect(world.writes.filter(({ atMs }) => atMs > world.ms - 1500)).toHaveLength(0)
  })
})

describe('before an intent', () => {
  it('the begin reading is a fresh one', () => {
    const world = ready()
    world.link.meterUp = false
    const command = world.unlock()
    world.produce(5)
    world.run(300)
    expect(world.kinds()).not.toContain('UnlockIntended')
    world.link.meterUp = true
    world.until(() => world.outcome(command) !== undefined, 3000)
    expect(world.outcome(command)).toMatchObject({ kind: 'session' })
    expect(session(world).begin.find((point) => point.meter === PARTS)?.raw).toBe('5')
  })

  it('the interlock is read afresh, and a single missed answer is no refusal', () => {
    const world = ready()
    world.link.interlockUp = false
    const command = world.unlock()
    world.run(300)
    world.link.interlockUp = true
    world.until(() => world.outcome(command) !== undefined, 3000)
    expect(world.outcome(command)?.kind).toBe('session')
  })

  it('a PLC on maintenance is not asked', () => {
    const world = ready()
    world.happen({ kind: 'mode', mode: 'maintenance' })
    const command = world.unlock()
    world.until(() => world.outcome(command) !== undefined, 3000)
    expect(world.outcome(command)).toMatchObject({ refusal: { code: 'machine-not-ready' } })
    expect(world.writes).toHaveLength(0)
  })

  it('the token is above what the PLC has seen, also for a gateway that has forgotten', () => {
    const world = unlocked(createWorld(machineConfig, 3000, 16_005))
    expect(world.enables[0]!.token).toBe((Math.floor(16_005 / 16) + 1) * 16 + 3)
  })
})

describe('reading back', () => {
  it('takes nobody else’s permission for ours', () => {
    const world = ready()
    world.link.writeDelayMs = 300
    const command = world.unlock({ jti: 'j1' })
    world.until(() => world.writes.length === 1, 2000)
    const seq = world.writes[0]!.words[0]!
    world.happen({
      kind: 'write',
      words: encodeToPlc({
        seq,
        token: 4000,
        command: 'enable',
        leaseMs: 10_000,
        tag: 99,
        challenge: world.lease.challenge,
        heartbeat: 0,
      }),
    })
    // It bears our sequence, so that ours will never be looked at: that is an answer, and somebody else's use.
    expect(world.until(() => world.outcome(command) !== undefined, 1000)).toBe(true)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'foreign-use' } })
    expect(world.until(() => world.kinds().includes('ForeignUse'), 1000)).toBe(true)
    expect(world.state.access.kind).toBe('Foreign')
    expect(world.durable.tokens.size).toBe(0)
    world.run(12_000)
    expect(world.kinds()).not.toContain('UnlockConfirmed')
    expect(world.enables.map(({ token }) => token)).toEqual([4000])
    expect(world.writes).toHaveLength(1)
  })

  it('takes no old refusal for the answer', () => {
    const world = ready()
    world.link.writeDelayMs = 300
    const first = world.unlock({ jti: 'j1' })
    world.until(() => world.writes.length === 1, 2000)
    world.happen({ kind: 'guard', open: true })
    world.until(() => world.outcome(first) !== undefined, 9000)
    expect(world.outcome(first)).toMatchObject({ refusal: { code: 'machine-refused' } })
    world.happen({ kind: 'guard', open: false })
    world.run(1000)
    const second = world.unlock({ jti: 'j1' })
    world.until(() => world.outcome(second) !== undefined, 9000)
    expect(world.outcome(second)?.kind).toBe('session')
    expect(world.enables).toHaveLength(1)
  })

  it('of an unlock that came true too late waits until it has lapsed', () => {
    const world = ready()
    world.run(2200) // a new challenge has just been made: it lives for almost 6 s
    const command = world.unlock()
    world.until(() => world.kinds().includes('UnlockIntended'), 2000)
    world.freezePlc(5500)
    world.run(5400)
    world.link.readUp = false
    expect(world.until(() => world.outcome(command) !== undefined, 6000)).toBe(true)
    expect(world.outcome(command)).toMatchObject({ refusal: { code: 'unconfirmed' } })
    expect(world.enabledNow).toBe(true)
    world.link.readUp = true
    world.run(1000)
    expect(world.enabledNow).toBe(true)
    expect(world.state.access.kind).toBe('Unconfirmed')
    world.run(6000)
    expect(world.enabledNow).toBe(false)
    expect(session(world).status).toBe('suspended')
  })

  it('after a restart waits until a write on the wire can no longer come true', () => {
    const world = ready()
    world.link.writeDelayMs = 4000
    world.operator(true)
    world.unlock()
    world.until(() => world.writes.length === 1, 2000)
    world.kill()
    world.start()
    world.run(2000)
    expect(session(world).status).toBe('intended')
    world.run(20_000)
    expect(world.enables).toHaveLength(1)
    expect(session(world)).toMatchObject({ status: 'ended', stoppedReason: 'Reboot' })
    expect(world.machine.producedUnits).toBeGreaterThan(0)
    expect(used(world)).toBe(world.machine.producedUnits)
  })
})

describe('whose units', () => {
  it('made while the interlock could not be read are nobody’s if the key was on local', () => {
    const world = unlocked()
    world.operator(true)
    world.run(4000)
    const before = used(world)
    world.link.interlockUp = false
    world.happen({ kind: 'mode', mode: 'local' })
    world.run(12_000)
    expect(used(world)).toBe(before)
    world.link.interlockUp = true
    world.run(1000)
    expect(used(world)).toBe(before)
    expect(accounts(world).unassigned).toBe(BigInt(world.machine.producedUnits - before))
    expect(accounts(world).disputed).toBe(0n)
  })

  it('made between a resume and its confirmation are the session’s', () => {
    const world = unlocked()
    world.link.up = false
    world.run(9000)
    world.link.up = true
    world.run(1000)
    world.link.urgentDelayMs = 1200
    const command = world.resume()
    expect(world.until(() => world.enables.length === 2, 6000)).toBe(true)
    world.produce(3)
    expect(world.until(() => world.outcome(command) !== undefined, 6000)).toBe(true)
    world.link.urgentDelayMs = 0
    world.run(2000)
    expect(used(world)).toBe(3)
    expect(accounts(world).disputed).toBe(0n)
  })

  it('made under a resume that was confirmed too late are the session’s', () => {
    const world = unlocked()
    world.link.up = false
    world.run(9000)
    world.link.up = true
    world.run(1000)
    const command = world.resume()
    expect(world.until(() => world.enables.length === 2, 6000)).toBe(true)
    world.link.interlockUp = false
    world.produce(4)
    expect(world.until(() => world.outcome(command) !== undefined, 12_000)).toBe(true)
    world.link.interlockUp = true
    world.run(8000)
    expect(session(world).status).toBe('suspended')
    expect(used(world)).toBe(4)
    expect(accounts(world).disputed).toBe(0n)
  })

  it('made by the cycle that was running when the lease lapsed belong to the session', () => {
    const world = unlocked(createWorld(machineConfig, 20_000))
    world.operator(true)
    world.run(2000)
    world.operator(false)
    const command = world.end()
    world.run(1000)
    world.link.up = false
    world.run(6000)
    world.link.up = true
    world.run(3000)
    expect(world.plcState).toBe('finishing')
    expect(world.kinds()).not.toContain('SessionEnded')
    expect(world.until(() => world.kinds().includes('SessionEnded'), 20_000)).toBe(true)
    expect(world.outcome(command)).toBeDefined()
    expect(used(world)).toBe(1)
  })

  it('made after a session that had to be closed without an end reading are disputed', () => {
    const world = unlocked()
    world.operator(true)
    world.run(4000)
    world.link.up = false
    world.end()
    world.run(80_000)
    expect(session(world)).toMatchObject({ status: 'ended', incomplete: true })
    expect(world.kinds()).toContain('LockUnconfirmed')
    const before = used(world)
    world.link.up = true
    world.run(3000)
    expect(world.machine.producedUnits).toBeGreaterThan(before)
    expect(accounts(world).disputed).toBe(BigInt(world.machine.producedUnits - before))
    expect(accounts(world).unassigned).toBe(0n)
  })
})

describe('order', () => {
  it('a reading that comes after a newer one changes nothing', () => {
    const world = ready()
    const now = world.state.seen.readings.get(`${MACHINE}/plc.state`)!
    world.dispatch({ kind: 'readings', readings: [{ ...now, value: 3, readAtNs: now.readAtNs - 1n }] })
    expect(world.state.seen.condition.itemState).not.toBe('Executing')
    world.dispatch({ kind: 'readings', readings: [{ ...now, value: 3, readAtNs: now.readAtNs + 1n }] })
    expect(world.state.seen.condition.itemState).toBe('Executing')
  })

  it('everything is ended cleanly after all that', () => {
    const world = unlocked()
    world.operator(true)
    world.run(7000)
    ended(world)
    expect(used(world)).toBe(world.machine.producedUnits)
  })
})
