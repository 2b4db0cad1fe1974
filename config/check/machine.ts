/**
 * What no schema can say about a machine: that its links, profiles, aliases and devices exist and fit
 * together. Pure. Read next: interlock.ts (its lease), config/resolve/resolve.ts (what a good one becomes).
 */
import canonicalize from 'canonicalize'
import { protocols } from '../../adapters/registry.ts'
import type { ConfigDocument, Path } from '../document/document.ts'
import {
  type CheckedSite,
  type Device,
  isSimulated,
  keysAt,
  linksOf,
  type MachineDraft,
  own,
  type Profiles,
  type SiteDraft,
  tickOf,
} from '../document/draft.ts'
import { suggest } from '../document/suggest.ts'
import { validate } from '../document/validate.ts'
import { checkCommandTimeout, checkInterlock } from './interlock.ts'
import { isOutput } from './interlock-address.ts'
import { protocolOf } from './profile.ts'
import { checkShares } from './shares.ts'

/** Faults go to the site's document; returned are the devices that could be placed. */
export function checkMachines(document: ConfigDocument, draft: SiteDraft, profiles: Profiles): Device[] {
  const site = { document, draft, profiles, tickMs: tickOf(draft) }
  const devices: Device[] = []
  for (const [machine, item] of Object.entries(draft.machines ?? {})) {
    for (const alias of Object.keys(item?.devices ?? {})) {
      const device = checkDevice(site, machine, alias)
      if (device) devices.push(device)
    }
  }
  checkPlaces(site, devices)
  for (const [machine, item] of Object.entries(draft.machines ?? {})) {
    if (item) checkRoles(site, machine, item, devices)
    if (item?.shares) checkShares(document, ['machines', machine, 'shares'], item.shares)
  }
  checkCommandTimeout(site)
  checkUnused(site)
  return devices
}

/* ───────────────────────────── devices ───────────────────────────── */

function checkDevice(site: CheckedSite, machine: string, alias: string): Device | undefined {
  const { document, draft, profiles } = site
  const device = draft.machines?.[machine]?.devices?.[alias]
  const path = ['machines', machine, 'devices', alias]
  if (device === undefined) return undefined
  const profile = device.profile === undefined ? undefined : profiles.found.get(device.profile)
  if (device.profile !== undefined && profile === undefined) {
    document.fault(
      [...path, 'profile'],
      'profile-not-found',
      `there is no profile "${device.profile}"`,
      suggest(device.profile, profiles.known),
    )
  }
  const links = keysAt(document.value, ['links'])
  if (device.link !== undefined && !links.includes(device.link)) {
    document.fault(
      [...path, 'link'],
      'link-unknown',
      `there is no link "${device.link}"`,
      suggest(device.link, links, 'add it under links'),
    )
  }
  const link = device.link === undefined ? undefined : own(linksOf(draft), device.link)
  const spoken = profile && protocolOf(profile)
  if (link?.protocol !== undefined && spoken !== undefined && link.protocol !== spoken) {
    document.fault(
      [...path, 'link'],
      'protocol-differs',
      `the link "${device.link}" speaks ${link.protocol}, the profile "${device.profile}" ${spoken}`,
      `choose a ${spoken} link, or a ${link.protocol} profile`,
    )
    return undefined
  }
  const protocol = spoken ?? link?.protocol
  if (protocol !== 'modbus' && protocol !== 'opcua') return undefined
  const place = checkPlace(document, device, protocol, path)
  if (device.profile === undefined || device.link === undefined || place === undefined) return undefined
  return { machine, alias, profile: device.profile, link: device.link, place }
}

function checkPlace(
  document: ConfigDocument,
  device: Readonly<Record<string, unknown>>,
  protocol: keyof typeof protocols,
  path: Path,
): unknown {
  const schema = protocols[protocol].deviceSchema as { properties?: Record<string, unknown> }
  const allowed = Object.keys(schema.properties ?? {})
  const given = Object.entries(device).filter(([key]) => key !== 'profile' && key !== 'link')
  for (const [key] of given) {
    if (!allowed.includes(key))
      document.fault(
        [...path, key],
        'device-key',
        `"${key}" means nothing to ${protocol}`,
        `remove it; ${protocol} uses ${allowed.join(', ')}`,
        'key',
      )
  }
  return validate(
    protocols[protocol].deviceSchema,
    Object.fromEntries(given.filter(([key]) => allowed.includes(key))),
    path,
    { env: {}, fault: document.fault },
  )
}

