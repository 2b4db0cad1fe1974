/** Every end has a last instant, whatever the state rule says, and the session says when it is. */
import { describe, expect, it } from 'vitest'
import type { MachineConfig } from '../../../../gateway/core/ground/config.ts'
import { unlocked } from '../../../support/unlocked.ts'
import { createWorld, machineConfig, outputConfig, type World } from '../../../support/world.ts'

type Policy = MachineConfig['endOfBooking']['policy']
const MINUTE_MS = 60_000
const LAST_MS = 10 * MINUTE_MS

/** A machine that is executing and never stops, behind an output whose policy is `policy`. */
function running(config: MachineConfig, policy: Policy): World {
  const endOfBooking = { warnMs: 0, graceMs: MINUTE_MS, policy, lastMs: LAST_MS }
  const state = { kind: 'threshold', signal: `${config.id}/plc.state`, above: 0, below: -1, on: 'Executing' } as const
  return unlocked(createWorld({ ...config, endOfBooking, state: { ...state, off: 'NotExecuting' } }))
}

const session = (world: World) => [...world.durable.sessions.values()].at(-1)!
const end = (world: World, by: 'tenant' | 'platform' | 'owner' | 'technician') =>
  world.dispatch({ kind: 'end', command: 900, by })

describe('a session that ends at an output whose machine never stops executing', () => {
  it.each<[string, Policy, 'tenant' | 'platform' | 'owner' | 'technician', number]>([
    ['the tenant, at-end: after the grace', 'at-end', 'tenant', MINUTE_MS],
    ['the platform, at-end: after the grace', 'at-end', 'platform', MINUTE_MS],
    ['a technician: at once', 'at-end', 'technician', 0],
    ['the owner, whatever the policy: at once', 'finish-cycle', 'owner', 0],
    ['a technician, where the owner keeps it on: at once', 'owner-release', 'technician', 0],
    ['the tenant, finish-cycle: at its last instant', 'finish-cycle', 'tenant', LAST_MS],
    ['the tenant, owner-release: at its last instant', 'owner-release', 'tenant', LAST_MS],
  ])('%s', (_name, policy, by, afterMs) => {
    const world = running(outputConfig(), policy)
    const endedMs = world.ms
    end(world, by)
    world.run(300)
    const { lockedByMs, finishingSince } = session(world)
    if (afterMs > 0) {
      expect(session(world).status).toBe('finishing')
      expect(lockedByMs).toBe(finishingSince!.ms + afterMs + 7000)
      world.run(afterMs - 2000)
      expect(world.enabledNow).toBe(true)
    }
    expect(world.until(() => !world.enabledNow, 7000)).toBe(true)
    expect(world.ms - endedMs).toBeLessThanOrEqual(afterMs + 7000)
    world.until(() => session(world).status === 'ended', 70_000)
    expect(session(world)).toMatchObject({ status: 'ended' })
    expect(session(world).lockedByMs).toBeUndefined()
  })

  it('a technician takes it also when the tenant has ended it before', () => {
    const world = running(outputConfig(), 'finish-cycle')
    end(world, 'tenant')
    world.run(5000)
    expect(world.enabledNow).toBe(true)
    end(world, 'technician')
    expect(world.until(() => !world.enabledNow, 7000)).toBe(true)
  })
})

it('a lease is kept for its running cycle when a technician ends it, and has a last instant too', () => {
  const endOfBooking = { warnMs: 0, graceMs: MINUTE_MS, policy: 'finish-cycle', lastMs: LAST_MS } as const
  const world = unlocked(createWorld({ ...machineConfig, endOfBooking }))
  world.operator(true)
  world.run(2000)
  end(world, 'technician')
  world.run(300)
  const { lockedByMs, finishingSince } = session(world)
  expect(lockedByMs).toBe(finishingSince!.ms + LAST_MS + 7000)
})
