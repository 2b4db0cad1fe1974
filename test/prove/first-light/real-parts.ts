/**
 * The gateway between simulators in processes of their own, a real Mosquitto and a real InfluxDB, used as a person
 * would: `curl` books, unlocks and ends, `mosquitto_sub` watches, InfluxDB is asked. The judge says what was true.
 */

import { type Plant, type PlantMachine, startPlant } from '../../support/gateway-plant.ts'
import { type Influxd, startInfluxd } from '../../support/influxd.ts'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { runProcess, startProcess, type TestProcess, until } from '../../support/process.ts'
import { found, pause } from '../../support/proof.ts'
import { commandPath } from '../../support/real.ts'
import { type Checks, createChecks, type Item, type Run } from '../item.ts'

export const realParts: Item = {
  name: 'real-parts',
  async run(run) {
    const checks = createChecks(run.say)
    for (const version of run.quick ? ([5] as const) : ([5, 4] as const)) await useWith(run, version, checks)
    return checks.verdict(run.quick ? 'MQTT 5' : 'MQTT 5 and 3.1.1')
  },
}

type Floor = {
  readonly version: 4 | 5
  readonly checks: Checks
  readonly broker: Mosquitto
  readonly influx: Influxd
  readonly plant: Plant
  readonly watching: TestProcess
}

async function useWith({ quick, scope, say }: Run, version: 4 | 5, checks: Checks): Promise<void> {
  const [broker, influx] = await Promise.all([startMosquitto(), startInfluxd()])
  scope.defer(() => broker.remove())
  scope.defer(() => influx.remove())
  const site = `parts-${version}`
  const topics = ['status', '+/availability', '+/meters/#'].flatMap((topic) => ['-t', `latchkey/v1/${site}/${topic}`])
  const watching = startProcess(commandPath('mosquitto_sub'), [...client(broker, version), ...topics, '-F', '%r %t %p'])
  scope.defer(() => watching.kill())
  const plant = await startPlant(scope, {
    site,
    machines: { 'spray-booth': 1, instrument: 1, ...(quick ? {} : { 'panel-saw': 1 }) },
    cycleMs: 400,
    mqtt: { url: broker.url, version },
    influx: { url: influx.url, database: influx.database },
  })
  say(`everything is up, MQTT ${version}`)
  const floor: Floor = { version, checks, broker, influx, plant, watching }
  const lockable = plant.machines.filter(({ simulator }) => simulator.kind !== 'panel-saw')
  for (const machine of lockable) await useMachine(floor, machine)
  for (const machine of plant.machines.filter((each) => !lockable.includes(each))) await meterMachine(floor, machine)
  await plant.gateway.stop()
  const status = await retained(floor, 'status')
  checks.check('a stopped gateway says so', status?.online === false, status)
  await Promise.all([broker.remove(), influx.remove(), watching.kill()])
}

/** Booked, unlocked, used and ended. */
async function useMachine(floor: Floor, machine: PlantMachine): Promise<void> {
  const { checks, plant } = floor
  const { id, simulator, booking, unitMeter } = machine
  const topic = `${id}/availability`
  await seesRetained(floor, topic, 'state', 'Available')
  const { booking: name, ...fields } = booking
  const put = await plant.platform.putBooking({ id: name, ...fields })
  checks.check(`${id}: the booking is taken`, put.status === 201, put)
  await seesRetained(floor, topic, 'state', 'Reserved')

  const unlock = await curl(plant, `/machines/${id}/unlock`, await machine.token())
  checks.check(`${id}: curl unlocks`, unlock.status === 200, unlock)
  const open = await simulator.judge()
  checks.check(`${id}: the machine may start when curl is answered`, open.startPermission, open.lease)
  await seesRetained(floor, topic, 'state', 'InUse')
  await simulator.operate({ autoStart: true })
  await until(async () => (await simulator.judge()).producedUnits >= 3, 10_000, `${id} makes nothing`)
  const end = await curl(plant, `/sessions/${unlock.body.id}/end`, await machine.token())
  checks.check(`${id}: curl ends`, end.status === 200 && end.body.status === 'ended', end)
  await simulator.operate({ autoStart: false })

  const judge = await simulator.judge()
  const [on, off] = judge.outputEdges.slice(-2)
  checks.check(`${id}: one permission, on and off`, on?.on === true && off?.on === false, judge.outputEdges)
  checks.check(`${id}: locked when curl is answered`, !judge.startPermission, judge.lease)
  const used = (end.body.use as { meter: string; quantity: string }[] | undefined)?.find(
    ({ meter }) => meter === unitMeter,
  )
  checks.check(`${id}: the session has all units`, used?.quantity === String(judge.producedUnits), {
    used,
    produced: judge.producedUnits,
  })
  await seesRetained(floor, topic, 'state', 'Reserved')
  await meterAgrees(floor, machine)
  const states = [...floor.watching.output().matchAll(new RegExp(`${topic} .*?"state":"(\\w+)"`, 'g'))].map(
    (match) => match[1]!,
  )
  const wanted = ['Available', 'Reserved', 'InUse', 'Reserved']
  checks.check(`${id}: mosquitto_sub sees the changes in order`, inOrder(states, wanted), states)
}

