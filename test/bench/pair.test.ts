import { describe, expect, it } from 'vitest'
import { createScope } from '../support/proof.ts'
import { quantile } from './measure.ts'
import { atLeast, atMost, type Bench, compare, interleave } from './pair.ts'

const bench = (pairs: number): Bench => ({
  scope: createScope('pair'),
  pairs,
  settleMs: 0,
  windowMs: 0,
  quick: true,
  long: false,
  say: () => undefined,
})

describe('a figure', () => {
  it('is the median of the ratios, not the ratio of the medians', () => {
    const pairs = [
      { ours: 1, bare: 1 },
      { ours: 9, bare: 3 },
      { ours: 4, bare: 2 },
    ]
    expect(compare('k', 'ms', pairs, atMost(2))).toMatchObject({
      ours: 4,
      bare: 2,
      ratio: { median: 2, least: 1, most: 3 },
      ok: true,
    })
  })

  it.each([
    ['at the aim', atMost(2), true],
    ['above what is allowed', atMost(1.9), false],
    ['at the least that is wanted', atLeast(2), true],
    ['below what is wanted', atLeast(2.1), false],
  ])('%s is judged', (_what, aim, ok) => {
    expect(compare('k', 'ms', [{ ours: 2, bare: 1 }], aim).ok).toBe(ok)
  })

  it('falls short when a side is missing, however good the rest is, and says so', () => {
    const { ok, notes, ours } = compare('k', 'ms', [{ ours: 1, bare: 1 }, { bare: 1 }], atMost(2))
    expect({ ok, notes, ours }).toEqual({ ok: false, notes: ['1 of 2 pairs are whole'], ours: 1 })
  })

  it('falls short when nothing was measured', () => {
    expect(compare('k', 'ms', [], atMost(2)).ok).toBe(false)
  })
})

describe('pairs', () => {
  it('are measured in turn, and a failure costs its own side only', async () => {
    const order: string[] = []
    const { pairs, notes } = await interleave(
      bench(2),
      async (pair) => {
        order.push(`ours ${pair}`)
        if (pair === 1) throw new Error('it ended itself')
        return 2
      },
      async (pair) => {
        order.push(`bare ${pair}`)
        return 1
      },
    )
    expect(order).toEqual(['ours 1', 'bare 1', 'ours 2', 'bare 2'])
    expect(pairs).toEqual([{ bare: 1 }, { ours: 2, bare: 1 }])
    expect(notes).toEqual(['pair 1, ours: it ended itself'])
  })
})

it('a quantile lies between its neighbours', () => {
  expect([0, 0.5, 0.99, 1].map((share) => quantile([3, 1, 2], share))).toEqual([1, 2, 2.98, 3])
})
