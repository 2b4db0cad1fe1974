/**
 * Many machines, polled once a second and published: what it costs, and how old a value is on arrival. Keys:
 * `poll_cpu` `poll_rss` `poll_1000` `fresh_signal` `fresh_state`. Each round runs the bare loop, then the gateway.
 * Read next: floor.ts.
 */
import { type Floor, type Observation, observe, openFloor } from './floor.ts'
import { quantile } from './measure.ts'
import { type Aim, atMost, type Bench, compare, type Figure, type Group } from './pair.ts'
import { SITE, writeSite } from './site.ts'
import { type Subject, startBareSubject, startGateway } from './subject.ts'

const MOST = 1000
const FLOATS = 20
const POLL_MS = 1000

/** A run of a round, and what it brought in each. */
type Work = 'bare 500' | 'gateway 500' | 'gateway 1000' | 'gateway 100'
type Result = { readonly seen?: Observation; readonly failure?: string }
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

async function watch(bench: Bench, floor: Floor, work: Work, states: boolean, round: number): Promise<Result> {
  const [who, count] = work.split(' ') as ['bare' | 'gateway', string]
  const machines = Number(count)
  const ports = floor.ports.slice(0, machines)
  const { url } = floor.broker
  const start = (): Promise<Subject> => {
    if (who === 'bare')
      return startBareSubject(bench, 'poll-loop', { ports, floats: FLOATS, pollMs: POLL_MS, broker: url })
    const more = { mqtt: { url } }
    const name = `${SITE}-${machines}-${round}`
    return startGateway(bench, writeSite(bench.scope.folder, name, { ports, floats: FLOATS, pollMs: POLL_MS, more }))
  }
  try {
    return { seen: await observe(bench, floor, start, { machines, states: states && who === 'gateway' }) }
  } catch (error) {
    return { failure: (error as Error).message }
  }
}

function figures(results: Results): Figure[] {
  const seen = (work: Work) => results[work].map((result) => result.seen)
  const pairs = (
    ours: Work,
    bare: Work,
    of: (observation: Observation, work: Work) => number,
  ): { ours?: number; bare?: number }[] =>
    results[ours].map((_, round) => {
      const [a, b] = [seen(ours)[round], seen(bare)[round]]
      return { ...(a && { ours: of(a, ours) }), ...(b && { bare: of(b, bare) }) }
    })
  const cpu = ({ cost }: Observation) => cost.cpu * 100
  const perMachine = ({ cost }: Observation, work: Work) => (cost.cpu * 1e6) / Number(work.split(' ')[1])
  const notes = (...works: Work[]) => works.flatMap((work) => notesOf(work, results[work]))
  const none = droppedNone(results)
  return [
    compare('poll_cpu', '% of a core', pairs('gateway 500', 'bare 500', cpu), none(atMost(1.0), 'gateway 500'), {
      notes: notes('gateway 500', 'bare 500'),
    }),
    compare(
      'poll_rss',
      'MB',
      pairs('gateway 500', 'bare 500', ({ cost }) => cost.rssMb),
      {
        text: 'ratio ≤ 1.5 and ≤ 230 MB',
        holds: ({ ratio, ours }) => ratio <= 1.5 && ours <= 230,
      },
      { notes: notes('gateway 500', 'bare 500') },
    ),
    compare(
      'poll_1000',
      'µs per machine and second',
      pairs('gateway 1000', 'gateway 100', perMachine),
      none(atMost(1.1), 'gateway 1000'),
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

/** The aim holds only where every value that was read in a window arrived. */
function droppedNone(results: Results): (aim: Aim, work: Work) => Aim {
  return ({ text, holds }, work) => ({
    text: `${text}, 0 dropped`,
    holds: (figure) => holds(figure) && results[work].every(({ seen }) => seen !== undefined && dropped(seen) === 0),
  })
}

const dropped = ({ read, arrived }: Observation) => read - arrived

function notesOf(work: Work, results: readonly Result[]): string[] {
  return results.map((result) => `${work}: ${told(result)}`)
}

function told({ seen, failure }: Result): string {
  if (seen === undefined) return failure ?? 'nothing was seen'
  const { cost, read, arrived, readAge, changeAge, stateAges, statesLost } = seen
  const ages = ({ p50, p99 }: typeof readAge) => `${p50?.toFixed(0)} ms, p99 ${p99?.toFixed(0)} ms`
  const states =
    stateAges.length + statesLost === 0
      ? ''
      : `; ${stateAges.length} states, ${statesLost} lost${stateAges.length === 0 ? '' : `, p99 ${quantile(stateAges, 0.99).toFixed(0)} ms`}`
  return (
    `${(cost.cpu * 100).toFixed(1)} % of a core, ${cost.rssMb.toFixed(0)} MB; ${arrived} of ${read} values, ` +
    `age ${ages(readAge)}, of a change ${ages(changeAge)}${states}`
  )
}
