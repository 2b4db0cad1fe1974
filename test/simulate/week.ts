/**
 * `npm run simulate -- week --seed 1`: plays a week of a furniture cluster on virtual time, with and without sharing,
 * and writes a report from the two ledgers. Read next: week/assumptions.ts (what it rests on), week/run.ts.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { assumptions } from './week/assumptions.ts'
import { readAssumptions } from './week/other-assumptions.ts'
import { runWeek } from './week/run.ts'

type Options = {
  readonly seed: number
  readonly days: number
  readonly firms?: number
  readonly assumptions?: string
  readonly out?: string
  readonly json: boolean
}

const whole = (least: number, most: number) => (text: string) => {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < least || number > most)
    throw new InvalidArgumentError(`a whole number from ${least} to ${most}`)
  return number
}

async function main({ seed, days, firms, assumptions: path, out, json }: Options): Promise<number> {
  const read = path === undefined ? assumptions : readAssumptions(path)
  if (typeof read === 'string') return fail(read)
  const given = firms === undefined ? read : { ...read, firms }
  const folder = resolve(out ?? join('data', `week-${seed}`))
  if (existsSync(folder)) return fail(`${folder} is there already: delete it, or name another with --out`)
  mkdirSync(folder, { recursive: true })
  const report = await runWeek(folder, { seed, days, given }, (text) => {
    if (!json) console.error(text)
  })
  if (json) {
    console.log(JSON.stringify(report))
    return 0
  }
  for (const [name, { own, shared, lower, said, reached }] of Object.entries(report.claims))
    console.log(
      `${name}: ${own} without sharing, ${shared} shared: ${lower} % lower, said ${said} %: ${reached ? 'reached' : 'not reached'}`,
    )
  console.log(
    `The report is ${join(folder, 'report.md')}. Compute it anew: python3 test/simulate/week/recompute.py ${folder}`,
  )
  return 0
}

function fail(message: string): number {
  console.error(message)
  return 2
}

await new Command('simulate week')
  .description('Plays a week of a furniture cluster, with and without sharing, and reports what sharing was worth.')
  .option('--seed <n>', 'the same seed gives the same week', whole(1, 1_000_000), 1)
  .option('--days <n>', 'how many days, from a Monday on', whole(1, 28), 7)
  .option('--firms <n>', 'how many firms', whole(1, 200))
  .option('--assumptions <file>', 'JSON with other figures in place of those of week/assumptions.ts')
  .option('--out <folder>', 'where ledgers and report go (default: data/week-<seed>)')
  .option('--json', 'the report as one JSON object, nothing else', false)
  .action(async (options: Options) => {
    process.exitCode = await main(options)
  })
  .parseAsync(process.argv.slice(3), { from: 'user' })
