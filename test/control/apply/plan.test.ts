/** What a changed site file means for a gateway that runs, a row for each kind of change. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadSite } from '../../../config/load.ts'
import type { SiteConfig } from '../../../config/site.ts'
import { planLines, planOf } from '../../../gateway/control/apply/plan.ts'
import { baseDraft } from '../../simulate/configuration/base.ts'
import { get, set, write } from '../../simulate/configuration/draft.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-plan-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Values = Readonly<Record<string, unknown>>

function configOf(values: Values): SiteConfig {
  const draft = baseDraft()
  for (const [path, value] of Object.entries(values)) set(draft, path, value)
  const loaded = loadSite(write(draft, folder), {})
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults))
  return loaded.config
}

const base = configOf({})
const nobody = () => undefined
const everybody = () => 'a session is open'
const energy = get(baseDraft(), 'profiles.sim-energy.signals') as Record<string, Record<string, unknown>>
const [signal] = Object.keys(energy) as [string]
const bus = { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port: 9005 }
const saw2 = {
  name: { en: 'Saw 2' },
  owner: 'lin-co',
  devices: {
    saw: { profile: 'sim-saw', link: 'saw', root: 'nsu=urn:latchkey:sim;s=Saw2' },
    energy: { profile: 'sim-energy', link: 'bus', unit: 13 },
  },
  state: 'saw',
}
const tariff = {
  ...{ currency: 'CNY', approvedBy: 'owners', taxes: { service: '13' } },
  elements: [{ id: 'time', of: 'occupied', price: '1.20', per: '1 min', tax: 'service' }],
}

const rows: readonly (readonly [name: string, values: Values, lines: readonly string[], waits: readonly string[]])[] = [
  ['nothing', {}, [], []],
  ['a name', { 'machines.saw.name': { en: 'Big saw' } }, ['goes on with machine saw'], []],
  [
    'a title',
    { [`profiles.sim-energy.signals.${signal}.title`]: 'Energy' },
    ['goes on with machine booth', 'goes on with machine saw'],
    [],
  ],
  ['an owner', { 'machines.saw.owner': 'huajian' }, ['goes on with machine saw'], ['saw']],
  [
    'the end of a booking',
    { 'machines.booth.endOfBooking': { grace: '20m' } },
    ['goes on with machine booth'],
    ['booth'],
  ],
  [
    'the unit of a meter',
    { 'machines.saw.devices.energy.unit': 14 },
    ['reads other points on link bus', 'begins anew machine saw'],
    ['saw'],
  ],
  ['a lease', { 'machines.bander.interlock.lease': '8s' }, ['begins anew machine bander'], ['bander']],
  ['a port', { 'links.io.port': 9999 }, ['opens anew link io', 'begins anew machine bander'], ['bander']],
  ['a port of a link that machines share', { 'links.bus.port': 9999 }, ['opens anew link bus'], ['booth', 'saw']],
  [
    'a timeout of a link that one is unlocked through',
    { 'links.plc.timeoutMs': 700 },
    ['opens anew link plc', 'begins anew machine booth'],
    ['booth'],
  ],
  [
    'another machine on links that are there',
    { 'machines.saw-2': saw2 },
    ['reads other points on link saw', 'reads other points on link bus', 'begins machine saw-2'],
    [],
  ],
  [
    'a machine that is gone',
    { 'machines.saw': undefined },
    ['reads other points on link saw', 'reads other points on link bus', 'ends machine saw'],
    ['saw'],
  ],
  ['a link that nothing uses', { 'links.spare': bus }, ['opens link spare'], []],
  [
    'a machine that moves to another link',
    { 'links.spare': bus, 'machines.saw.devices.energy.link': 'spare' },
    ['opens link spare', 'reads other points on link bus', 'begins anew machine saw'],
    ['saw'],
  ],
]

test.each(rows)('%s', (_, values, lines, waits) => {
  const after = configOf(values)
  const plan = planOf(base, after, nobody)
  expect(planLines(plan)).toEqual(lines)
  expect(plan.needsRestart).toEqual([])
  expect(plan.waits).toEqual([])
  expect(
    planOf(base, after, everybody)
      .waits.map(({ machine }) => machine)
      .sort(),
  ).toEqual(waits)
})

test('a way back is the mirror of the way there', () => {
  const after = configOf({ 'machines.saw': undefined, 'links.saw': undefined })
  expect(planLines(planOf(base, after, nobody))).toEqual([
    'closes link saw',
    'reads other points on link bus',
    'ends machine saw',
  ])
  expect(planLines(planOf(after, base, nobody))).toEqual([
    'opens link saw',
    'reads other points on link bus',
    'begins machine saw',
  ])
})

const restarts: readonly (readonly [key: string, values: Values])[] = [
  ['site', { site: 'other' }],
  ['timezone', { timezone: 'Europe/Berlin' }],
  ['dataDir', { dataDir: 'elsewhere' }],
  ['fencingId', { fencingId: 2 }],
  ['api', { 'api.listen': '127.0.0.1:1' }],
  ['trust', { 'trust.issuers': [] }],
  ['bookings', { bookings: { earlyStart: '1m' } }],
  ['mqtt', { mqtt: { url: 'mqtt://127.0.0.1:1' } }],
  ['influx', { influx: { url: 'http://127.0.0.1:1', database: 'x' } }],
  ['bounds', { bounds: { commitEvery: '300ms' } }],
]

test.each(restarts)('only a restart takes over %s', (key, values) => {
  expect(planOf(base, configOf(values), nobody).needsRestart).toContain(key)
})

test('tariffs need no restart', () => {
  expect(planOf(base, configOf({ tariffs: { 'day@1': tariff } }), nobody).needsRestart).toEqual([])
})
