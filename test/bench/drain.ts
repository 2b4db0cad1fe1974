/**
 * A backlog: 200,000 entries wait in the ledger, and a broker or a store comes up. `mqtt_drain` and `influx_drain` are
 * what arrives per second while there is more, held against a bare client with the same window or batch. Read next:
 * entries.ts, bare/mqtt-drain.ts, bare/influx-drain.ts.
 */
import { cpSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startInfluxd } from '../support/influxd.ts'
import { until } from '../support/process.ts'
import { nowMs, pause } from '../support/proof.ts'
import { fillLedger } from './entries.ts'
import { type CounterReport, type Floor, openFloor } from './floor.ts'
import { atLeast, type Bench, compare, type Figure, type Group, interleave } from './pair.ts'
import { writeSite } from './site.ts'
import { type Subject, startBareSubject, startGateway } from './subject.ts'

const BACKLOG = 200_000
const QUICK_BACKLOG = 50_000
/** Defaults of the site file: PUBLISH under way at once, points per request. */
const WINDOW = 20
const BATCH = 1000
/** The one machine of the site is hardly polled. */
const POLL_MS = 60_000
const FIRST_MS = 60_000
const LOOK_MS = 50
/** From the first to arrive until it is measured: the start is over, and the engine has compiled what it repeats. */
const WARM_UP_MS = 500
/** A backlog does not last for longer. */
const LONGEST_MS = 3000

/** How many arrived since the start, and when that was asked. */
type Arrived = { readonly count: number; readonly atMs: number }
type SiteMembers = Readonly<Record<string, unknown>>
type Receiver = {
  readonly unit: string
  readonly aim: number
  /** Of the site file. */
  site(): SiteMembers
  bare(): Promise<Subject>
  /** Before a run: counts from 0. */
  reset(): Promise<void>
  arrived(): Promise<Arrived>
}

const receivers: Readonly<Record<string, (bench: Bench, floor: Floor, count: number) => Promise<Receiver>>> = {
  mqtt_drain: openBroker,
  influx_drain: openStore,
}

export const drain: Group = {
  keys: Object.keys(receivers),
  async run(bench, wanted) {
    const backlog = bench.quick ? QUICK_BACKLOG : BACKLOG
    const floor = await openFloor(bench, 1, 1)
    const full = await fullFolder(bench, floor, backlog)
    const figures: Figure[] = []
    for (const [key, open] of Object.entries(receivers)) {
      if (!wanted.has(key)) continue
      const receiver = await open(bench, floor, backlog)
      const gateway = (pair: number) => () => {
        const path = writeDrainSite(bench, floor, `${key}-${pair}`, receiver.site())
        cpSync(full, join(dirname(path), 'data'), { recursive: true })
        return startGateway(bench, path)
      }
      const { pairs, notes } = await interleave(
        bench,
        (pair) => rateOf(bench, receiver, gateway(pair), backlog),
        () => rateOf(bench, receiver, receiver.bare, backlog),
      )
      const { unit, aim } = receiver
      figures.push(compare(key, unit, pairs, atLeast(aim), { notes: [`a backlog of ${backlog}`, ...notes] }))
    }
    return figures
  },
}

const writeDrainSite = ({ scope }: Bench, { ports }: Floor, name: string, more: SiteMembers): string =>
  writeSite(scope.folder, name, { ports, floats: 1, pollMs: POLL_MS, more })

/** Per second, from when both are warm to the end of the window, or of the backlog when that is sooner. */
async function rateOf(
  { windowMs }: Bench,
  receiver: Receiver,
  start: () => Promise<Subject>,
  backlog: number,
): Promise<number> {
  await receiver.reset()
  const subject = await start()
  try {
    const begun = async () => {
      subject.mustRun()
      return (await receiver.arrived()).count > 0
    }
    await until(begun, FIRST_MS, 'nothing arrives')
    await pause(WARM_UP_MS)
    const first = await receiver.arrived()
    if (first.count >= backlog) throw new Error('the backlog is gone before it is measured')
    let last = first
    while (last.atMs - first.atMs < Math.min(windowMs, LONGEST_MS) && last.count < backlog) {
      await pause(LOOK_MS)
      last = await receiver.arrived()
    }
    subject.mustRun()
    return ((last.count - first.count) * 1000) / (last.atMs - first.atMs)
  } finally {
    await subject.end()
  }
}

/** A data folder with the backlog, as a gateway without sinks leaves it: the tree is built, the log has its keys. */
async function fullFolder(bench: Bench, floor: Floor, backlog: number): Promise<string> {
  const path = writeDrainSite(bench, floor, 'full', {})
  const data = join(dirname(path), 'data')
  fillLedger(join(data, 'ledger.sqlite'), backlog)
  const gateway = await startGateway(bench, path)
  await gateway.end('SIGTERM')
  bench.say(`${backlog} entries are in the ledger`)
  return data
}

/** As fast as it goes. */
const UNBOUNDED = { backlogPerSecond: 1_000_000 }

async function openBroker(bench: Bench, { broker, counter }: Floor, count: number): Promise<Receiver> {
  const { url } = broker
  return {
    unit: 'messages/s',
    aim: 0.8,
    site: () => ({ mqtt: { url, window: WINDOW }, bounds: UNBOUNDED }),
    bare: () => startBareSubject(bench, 'mqtt-drain', { broker: url, window: WINDOW, count }),
    reset: async () => void (await counter.ask('forget')),
    async arrived() {
      const { events, atMs } = await counter.ask<CounterReport>('report')
      return { count: events, atMs }
    },
  }
}

async function openStore(bench: Bench, _floor: Floor, count: number): Promise<Receiver> {
  const influxd = await startInfluxd({ database: null })
  bench.scope.defer(() => influxd.remove())
  const { url } = influxd
  let run = 0
  let before = 0
  /** Of this run alone: what is written twice would only overwrite. */
  const database = () => `drain_${run}`
  return {
    unit: 'points/s',
    aim: 0.9,
    site: () => ({ influx: { url, database: database(), batch: BATCH }, bounds: UNBOUNDED }),
    bare: () => startBareSubject(bench, 'influx-drain', { url, database: database(), batch: BATCH, count }),
    async reset() {
      run += 1
      await influxd.query(`CREATE DATABASE "${database()}"`)
      before = await pointsOf(url)
    },
    arrived: async () => ({ count: (await pointsOf(url)) - before, atMs: nowMs() }),
  }
}

/** Points that an influxd has stored since its start, as it counts them itself. */
async function pointsOf(url: string): Promise<number> {
  const vars = (await (await fetch(`${url}/debug/vars`)).json()) as Readonly<Record<string, { values?: object }>>
  const values = Object.entries(vars).find(([name]) => name.startsWith('httpd:'))?.[1].values
  return (values as { pointsWrittenOK?: number } | undefined)?.pointsWrittenOK ?? 0
}
