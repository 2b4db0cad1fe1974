/**
 * Many machines, polled once a second and published: what it costs, and how old a value is on arrival. Keys:
 * `poll_cpu` `poll_rss` `poll_1000` `fresh_signal` `fresh_state`. Each round runs the bare loop, then the gateway.
 * Read next: floor.ts.
 */
import { type Floor, gatewayOn, type Observation, observe, openFloor, type Result } from './floor.ts'
import { quantile } from './measure.ts'
import { type Aim, atMost, type Bench, compare, type Figure, type Group, type Pair } from './pair.ts'
import { startBareSubject } from './subject.ts'

const MOST = 1000
const FLOATS = 20
const POLL_MS = 1000
/** Where CPU and memory are held against the bare loop, both have run so long: what a start costs is another key. */
const WARM_MS = 8000

/** A run of a round, and what it brought in each. */
type Work = 'bare 500' | 'gateway 500' | 'gateway 1000' | 'gateway 100'
type Results = Readonly<Record<Work, Result[]>>

const needs: Readonly<Record<string, readonly Work[]>> = {
  poll_cpu: ['bare 500', 'gateway 500'],
  poll_rss: ['bare 500', 'gateway 500'],
  poll_1000: ['gateway 1000', 'gateway 100'],
  fresh_signal: ['gateway 500', 'gateway 100'],
  fresh_state: ['gateway 500', 'gateway 100'],
}
const order: readonly Work[] = ['bare 500', 'gateway 500', 'gateway 1000', 'gateway 100']

export const poll: Group = {
  keys: Object.keys(needs),
  async run(bench, wanted) {
    const works = order.filter((work) => [...wanted].some((key) => needs[key]!.includes(work)))
    const floor = await openFloor(bench, MOST, FLOATS)
    const results: Results = { 'bare 500': [], 'gateway 500': [], 'gateway 1000': [], 'gateway 100': [] }
    for (let round = 1; round <= bench.pairs; round += 1)
      for (const work of works) {
        bench.say(`round ${round} of ${bench.pairs}: ${work} machines`)
        const result = await watch(bench, floor, work, wanted.has('fresh_state'), round)
        bench.say(told(result))
        results[work].push(result)
      }
    return figures(results).filter(({ key }) => wanted.has(key))
  },
}

function watch(given: Bench, floor: Floor, work: Work, states: boolean, round: number): Promise<Result> {
  const isBare = work.startsWith('bare')
  const isWarm = work.endsWith(' 500') && !given.quick
  const bench = isWarm ? { ...given, settleMs: Math.max(given.settleMs, WARM_MS) } : given
  const machines = machinesOf(work)
  const options = { machines, pollMs: POLL_MS, states: states && !isBare }
  if (!isBare)
    return observe(bench, floor, () => gatewayOn(bench, floor, `poll-${machines}-${round}`, options), options)
  const ports = floor.ports.slice(0, machines)
  const bare = { ports, floats: FLOATS, pollMs: POLL_MS, broker: floor.broker.url }
  return observe(bench, floor, () => startBareSubject(bench, 'poll-loop', bare), options)
}

const machinesOf = (work: Work): number => Number(work.split(' ')[1])

function figures(results: Results): Figure[] {
  const pairs = (ours: Work, bare: Work, of: (observation: Observation, work: Work) => number): Pair[] =>
    results[ours].map(({ seen: a }, round) => {
      const b = results[bare][round]?.seen
      return { ...(a && { ours: of(a, ours) }), ...(b && { bare: of(b, bare) }) }
    })
  const cpu = (observation: Observation) => cpuOf(observation) * 100
  const perMachine = (observation: Observation, work: Work) => (cpuOf(observation) * 1e6) / machinesOf(work)
  const notes = (...works: Work[]) => works.flatMap((work) => notesOf(work, results[work]))
  return [
    compare(
      'poll_cpu',
      '% of a core',
      pairs('gateway 500', 'bare 500', cpu),
      whole(atMost(1.0), results['gateway 500']),
      {
        notes: notes('gateway 500', 'bare 500'),
      },
    ),
    compare(
      'poll_rss',
      'MB',
      pairs('gateway 500', 'bare 500', ({ cost }) => cost.rssMb),
      { text: 'ratio ≤ 1.5 and ≤ 230 MB', holds: ({ ratio, ours }) => ratio <= 1.5 && ours <= 230 },
      { notes: notes('gateway 500', 'bare 500') },
    ),
    compare(
      'poll_1000',
      'µs per machine and second',
      pairs('gateway 1000', 'gateway 100', perMachine),
      whole(atMost(1.1), results['gateway 1000']),
      { of: '1,000 machines by 100', notes: notes('gateway 1000', 'gateway 100') },
    ),
    ...(['gateway 100', 'gateway 500'] as const).flatMap((work) => [
      fresh('fresh_signal', work, results[work], 30, ({ changeAge }) => changeAge.p99),
      fresh('fresh_state', work, results[work], 60, ({ stateAges, statesLost }) =>
        stateAges.length === 0 || statesLost > 0 ? undefined : quantile(stateAges, 0.99),
      ),
    ]),
  ].filter(({ pairs: { length } }) => length > 0)
}

/** Of a core, at the rate that was asked: what read less, and so did less, is not the better for it. */
const cpuOf = ({ cost, asked, read }: Observation): number => (cost.cpu * asked) / read

/** Held against the poll interval, which nobody who polls can be quicker than. */
function fresh(
  key: string,
  work: Work,
  results: readonly Result[],
  moreMs: number,
  p99: (observation: Observation) => number | undefined,
): Figure {
  const pairs = results.map(({ seen }) => {
    const ours = seen && p99(seen)
    return { ...(ours === undefined ? {} : { ours }), bare: POLL_MS }
  })
  const aim: Aim = {
    text: `≤ poll interval + ${moreMs} ms`,
    holds: ({ ours, bare }) => ours <= bare + moreMs,
  }
  return compare(key, 'ms, p99', pairs, aim, { of: `${work.split(' ')[1]} machines`, notes: notesOf(work, results) })
}

/** The aim holds only where polls were on time and every value arrived. */
const whole = ({ text, holds }: Aim, results: readonly Result[]): Aim => ({
  text: `${text}, 0 dropped`,
  holds: (figure) => holds(figure) && results.every(({ seen }) => seen?.whole === true),
})

function notesOf(work: Work, results: readonly Result[]): string[] {
  return results.map((result) => `${work}: ${told(result)}`)
}

function told({ seen, failure }: Result): string {
  if (seen === undefined) return failure ?? 'nothing was seen'
  const { cost, asked, read, arrived, readAge, changeAge, stateAges, statesLost } = seen
  const count = stateAges.length + statesLost
  return [
    `${(cost.cpu * 100).toFixed(1)} % of a core, ${cost.rssMb.toFixed(0)} MB`,
    `${arrived} of ${read} values, ${asked} asked`,
    `age ${ages(readAge)}, of a change ${ages(changeAge)}`,
    ...(count === 0 ? [] : [`${count} changes of state, ${statesLost} lost`]),
  ].join('; ')
}

const ages = ({ p50, p99 }: Observation['readAge']): string =>
  p50 === undefined || p99 === undefined ? 'unknown' : `${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`
