/** The examples worked out by hand in gateway/core/billing/EXAMPLES.md, by the engine and by the verifier. */
import { readExamples } from '../../simulate/money/examples.ts'
import { wrongIn } from '../../simulate/money/judge-example.ts'
import type { Item } from '../item.ts'

export const examples: Item = {
  name: 'examples',
  async run() {
    const all = readExamples()
    const wrong = all.flatMap((example) => wrongIn(example).map((what) => `${example.title}: ${what}`))
    return {
      figure: `${all.length} examples by hand: ${wrong.length} wrong`,
      aim: 'all, by engine and verifier',
      ok: all.length > 0 && wrong.length === 0,
      notes: wrong,
    }
  },
}
