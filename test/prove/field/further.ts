/**
 * Of each kind of fault five further inputs and more, which were tried on the product and are tests now: the table of
 * test/field/FURTHER.md is whole, and in the full form all that it names is run and passes.
 */
import { holderFaults, readFurther } from '../../field/rows.ts'
import type { Item } from '../item.ts'
import { countOf, runTests, unheld } from './named-tests.ts'

const KINDS = [
  'metering',
  'session ends',
  'time',
  'sick device',
  'outside not believed',
  'API',
  'ends itself',
  'people',
]
const LEAST_OF_A_KIND = 5

export const further: Item = {
  name: 'further',
  async run(run) {
    const inputs = readFurther()
    const titles = run.quick ? undefined : await runTests(run, inputs)
    const notes = inputs.flatMap((each) => [
      ...holderFaults(each.input, each),
      ...(titles === undefined ? [] : unheld(each.input, each, titles)),
    ])
    const few = KINDS.filter((kind) => inputs.filter((each) => each.kind === kind).length < LEAST_OF_A_KIND)
    const how = titles === undefined ? 'named, not run' : `${countOf(titles)} tests run`
    return {
      figure: `${inputs.length} inputs of ${KINDS.length} kinds, ${notes.length} do not hold, ${few.length} kinds with too few; ${how}`,
      aim: `${LEAST_OF_A_KIND} of each kind, and all hold`,
      ok: notes.length === 0 && few.length === 0,
      notes: [...notes, ...few.map((kind) => `too few of the kind: ${kind}`)],
    }
  },
}
