/**
 * `node test/simulate/access.ts --runs 100000`: generated lives of a machine with one or two gateways, judged by a
 * reference model. A life is its seed, so `--from` goes on where another run ended and `--life` plays one again, made
 * small. A large run that never came to a case it is for has shown nothing about it, and fails.
 */
import { Command, InvalidArgumentError } from 'commander'
import { playLives } from './access/lives.ts'
import { ENOUGH_LIVES, missing } from './access/reached.ts'
import { lifeOf, smallest } from './access/seeds.ts'

const SHOWN_FAULTS = 20
const PROGRESS_EVERY_MS = 5000
/** A seed has 31 bits. */
const SEEDS = 2 ** 31

type Options = {
  readonly runs: number
  readonly from: number
  readonly jobs: number
  readonly life?: number
  readonly first: boolean
  readonly json: boolean
}

const whole = (least: number) => (text: string) => {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < least || number >= SEEDS)
    throw new InvalidArgumentError(`a whole number from ${least} to ${SEEDS - 1}`)
  return number
}

async function main({ runs, from, jobs, life, first, json }: Options): Promise<number> {
  if (life !== undefined) return show(life)
  if (from + runs > SEEDS) throw new Error(`there are no seeds from ${SEEDS} on`)
  const say = (line: string) => {
    if (!json) console.log(line)
  }
  let shown = performance.now()
  const result = await playLives({ runs, from, jobs, first }, (so) => {
    for (const { seed, fault } of so.news.slice(0, Math.max(0, SHOWN_FAULTS - so.failed + so.news.length)))
      say(`seed ${seed}: ${fault}`)
    const now = performance.now()
    if (now - shown < PROGRESS_EVERY_MS) return
    shown = now
    say(`${so.runs} of ${runs}, ${so.perSecond} a second, ${so.failed} failed; go on with --from ${so.nextSeed}`)
  })
  if (json) console.log(JSON.stringify({ from, ...result, faults: result.faults.slice(0, SHOWN_FAULTS) }))
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

await new Command('access')
  .description(
    'Plays generated lives of a machine and judges each by a reference model; ends with 1 when one breaks a rule.',
  )
  .option('--runs <n>', 'how many lives', whole(1), 1000)
  .option('--from <n>', 'the first seed', whole(0), 0)
  .option('--jobs <n>', 'threads', whole(1), 2)
  .option('--life <seed>', 'this one only: its smallest life that still fails', whole(0))
  .option('--first', 'stop at the first fault', false)
  .option('--json', 'one JSON object at the end, nothing else', false)
  .action(async (options: Options) => {
    process.exitCode = await main(options)
  })
  .parseAsync()
