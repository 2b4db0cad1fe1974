/**
 * The protocol over one output of an I/O module: with a watchdog, and without. The judge is the contact of the module.
 */

import { describe, expect, it } from 'vitest'
import type { OutputInterlock } from '../../../gateway/core/ground/config.ts'
import { accessWord } from '../../../gateway/core/machine/state.ts'
import { unlocked } from '../../support/unlocked.ts'
import { createWorld, outputConfig, type World } from '../../support/world.ts'

const watchdog = (over: Partial<OutputInterlock> = {}) => createWorld(outputConfig(over))
const coil = (over: Partial<OutputInterlock> = {}) =>
  createWorld(outputConfig({ class: 'coil', risk: { acceptedBy: 'Wang Li', reason: 'old saw' }, ...over }))

const session = (world: World) => [...world.durable.sessions.values()].at(-1)!
const used = (world: World) =>
  Number(session(world).use.find(({ meter }) => meter === 'booth/plc.parts')?.quantity ?? 0)
const accounts = (world: World) => world.state.meters.get('booth/plc.parts')!.accounts
const ons = (world: World) => world.edges.filter(({ on }) => on).length
const written = (world: World) => world.writes.map(({ words }) => words)
const entry = (world: World, kind: string) => world.durable.entries.find((item) => item.kind === kind)?.data

