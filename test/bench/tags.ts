/**
 * Very many signals: `tags`. Fifty machines of a thousand floats each, once a second, every value published. There is
 * no bare program: the figure is what arrived per second, held against what has to be read. Then faster, or slower,
 * until the highest rate is known at which nothing is dropped. Read next: floor.ts.
 */
import { type Floor, gatewayOn, observe, openFloor, type Result } from './floor.ts'
import { type Bench, compare, type Figure, type Group } from './pair.ts'

const MACHINES = 50
const FLOATS = 1000
const POLL_MS = 1000
const MINUTE_MS = 60_000
const LONG_MS = 600_000
/** Of a rate that is only tried: the window, and at least so many polls. */
const TRIAL_MS = 8000
const TRIAL_POLLS = 2
const MOST_RSS_MB = 400
/** Rates that are tried: each is half or double the one before. */
const FASTEST_MS = 125
const SLOWEST_MS = 8000

type Trial = Result & { readonly pollMs: number; readonly windowMs: number }

export const tags: Group = {
  keys: ['tags'],
  async run(bench) {
    const floor = await openFloor(bench, MACHINES, FLOATS)
    const first = await attempt(bench, floor, POLL_MS, firstMs(bench))
    const trials = [first]
    const up = isWhole(first)
    for (let trial = first; up === isWhole(trial); trials.push(trial)) {
      const pollMs = up ? trial.pollMs / 2 : trial.pollMs * 2
      if (pollMs < FASTEST_MS || pollMs > SLOWEST_MS || (bench.quick && trials.length > 1)) break
      trial = await attempt(bench, floor, pollMs, Math.max(TRIAL_MS, TRIAL_POLLS * pollMs))
    }
    return [figure(first, trials)]
  },
}

function firstMs({ quick, long, windowMs }: Bench): number {
  if (quick) return 2 * windowMs
  return long ? LONG_MS : MINUTE_MS
}

async function attempt(bench: Bench, floor: Floor, pollMs: number, windowMs: number): Promise<Trial> {
  bench.say(`${rate(pollMs)} values a second for ${windowMs / 1000} s`)
  const options = { machines: MACHINES, pollMs, states: false, windowMs }
  const start = () => gatewayOn(bench, floor, `tags-${pollMs}`, options)
  const trial = { pollMs, windowMs, ...(await observe(bench, floor, start, options)) }
  bench.say(told(trial))
  return trial
}

const isWhole = ({ seen }: Trial): boolean => seen?.whole === true

function figure(first: Trial, trials: readonly Trial[]): Figure {
  const { seen, windowMs } = first
  const pairs = [{ ...(seen && { ours: (seen.arrived * 1000) / windowMs }), bare: rate(first.pollMs) }]
  const best = trials.filter(isWhole).map(({ pollMs }) => rate(pollMs))
  const highest = best.length === 0 ? 'none of the rates that were tried' : `${Math.max(...best)} a second`
  return compare('tags', 'values/s', pairs, aim(first), {
    of: `${MACHINES * FLOATS} signals`,
    notes: [`the highest rate at which nothing is dropped: ${highest}`, ...trials.map(told)],
  })
}

const aim = (first: Trial) => ({
  text: `0 dropped, ≤ ${MOST_RSS_MB} MB`,
  holds: () => isWhole(first) && first.seen!.cost.rssMb <= MOST_RSS_MB,
})

const rate = (pollMs: number): number => (MACHINES * FLOATS * 1000) / pollMs

function told({ pollMs, windowMs, seen, failure }: Trial): string {
  const asked = `${rate(pollMs)} a second for ${windowMs / 1000} s`
  if (seen === undefined) return `${asked}: ${failure}`
  const { cost, read, arrived } = seen
  return `${asked}: ${arrived} of ${read} values, ${(cost.cpu * 100).toFixed(0)} % of a core, ${cost.rssMb.toFixed(0)} MB`
}
