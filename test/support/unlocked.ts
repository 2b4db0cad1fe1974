/** A world in which the tenant was let in, and what was counted in it. */
import { expect } from 'vitest'
import { createWorld, type World } from './world.ts'

/** Longest wait for the answer to an unlock that nothing delays. */
const UNLOCK_MS = 3000

/** Puts the booking and unlocks with it; fails unless a session comes of it. */
export function unlocked(world = createWorld(), booking = world.booking()): World {
  world.run(1000)
  world.putBookings([booking])
  const command = world.unlock({ jti: 'j1' })
  expect(world.until(() => world.outcome(command) !== undefined, UNLOCK_MS)).toBe(true)
  expect(world.outcome(command)?.kind).toBe('session')
  return world
}

export const total = (world: World) => Number(world.state.meters.get('booth/plc.parts')?.total ?? -1n)
export const used = (world: World, session: string) =>
  Number(world.durable.sessions.get(session)?.use.find((use) => use.meter === 'booth/plc.parts')?.quantity ?? 0)
