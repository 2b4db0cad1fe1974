/** The quarter hours of a meter: each is closed by its own last reading, midnight of the site and restarts included. */
import { expect, it } from 'vitest'
import { createWorld, MACHINE } from '../../support/world.ts'

const PARTS = `${MACHINE}/plc.parts`
const QUARTER_MS = 15 * 60_000
/** The world begins at 08:00. */
const START_MS = Date.UTC(2026, 0, 5, 8)

type World = ReturnType<typeof createWorld>
const samples = (world: World) =>
  world.durable.entries
    .filter(({ kind }) => kind === 'MeterSampled')
    .map(({ at, data }) => {
      const points = data.meters as { meter: string; total: string; at: number }[]
      const { total, at: readMs } = points.find(({ meter }) => meter === PARTS)!
      return { total, recordedMs: at.wallMs - START_MS, readMs: readMs - START_MS }
    })

/** Counts five before the boundary, and more behind it. */
function overBoundary(atBoundary: (world: World) => void = () => undefined): World {
  const world = createWorld()
  world.run(QUARTER_MS - 5000)
  world.produce(5)
  world.run(5000)
  atBoundary(world)
  world.produce(7)
  world.run(QUARTER_MS + 2000 - (world.ms % QUARTER_MS))
  return world
}

it('a reading that comes as the quarter begins belongs to it, and the one before closes the quarter that ended', () => {
  const [first, second] = samples(overBoundary())
  expect(first).toMatchObject({ total: '5' })
  expect(first!.readMs).toBeLessThanOrEqual(QUARTER_MS)
  expect(first!.recordedMs).toBeGreaterThanOrEqual(QUARTER_MS)
  expect(first!.recordedMs).toBeLessThan(QUARTER_MS + 200)
  expect(second).toMatchObject({ total: '12' })
})

it('a quarter that ended while the gateway was off is closed by its last reading at the next start', () => {
  const world = overBoundary((off) => {
    off.kill()
    off.run(60_000)
    off.start()
  })
  const [first, ...later] = samples(world)
  expect(first).toMatchObject({ total: '5' })
  expect(first!.readMs).toBeLessThan(QUARTER_MS)
  expect(first!.recordedMs).toBeGreaterThan(QUARTER_MS + 59_000)
  expect(later).toEqual([]) // the rest was booked over the gap
})
