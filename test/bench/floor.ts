/**
 * A floor of machines in C, a real Mosquitto, and a counter of what arrives there: they watch the gateway and the bare
 * loop in the same way, from outside. Read next: bare/machines.c, bare/counter.c, poll.ts.
 */
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts'
import { until } from '../support/process.ts'
import { nowMs, pause } from '../support/proof.ts'
import { type Cost, costOver } from './measure.ts'
import type { Bench } from './pair.ts'
import { type Program, startC } from './program.ts'
import type { Subject } from './subject.ts'

export type Floor = {
  /** Of the machines, by number. */
  readonly ports: readonly number[]
  readonly floats: number
  readonly shop: Program
  readonly broker: Mosquitto
  readonly counter: Program
}

export type Ages = { readonly count: number; readonly p50?: number; readonly p99?: number; readonly most?: number }

export type Observation = {
  readonly cost: Cost
  /** Values read in the window, and those of them that arrived. */
  readonly read: number
  readonly arrived: number
  /** From a read to its arrival, ms. */
  readonly readAge: Ages
  /** From a change that came right after a read to its arrival, ms. */
  readonly changeAge: Ages
  /** From a change of state that came right after a read to the message that shows it, ms. */
  readonly stateAges: readonly number[]
  /** Changes of state that no message showed. */
  readonly statesLost: number
}

export type ObserveOptions = {
  /** Of the floor, from the first. */
  readonly machines: number
  /** Whether states change too, after the window. */
  readonly states: boolean
  readonly windowMs?: number
}

/** Changes of a state word, and what the broker got of it: 1 works, 0 rests, -1 anything else. */
type Toggle = readonly [machine: number, atMs: number, word: number]
type State = readonly [machine: number, atMs: number, what: number]
type ShopReport = { readonly reads: number; readonly floats: number; readonly toggles: readonly Toggle[] }
export type CounterReport = {
  readonly atMs: number
  readonly values: number
  readonly messages: number
  readonly events: number
  readonly heard: number
  readonly read: Ages
  readonly change: Ages
  readonly states: readonly State[]
}

const HEARD_MS = 60_000
/** A window is told to everybody before it begins. */
const LEAD_MS = 100
/** What is on the way when a window ends must arrive within; as long as more arrives it is waited for. */
const LATE_MS = 10_000
const QUIET_MS = 1000
/** A machine changes its state this often, while states are watched. */
const TOGGLE_EVERY_MS = 10_000
const STATE_WINDOW_MS = 4000
/** Of bare/machines.c: the state word of a machine that works. */
const WORKING = 3

export async function openFloor({ scope }: Bench, machines: number, floats: number): Promise<Floor> {
  const broker = await startMosquitto()
  scope.defer(() => broker.remove())
  const [shop, counter] = await Promise.all([
    startC(scope, 'machines', machines, floats),
    startC(scope, 'counter', broker.port),
  ])
  return { ports: shop.ready.ports as number[], floats, shop, broker, counter }
}

/** Starts it, waits until every machine is heard, and watches a window. Throws when it ends on its own. */
export async function observe(
  bench: Bench,
  floor: Floor,
  start: () => Promise<Subject>,
  { machines, states, windowMs = bench.windowMs }: ObserveOptions,
): Promise<Observation> {
  const { shop, counter } = floor
  await counter.ask('forget')
  const subject = await start()
  try {
    const heard = async () => {
      subject.mustRun()
      return (await counter.ask<CounterReport>('report')).heard >= machines
    }
    await until(heard, HEARD_MS, `not every one of ${machines} machines is heard`)
    await pause(bench.settleMs)
    const fromMs = nowMs() + LEAD_MS
    const window = `window ${fromMs} ${fromMs + windowMs}`
    await Promise.all([shop.ask(window), counter.ask(window)])
    const cost = await costOver(subject.pid, windowMs + LEAD_MS)
    const { floats } = await shop.ask<ShopReport>('report')
    const { values, read, change } = await settled(counter, floats)
    const seen = states ? await watchStates(bench, floor) : { stateAges: [], statesLost: 0 }
    subject.mustRun()
    return { cost, read: floats, arrived: values, readAge: read, changeAge: change, ...seen }
  } catch (error) {
    subject.mustRun()
    throw error
  } finally {
    await subject.end()
  }
}

/** The count once all have arrived, or nothing more does. */
async function settled(counter: Program, wanted: number): Promise<CounterReport> {
  const endMs = nowMs() + LATE_MS
  for (let before = -1; ; ) {
    const report = await counter.ask<CounterReport>('report')
    if (report.values >= wanted || report.values === before || nowMs() > endMs) return report
    before = report.values
    await pause(QUIET_MS)
  }
}

async function watchStates(
  { quick }: Bench,
  { shop, counter }: Floor,
): Promise<Pick<Observation, 'stateAges' | 'statesLost'>> {
  await Promise.all([shop.ask('window 0 0'), counter.ask('window 0 0')])
  await shop.ask(`toggle ${TOGGLE_EVERY_MS}`)
  await pause(quick ? STATE_WINDOW_MS / 2 : STATE_WINDOW_MS)
  await shop.ask('toggle 0')
  await pause(2 * QUIET_MS)
  const { toggles } = await shop.ask<ShopReport>('report')
  const { states } = await counter.ask<CounterReport>('report')
  const stateAges = toggles.flatMap(([machine, atMs, word]) => {
    const shown = states.find(
      (state) => state[0] === machine && state[1] >= atMs && state[2] === (word === WORKING ? 1 : 0),
    )
    return shown === undefined ? [] : [shown[1] - atMs]
  })
  return { stateAges, statesLost: toggles.length - stateAges.length }
}
