/**
 * A spray booth whose uses are billed, with a technician and two auditors: a gateway, a machine and a platform as
 * processes. Nobody is let in before `drillBooth`. Read next: gateway-plant.ts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startLatchkey } from './gateway.ts'
import { type Plant, type PlantOptions, startPlant } from './gateway-plant.ts'
import type { Scope } from './proof.ts'

export const BOOTH = 'booth-1'
const TARIFF = 'booth@1'
/** What a simulated machine makes is never billed: so the profile has another name here. */
const PROFILE = 'booth'
const SIMULATED = new URL('../../config/profiles/sim-spray-booth.yaml', import.meta.url)

type Elements = readonly Readonly<Record<string, string>>[]
type Booth = {
  readonly site: string
  readonly elements: Elements
  /** Of the tariff. */
  readonly split?: object
  readonly questions?: object
}

export function startBooth(scope: Scope, { site, elements, split, questions }: Booth): Promise<Plant> {
  mkdirSync(join(scope.folder, 'profiles'))
  const profile = readFileSync(SIMULATED, 'utf8').replace('sim-spray-booth', PROFILE)
  writeFileSync(join(scope.folder, 'profiles', `${PROFILE}.yaml`), profile)
  const machine = {
    tariff: TARIFF,
    devices: {
      plc: { profile: PROFILE, link: `${BOOTH}-modbus`, unit: 1 },
      energy: { profile: 'abb-b23', link: `${BOOTH}-modbus`, unit: 11 },
    },
    interlock: { device: 'plc', class: 'lease', lease: '3s', heartbeat: '300ms' },
    ...(questions === undefined ? {} : { questions }),
  }
  const tariff = {
    ...{ currency: 'CNY', approvedBy: 'owners', taxes: { service: '13' }, elements },
    ...(split === undefined ? {} : { split }),
  }
  const options: PlantOptions = {
    site,
    machines: { 'spray-booth': 1 },
    cycleMs: 300,
    autoStart: true,
    closed: [BOOTH],
    people: {
      zhao: { role: 'technician', name: 'Zhao' },
      chen: { role: 'auditor', name: 'Chen' },
      wang: { role: 'auditor', name: 'Wang' },
    },
    more: { [BOOTH]: machine },
    tariffs: { [TARIFF]: tariff },
  }
  return startPlant(scope, options)
}

/** It is shown to lock itself, so that tenants are let in. */
export async function drillBooth({ api, key }: Plant): Promise<void> {
  const args = ['drill', api.url, BOOTH, '--key', key('zhao'), '--yes', '--reason', 'first one']
  const { code } = await startLatchkey(args).exited
  if (code !== 0) throw new Error(`the drill ended with ${code}`)
  await api.untilAvailable(BOOTH, 20_000)
}
