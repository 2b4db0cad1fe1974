/** A world in which the tenant was let in, and what was counted in it. */
import { expect } from 'vitest'
import { createWorld, type World } from './world.ts'

export function unlocked(world = createWorld()): World {
  world.run(1000)
  world.putBookings([world.booking()])
  const command = world.unlock({ jti: 'j1' })
  expect(world.until(() => world.outcome(command) !== undefined, 3000)).toBe(true)
  expect(world.outcome(command)?.kind).toBe('session')
  return world
}

export const total = (world: World) => Number(world.state.meters.get('booth/plc.parts')?.total ?? -1n)
export const used = (world: World, session: string) =>
  Number(world.durable.sessions.get(session)?.use.find((use) => use.meter === 'booth/plc.parts')?.quantity ?? 0)
