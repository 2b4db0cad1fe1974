/**
 * Broker and InfluxDB are gone while sessions go on and units are made, then come back. Afterwards everybody has
 * everything: on MQTT the events of the ledger in order, chained, none with two effects; in InfluxDB the points of each
 * entry, once; and the totals of both are what the judge says.
 */
import { setTimeout as after } from 'node:timers/promises'
import { type Subscriber, subscribe } from '../../front/sinks/subscriber.ts'
import type { LedgerEntry } from '../../support/gateway-api.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { type Influxd, startInfluxd } from '../../support/influxd.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { until } from '../../support/process.ts'
import { inLanes, nowMs } from '../../support/proof.ts'
import { type Checks, createChecks, type Item, type Run } from '../item.ts'
import { chainFaults, expectedPoints } from './delivered.ts'

type Outage = 'killed' | 'stopped'

/** After the servers are back, what waited must arrive within. */
const CATCH_UP_MS = 60_000

export const sinksDown: Item = {
  name: 'sinks-down',
  async run(run) {
    const checks = createChecks(run.say)
    const downMs = run.quick ? 5000 : 60_000
    const outages: readonly Outage[] = run.quick ? ['killed'] : ['killed', 'stopped']
    const entries = await inLanes(outages, 2, (outage) => loseAndFind(run, outage, downMs, checks))
    const count = entries.reduce((sum, each) => sum + each, 0)
    return checks.verdict(`${outages.join(' and ')} for ${downMs / 1000} s, ${count} events`)
  },
}

async function loseAndFind(run: Run, outage: Outage, downMs: number, checks: Checks): Promise<number> {
  const { scope } = run
  const [broker, influx] = await Promise.all([startMosquitto(), startInfluxd()])
  scope.defer(() => broker.remove())
  scope.defer(() => influx.remove())
  const site = `sinks-${outage}`
  const subscriber = await subscribe(broker.url, `latchkey/v1/${site}/#`, 5)
  scope.defer(() => subscriber.close())
  const plant = await startPlant(scope, {
    site,
    machines: { 'spray-booth': 1 },
    cycleMs: 300,
    autoStart: true,
    mqtt: { url: broker.url, version: 5 },
    influx: { url: influx.url, database: influx.database },
    ...(run.quick ? { bounds: { reconnectMax: '2s' } } : {}),
  })
  await useFor(plant, 1000)
  for (const server of [broker, influx]) await (outage === 'killed' ? server.kill() : server.freeze())
  run.say(`broker and InfluxDB are ${outage}`)
  const before = (await plant.machines[0]!.simulator.judge()).producedUnits
  await useFor(plant, downMs)
  const made = (await plant.machines[0]!.simulator.judge()).producedUnits - before
  checks.check('units were made meanwhile', made > downMs / 1000, made)
  if (outage === 'killed') await Promise.all([broker.start(), influx.start()])
  else for (const server of [broker, influx]) server.thaw()
  run.say(`they are back; ${made} units were made meanwhile`)
  await useFor(plant, 1000)

  const backMs = nowMs()
  await everythingOnMqtt(plant, subscriber, checks)
  await everythingInInflux(plant, influx, checks)
  run.say(`everything arrived, ${nowMs() - backMs} ms after the last use`)
  return (await plant.api.entries()).length
}

/** Sessions one after the other; nothing runs afterwards. */
async function useFor({ api, machines }: Plant, forMs: number): Promise<void> {
  const { id, token, simulator } = machines[0]!
  const sessions = Math.max(1, Math.round(forMs / 8000))
  for (let count = 0; count < sessions; count += 1) {
    const session = await api.unlocked(id, await token())
    await after(forMs / sessions)
    await api.ended(session.id)
  }
  await until(async () => !(await simulator.judge()).cycleRunning, 5000, `${id} goes on working`)
}

