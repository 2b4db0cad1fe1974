/** What the ledger hears of a link that is lost and returns. */
import { describe, expect, it } from 'vitest'
import { found, type Losses, noLosses, takeEntry } from '../../../gateway/control/loops/losses.ts'

const SECOND = 1_000_000_000n
type Step = readonly [atS: number, state: 'up' | 'down' | 'look']

/** The entries, each as `kind@s`, with the count of those before it that were not recorded. */
function heard(steps: readonly Step[], perHour = 20): string[] {
  let losses: Losses = noLosses(perHour, 0n)
  return steps.flatMap(([atS, state]) => {
    if (state !== 'look')
      losses = found(losses, { state, sinceMs: atS * 1000, ...(state === 'down' ? { cause: 'cut' } : {}) })
    const taken = takeEntry(losses, BigInt(atS) * SECOND)
    losses = taken.losses
    if (taken.entry === undefined) return []
    const { kind, unrecorded } = taken.entry
    const downS = taken.entry.kind === 'LinkRestored' ? ` after ${taken.entry.downMs / 1000} s` : ''
    return [`${kind}@${atS}${downS}${unrecorded === undefined ? '' : ` +${unrecorded}`}`]
  })
}

describe('a link', () => {
  it.each<[string, readonly Step[], readonly string[], number?]>([
    ['that is up from the start', [[0, 'up']], []],
    [
      'that is down from the start',
      [
        [0, 'down'],
        [5, 'up'],
      ],
      ['LinkLost@0', 'LinkRestored@5 after 5 s'],
    ],
    [
      'that is lost and returns',
      [
        [0, 'up'],
        [10, 'down'],
        [30, 'up'],
      ],
      ['LinkLost@10', 'LinkRestored@30 after 20 s'],
    ],
    [
      'whose cause changes',
      [
        [0, 'down'],
        [5, 'down'],
        [6, 'look'],
      ],
      ['LinkLost@0'],
    ],
    [
      'that flaps beyond its quota, and stays up',
      [
        [0, 'up'],
        [1, 'down'],
        [2, 'up'],
        [3, 'down'],
        [4, 'up'],
        [5, 'down'],
        [6, 'up'],
        [4000, 'look'],
        [4001, 'down'],
      ],
      ['LinkLost@1', 'LinkRestored@2 after 1 s', 'LinkLost@4001 +2'],
      2,
    ],
    [
      'that flaps beyond its quota, and stays down',
      [
        [0, 'up'],
        [1, 'down'],
        [2, 'up'],
        [3, 'down'],
        [4, 'up'],
        [5, 'down'],
        [1000, 'look'],
        [2000, 'look'],
        [3000, 'up'],
        [4000, 'look'],
      ],
      ['LinkLost@1', 'LinkRestored@2 after 1 s', 'LinkLost@2000 +1', 'LinkRestored@4000 after 2995 s'],
      2,
    ],
  ])('%s', (_, steps, entries, perHour) => {
    expect(heard(steps, perHour)).toEqual(entries)
  })

  it('that flaps each second makes no more than its quota in a day', () => {
    const steps = Array.from({ length: 86_400 }, (_, second): Step => [second, second % 2 === 0 ? 'up' : 'down'])
    expect(heard(steps).length).toBeLessThanOrEqual(20 + 24 * 20)
  })
})