describe.each([
  ['watchdog', watchdog],
  ['coil', coil],
])('a machine of class %s', (_class, create) => {
  it('is unlocked by one write, answered when the output is read back on, and makes units for its session', () => {
    const world = unlocked(create())
    expect(world.enabledNow).toBe(true)
    expect(world.kinds().filter((kind) => kind.startsWith('Unlock'))).toEqual(['UnlockIntended', 'UnlockConfirmed'])
    world.operator(true)
    world.run(31_000)
    world.operator(false)
    const end = world.end()
    expect(world.until(() => world.outcome(end) !== undefined, 20_000)).toBe(true)
    world.run(500)
    expect(session(world)).toMatchObject({ status: 'ended', stoppedReason: 'Local' })
    expect(world.enabledNow).toBe(false)
    expect(used(world)).toBe(world.machine.producedUnits)
    expect(world.edges.map(({ on, cause }) => [on, cause])).toEqual([
      [true, 'write'],
      [false, 'write'],
    ])
    expect(world.kinds()).toEqual(expect.arrayContaining(['LockConfirmed', 'SessionEnded']))
  })

  it('writes nothing before its intent is durable, and nothing at all for what is refused', () => {
    const world = create()
    world.run(1000)
    world.disk.delayMs = 700
    world.putBookings([world.booking()])
    world.unlock()
    world.run(600)
    expect(world.writes).toHaveLength(0)
    expect(world.until(() => world.writes.length === 1, 1000)).toBe(true)
    const refused = create()
    refused.run(1000)
    refused.putBookings([refused.booking('b1', { status: 'cancelled' })])
    const command = refused.unlock()
    refused.run(1000)
    expect(refused.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'booking-cancelled' } })
    expect(refused.writes).toHaveLength(0)
  })

  it('never starts a cycle by itself after an emergency stop: nothing is written until its reset, then it is turned off', () => {
    const world = unlocked(create())
    world.run(2000)
    const before = world.writes.length
    world.signals.stop = true
    world.run(20_600)
    expect(world.writes.length).toBe(before)
    expect(session(world)).toMatchObject({ status: 'suspended', suspendedReason: 'emergency-stop' })
    world.signals.stop = false
    world.run(3000)
    expect(world.enabledNow).toBe(false)
    expect(ons(world)).toBe(1)
    const resume = world.resume()
    world.until(() => world.outcome(resume) !== undefined, 5000)
    expect(world.outcome(resume)?.kind).toBe('session')
    expect(ons(world)).toBe(2)
  })

  it('is turned off when its metering is lost, though the link to the output holds', () => {
    const world = unlocked(create())
    world.happenIo({ kind: 'fed-by', fedBy: 'requests' })
    world.run(2000)
    world.link.meterUp = false
    world.run(12_000)
    expect(world.enabledNow).toBe(false)
    expect(session(world)).toMatchObject({ status: 'suspended', suspendedReason: 'gates' })
    expect(world.kinds()).toContain('LockConfirmed')
  })

  it('turned on by somebody else is in foreign use within two polls, and what it makes is nobody’s', () => {
    const world = create()
    world.run(1000)
    world.operator(true)
    world.happenIo({ kind: 'write', on: true })
    world.run(1000)
    expect(world.state.access.kind).toBe('Foreign')
    expect(world.kinds()).toContain('ForeignUse')
    for (let second = 0; second < 10; second += 1) {
      world.happenIo({ kind: 'write', on: true })
      world.run(1000)
    }
    world.happenIo({ kind: 'write', on: false })
    world.operator(false)
    world.run(5000)
    expect(world.state.access.kind).toBe('Locked')
    expect(world.machine.producedUnits).toBeGreaterThan(0)
    expect(accounts(world)).toMatchObject({ unassigned: BigInt(world.machine.producedUnits), session: 0n })
    expect(world.writes).toHaveLength(0)
  })

  it('bypassed by a contact that is on without its output is foreign too', () => {
    const world = create()
    world.run(1000)
    world.happenIo({ kind: 'contact', contact: 'stuck-on' })
    world.run(1000)
    expect(world.state.access.kind).toBe('Foreign')
    world.putBookings([world.booking()])
    const command = world.unlock()
    world.run(3500)
    expect(world.outcome(command)?.kind).toBe('refused')
    expect(world.writes).toHaveLength(0)
  })

  it('whose contact does not follow is unconfirmed: turned off again, and never turned on twice', () => {
    const world = create()
    world.run(1000)
    world.happenIo({ kind: 'contact', contact: 'stuck-off' })
    world.putBookings([world.booking()])
    const command = world.unlock()
    world.until(() => world.outcome(command) !== undefined, 10_000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'unconfirmed' } })
    world.run(20_000)
    expect(world.io.output).toBe(false)
    expect(written(world).filter(([word]) => word === 1)).toHaveLength(1)
    expect(world.state.access.kind).not.toBe('Unconfirmed')
  })

  it('whose contact stays on is an alarm, is not free, and is asked again', () => {
    const world = unlocked(create())
    world.happenIo({ kind: 'contact', contact: 'stuck-on' })
    world.end()
    world.run(15_000)
    expect(world.kinds()).toContain('LockUnconfirmed')
    expect(world.state.shown.availability?.state).not.toBe('Available')
    expect(world.kinds()).not.toContain('LockConfirmed')
    expect(written(world).filter(([word]) => word === 0).length).toBeGreaterThan(1)
    world.happenIo({ kind: 'contact', contact: 'follows' })
    world.run(3000)
    expect(world.kinds()).toContain('SessionEnded')
  })

  it('that somebody turns off is suspended, and no heartbeat turns it on again', () => {
    const world = unlocked(create())
    world.run(3300)
    world.happenIo({ kind: 'write', on: false })
    world.run(10_000)
    expect(session(world)).toMatchObject({ status: 'suspended', suspendedReason: 'lapse' })
    expect(ons(world)).toBe(1)
  })

  it('that was off and is on after a restart of the gateway is a stranger’s, and is left alone', () => {
    const world = unlocked(create())
    world.run(3300)
    world.happenIo({ kind: 'write', on: false })
    world.run(2000)
    world.kill()
    world.happenIo({ kind: 'write', on: true })
    world.start()
    world.run(1500)
    expect(world.state.access.kind).toBe('Foreign')
    expect(written(world).filter(([word]) => word === 0)).toHaveLength(0)
  })

  it('suspended with a contact that stays on is not known to be locked: not free, and not resumed', () => {
    const world = unlocked(create())
    world.happenIo({ kind: 'contact', contact: 'stuck-on' })
    world.link.meterUp = false
    world.run(12_000)
    world.link.meterUp = true
    world.run(2000)
    expect(session(world)).toMatchObject({ status: 'suspended' })
    expect(accessWord(world.state)).toBe('Unconfirmed')
    expect(world.state.shown.availability?.state).toBe('OutOfOrder')
    const resume = world.resume()
    world.run(1000)
    expect(world.outcome(resume)).toMatchObject({ kind: 'refused', refusal: { code: 'unconfirmed' } })
    expect(ons(world)).toBe(1)
  })

  it('an enable that comes true after it was given up is turned off, and is no stranger’s', () => {
    const world = create()
    world.run(1000)
    world.putBookings([world.booking()])
    world.link.lateWriteMs = 6000
    const command = world.unlock({ jti: 'j1' })
    expect(world.until(() => world.writes.length === 1, 2000)).toBe(true)
    world.link.lateWriteMs = 0
    world.until(() => world.outcome(command) !== undefined, 9000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'unconfirmed' } })
    expect(world.enabledNow).toBe(false)
    world.run(12_000)
    expect(ons(world)).toBe(1)
    expect(world.enabledNow).toBe(false)
    expect(world.kinds()).not.toContain('ForeignUse')
    expect(session(world)).toMatchObject({ status: 'suspended' })
  })

  it('an enable that was written and not seen is turned off once it is seen, and the session is real', () => {
    const world = create()
    world.run(1000)
    world.putBookings([world.booking()])
    world.operator(true)
    const command = world.unlock({ jti: 'j1' })
    expect(world.until(() => world.enabledNow, 3000)).toBe(true)
    world.link.up = false
    expect(world.until(() => world.outcome(command) !== undefined, 9000)).toBe(true)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'unconfirmed' } })
    world.happenIo({ kind: 'watchdog', ms: 60_000 })
    world.link.up = true
    world.run(15_000)
    expect(world.enabledNow).toBe(false)
    expect(written(world).filter(([word]) => word === 1)).toHaveLength(1)
    expect(session(world)).toMatchObject({ status: 'suspended' })
  })
})

