/** A machine whose link flaps is recorded so often and no more; the last word of the ledger is right in the end. */
import { expect, it } from 'vitest'
import { createWorld } from '../../support/world.ts'

const changes = (world: ReturnType<typeof createWorld>) => world.entriesOf('AvailabilityChanged')

/** An hour in which the link is lost for 4 s every 10 s. */
function flappingHour() {
  const world = createWorld()
  world.run(5000)
  for (let second = 0; second < 3600; second += 10) {
    world.link.up = false
    world.run(4000)
    world.link.up = true
    world.run(6000)
  }
  return world
}

it('a link that flaps for an hour makes a bounded number of entries, with a count of the rest', () => {
  const world = flappingHour()
  const entries = changes(world)
  expect(entries.length).toBeLessThanOrEqual(2 * 20 + 1)
  const unrecorded = entries.reduce((sum, { data }) => sum + Number(data.unrecorded ?? 0), 0)
  expect(entries.length + unrecorded).toBeGreaterThan(360)

  world.run(600_000)
  expect(changes(world).at(-1)?.data.to).toBe('Available')
  world.link.up = false
  world.run(600_000)
  expect(changes(world).at(-1)?.data.to).toBe('Unknown')
}, 120_000)
