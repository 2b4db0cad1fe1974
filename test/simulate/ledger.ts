/**
 * `node test/simulate/ledger.ts --runs 100000`: generated lives of a ledger and a sink that reads it. I7 and I8 of
 * gateway/README.md hold in each. A life is its seed.
 *
 *   --runs N    how many lives (1000)       --from N    the first seed (0)       --json    one JSON object at the end
 */
import { parseArgs } from 'node:util'
import { playLives } from './ledger/lives.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    first: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const result = await playLives({ runs: Number(values.runs), from: Number(values.from), first: values.first })
if (values.json) console.log(JSON.stringify(result))
else {
  for (const { seed, fault } of result.faults.slice(0, 20)) console.log(`seed ${seed}: ${fault}`)
  for (const name of result.never) console.log(`never: ${name}`)
  console.log(`${result.runs} lives, ${result.ms} ms, ${result.faults.length} failed`)
  console.log(
    Object.entries(result.happened)
      .map(([name, times]) => `${name} ${times}`)
      .join(', '),
  )
}
// A life that broke a rule is left as it stood; nothing of it may keep the process.
process.exit(result.faults.length === 0 && result.never.length === 0 ? 0 : 1)
