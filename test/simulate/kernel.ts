/**
 * `node test/simulate/kernel.ts --runs 1000000`: generated lives of counters against the meter kernel, judged by the
 * truth that made them. A history is its seed, so `--from` goes on where another run ended and a fault is run again
 * alone.
 *
 * --runs N    how many histories (100 000)        --from N    the first seed (0) --json      one JSON object at the
 * end, nothing else
 */
import { parseArgs } from 'node:util'
import { runHistory } from './history.ts'

const SHOWN_FAULTS = 10
const PROGRESS_EVERY_MS = 5000

function main(): number {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '100000' },
      from: { type: 'string', default: '0' },
      json: { type: 'boolean', default: false },
    },
  })
  const [runs, from] = [Number(values.runs), Number(values.from)]
  if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(from) || from < 0 || from + runs > 2 ** 32) {
    console.error('--runs and --from are whole numbers; a seed has 32 bits')
    return 2
  }
  const say = (line: string) => {
    if (!values.json) console.log(line)
  }
  const faults: { seed: number; fault: string }[] = []
  const events: Record<string, number> = {}
  let readings = 0
  let failed = 0
  const began = performance.now()
  let shown = began
  for (let seed = from; seed < from + runs; seed += 1) {
    const verdict = runHistory(seed)
    readings += verdict.readings
    for (const [name, times] of Object.entries(verdict.events)) events[name] = (events[name] ?? 0) + times
    if (verdict.fault !== undefined) {
      failed += 1
      if (faults.length < SHOWN_FAULTS) {
        faults.push({ seed, fault: verdict.fault })
        say(`seed ${seed}: ${verdict.fault}`)
      }
    }
    const now = performance.now()
    if (now - shown >= PROGRESS_EVERY_MS) {
      shown = now
      const done = seed - from + 1
      say(`${done} of ${runs}, ${rate(done, now - began)} a second, ${failed} failed; go on with --from ${seed + 1}`)
    }
  }
  const ms = Math.round(performance.now() - began)
  if (values.json)
    console.log(JSON.stringify({ from, runs, failed, faults, readings, events, ms, perSecond: rate(runs, ms) }))
  else {
    say(`${runs} histories, ${readings} readings, ${ms} ms, ${rate(runs, ms)} a second, ${failed} failed`)
    say(
      Object.entries(events)
        .map(([name, times]) => `${name} ${times}`)
        .join(', '),
    )
  }
  return failed === 0 ? 0 : 1
}

const rate = (runs: number, ms: number) => Math.round((runs * 1000) / Math.max(1, ms))

process.exitCode = main()
