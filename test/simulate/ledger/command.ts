/** What can happen to a ledger and a sink that reads it. */
import fc from 'fast-check'

export type Step =
  | { readonly kind: 'commit'; readonly groups: number; readonly entries: number }
  /** A commit that cannot be written ends the process. */
  | { readonly kind: 'broken' | 'checkpoint' | 'tamper' | 'stop' | 'lose' }
  | { readonly kind: 'pass'; readonly ms: number }
  /** What the receiver does from now on; `deaf`: it takes everything and says nothing. */
  | { readonly kind: 'receiver'; readonly does: 'accept' | 'wait' | 'half' | 'bad' | 'deaf' }
  /** `landed`: what was on its way to the disk made it. */
  | { readonly kind: 'kill'; readonly landed: boolean }

const one = <T>(value: T) => fc.constant(value)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: one('commit' as const),
      groups: fc.integer({ min: 1, max: 3 }),
      entries: fc.integer({ min: 0, max: 6 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: one('pass' as const), ms: fc.constantFrom(100, 200, 300, 700, 2500) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: one('receiver' as const),
      does: fc.constantFrom(
        'accept' as const,
        'accept' as const,
        'wait' as const,
        'half' as const,
        'bad' as const,
        'deaf' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: one('kill' as const), landed: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'broken' as const,
        'checkpoint' as const,
        'checkpoint' as const,
        'tamper' as const,
        'stop' as const,
        'lose' as const,
      ),
    }),
  },
)

export const steps: fc.Arbitrary<Step[]> = fc.noBias(fc.array(step, { minLength: 2, maxLength: 20, size: 'max' }))

export const stepsOf = (seed: number): Step[] => fc.sample(steps, { seed, numRuns: 1 })[0]!
