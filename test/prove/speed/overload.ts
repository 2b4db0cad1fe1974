/**
 * A hundred thousand samples a second are asked of real machines over Modbus, beside a booth that is unlocked and
 * works. No lease is lost, no entry is missing, heartbeats come within the lease margin, the memory is bounded, and
 * each sample was delivered or is counted. The figure says at which rate the computer could read.
 */
import { rssMb } from '../../bench/measure.ts'
import type { Gateway } from '../../support/gateway.ts'
import { startPlant } from '../../support/gateway-plant.ts'
import { startInfluxd } from '../../support/influxd.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { nowMs, pause } from '../../support/proof.ts'
import { ENABLE, type Judge } from '../../support/simulators.ts'
import { createChecks, type Item } from '../item.ts'
import { accountOf, adds, type FastOptions, settledAccount, startFast } from './fast.ts'

/** A hundred thousand samples a second. */
const FAST: FastOptions = { machines: 50, floats: 125, signalsEach: 4, pollMs: 250 }
const HEARTBEAT_MS = 1000
/** Lease, less a heartbeat and a request timeout. */
const MARGIN_MS = 3000
/** What the process may need more in the second half than in the first: by then its queues and its heap are full. */
const MOST_GROWTH_MB = 150
const SETTLE_MS = 120_000

export const overload: Item = {
  name: 'overload',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const seconds = quick ? 10 : 60
    const [broker, influx, fast] = await Promise.all([startMosquitto(), startInfluxd(), startFast(scope, FAST)])
    scope.defer(() => broker.remove())
    scope.defer(() => influx.remove())
    const plant = await startPlant(scope, {
      site: 'overload',
      machines: { 'spray-booth': 1 },
      cycleMs: 700,
      autoStart: true,
      mqtt: { url: broker.url, version: 5 },
      influx: { url: influx.url, database: influx.database },
      beside: fast.beside,
      ...(quick ? { bounds: { samples: 20_000 } } : {}),
    })
    const { api, gateway } = plant
    const { id, token, simulator, unitMeter } = plant.machines[0]!
    const session = await api.unlocked(id, await token())
    const fromMs = (await simulator.judge()).atMs
    const [before, startMs] = [await accountOf(api.url, 'mqtt'), nowMs()]
    const [firstMb, mostMb] = [await mostOver(gateway, seconds / 2), await mostOver(gateway, seconds / 2)]
    const after = await accountOf(api.url, 'mqtt')
    const rate = Math.round(((after.taken - before.taken) * 1000) / (nowMs() - startMs))
    say(`${rate} samples a second of ${fast.rate}; ${mostMb.toFixed(0)} MB at most`)

    const { lost, lateMs } = leaseOf(await simulator.judge(), fromMs)
    checks.check('no lease is lost', lost.length === 0, lost)
    checks.check(`heartbeats come, at most ${MARGIN_MS} ms late`, lateMs < MARGIN_MS, lateMs)
    checks.check('the session is still open', (await api.session(session.id)).status === 'open')
    checks.check(`it goes on growing by at most ${MOST_GROWTH_MB} MB`, mostMb - firstMb <= MOST_GROWTH_MB, [
      firstMb,
      mostMb,
    ])

    const ended = await api.ended(session.id)
    const { producedUnits } = await simulator.judge()
    const use = ended.use.find(({ meter }) => meter === unitMeter)
    checks.check('the session has every unit', Number(use?.quantity) === producedUnits, [use, producedUnits])
    const entries = await api.entries()
    checks.check(
      'no entry is missing',
      entries.every(({ seq }, index) => seq === index),
    )
    const strange = entries.filter(({ kind }) => kind === 'SessionSuspended' || kind === 'LockUnconfirmed')
    checks.check('nothing was suspended', strange.length === 0, strange)

    await Promise.all([fast.end(), simulator.kill()])
    const notes: string[] = []
    for (const sink of ['mqtt', 'influx']) {
      const account = await settledAccount(api.url, sink, SETTLE_MS)
      checks.check(`${sink}: taken = delivered + dropped`, adds(account), account)
      notes.push(`${sink} ${account.delivered} delivered, ${account.dropped} dropped`)
    }
    const stored = Number((await influx.query('SELECT count("quality") AS "n" FROM "signal"'))[0]?.n)
    const meters = Number(
      (await influx.query(`SELECT count("total") AS "n" FROM "meter" WHERE "origin" = 'live'`))[0]?.n,
    )
    const { delivered } = await accountOf(api.url, 'influx')
    checks.check('InfluxDB has what was delivered to it, once', stored + (meters || 0) === delivered, [
      stored,
      meters,
      delivered,
    ])
    return checks.verdict(
      `${rate} samples/s, heartbeats ${lateMs} ms late at most, ${firstMb.toFixed(0)} MB, then ${mostMb.toFixed(0)} MB; ${notes.join('; ')}`,
    )
  },
}

/** Resident memory at most, MB; looked at each second. */
async function mostOver(gateway: Gateway, seconds: number): Promise<number> {
  let mostMb = 0
  for (let second = 0; second < seconds; second += 1) {
    await pause(1000)
    mostMb = Math.max(mostMb, rssMb(gateway.pid()))
  }
  return mostMb
}

/** How the machine saw its lease since `fromMs`. */
function leaseOf({ outputEdges, writeFrames }: Judge, fromMs: number) {
  const beats = writeFrames.last.filter(({ words, atMs }) => words[4] === ENABLE && atMs >= fromMs)
  const gaps = beats.slice(1).map(({ atMs }, index) => atMs - beats[index]!.atMs - HEARTBEAT_MS)
  return {
    lost: outputEdges.filter(({ on, atMs }) => !on && atMs >= fromMs),
    // Without heartbeats nothing is in time.
    lateMs: gaps.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...gaps),
  }
}
