/** A machine used by somebody else than the tenant: seen soon, metered as nobody's. */
import { describe, expect, it } from 'vitest'
import { total, unlocked, used } from '../../support/unlocked.ts'
import { createWorld, type World } from '../../support/world.ts'

describe('foreign use', () => {
  it('by the key switch is seen within two polls, and its units are nobody’s', () => {
    const world = createWorld()
    world.run(2000)
    world.happen({ kind: 'mode', mode: 'local' })
    world.operator(true)
    world.run(1000)
    expect(world.state.access.kind).toBe('Foreign')
    expect(world.state.shown.availability).toMatchObject({ state: 'InUse', reason: 'foreign' })
    world.run(10_000)
    expect(world.kinds()).toContain('ForeignUse')
    const accounts = world.state.meters.get('booth/plc.parts')!.accounts
    expect(accounts.unassigned).toBe(BigInt(world.machine.producedUnits))
    expect(accounts.unassigned).toBeGreaterThan(0n)
  })
})

describe('units made while the key switch is on local', () => {
  /** Unlocked, then used on local; back on remote in the middle of a cycle. */
  function usedOnLocal(): { world: World; session: string; own: number } {
    const world = unlocked()
    world.operator(true)
    world.run(7200)
    world.happen({ kind: 'mode', mode: 'local' })
    world.run(1000)
    const own = world.machine.producedUnits
    world.run(9000)
    expect(world.until(() => world.machine.cycleLeftMs > 1700, 4000)).toBe(true)
    world.operator(false)
    world.happen({ kind: 'mode', mode: 'remote' })
    return { world, session: world.state.session!.id, own }
  }

  it('are nobody’s, also those of a cycle that ends after the key is back on remote', () => {
    const { world, session, own } = usedOnLocal()
    world.run(6000)
    expect(world.machine.producedUnits).toBeGreaterThan(own + 2)
    const resumed = world.resume()
    expect(world.until(() => world.outcome(resumed) !== undefined, 5000)).toBe(true)
    world.end()
    world.run(10_000)
    expect(world.durable.sessions.get(session)?.status).toBe('ended')
    expect(used(world, session)).toBe(own)
    expect(total(world)).toBe(world.machine.producedUnits)
  })

  it('are nobody’s when the session is ended meanwhile', () => {
    const { world, session, own } = usedOnLocal()
    world.run(600)
    world.end()
    world.run(10_000)
    expect(world.durable.sessions.get(session)?.status).toBe('ended')
    expect(used(world, session)).toBe(own)
    expect(total(world)).toBe(world.machine.producedUnits)
  })

  it('leaves to nobody what was made by the key after a lapse, also when a restart comes before the meter is read', () => {
    const world = unlocked()
    world.link.up = false
    world.run(9000)
    world.link.up = true
    world.run(1000)
    world.link.meterUp = false
    world.happen({ kind: 'mode', mode: 'local' })
    world.run(1000)
    world.produce(2)
    world.happen({ kind: 'mode', mode: 'remote' })
    world.run(1000)
    const [session] = [...world.durable.sessions.keys()]
    world.kill()
    world.link.meterUp = true
    world.start()
    world.run(5000)
    expect(total(world)).toBe(2)
    expect(used(world, session!)).toBe(0)
  })
})