describe('an output without a watchdog', () => {
  it('says in what is recorded that it is not fail-safe', () => {
    const world = unlocked(coil())
    expect(entry(world, 'UnlockConfirmed')).toMatchObject({ failSafe: false })
    expect(entry(unlocked(watchdog()), 'UnlockConfirmed')).not.toHaveProperty('failSafe')
  })

  it('stays on through a cut, is unknown meanwhile, and is kept by its session', () => {
    const world = unlocked(coil())
    world.operator(true)
    world.run(3000)
    world.link.up = false
    world.run(30_000)
    expect(world.enabledNow).toBe(true)
    expect(world.state.shown.availability?.state).toBe('Unknown')
    world.link.up = true
    world.run(3000)
    expect(session(world).status).toBe('open')
    expect(world.writes).toHaveLength(1)
    world.operator(false)
    world.end()
    world.run(6000)
    expect(used(world)).toBe(world.machine.producedUnits)
  })

  it('whose session is over behind a cut is an alarm, and is turned off by one write when it is read again', () => {
    const world = coil()
    world.run(1000)
    world.putBookings([world.booking('b1', { endMs: world.booking().startMs + 75_000 })])
    world.unlock()
    world.run(3000)
    world.link.up = false
    world.run(100_000)
    expect(world.enabledNow).toBe(true)
    expect(world.kinds()).toContain('LockUnconfirmed')
    expect(world.kinds()).not.toContain('SessionEnded')
    expect(world.state.shown.availability?.state).toBe('Unknown')
    const before = written(world).length
    world.link.up = true
    world.run(3000)
    expect(world.enabledNow).toBe(false)
    expect(written(world).slice(before)).toEqual([[0]])
    expect(world.kinds()).toEqual(expect.arrayContaining(['LockConfirmed', 'SessionEnded']))
  })

  it('whose gateway was dead when its session ended is turned off at the next start', () => {
    const world = coil()
    world.run(1000)
    world.putBookings([world.booking('b1', { endMs: world.booking().startMs + 75_000 })])
    world.unlock()
    world.run(3000)
    world.kill()
    world.run(60_000)
    expect(world.enabledNow).toBe(true)
    world.start()
    world.run(5000)
    expect(world.enabledNow).toBe(false)
    expect(session(world)).toMatchObject({ status: 'ended', stoppedReason: 'TimeLimitReached' })
  })

  it('of an open session is taken up after a restart of the gateway', () => {
    const world = unlocked(coil())
    world.run(2000)
    world.kill()
    world.run(60_000)
    world.start()
    world.run(5000)
    expect(world.enabledNow).toBe(true)
    expect(session(world).status).toBe('open')
    expect(world.writes).toHaveLength(1)
  })
})
