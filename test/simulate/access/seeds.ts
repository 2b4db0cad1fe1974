/** A life by its seed: the same seed, the same life; of one that fails, the smallest that still does. */
import fc from 'fast-check'
import { life } from './any-life.ts'
import type { Life } from './command.ts'
import { playLife, type Verdict } from './life.ts'

const lives = fc.noBias(life)

export const lifeOf = (seed: number): Life => fc.sample(lives, { seed, numRuns: 1 })[0]!

export const playSeed = (seed: number): Verdict => playLife(lifeOf(seed))

/** Smaller lives that break the same rule. */
export function smallest(seed: number): { readonly life: Life; readonly fault: string } | undefined {
  const rule = ruleOf(playSeed(seed).fault)
  if (rule === undefined) return undefined
  const details = fc.check(
    fc.property(lives, (one) => ruleOf(playLife(one).fault) !== rule),
    { seed, numRuns: 1 },
  )
  const found = details.counterexample?.[0]
  return found && { life: found, fault: playLife(found).fault! }
}

const ruleOf = (fault: string | undefined) => fault?.split(' at ')[0]
