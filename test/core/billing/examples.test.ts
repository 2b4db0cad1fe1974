/** Every number of gateway/core/billing/EXAMPLES.md, by the engine and by the verifier. */
import { describe, expect, it } from 'vitest'
import { readExamples } from '../../simulate/money/examples.ts'
import { wrongIn } from '../../simulate/money/judge-example.ts'

const examples = readExamples()

describe('examples by hand', () => {
  it('the page has all of them', () => expect(examples.length).toBeGreaterThanOrEqual(20))

  it.each(examples.map((example) => [example.title, example] as const))('%s', (_, example) =>
    expect(wrongIn(example)).toEqual([]),
  )
})
