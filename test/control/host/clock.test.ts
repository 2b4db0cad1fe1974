import { describe, expect, it } from 'vitest'
import { createClock } from '../../../gateway/control/host/clock.ts'
import { backoffMs } from '../../../gateway/core/ground/backoff.ts'

describe('the clock', () => {
  it('is trusted at or above the newest entry, and not below it', () => {
    const now = Date.now()
    const clock = createClock(now)
    const moment = clock.now()
    expect(clock.state(moment)).toBe('synchronised')
    expect(clock.state({ ...moment, ms: now - 3_600_000 })).toBe('relative')
    expect(clock.state({ ...moment, ms: 0 })).toBe('relative')
  })

  it('is not trusted before any gateway existed, whatever the ledger says', () => {
    const clock = createClock(undefined)
    expect(clock.state({ ms: Date.UTC(1970, 0, 2), ns: 1n })).toBe('relative')
  })

  it('names a step once and goes on from there', () => {
    const clock = createClock(undefined)
    const moment = clock.now()
    const stepped = { ms: moment.ms - 3_600_000, ns: moment.ns }
    expect(clock.takeStep(moment)).toBe(0)
    expect(clock.takeStep(stepped)).toBeLessThan(-3_599_000)
    expect(clock.takeStep(stepped)).toBe(0)
  })

  it('follows a clock that is slewed without naming it a step', () => {
    const clock = createClock(undefined)
    let moment = clock.now()
    for (let tick = 0; tick < 20_000; tick++) {
      // 500 ppm, as adjtime does: 0.05 ms in each 100 ms.
      moment = { ms: moment.ms + 100 + (tick % 20 === 0 ? 1 : 0), ns: moment.ns + 100_000_000n }
      expect(clock.takeStep(moment)).toBe(0)
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
