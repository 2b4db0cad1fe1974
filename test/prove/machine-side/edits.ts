/** Ways to change the site of the proof of `apply`, each valid. Read next: apply.ts. */
import { readFileSync } from 'node:fs'
import { randomBetween } from '../../support/proof.ts'

type Tree = { [name: string]: unknown }
type Site = { machines: Record<string, Tree>; links: Record<string, Tree>; tariffs?: Record<string, Tree> }
export type Draft = { site: Site; readonly profiles: Record<string, string> }

/** False when there is nothing that it could change. */
type Edit = { readonly name: string; edit(draft: Draft): boolean }

const POWER_PROFILE = 'power-meter'
/** The file it is in. */
export const POWER_FAMILY = 'power-meters'
const SHIPPED = new URL('../../../config/profiles/abb-b2x.yaml', import.meta.url)

/** A shipped family of profiles beside the site file, with one variant, under names of its own. */
export function familyText(): string {
  const shipped = readFileSync(SHIPPED, 'utf8')
  const base = shipped.slice(0, shipped.indexOf('variants:')).replace(/^family: .*$/m, `family: ${POWER_FAMILY}`)
  return `${base}variants:\n  ${POWER_PROFILE}: {}\n`
}

/** The second booth leaves its energy meter to a machine that comes and goes. */
export const WITHOUT_METER = {
  devices: { plc: { profile: 'sim-spray-booth', link: 'booth-2-modbus', unit: 1 } },
} as const

/** What no machine in use may be changed in. */
export function FOR_USE({ machines }: Site, id: string): void {
  if (randomBetween(0, 1) === 0) delete machines[id]
  else machines[id]!.owner = `owner-${randomBetween(1, 1_000_000)}`
}

const some = <T>(items: readonly T[]): T => items[randomBetween(0, items.length - 1)]!
const number = () => randomBetween(1, 1_000_000)

const power = (): Tree => ({
  ...{ name: { en: 'Power' }, owner: 'huajian' },
  devices: { meter: { profile: POWER_PROFILE, link: 'booth-2-modbus', unit: 11 } },
  state: { kind: 'threshold', signal: 'meter.power', above: 300, below: 200, on: 'Executing', off: 'NotExecuting' },
})

export const edits: readonly Edit[] = [
  {
    name: 'a name, in use or not',
    edit({ site }) {
      some(Object.values(site.machines)).name = { en: `Machine ${number()}`, zh: `机器 ${number()}` }
      return true
    },
  },
  {
    name: 'an owner',
    edit({ site }) {
      site.machines['booth-3']!.owner = `owner-${number()}`
      return true
    },
  },
  {
    name: 'the end of a booking',
    edit({ site }) {
      site.machines['booth-3']!.endOfBooking = { grace: `${randomBetween(1, 30)}m` }
      return true
    },
  },
  {
    name: 'a lease',
    edit({ site }) {
      Object.assign(site.machines['booth-3']!.interlock as Tree, { lease: `${randomBetween(20, 40)}s` })
      return true
    },
  },
  {
    name: 'the time-out of a link',
    edit({ site }) {
      site.links['booth-3-modbus']!.timeoutMs = randomBetween(800, 1200)
      return true
    },
  },
  {
    name: 'a machine that comes, or goes',
    edit({ site }) {
      if (site.machines.power === undefined) site.machines.power = power()
      else delete site.machines.power
      return true
    },
  },
  {
    name: 'the rule of a machine',
    edit({ site }) {
      if (site.machines.power === undefined) return false
      Object.assign(site.machines.power.state as Tree, { above: randomBetween(201, 400) })
      return true
    },
  },
  {
    name: 'a profile',
    edit({ site, profiles }) {
      if (site.machines.power === undefined) return false
      profiles[POWER_FAMILY] = profiles[POWER_FAMILY]!.replace(/poll: \d+ms/, `poll: ${randomBetween(300, 900)}ms`)
      return true
    },
  },
  {
    name: 'a link to nowhere that comes, or goes',
    edit({ site }) {
      if (site.links.spare === undefined)
        site.links.spare = { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port: 9 }
      else delete site.links.spare
      return true
    },
  },
  {
    name: 'a tariff',
    edit({ site }) {
      const tariff = {
        ...{ currency: 'CNY', approvedBy: 'owners', taxes: { service: '13' } },
        elements: [{ id: 'time', of: 'occupied', price: `${number()}`, per: '1 min', tax: 'service' }],
      }
      site.tariffs = { ...site.tariffs, [`booth@${number() % 1000}`]: tariff }
      return true
    },
  },
  {
    name: 'the order of the machines',
    edit({ site }) {
      site.machines = Object.fromEntries(Object.entries(site.machines).reverse())
      return true
    },
  },
]
