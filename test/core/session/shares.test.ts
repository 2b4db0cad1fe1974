/** Whose the usage of a session is: the shares that held when it began. */
import { describe, expect, it } from 'vitest'
import { createWorld, machineConfig } from '../../support/world.ts'

describe('the shares of a session', () => {
  const START_MS = Date.UTC(2026, 0, 5, 8)
  const halves = [
    { owner: 'huajian', percent: '50' },
    { owner: 'institute', percent: '50' },
  ]
  const all = (owner: string) => [{ owner, percent: '100' }]

  it.each([
    [
      'are those that held when it began, whatever holds at its end',
      [[-1000, halves] as const, [10_000, all('x')] as const],
      halves,
    ],
    ['are the last that began', [[-2000, all('x')] as const, [-1000, halves] as const], halves],
    ['are all of the owner before the first', [[60_000, halves] as const], all('huajian')],
    ['are all of the owner when nothing is said', [], all('huajian')],
  ])('%s', (_name, sets, expected) => {
    const shares = sets.map(([at, owners]) => ({ fromMs: START_MS + at, owners }))
    const world = createWorld({ ...machineConfig, ...(shares.length > 0 ? { shares } : {}) })
    world.run(1000)
    world.putBookings([world.booking()])
    world.unlock()
    world.run(15_000)
    world.end()
    world.run(20_000)
    const ended = world.durable.entries.find(({ kind }) => kind === 'SessionEnded')
    expect(ended?.data.shares).toEqual(expected)
    expect([...world.durable.sessions.values()].map((session) => session.shares)).toEqual([expected])
  })
})
