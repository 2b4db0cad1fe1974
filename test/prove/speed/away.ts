/**
 * Broker and InfluxDB are away while ten thousand values a second are read. The ring on disk keeps what its size
 * promises, and no more; what it has no room for is counted; when they are back everything that was kept arrives, in
 * order and once, at the full rate.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Subscriber, subscribe } from '../../front/sinks/subscriber.ts'
import { startPlant } from '../../support/gateway-plant.ts'
import { startInfluxd } from '../../support/influxd.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { found, pause } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'
import { accountOf, adds, settledAccount, startFast } from './fast.ts'

const SINKS = ['mqtt', 'influx'] as const
const SAMPLE_BYTES = 32
/** A file is deleted when it is used up, and holds an eighth of the ring, but not less than this. */
const LEAST_FILE = 1_048_576
/** Each begins with the list of its 10,000 points; headers of blocks are in it too. */
const LIST_BYTES = 1_048_576
const CATCH_UP_MS = 240_000

export const away: Item = {
  name: 'away',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const [awayMs, kept] = quick ? [12_000, 50_000] : [600_000, 2_000_000]
    const [broker, influx, fast] = await Promise.all([
      startMosquitto(),
      startInfluxd(),
      startFast(scope, { machines: 20, floats: 500, pollMs: 1000 }),
    ])
    scope.defer(() => broker.remove())
    scope.defer(() => influx.remove())
    const site = 'away'
    const watch = () => subscribe(broker.url, `latchkey/v1/${site}/+/signals`, 5)
    const late = () => subscribe(broker.url, `latchkey/v1/${site}/backfill/+/signals`, 5)
    const plant = await startPlant(scope, {
      site,
      machines: {},
      mqtt: { url: broker.url, version: 5 },
      influx: { url: influx.url, database: influx.database },
      beside: fast.beside,
      bounds: { samples: kept, samplesInMemory: 16_384, reconnectMax: '2s', backlogPerSecond: 1_000_000 },
    })
    const { api, dataDir } = plant
    const both = () => Promise.all(SINKS.map((sink) => accountOf(api.url, sink)))
    await found(
      async () => (await both()).every(({ delivered }) => delivered > 10_000) || undefined,
      60_000,
      'no samples are delivered',
    )
    await Promise.all([broker.kill(), influx.kill()])
    say('both are away')
    await pause(awayMs)
    const during = await both()
    for (const [index, { waiting }] of during.entries()) {
      checks.check(`${SINKS[index]}: the ring keeps what it promises`, waiting >= kept, waiting)
      const { bytes, files } = sizeOf(join(dataDir, 'samples', SINKS[index]!))
      const promised = kept * SAMPLE_BYTES + Math.max(LEAST_FILE, (kept * SAMPLE_BYTES) / 8) + files * LIST_BYTES
      checks.check(`${SINKS[index]}: and no more`, bytes <= promised && files <= 10, { bytes, files })
    }
    checks.check(
      'what has no room is counted',
      during.every(({ reasons }) => (reasons.full ?? 0) > 0),
      during,
    )
    // Subscribers first, so that they see everything that comes.
    await Promise.all([broker.start(), influx.start()])
    const subscribers = await Promise.all([watch(), late()])
    for (const each of subscribers) scope.defer(() => each.close())
    await pause(quick ? 3000 : 30_000)
    await fast.end()
    const rest = await Promise.all(SINKS.map((sink) => settledAccount(api.url, sink, CATCH_UP_MS)))
    for (const [index, account] of rest.entries())
      checks.check(`${SINKS[index]}: taken = delivered + dropped`, adds(account), account)
    const stored = Number((await influx.query('SELECT count("quality") AS "n" FROM "signal"'))[0]?.n)
    checks.check('InfluxDB has each that was delivered, once', stored === rest[1]!.delivered, [stored, rest[1]])
    for (const each of subscribers) {
      const faults = outOfOrder(each)
      checks.check('MQTT: in order, and none twice', faults.length === 0, faults.slice(0, 3))
    }
    const came = subscribers.reduce((sum, each) => sum + values(each).length, 0)
    const dropped = rest.map(({ dropped }, index) => `${SINKS[index]} ${dropped} dropped of ${rest[index]!.taken}`)
    return checks.verdict(`away for ${awayMs / 1000} s, ${kept} kept each; ${dropped.join('; ')}; MQTT brought ${came}`)
  },
}

type Value = { readonly id: string; readonly at: string; readonly value?: number }

const values = (subscriber: Subscriber): Value[] =>
  subscriber.all.flatMap(({ json }) => json.values as unknown as readonly Value[])

/** Values that are not newer than the one of the same signal before them. */
function outOfOrder(subscriber: Subscriber): string[] {
  const last = new Map<string, string>()
  return values(subscriber).flatMap(({ id, at }) => {
    const before = last.get(id)
    last.set(id, at)
    return before === undefined || before < at ? [] : [`${id}: ${at} after ${before}`]
  })
}

function sizeOf(folder: string): { readonly bytes: number; readonly files: number } {
  const files = readdirSync(folder).filter((file) => file.endsWith('.samples'))
  return { bytes: files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0), files: files.length }
}
