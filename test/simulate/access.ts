/**
 * `node test/simulate/access.ts --runs 100000`: generated lives of a machine with one or two gateways, judged by a reference
 * model. A life is its seed, so `--from` goes on where another run ended and `--life` plays one again, made small.
 *
 *   --runs N    how many lives (1000)       --from N    the first seed (0)
 *   --jobs N    threads (2)                 --first     stop at the first fault
 *   --life N    this seed only: its smallest life that still fails
 *   --json      one JSON object at the end, nothing else
 *
 * A large run that never came to a case it is for has shown nothing about it, and fails.
 */
import { parseArgs } from 'node:util'
import { playLives } from './access/lives.ts'
import { ENOUGH_LIVES, missing } from './access/reached.ts'
import { lifeOf, smallest } from './access/seeds.ts'

const SHOWN_FAULTS = 20
const PROGRESS_EVERY_MS = 5000

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '1000' },
      from: { type: 'string', default: '0' },
      jobs: { type: 'string', default: '2' },
      life: { type: 'string' },
      first: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.life !== undefined) return show(Number(values.life))
  const [runs, from, jobs] = [Number(values.runs), Number(values.from), Number(values.jobs)]
  if (![runs, from, jobs].every(Number.isSafeInteger) || runs < 1 || from < 0 || jobs < 1 || from + runs > 2 ** 31) {
    console.error('--runs, --from and --jobs are whole numbers; a seed has 31 bits')
    return 2
  }
  const say = (line: string) => {
    if (!values.json) console.log(line)
  }
  let shown = performance.now()
  const result = await playLives({ runs, from, jobs, first: values.first }, (so) => {
    for (const { seed, fault } of so.news.slice(0, Math.max(0, SHOWN_FAULTS - so.failed + so.news.length)))
      say(`seed ${seed}: ${fault}`)
    const now = performance.now()
    if (now - shown < PROGRESS_EVERY_MS) return
    shown = now
    say(`${so.runs} of ${runs}, ${so.perSecond} a second, ${so.failed} failed; go on with --from ${so.nextSeed}`)
  })
  if (values.json) console.log(JSON.stringify({ from, ...result, faults: result.faults.slice(0, SHOWN_FAULTS) }))
  else {
    const { virtualMs, ms, perSecond, failed, happened } = result
    say(
      `${result.runs} lives of ${Math.round(virtualMs / 3_600_000)} h, ${ms} ms, ${perSecond} a second, ${failed} failed`,
    )
    say(
      Object.entries(happened)
        .sort(([, a], [, b]) => b - a)
        .map(([name, times]) => `${name} ${times}`)
        .join(', '),
    )
  }
  const vacuous = runs < ENOUGH_LIVES ? [] : missing(result.happened)
  for (const name of vacuous) say(`never: ${name}`)
  return result.failed === 0 && vacuous.length === 0 ? 0 : 1
}

function show(seed: number): number {
  const small = smallest(seed)
  if (small === undefined) {
    console.log(`${JSON.stringify(lifeOf(seed), undefined, 1)}\nseed ${seed}: nothing is broken`)
    return 0
  }
  const { commands, ...rest } = small.life
  console.log(JSON.stringify(rest))
  for (const command of commands) console.log(`  ${JSON.stringify(command)}`)
  console.log(small.fault)
  return 1
}

process.exitCode = await main()
