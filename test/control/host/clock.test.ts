import { describe, expect, it } from 'vitest'
import { createClock } from '../../../gateway/control/host/clock.ts'
import { backoffMs } from '../../../gateway/core/ground/backoff.ts'

const T0 = Date.UTC(2026, 0, 5, 8)

/** A clock of a host that has been up for an hour, and by how much its wall clock is off. */
function hostClock(known: Parameters<typeof createClock>[0] = {}) {
  const host = { ms: 3_600_000, offMs: 0 }
  const clock = createClock(known, 'boot', () => ({ ms: T0 + host.ms + host.offMs, ns: BigInt(host.ms) * 1_000_000n }))
  return { host, clock, change: () => clock.takeChange(clock.now()), notes: () => clock.notes(clock.now()) }
}

describe('the clock', () => {
  it('stamps what happens with what it is worth', () => {
    const { host, clock } = hostClock({ floorMs: T0 })
    const state = () => clock.stamp(clock.now()).clock
    expect(state()).toBe('informative') // an hour ahead of what is known
    host.offMs = -3_600_000
    expect(state()).toBe('synchronised')
    host.offMs = -7_200_000
    expect(state()).toBe('relative')
  })

  it('names a step once, with the floor it is held against, and goes on from there', () => {
    const { host, clock, change } = hostClock()
    host.ms += 3_600_000
    expect(change()).toBeUndefined()
    const floorMs = clock.now().ms
    host.offMs = -3_600_000
    expect(change()).toMatchObject({ stepMs: -3_600_000, state: 'relative', floorMs })
    expect(change()).toBeUndefined()
    host.offMs = 0
    expect(change()).toMatchObject({ stepMs: 3_600_000, state: 'synchronised' })
    expect(change()).toBeUndefined()
  })

  it('names it when a clock that stayed ahead is believed, or was wrong from the start', () => {
    const { host, change } = hostClock({ floorMs: T0 })
    expect(change()).toMatchObject({ stepMs: 0, state: 'informative', floorMs: T0 })
    host.ms += 16 * 60_000
    expect(change()).toMatchObject({ stepMs: 0, state: 'synchronised' })
  })

  it('says what it shows, what that is held against, and what to do', () => {
    const { host, change, notes } = hostClock({ floorMs: T0 + 3_600_000 })
    expect(notes()).toEqual([])
    host.offMs = -30 * 86_400_000
    expect(notes()).toEqual([
      expect.stringMatching(/2025-12-06T09:00Z.*2026-01-05T09:00Z.*no new unlock.*latchkey clock/),
    ])
    expect(change()?.text).toBe(notes()[0])
    host.offMs = 7_200_000
    expect(notes()).toEqual([expect.stringMatching(/2026-01-05T11:00Z.*2026-01-05T09:00Z.*nothing is released/)])
  })

  it('follows a clock that is slewed without naming it a step', () => {
    const { host, change } = hostClock()
    for (let tick = 0; tick < 20_000; tick++) {
      // 500 ppm, as adjtime does: 0.05 ms in each 100 ms.
      host.ms += 100
      if (tick % 20 === 0) host.offMs += 1
      expect(change()).toBeUndefined()
    }
  })
})

describe('backoff', () => {
  it.each([
    [1, 0, 250],
    [1, 0.999, 500],
    [2, 0, 500],
    [7, 0, 15_000],
    [100, 0.999, 29_985],
  ])('try %i with random %d waits %i ms', (tries, random, expected) => {
    expect(backoffMs({ firstMs: 500, maxMs: 30_000 }, tries, random)).toBe(expected)
  })
})
