/**
 * The site of a world: a real site file, checked and resolved as any other. Then every poll is made slower, so that a
 * week passes in a minute; what is decided is decided by the same rules.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadSite } from '../../../config/load.ts'
import type { SiteConfig } from '../../../config/site.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import { type Assumptions, type Kind, kinds, type World } from './assumptions.ts'

export type Placed = { readonly id: string; readonly kind: Kind; readonly owner: string }

/** Between two polls: of a machine that nobody uses, and of one in use, whose lease rests on being read. */
export const POLL_MS = { idle: 60_000, used: 4000 } as const

/** The machines of a world. Without sharing every firm has what its orders need. */
export function machinesOf(world: World, { centre, firms }: Assumptions, needs: (firm: number) => Set<Kind>): Placed[] {
  if (world === 'shared')
    return kinds.flatMap((kind) =>
      Array.from({ length: centre[kind] }, (_, index) => ({ id: `${kind}-${index + 1}`, kind, owner: ownerOf(kind) })),
    )
  return Array.from({ length: firms }, (_, firm) => firm).flatMap((firm) =>
    [...needs(firm)].map((kind) => ({ id: `${kind}-${firmName(firm)}`, kind, owner: firmName(firm) })),
  )
}

export const firmName = (firm: number) => `firm-${String(firm + 1).padStart(2, '0')}`

/** The wood-preparation centre and the spray centre have owners of their own. */
const ownerOf = (kind: Kind) => (kind === 'booth' ? 'spray-centre' : 'prep-centre')

export function writeSite(folder: string, world: World, machines: readonly Placed[], given: Assumptions): SiteConfig {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'site.yaml')
  writeFileSync(path, siteText(world, machines, given))
  const loaded = loadSite(path, {})
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults))
  return { ...loaded.config, machines: loaded.config.machines.map(slow) }
}

function slow(config: MachineConfig): MachineConfig {
  const { interlock, signals } = config
  return {
    ...config,
    signals: signals.map((signal) => ({ ...signal, intervalMs: Math.max(signal.intervalMs, POLL_MS.idle) })),
    ...(interlock === undefined ? {} : { interlock: { ...interlock, pollMs: POLL_MS.idle, confirmMs: 20_000 } }),
  }
}

function siteText(world: World, machines: readonly Placed[], { open }: Assumptions): string {
  const hours = open[world]
  const clock = (hour: number) => `"${String(hour).padStart(2, '0')}:00"`
  return `site: week-${world}
timezone: Asia/Shanghai
dataDir: data
api: { listen: 127.0.0.1:0 }
trust:
  issuers: [{ issuer: "https://platform.example", audience: "latchkey:week", jwks: "https://platform.example/jwks" }]
bookings: { unknown: deny, earlyStart: 5m, noShow: 15m }
links:
  plcs: { protocol: modbus, transport: tcp, host: 10.1.1.20, port: 502, timeoutMs: 200 }
  meters: { protocol: modbus, transport: tcp, host: 10.1.1.21, port: 502 }
machines:
${machines.map((machine, index) => machineText(world, machine, index, hours, clock)).join('')}${world === 'shared' ? tariffs : ''}`
}

function machineText(
  world: World,
  { id, kind, owner }: Placed,
  index: number,
  hours: Assumptions['open'][World],
  clock: (hour: number) => string,
): string {
  return `  ${id}:
    name: { en: ${id} }
    owner: ${owner}
${world === 'shared' ? `    tariff: ${kind === 'booth' ? 'spray@1' : 'prep@1'}\n` : ''}    devices:
      plc: { profile: latchkey-lease-plc, link: plcs, unit: ${index + 1} }
      energy: { profile: abb-b23, link: meters, unit: ${index + 1} }
    state: plc
    interlock: { device: plc, class: lease, lease: 10s, heartbeat: 3s }
    endOfBooking: { warn: 10m, grace: 15m, policy: finish-cycle }
    afterUse: { cleanDown: ${world === 'shared' ? '5m' : '0s'}, inspection: none }
    windows:
      - { days: [mon, tue, wed, thu, fri, sat], from: "00:00", to: ${clock(hours.from)}, reason: closed }
      - { days: [mon, tue, wed, thu, fri, sat], from: ${clock(hours.to)}, to: "24:00", reason: closed }
      - { days: [sun], from: "00:00", to: "24:00", reason: closed }
`
}

const tariffs = `tariffs:
  prep@1:
    currency: CNY
    approvedBy: meeting of the members
    taxes: { service: "6" }
    minimum: "15"
    freeCancellation: 2h
    elements:
      - { id: outside, of: occupied, classes: [outside], price: "1.20", per: 1 min, tax: service }
      - { id: member, of: occupied, price: "0.80", per: 1 min, tax: service }
      - { id: late, of: occupied, when: overrun, price: "2.40", per: 1 min, tax: service }
      - { id: energy, of: energy, price: "0.90", per: 1 kWh, tax: service }
      - { id: absent, of: flat, when: no-show, price: "30", per: 1 use, tax: service }
      - { id: given-up, of: flat, when: cancellation, price: "15", per: 1 use, tax: service }
    split: { parts: [{ party: site, percent: "12" }, { party: renewal-fund, percent: "10" }], remainder: owners }
    accept: [gaps, overlaps]
  spray@1:
    currency: CNY
    approvedBy: meeting of the members
    taxes: { service: "6" }
    minimum: "60"
    freeCancellation: 2h
    elements:
      - { id: evening, of: occupied, hours: "18:00-07:00", price: "1.10", per: 1 min, tax: service }
      - { id: day, of: occupied, price: "1.60", per: 1 min, tax: service }
      - { id: late, of: occupied, when: overrun, price: "4.80", per: 1 min, tax: service }
      - { id: energy, of: energy, price: "0.90", per: 1 kWh, tax: service }
      - { id: absent, of: flat, when: no-show, price: "60", per: 1 use, tax: service }
      - { id: given-up, of: flat, when: cancellation, price: "30", per: 1 use, tax: service }
    split: { parts: [{ party: site, percent: "12" }, { party: renewal-fund, percent: "10" }], remainder: owners }
    accept: [gaps, overlaps]
`
