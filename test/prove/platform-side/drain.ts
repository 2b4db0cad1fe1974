/**
 * A day of entries waits in the ledger while broker and InfluxDB are away; then they come. While it is drained, memory
 * grows by no more than it may, an unlock takes no longer than before, and everything arrives.
 */
import { readFileSync } from 'node:fs'
import { fillLedger } from '../../bench/entries.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { startInfluxd } from '../../support/influxd.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { found, nowMs, pause } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'

/** One a second: a floor of twenty machines that are in use all day. */
const DAY = 86_400
/** So that the drain of a day lasts long enough for a percentile of unlocks. */
const PER_SECOND = 500
const GROWTH_MIB = 50
const SLOWER = 1.2
/** The bounded form has too few unlocks for a percentile: it holds their median, and this much more is noise, ms. */
const NOISE_MS = 100
const SINKS = ['mqtt', 'influx'] as const
const WITHIN_MS = 300_000

export const drain: Item = {
  name: 'drain',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const [count, perSecond, uses] = quick ? [3_000, 1_000, 8] : [DAY, PER_SECOND, 200]
    const typical = (took: readonly number[]) => quantile(took, quick ? 0.5 : 0.99)
    const [broker, influx] = await Promise.all([startMosquitto(), startInfluxd()])
    scope.defer(() => broker.remove())
    scope.defer(() => influx.remove())
    await Promise.all([broker.kill(), influx.kill()])
    const plant = await startPlant(scope, {
      site: 'drain',
      machines: { 'spray-booth': 1 },
      mqtt: { url: broker.url, version: 5 },
      influx: { url: influx.url, database: influx.database },
      bounds: { reconnectMax: '1s', backlogPerSecond: perSecond },
      prepare: (path) => fillLedger(path, count),
    })
    let mostMib = 0
    const looking = setInterval(() => {
      mostMib = Math.max(mostMib, memoryMib(plant))
    }, 100)
    scope.defer(() => clearInterval(looking))
    await unlocks(plant, () => false, 3)
    const before = await unlocks(plant, () => false, uses)
    // The most of the same use: how full the heap is at one moment depends on the collector.
    const restMib = mostMib
    say(`${count} entries wait; an unlock takes ${typical(before)} ms, ${restMib.toFixed(0)} MiB`)

    await Promise.all([broker.start(), influx.start()])
    await found(
      async () => (await behind(plant)).some((left) => left < count - perSecond / 2) || undefined,
      WITHIN_MS,
      'no drain',
    )
    const begunMs = nowMs()
    let isDrained = false
    const watching = found(
      async () => (await behind(plant)).every((left) => left < 100) || undefined,
      WITHIN_MS,
      'no end',
    )
    void watching.then(() => {
      isDrained = true
    })
    const during = await unlocks(plant, () => isDrained, uses)
    checks.check('unlocks fall into the drain', during.length >= 3, during.length)
    await watching
    const tookS = (nowMs() - begunMs) / 1000
    await found(async () => (await behind(plant)).every((left) => left === 0) || undefined, WITHIN_MS, 'some wait')
    const [base, busy] = [typical(before), typical(during)]
    checks.check(`memory grows by ${GROWTH_MIB} MiB at most`, mostMib - restMib <= GROWTH_MIB, [restMib, mostMib])
    checks.check(`an unlock is at most ${SLOWER} times as slow`, busy <= base * SLOWER + (quick ? NOISE_MS : 0), [
      base,
      busy,
    ])
    const stored = Number(
      (await influx.query('SELECT count("state") AS "n" FROM "availability" WHERE "seq" >= 0'))[0]?.n,
    )
    checks.check('InfluxDB has the day', stored >= count, stored)
    return checks.verdict(
      `${count} entries in ${tookS.toFixed(0)} s, +${(mostMib - restMib).toFixed(0)} MiB, ` +
        `unlock ${quick ? 'median' : 'p99'} ${base} ms before and ${busy} ms meanwhile (${during.length})`,
    )
  },
}

/** What each took, ms; so many, or until it is time to stop. */
async function unlocks({ api, machines }: Plant, isOver: () => boolean, most: number): Promise<number[]> {
  const { id, token } = machines[0]!
  const took: number[] = []
  while (took.length < most && !isOver()) {
    const text = await token()
    const begunMs = nowMs()
    const session = await api.unlocked(id, text)
    took.push(nowMs() - begunMs)
    await api.ended(session.id)
    await pause(20)
  }
  return took
}

const quantile = (took: readonly number[], part: number) =>
  took.toSorted((a, b) => a - b)[Math.ceil(took.length * part) - 1] ?? 0

function memoryMib({ gateway }: Plant): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${gateway.pid()}/status`, 'utf8'))?.[1]) / 1024
}

/** Entries that wait for each sink, from the metrics. */
async function behind({ api }: Plant): Promise<number[]> {
  const text = await (await fetch(`${api.url}/metrics`)).text()
  return SINKS.map((sink) =>
    Number(new RegExp(`^latchkey_sink_behind\\{sink="${sink}"\\} (\\d+)`, 'm').exec(text)?.[1]),
  )
}