async function everythingOnMqtt({ api, site, machines }: Plant, subscriber: Subscriber, checks: Checks): Promise<void> {
  const { id, simulator, unitMeter } = machines[0]!
  const base = `latchkey/v1/${site}`
  const topics = [`${base}/${id}/events`, `${base}/events`]
  const entriesOf = async (topic: string) =>
    (await api.entries()).filter((entry) => (topic === topics[0] ? entry.machine === id : entry.machine === undefined))
  for (const topic of topics) {
    const have = async () => {
      const newest = (await entriesOf(topic)).at(-1)?.seq
      return subscriber.on(topic).some(({ json }) => json.seq === newest)
    }
    const arrived = await within(have)
    checks.check(`${topic}: the newest event arrives`, arrived)
    const faults = chainFaults(
      subscriber.on(topic).map(({ json }) => json),
      await entriesOf(topic),
    )
    checks.check(`${topic}: all events, in order, chained`, faults.length === 0, faults.slice(0, 5))
  }
  const produced = (await simulator.judge()).producedUnits
  const ended = new Map<unknown, unknown>(
    subscriber
      .on(topics[0]!)
      .filter(({ json }) => json.kind === 'SessionEnded')
      .map(({ json }) => [json.seq, json.data]),
  )
  checks.check(`MQTT: the sessions have all ${produced} units`, sumOfUse(ended.values(), unitMeter) === produced, [
    sumOfUse(ended.values(), unitMeter),
    produced,
  ])
  const meter = `${base}/${id}/meters/${unitMeter.slice(id.length + 1).replace('.', '/')}`
  const total = () => subscriber.on(meter).at(-1)?.json.total
  await within(async () => total() === String(produced))
  checks.check(`MQTT: the meter says ${produced}`, total() === String(produced), total())
}

async function everythingInInflux({ api, machines }: Plant, influx: Influxd, checks: Checks): Promise<void> {
  const { id, simulator, unitMeter } = machines[0]!
  const seqs = async (from: string) =>
    (await influx.query(`SELECT "seq" FROM ${from}`)).map(({ seq }) => Number(seq)).sort((a, b) => a - b)
  const entries: LedgerEntry[] = (await api.entries()).filter((entry) => entry.machine === id)
  const produced = (await simulator.judge()).producedUnits
  const tables = {
    availability: `"availability"`,
    session: `"session"`,
    meter: `"meter" WHERE "origin" = 'ledger' AND "meter" = '${unitMeter.slice(id.length + 1)}'`,
  } as const
  for (const [name, from] of Object.entries(tables)) {
    const wanted = expectedPoints(entries, name as keyof typeof tables, unitMeter)
    const same = async () => JSON.stringify(await seqs(from)) === JSON.stringify(wanted)
    await within(same)
    checks.check(`InfluxDB: ${name} has each entry once`, await same(), { wanted, found: await seqs(from) })
  }
  const point = unitMeter.slice(id.length + 1)
  const sum = (await influx.query(`SELECT sum("use_${point}") AS "sum" FROM "session"`))[0]?.sum
  checks.check(`InfluxDB: the sessions have all ${produced} units`, Number(sum) === produced, sum)
  const last = async () =>
    (await influx.query(`SELECT last("total") AS "total" FROM "meter" WHERE "meter" = '${point}'`))[0]?.total
  await within(async () => (await last()) === String(produced))
  checks.check(`InfluxDB: the meter says ${produced}`, (await last()) === String(produced), await last())
}

function sumOfUse(ends: Iterable<unknown>, meter: string): number {
  let sum = 0
  for (const end of ends) {
    const { use } = end as { use: { meter: string; quantity: string }[] }
    sum += Number(use.find((line) => line.meter === meter)?.quantity ?? 0)
  }
  return sum
}

function within(check: () => Promise<boolean>): Promise<boolean> {
  return until(check, CATCH_UP_MS, '').then(
    () => true,
    () => false,
  )
}