/** A machine without an interlock is metered all the same. */
async function meterMachine(floor: Floor, machine: PlantMachine): Promise<void> {
  await machine.simulator.operate({ autoStart: true })
  await until(async () => (await machine.simulator.judge()).producedUnits >= 3, 10_000, `${machine.id} makes nothing`)
  await machine.simulator.operate({ autoStart: false })
  await until(async () => !(await machine.simulator.judge()).cycleRunning, 10_000, `${machine.id} goes on`)
  await meterAgrees(floor, machine)
}

/** MQTT and InfluxDB have what the machine made. */
async function meterAgrees(floor: Floor, { id, simulator, unitMeter }: PlantMachine): Promise<void> {
  const { influx } = floor
  const units = String((await simulator.judge()).producedUnits)
  const point = unitMeter.slice(id.length + 1)
  await seesRetained(floor, `${id}/meters/${point.replace('.', '/')}`, 'total', units)
  const query = `SELECT last("total") AS "total" FROM "meter" WHERE "machine" = '${id}' AND "meter" = '${point}'`
  await agrees(floor, `${id}: InfluxDB has the meter`, units, async () => (await influx.query(query))[0]?.total)
  const cli = async () => {
    const args = ['-host', '127.0.0.1', '-port', String(influx.port), '-database', influx.database, '-format', 'csv']
    const csv = await runProcess(commandPath('influx'), [...args, '-execute', query])
    return csv.trim().split('\n').at(-1)?.split(',').at(-1)
  }
  await agrees(floor, `${id}: the influx client shows it`, units, cli)
}

/** What a reader gets who comes only now. */
async function seesRetained(floor: Floor, topic: string, member: string, value: string): Promise<void> {
  await agrees(
    floor,
    `${topic}: a new reader gets ${member}`,
    value,
    async () => (await retained(floor, topic))?.[member],
  )
}

async function agrees(
  { checks }: Floor,
  what: string,
  wanted: string,
  ask: () => Promise<unknown>,
  withinMs = 10_000,
): Promise<void> {
  let last: unknown
  const look = async () => {
    last = await ask()
    if (last === wanted) return true
    await pause(100)
    return undefined
  }
  await found(look, withinMs, '').catch(() => undefined)
  checks.check(`${what} ${wanted}`, last === wanted, last ?? 'nothing')
}

async function retained(
  { broker, version, plant }: Floor,
  topic: string,
): Promise<Record<string, unknown> | undefined> {
  const args = ['-t', `latchkey/v1/${plant.site}/${topic}`, '-C', '1', '-W', '2', '--retained-only']
  const text = await runProcess(commandPath('mosquitto_sub'), [...client(broker, version), ...args]).catch(() => '')
  return text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>)
}

function client(broker: Mosquitto, version: 4 | 5): string[] {
  return ['-h', '127.0.0.1', '-p', String(broker.port), '-V', version === 5 ? 'mqttv5' : 'mqttv311', '-q', '1']
}

async function curl(
  { api }: Plant,
  path: string,
  token: string,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = ['-H', `Authorization: Bearer ${token}`, '-H', 'Content-Type: application/json']
  const args = [
    '--silent',
    '--show-error',
    '--max-time',
    '25',
    ...headers,
    '--data',
    '{}',
    '--write-out',
    '\n%{http_code}',
  ]
  const lines = (await runProcess('curl', [...args, `${api.url}/v1${path}`])).split('\n')
  return { status: Number(lines.at(-1)), body: JSON.parse(lines.slice(0, -1).join('\n')) as Record<string, unknown> }
}

function inOrder(seen: readonly string[], wanted: readonly string[]): boolean {
  let next = 0
  for (const state of seen) if (state === wanted[next]) next += 1
  return next === wanted.length
}
