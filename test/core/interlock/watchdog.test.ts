/** An output of a module that drops it by itself: refreshed, read back, and never believed blindly. */

import { describe, expect, it } from 'vitest'
import type { OutputInterlock } from '../../../gateway/core/ground/config.ts'
import { unlocked } from '../../support/unlocked.ts'
import { createWorld, outputConfig, type World } from '../../support/world.ts'

const watchdog = (over: Partial<OutputInterlock> = {}) => createWorld(outputConfig(over))
const _coil = (over: Partial<OutputInterlock> = {}) =>
  createWorld(outputConfig({ class: 'coil', risk: { acceptedBy: 'Wang Li', reason: 'old saw' }, ...over }))

const session = (world: World) => [...world.durable.sessions.values()].at(-1)!
const used = (world: World) =>
  Number(session(world).use.find(({ meter }) => meter === 'booth/plc.parts')?.quantity ?? 0)
const accounts = (world: World) => world.state.meters.get('booth/plc.parts')!.accounts
const ons = (world: World) => world.edges.filter(({ on }) => on).length
const written = (world: World) => world.writes.map(({ words }) => words)
const _entry = (world: World, kind: string) => world.durable.entries.find((item) => item.kind === kind)?.data

describe('a module with a watchdog', () => {
  it('that is turned off at any moment but that of a refresh stays off', () => {
    for (let afterMs = 1050; afterMs < 2500; afterMs += 50) {
      if (afterMs % 500 === 0) continue
      const world = unlocked(watchdog())
      world.until(() => world.ms % 500 === 0, 1000)
      world.run(afterMs)
      world.happenIo({ kind: 'write', on: false })
      world.run(3000)
      expect([afterMs, ons(world)]).toEqual([afterMs, 1])
    }
  })

  it('is kept on for as long as the gates hold', () => {
    const world = unlocked(watchdog())
    world.run(60_000)
    expect(world.enabledNow).toBe(true)
    expect(world.io.drops).toBe(0)
  })

  it('drops its output within its watchdog when the link is cut, and is resumed by an intent of its own', () => {
    const world = unlocked(watchdog())
    world.run(3000)
    world.link.up = false
    world.run(12_000)
    expect(world.enabledNow).toBe(false)
    expect(world.edges.at(-1)).toMatchObject({ on: false, cause: 'watchdog' })
    expect(session(world)).toMatchObject({ status: 'suspended', suspendedReason: 'cut' })
    world.link.up = true
    world.run(2000)
    expect(world.enabledNow).toBe(false)
    const resume = world.resume()
    world.until(() => world.outcome(resume) !== undefined, 5000)
    expect(world.outcome(resume)?.kind).toBe('session')
    expect(ons(world)).toBe(2)
    expect(world.kinds().filter((kind) => kind === 'UnlockIntended')).toHaveLength(2)
  })

  it('drops its output within its watchdog when the gateway dies', () => {
    const world = unlocked(watchdog())
    world.run(3000)
    const killedMs = world.ms
    world.kill()
    world.run(7000)
    expect(world.edges.at(-1)).toMatchObject({ on: false, cause: 'watchdog' })
    expect(world.edges.at(-1)!.atMs - killedMs).toBeLessThanOrEqual(7000)
    world.start()
    world.run(5000)
    expect(session(world)).toMatchObject({ status: 'ended', stoppedReason: 'Reboot' })
    expect(ons(world)).toBe(1)
  })

  it.each([
    ['off', 0, 'the watchdog of the module is off'],
    ['longer than the site allows', 20_000, 'the watchdog of the module is 20000 ms, and the site allows 5000 ms'],
  ])('whose watchdog is %s is not unlocked', (_name, ms, detail) => {
    const world = watchdog()
    world.happenIo({ kind: 'watchdog', ms })
    world.run(1000)
    world.putBookings([world.booking()])
    const command = world.unlock()
    world.until(() => world.outcome(command) !== undefined, 5000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'machine-not-ready', detail } })
    expect(world.writes).toHaveLength(0)
    expect(world.state.shown.availability).toMatchObject({ state: 'OutOfOrder' })
  })

  it('whose watchdog is turned off in a session is turned off itself', () => {
    const world = unlocked(watchdog())
    world.happenIo({ kind: 'watchdog', ms: 0 })
    world.run(3000)
    expect(world.enabledNow).toBe(false)
    expect(session(world)).toMatchObject({ status: 'suspended', suspendedReason: 'fault' })
  })

  it('that restarts and keeps its output on is turned off, when it tells its restarts', () => {
    const world = unlocked(watchdog({ bootId: {} }))
    world.happenIo({ kind: 'power-up', powerUp: 'hold' })
    world.run(2000)
    world.happenIo({ kind: 'restart' })
    world.run(3000)
    expect(world.enabledNow).toBe(false)
    expect(session(world)).toMatchObject({ status: 'suspended', suspendedReason: 'plc-restarted' })
  })

  it('is taken up after a restart of the gateway only if it tells its restarts', () => {
    const telling = unlocked(watchdog({ bootId: {} }))
    telling.operator(true)
    telling.run(5200)
    telling.kill()
    telling.run(1500)
    telling.start()
    telling.run(10_000)
    expect(telling.enabledNow).toBe(true)
    expect(ons(telling)).toBe(1)
    telling.operator(false)
    telling.end()
    telling.run(10_000)
    expect(used(telling)).toBe(telling.machine.producedUnits)
    const silent = unlocked(watchdog())
    silent.run(5200)
    silent.kill()
    silent.run(1500)
    silent.start()
    silent.run(10_000)
    expect(silent.enabledNow).toBe(false)
    expect(session(silent)).toMatchObject({ status: 'ended', stoppedReason: 'Reboot' })
    expect(ons(silent)).toBe(1)
  })

  it('whose reads keep it on is turned off by a gateway that cannot take it up', () => {
    const world = unlocked(watchdog())
    world.happenIo({ kind: 'fed-by', fedBy: 'requests' })
    world.kill()
    world.run(1000)
    world.start()
    world.run(4000)
    expect(world.enabledNow).toBe(false)
    expect(world.edges.at(-1)).toMatchObject({ on: false, cause: 'write' })
  })

  it('is refreshed while a cycle completes after the end, and turned off then', () => {
    const world = unlocked(watchdog())
    world.operator(true)
    world.run(4000)
    const made = world.machine.producedUnits
    world.operator(false)
    world.end()
    world.run(300)
    expect(world.state.access).toMatchObject({ kind: 'Finishing', phase: 'cycle' })
    expect(world.until(() => world.kinds().includes('SessionEnded'), 10_000)).toBe(true)
    expect(world.machine.producedUnits).toBe(made + 1)
  })

  it('disputes what was made behind a cut in which somebody else may have used it', () => {
    const world = unlocked(watchdog())
    world.run(3000)
    world.link.up = false
    world.run(8000)
    world.operator(true)
    for (let second = 0; second < 6; second += 1) {
      world.happenIo({ kind: 'write', on: true })
      world.run(1000)
    }
    world.happenIo({ kind: 'write', on: false })
    world.operator(false)
    world.run(4000)
    world.link.up = true
    world.run(3000)
    expect(world.machine.producedUnits).toBeGreaterThan(0)
    expect(accounts(world)).toMatchObject({ session: 0n, disputed: BigInt(world.machine.producedUnits) })
  })

  it('gives a foreign use in a suspended session to nobody', () => {
    const world = unlocked(watchdog())
    world.run(2300)
    world.happenIo({ kind: 'write', on: false })
    world.run(2000)
    world.operator(true)
    for (let second = 0; second < 8; second += 1) {
      world.happenIo({ kind: 'write', on: true })
      world.run(1000)
    }
    expect(world.state.access.kind).toBe('Foreign')
    world.happenIo({ kind: 'write', on: false })
    world.operator(false)
    world.run(5000)
    expect(accounts(world).session).toBe(0n)
    expect(accounts(world).unassigned + accounts(world).disputed).toBe(BigInt(world.machine.producedUnits))
  })

  it('that comes late with an enable is read until it can come no more', () => {
    const world = watchdog()
    world.run(1000)
    world.putBookings([world.booking()])
    const command = world.unlock({ jti: 'j1' })
    world.until(() => world.kinds().includes('UnlockIntended'), 2000)
    world.freezePlc(8000)
    world.until(() => world.outcome(command) !== undefined, 8000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'unconfirmed' } })
    world.run(20_000)
    expect(world.enabledNow).toBe(false)
    expect(written(world).filter(([word]) => word === 1)).toHaveLength(1)
    expect(ons(world)).toBe(1)
    expect(session(world)).toMatchObject({ status: 'suspended' })
  })
})
