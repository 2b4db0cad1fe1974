/**
 * `node test/simulate/mutants.ts`: breaks the core on purpose, one place at a time, and lets the generated lives find
 * it.
 *
 * --runs N    lives of a mutant at the most (10000)      --only N    the mutant of this number
 */
import { parseArgs } from 'node:util'
import { mutants, playMutant } from './access/mutants.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '10000' }, only: { type: 'string' } } })
const chosen = values.only === undefined ? mutants : mutants.slice(Number(values.only), Number(values.only) + 1)
let found = 0
for (const mutant of chosen) {
  const fault = await playMutant(mutant, Number(values.runs))
  if (fault !== undefined) found += 1
  console.log(
    `${fault === undefined ? 'MISSED' : `found after ${fault.runs} lives`}: ${mutant.name}${fault ? ` (${fault.fault.slice(0, 140)})` : ''}`,
  )
}
console.log(`${found}/${chosen.length} broken cores found`)
process.exitCode = found === chosen.length ? 0 : 1
