/**
 * What no schema can say about the devices of the machines: that links and profiles exist and fit together, and that no
 * device or lock appears twice. Pure. Read next: machine.ts.
 */
import canonicalize from 'canonicalize'
import { type Protocol, protocols } from '../../adapters/registry.ts'
import type { ConfigDocument, Path } from '../document/document.ts'
import { type CheckedSite, type Device, keysAt, linksOf, own } from '../document/draft.ts'
import { suggest } from '../document/suggest.ts'
import { validate } from '../document/validate.ts'
import { isOutput } from './interlock-address.ts'
import { protocolOf } from './profile.ts'

/** Returns the devices that could be placed. Faults go to the document of the site. */
export function checkDevices(site: CheckedSite): Device[] {
  const devices: Device[] = []
  const links = keysAt(site.document.value, ['links'])
  for (const [machine, item] of Object.entries(site.draft.machines ?? {})) {
    for (const alias of Object.keys(item?.devices ?? {})) {
      const device = checkDevice(site, links, machine, alias)
      if (device) devices.push(device)
    }
  }
  checkPlaces(site, devices)
  return devices
}

function checkDevice(site: CheckedSite, links: readonly string[], machine: string, alias: string): Device | undefined {
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
      suggest(device.profile, profiles.known()),
    )
  }
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
      `name a link of ${spoken}, or a profile of ${link.protocol}`,
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
  protocol: Protocol,
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
    { ...document, env: {} },
  )
}

/** A device that appears twice is billed twice; under two profiles it may be meant, as a PLC for two machines. */
function checkPlaces(site: CheckedSite, devices: readonly Device[]): void {
  const seen = new Map<string, Device>()
  const locks = new Map<string, Device>()
  for (const device of devices) {
    const place = `${device.link} ${canonicalize(device.place)}`
    const other = seen.get(place)
    if (other) complainOfPlace(site.document, device, other)
    seen.set(place, device)
    const written = writtenOf(site, device)
    if (written === undefined) continue
    const lock = `${place} ${canonicalize(written)}`
    const locked = locks.get(lock)
    // A device that appears twice is one fault already.
    if (locked && other?.profile !== device.profile) {
      site.document.fault(
        ['machines', device.machine, 'interlock', 'device'],
        'interlock-duplicate',
        `${locked.machine}/${locked.alias} is unlocked through the same block`,
        'give each machine a block of its own',
      )
    }
    locks.set(lock, device)
  }
}

function complainOfPlace(document: ConfigDocument, device: Device, other: Device): void {
  const path = ['machines', device.machine, 'devices', device.alias]
  const same = `this is the same device as ${other.machine}/${other.alias}`
  if (other.profile === device.profile)
    document.fault(path, 'device-duplicate', same, 'correct link, unit or root of one of them', 'key')
  else
    document.note(
      path,
      'device-shared',
      `${same}, under another profile`,
      'make sure that unit or root is right',
      'key',
    )
}

/** The address that is written to unlock the machine, if this device carries its interlock. */
function writtenOf({ draft, profiles }: CheckedSite, { machine, alias, profile }: Device): unknown {
  if (draft.machines?.[machine]?.interlock?.device !== alias) return undefined
  const interlock = profiles.found.get(profile)?.interlock
  return interlock && (isOutput(interlock) ? interlock.output : interlock.toPlc)
}
