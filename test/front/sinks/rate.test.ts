/** The rate of a sink: over the last while, and of that alone. */
import { expect, test } from 'vitest'
import { createRate } from '../../../gateway/front/sinks/rate.ts'

const over = (...notes: readonly (readonly [count: number, atMs: number])[]) => {
  const rate = createRate(10_000)
  for (const [count, atMs] of notes) rate.note(count, atMs)
  return rate.perSecond()
}

test.each([
  ['nothing was noted', [], 0],
  ['once', [[50, 1_000]], 0],
  [
    'twice at one time',
    [
      [50, 1_000],
      [60, 1_000],
    ],
    0,
  ],
  [
    'it stands',
    [
      [50, 0],
      [50, 5_000],
    ],
    0,
  ],
  [
    'between the first and the last',
    [
      [50, 0],
      [51, 500],
      [60, 4_000],
    ],
    2.5,
  ],
  [
    'of the window alone',
    [
      [0, 0],
      [1_000, 1_000],
      [1_000, 6_000],
      [1_020, 11_000],
    ],
    2,
  ],
  [
    'after a long silence',
    [
      [0, 0],
      [5_000, 20_000],
    ],
    0,
  ],
] as const)('%s', (_, notes, perSecond) => {
  expect(over(...notes)).toBe(perSecond)
})
