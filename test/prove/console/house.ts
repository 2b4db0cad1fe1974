/**
 * A site with something of everything that the pages can show: a booth that is billed, with questions and upkeep, an
 * instrument behind OPC UA, a server that nobody trusts yet, a store that refuses entries, a webhook, a plan.
 * Read next: walk/walk.ts (who goes through it).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import type { Scope } from '../../support/proof.ts'
import { startMachine } from '../../support/simulators.ts'
import { type Store, startStore } from './sinks.ts'

export const BOOTH = 'booth-1'
export const INSTRUMENT = 'instrument-1'
/** What a simulated machine makes is never billed, so it is read by another profile. */
const PROFILE = 'booth'
const root = join(import.meta.dirname, '../../..')
const HOOK_ENV = '$' + '{env:LATCHKEY_TRIAL_HOOK}'
process.env.LATCHKEY_TRIAL_HOOK = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

export type House = { readonly plant: Plant; readonly store: Store; readonly url: string }

/** `say`: whatever people of the site and the platform would write. */
export async function openHouse(scope: Scope, say: () => string): Promise<House> {
  mkdirSync(join(scope.folder, 'profiles'))
  const profile = readFileSync(join(root, 'config', 'profiles', 'sim-spray-booth.yaml'), 'utf8')
  writeFileSync(join(scope.folder, 'profiles', `${PROFILE}.yaml`), profile.replace('sim-spray-booth', PROFILE))
  const [store, hook, stranger] = await Promise.all([
    startStore(scope),
    startHook(scope),
    startMachine(scope, 'instrument', { name: 'stranger' }),
  ])
  const plant = await startPlant(scope, {
    site: 'house',
    machines: { 'spray-booth': 1, instrument: 1 },
    cycleMs: 300,
    autoStart: true,
    closed: [BOOTH],
    api: { board: 'states' },
    plan: join(root, 'config', 'sites', 'demo-plan.svg'),
    influx: { url: store.url, database: 'latchkey' },
    webhooks: { platform: { url: hook, secret: HOOK_ENV } },
    people: {
      wang: { role: 'technician', name: 'Wang' },
      chen: { role: 'auditor', name: 'Chen' },
      li: { role: 'auditor', name: 'Li' },
      zhao: { role: 'owner', name: 'Zhao', owner: 'huajian' },
    },
    tariffs: { 'booth@1': tariff },
    more: { [BOOTH]: booth(say) },
    beside: {
      links: {
        secure: {
          ...{ protocol: 'opcua', security: 'SignAndEncrypt' },
          endpoint: `opc.tcp://127.0.0.1:${stranger.opcuaPort}`,
        },
      },
      machines: {},
    },
  })
  // More time can be asked for in it.
  const { booking: id, ...booking } = plant.machine(BOOTH).booking
  await plant.platform.putBooking({ id, ...booking, terms: { lateStopMinutes: 30 } })
  return { plant, store, url: new URL(plant.api.url).origin }
}

const tariff = {
  currency: 'CNY',
  approvedBy: 'owners',
  taxes: { service: '13' },
  elements: [
    { id: 'teaching', of: 'occupied', classes: ['teaching'], price: '30', per: '1 min', tax: 'service' },
    { id: 'time', of: 'occupied', price: '60', per: '1 min', tax: 'service' },
    { id: 'use', of: 'flat', price: '100', per: '1 use', tax: 'service' },
  ],
  split: { parts: [{ party: 'site', percent: '10' }], remainder: 'owners' },
}

const booth = (say: () => string) => ({
  tariff: 'booth@1',
  about: { contact: say(), place: { x: 20, y: 70 } },
  devices: {
    plc: { profile: PROFILE, link: `${BOOTH}-modbus`, unit: 1 },
    energy: { profile: 'abb-b23', link: `${BOOTH}-modbus`, unit: 11 },
  },
  interlock: { device: 'plc', class: 'lease', lease: '3s', heartbeat: '300ms' },
  questions: {
    clean: { when: 'before', text: { en: say() }, answer: 'yes-no', must: 'yes', outside: 'refuse' },
    pressure: { when: 'before', text: { en: say() }, answer: 'number', unit: 'bar', max: 5 },
    paint: { when: 'before', text: { en: say() }, answer: 'text' },
    left: {
      ...{ when: 'after', text: { en: say() }, answer: 'choice' },
      choices: { clean: { text: { en: say() } }, dusty: { text: { en: say() }, outside: true } },
    },
    remark: { when: 'after', text: { en: say() }, answer: 'text', required: false },
  },
  services: {
    filter: { text: say(), meter: 'plc.parts', every: '2000', days: 90 },
    scale: { text: say(), certifies: 'energy.energy', days: 365 },
  },
})

/** Takes whatever it is given. */
async function startHook(scope: Scope): Promise<string> {
  const server = createServer((request, response) => request.resume().on('end', () => response.writeHead(204).end()))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  scope.defer(() => void server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`
}
