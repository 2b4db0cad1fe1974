/** Upkeep as it is shown: what is due when, by the use of the last weeks, with drill and certificates beside it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ServiceConfig } from '../../../../gateway/core/ground/config.ts'
import { newMeter } from '../../../../gateway/core/meter/meter.ts'
import { entries } from '../../../../gateway/reference/entries.ts'
import { startCommands } from '../../../control/commands/bench.ts'
import { faultIn } from '../../../support/described.ts'
import { machineConfig } from '../../../support/world.ts'
import { type Bench, createBench } from '../bench.ts'
import { NOW_MS } from '../rows.ts'

const DAY_MS = 86_400_000
const METER = 'saw-1/main.energy'
const service = (id: string, over: Partial<ServiceConfig>): ServiceConfig => ({ id, text: id, close: false, ...over })
const SERVICES = [
  service('belt', { meter: METER, every: '1000', overdue: { every: '100', close: true } }),
  service('oil', { days: 30 }),
  service('meter', { days: 365, certifies: METER }),
]

let bench: Bench
let technician: string
const call = (method: 'GET' | 'POST', path: string, payload?: object) =>
  bench.app.inject({
    method,
    url: `/v1/machines/saw-1/services${path}`,
    headers: { authorization: `Bearer ${technician}` },
    ...(payload && { payload }),
  })
const shown = async (id: string) => {
  const { services } = (await call('GET', '')).json() as { services: { id: string }[] }
  return services.find((each) => each.id === id)
}

/** The meter stands so, at so many days before now. */
function stood(daysAgo: number, total: number): void {
  const atMs = NOW_MS - daysAgo * DAY_MS
  const point = { meter: METER, unit: 'Wh', raw: String(total), epoch: 1, total: String(total), at: atMs }
  const stamp = { wallMs: atMs, monoNs: '1', bootId: 'b', clock: 'synchronised' } as const
  const entry = { kind: 'MeterSampled', version: 1, machine: 'saw-1', at: stamp, data: { meters: [point] } } as const
  bench.commit({ kind: 'entry', entry })
}

beforeAll(async () => {
  bench = await createBench((config) => ({
    ...config,
    machines: config.machines.map((machine) => ({
      ...machine,
      ...{ simulated: false, services: SERVICES, interlock: machineConfig.interlock! },
    })),
  }))
  technician = (await bench.addKey('technician', 'Wang')).key.text
  const meter = bench.config.machines[0]!.meters.find(({ id }) => id === METER)!
  bench.commit({ kind: 'meter', state: { ...newMeter(meter, 'boot-1'), machine: 'saw-1', total: 900n } })
  const atMs = NOW_MS - 100 * DAY_MS
  bench.commit({
    kind: 'machine',
    row: {
      ...{ machine: 'saw-1', fencingCounter: 0 },
      services: {
        belt: { unit: 'Wh', total: '0', atMs, times: 1 },
        oil: { total: '0', atMs: NOW_MS - 10 * DAY_MS, times: 1 },
        meter: { total: '0', atMs: 0, times: 0 },
      },
    },
  })
  // Hardly used for months; in the last weeks 10 a day.
  for (const [daysAgo, total] of [
    [90, 600],
    [28, 620],
    [20, 700],
    [1, 890],
    [0, 900],
  ] as const)
    stood(daysAgo, total)
  bench.answer((await startCommands(bench)).take)
})
afterAll(() => bench.close())

it('is expected as the machine was used in the last four weeks, and not since it was last done', async () => {
  const belt = await shown('belt')
  expect(belt).toMatchObject({ kind: 'service', used: '900', unit: 'Wh', due: false, overdue: false, closes: false })
  const days = (Date.parse(String((belt as unknown as { expected: string }).expected)) - NOW_MS) / DAY_MS
  // 100 are left, at 280 in 28 days.
  expect(days).toBeGreaterThan(9)
  expect(days).toBeLessThan(11)
  expect(await shown('oil')).toMatchObject({ due: false, expected: new Date(NOW_MS + 20 * DAY_MS).toISOString() })
})

it('has the drill beside it, which is due since there was none', async () => {
  expect(await shown('drill')).toMatchObject({ kind: 'drill', due: true, overdue: false, closes: true, days: 365 })
})

it.each<[string, number, object]>([
  ['without a certificate', 400, { text: 'calibrated' }],
  ['of a day to come', 400, { text: 'calibrated', certificate: { number: 'K-17', day: '2026-12-24' } }],
  ['of no day', 400, { text: 'calibrated', certificate: { number: 'K-17', day: '2026-02-30' } }],
  ['with it', 204, { text: 'calibrated', certificate: { number: 'K-17', day: '2026-11-20' } }],
])('a calibration %s: %i', async (_, status, body) => {
  expect((await call('POST', '/meter/done', body)).statusCode).toBe(status)
})

it('a calibration shows its certificate, and is due by its day', async () => {
  expect(await shown('meter')).toMatchObject({
    ...{ kind: 'calibration', certifies: METER, certificate: { number: 'K-17', day: '2026-11-20' }, due: false },
    ...{ since: '2026-11-19T16:00:00.000Z', expected: '2027-11-19T16:00:00.000Z' },
  })
  const done = bench.deps.reader.entries(0, 100).find(({ kind }) => kind === 'ServiceDone')!
  expect(faultIn(entries.ServiceDone.data, done.body.data)).toBeUndefined()
})