/** The same device twice is billed twice; one device under two profiles may be meant (a PLC that serves two machines). */
function checkPlaces(site: CheckedSite, devices: readonly Device[]): void {
  const seen = new Map<string, Device>()
  const blocks = new Map<string, Device>()
  for (const device of devices) {
    const { document } = site
    const path = ['machines', device.machine, 'devices', device.alias]
    const key = `${device.link} ${canonicalize(device.place)}`
    const other = seen.get(key)
    const same = other && `${other.machine}/${other.alias}`
    if (other?.profile === device.profile) {
      document.fault(
        path,
        'device-duplicate',
        `this is the same device as ${same}`,
        'correct link, unit or root of one of them',
        'key',
      )
    } else if (other) {
      document.note(
        path,
        'device-shared',
        `this is the same device as ${same}, under another profile`,
        'make sure that unit or root is right',
        'key',
      )
    }
    seen.set(key, device)
    const interlock = site.profiles.found.get(device.profile)?.interlock
    if (site.draft.machines?.[device.machine]?.interlock?.device !== device.alias || interlock === undefined) continue
    const written = isOutput(interlock) ? interlock.output : interlock.toPlc
    if (written === undefined) continue
    const block = `${key} ${canonicalize(written)}`
    const locked = blocks.get(block)
    if (locked && other?.profile !== device.profile) {
      document.fault(
        ['machines', device.machine, 'interlock', 'device'],
        'interlock-duplicate',
        `${locked.machine}/${locked.alias} is unlocked through the same block`,
        'give each machine a block of its own',
      )
    }
    blocks.set(block, device)
  }
}

/* ───────────────────────────── roles ───────────────────────────── */

function checkRoles(site: CheckedSite, machine: string, item: MachineDraft, devices: readonly Device[]): void {
  const { document } = site
  const path = ['machines', machine]
  /** The keys of the profile of a device, if device and profile are there to be looked at. */
  const profileOf = (alias: string | undefined, at: Path): { name: string; keys: readonly string[] } | undefined => {
    if (alias === undefined) return undefined
    const aliases = keysAt(document.value, [...path, 'devices'])
    if (!aliases.includes(alias)) {
      document.fault(
        at,
        'alias-unknown',
        `"${machine}" has no device "${alias}"`,
        suggest(alias, aliases, 'add it under devices'),
      )
    }
    const name = own(item.devices ?? {}, alias)?.profile
    const keys = name === undefined ? undefined : site.profiles.written.get(name)
    return name === undefined || keys === undefined ? undefined : { name, keys }
  }
  const states = profileOf(item.state, [...path, 'state'])
  if (states?.keys.includes('state') === false) {
    document.fault(
      [...path, 'state'],
      'state-missing',
      `the profile "${states.name}" does not say what its device does`,
      'name a device whose profile has a state rule, or add one to the profile',
    )
  }
  const { interlock } = item
  if (interlock === undefined) return
  const at = [...path, 'interlock']
  const locks = profileOf(interlock.device, [...at, 'device'])
  if (locks?.keys.includes('interlock') === false) {
    document.fault(
      [...at, 'device'],
      'interlock-missing',
      `the profile "${locks.name}" has no interlock`,
      'name the device that carries the lease block or the output, or remove interlock: the machine is then only read and metered',
    )
  }
  if (!isSimulated(item)) {
    document.note(
      at,
      'drill-needed',
      `tenants are let in to "${machine}" once its drill has passed`,
      `with the gateway running: latchkey drill http://… ${machine}`,
      'key',
    )
  }
  checkInterlock(
    site,
    item,
    at,
    devices.find((device) => device.machine === machine && device.alias === interlock.device),
    devices,
  )
}

function checkUnused(site: CheckedSite): void {
  const machines = Object.values(site.draft.machines ?? {})
  const used = new Set(machines.flatMap((item) => Object.values(item?.devices ?? {}).map((device) => device?.link)))
  for (const link of keysAt(site.document.value, ['links'])) {
    if (!used.has(link))
      site.document.note(
        ['links', link],
        'link-unused',
        `no device uses the link "${link}"`,
        'remove it, or add the device',
        'key',
      )
  }
}
