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
import { writeSite } from './site.ts'
import { type Subject, startGateway } from './subject.ts'

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
  /** Values that polls on time read in the window, those that were read, and those of them that arrived. */
  readonly asked: number
  readonly read: number
  readonly arrived: number
  /** Everything arrived; at most one poll of each machine lay outside the window. */
  readonly whole: boolean
  /** From a read to its arrival, ms. */
  readonly readAge: Ages
  /** From a change that came right after a read to its arrival, ms. */
  readonly changeAge: Ages
  /** From a change of state that came right after a read to the message that shows it, ms. */
  readonly stateAges: readonly number[]
  /** Changes of state that no message showed. */
  readonly statesLost: number
}

/** An observation, or why there is none. */
export type Result = { readonly seen?: Observation; readonly failure?: string }

export type ObserveOptions = {
  /** Of the floor, from the first. */
  readonly machines: number
  readonly pollMs: number
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
  // Else the broker, which stands on the way of both, holds values back until the counter has acknowledged others.
  const broker = await startMosquitto({ config: ['set_tcp_nodelay true'] })
  scope.defer(() => broker.remove())
  const [shop, counter] = await Promise.all([
    startC(scope, 'machines', machines, floats),
    startC(scope, 'counter', broker.port),
  ])
  return { ports: shop.ready.ports as number[], floats, shop, broker, counter }
}

/** The gateway on some machines of the floor, with a ledger of its own; `name` is that of its folder. */
export function gatewayOn(
  bench: Bench,
  { ports, floats, broker }: Floor,
  name: string,
  { machines, pollMs }: Pick<ObserveOptions, 'machines' | 'pollMs'>,
): Promise<Subject> {
  const more = { mqtt: { url: broker.url } }
  return startGateway(
    bench,
    writeSite(bench.scope.folder, name, { ports: ports.slice(0, machines), floats, pollMs, more }),
  )
}

/** Starts it, waits until every machine is heard, and watches a window. */
export async function observe(
  bench: Bench,
  floor: Floor,
  start: () => Promise<Subject>,
  options: ObserveOptions,
): Promise<Result> {
  let subject: Subject | undefined
  try {
    await floor.counter.ask('forget')
    subject = await start()
    const seen = await watch(bench, floor, subject, options)
    subject.mustRun()
    return { seen }
  } catch (error) {
    return { failure: lastOf(subject) ?? (error as Error).message.split('\n')[0]! }
  } finally {
    await subject?.end()
  }
}

/** Why it ended on its own, if it did. */
function lastOf(subject: Subject | undefined): string | undefined {
  try {
    subject?.mustRun()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

async function watch(bench: Bench, floor: Floor, subject: Subject, options: ObserveOptions): Promise<Observation> {
  const { shop, counter } = floor
  const { machines, pollMs, states, windowMs = bench.windowMs } = options
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
  const { floats: read } = await shop.ask<ShopReport>('report')
  const { values: arrived, read: readAge, change: changeAge } = await settled(counter, read)
  const seen = states ? await watchStates(bench, floor) : { stateAges: [], statesLost: 0 }
  const perPoll = machines * floor.floats
  const asked = (perPoll * windowMs) / pollMs
  const whole = arrived === read && read >= asked - perPoll
  return { cost, asked, read, arrived, whole, readAge, changeAge, ...seen }
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
