/**
 * `node test/simulate/configuration.ts --runs 2000`: configuration changes of a hundred kinds over running ledgers. The
 * gateway never fails to start, accounts stay conserved, and receipts of before stay good. A ledger with its changes is
 * its seed: `--from` goes on where another run ended, or plays one again with `--runs 1`.
 */
import { Command } from 'commander'
import { kinds } from './configuration/kinds.ts'
import { playChanges } from './configuration/lives.ts'
import { ENOUGH_RUNS, missing } from './configuration/reached.ts'

type Options = { readonly runs: string; readonly from: string; readonly json: boolean }

await new Command('configuration')
  .description('Changes the configuration of gateways at random, and judges what becomes of ledger and machines.')
  .option('--runs <n>', 'how many changes', '200')
  .option('--from <n>', 'the first seed', '0')
  .option('--json', 'one JSON object at the end, nothing else', false)
  .action(async ({ runs, from, json }: Options) => {
    let shown = performance.now()
    const result = await playChanges(Number(runs), Number(from), (so) => {
      const last = so.faults.at(-1)
      if (!json && last?.seed === so.nextSeed - 1) console.log(`seed ${last.seed}: ${last.fault}`)
      if (json || performance.now() - shown < 5000) return
      shown = performance.now()
      console.log(`${so.runs} of ${runs}, ${so.faults.length} ledgers failed; go on with --from ${so.nextSeed}`)
    })
    const never = Number(runs) < ENOUGH_RUNS ? [] : missing(result.happened, kinds)
    if (json) console.log(JSON.stringify({ from: Number(from), ...result, never }))
    else {
      for (const name of never) console.log(`never: ${name}`)
      const names = Object.entries(result.happened).sort(([, a], [, b]) => b - a)
      console.log(names.map(([name, times]) => `${name} ${times}`).join(', '))
      console.log(`${result.runs} changes, ${result.ms} ms, ${result.faults.length} ledgers failed`)
    }
    process.exitCode = result.faults.length === 0 && never.length === 0 ? 0 : 1
  })
  .parseAsync()
