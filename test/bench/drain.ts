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
import { type CounterReport, openFloor } from './floor.ts'
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

/** How many arrived since the start, and when that was asked. */
type Arrived = { readonly count: number; readonly atMs: number }
type Receiver = {
  readonly key: string
  readonly unit: string
  readonly aim: number
  /** Of the site file. */
  site(): Promise<Readonly<Record<string, unknown>>>
  bare(): Promise<Subject>
  /** Before a run: counts from 0. */
  reset(): Promise<void>
  arrived(): Promise<Arrived>
}

export const drain: Group = {
  keys: ['mqtt_drain', 'influx_drain'],
  async run(bench, wanted) {
    const backlog = bench.quick ? QUICK_BACKLOG : BACKLOG
    const floor = await openFloor(bench, 1, 1)
    const ports = floor.ports
    const full = await fullSite(bench, ports, backlog)
    const figures: Figure[] = []
    for (const open of [broker, store]) {
      const receiver = await open(bench, floor, backlog)
      if (wanted.has(receiver.key)) figures.push(await drained(bench, receiver, ports, full, backlog))
    }
    return figures
  },
}

async function drained(
  bench: Bench,
  receiver: Receiver,
  ports: readonly number[],
  full: string,
  backlog: number,
): Promise<Figure> {
  const gateway = async (pair: number) => {
    const more = await receiver.site()
    const path = writeSite(bench.scope.folder, `${receiver.key}-${pair}`, { ports, floats: 1, pollMs: POLL_MS, more })
    cpSync(full, join(dirname(path), 'data'), { recursive: true })
    return startGateway(bench, path)
  }
  const { pairs, notes } = await interleave(
    bench,
    (pair) => rateOf(bench, receiver, () => gateway(pair), backlog),
    () => rateOf(bench, receiver, receiver.bare, backlog),
  )
  return compare(receiver.key, receiver.unit, pairs, atLeast(receiver.aim), {
    notes: [`a backlog of ${backlog}`, ...notes],
  })
}

/** Per second, from the first to arrive to the end of the window, or of the backlog when that is sooner. */
async function rateOf(
  { windowMs }: Bench,
  receiver: Receiver,
  start: () => Promise<Subject>,
  backlog: number,
): Promise<number> {
  await receiver.reset()
  const subject = await start()
  try {
    let first: Arrived = { count: 0, atMs: 0 }
    const begun = async () => {
      subject.mustRun()
      first = await receiver.arrived()
      return first.count > 0
    }
    await until(begun, FIRST_MS, 'nothing arrives')
    let last = first
    while (last.atMs - first.atMs < windowMs && last.count < backlog) {
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
async function fullSite(bench: Bench, ports: readonly number[], backlog: number): Promise<string> {
  const path = writeSite(bench.scope.folder, 'full', { ports, floats: 1, pollMs: POLL_MS })
  const data = join(dirname(path), 'data')
  fillLedger(join(data, 'ledger.sqlite'), backlog)
  const gateway = await startGateway(bench, path)
  await gateway.end('SIGTERM')
  bench.say(`${backlog} entries are in the ledger`)
  return data
}

async function broker(bench: Bench, floor: Awaited<ReturnType<typeof openFloor>>, backlog: number): Promise<Receiver> {
  const { url } = floor.broker
  return {
    key: 'mqtt_drain',
    unit: 'messages/s',
    aim: 0.8,
    site: async () => ({ mqtt: { url, window: WINDOW } }),
    bare: () => startBareSubject(bench, 'mqtt-drain', { broker: url, window: WINDOW, count: backlog }),
    reset: async () => void (await floor.counter.ask('forget')),
    async arrived() {
      const { events, atMs } = await floor.counter.ask<CounterReport>('report')
      return { count: events, atMs }
    },
  }
}

async function store(bench: Bench, _floor: unknown, backlog: number): Promise<Receiver> {
  const influxd = await startInfluxd({ database: null })
  bench.scope.defer(() => influxd.remove())
  const { url } = influxd
  let databases = 0
  let before = 0
  /** Points that are stored, as it counts them itself. */
  const written = async (): Promise<number> => {
    const seen = (await (await fetch(`${url}/debug/vars`)).json()) as Record<
      string,
      { values?: Record<string, number> }
    >
    const of = Object.entries(seen).find(([name]) => name.startsWith('httpd:'))?.[1]
    return of?.values?.pointsWrittenOK ?? 0
  }
  /** Of this run alone: what is written twice would only overwrite. */
  const database = () => `drain_${databases}`
  return {
    key: 'influx_drain',
    unit: 'points/s',
    aim: 0.9,
    site: async () => ({ influx: { url, database: database(), batch: BATCH } }),
    bare: () => startBareSubject(bench, 'influx-drain', { url, database: database(), batch: BATCH, count: backlog }),
    async reset() {
      databases += 1
      await influxd.query(`CREATE DATABASE "${database()}"`)
      before = await written()
    },
    arrived: async () => ({ count: (await written()) - before, atMs: nowMs() }),
  }
}
