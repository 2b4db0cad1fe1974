/**
 * What no schema can say about a machine: that the devices it names exist and can do what it needs of them. Pure.
 * Read next: device.ts, interlock.ts (its lease), config/resolve/machine.ts (what a good one becomes).
 */
import type { ConfigDocument, Path } from '../document/document.ts'
import {
  type CheckedSite,
  type Device,
  isSimulated,
  keysAt,
  type MachineDraft,
  own,
  type Profiles,
  type SiteDraft,
  tickOf,
} from '../document/draft.ts'
import { suggest } from '../document/suggest.ts'
import { checkDevices } from './device.ts'
import { checkCommandTimeout, checkInterlock } from './interlock.ts'
import { checkNames } from './names.ts'
import { checkShares } from './shares.ts'
import { checkStateRule, signalOfMachine } from './state.ts'

/** Returns the devices that could be placed. Faults go to the document of the site. */
export function checkMachines(document: ConfigDocument, draft: SiteDraft, profiles: Profiles): Device[] {
  const site = { document, draft, profiles, tickMs: tickOf(draft) }
  const devices = checkDevices(site)
  for (const [machine, item] of Object.entries(draft.machines ?? {})) {
    if (item) checkRoles(site, machine, item, devices)
    if (item?.name) checkNames(document, ['machines', machine, 'name'], item.name)
    if (item?.shares) checkShares(document, ['machines', machine, 'shares'], item.shares)
  }
  checkCommandTimeout(site)
  checkUnused(site)
  return devices
}

function checkRoles(site: CheckedSite, machine: string, item: MachineDraft, devices: readonly Device[]): void {
  const { document } = site
  const path = ['machines', machine]
  checkState(site, machine, item.state, [...path, 'state'])
  const { interlock } = item
  if (interlock === undefined) return
  const at = [...path, 'interlock']
  const locks = profileOf(site, machine, interlock.device, [...at, 'device'])
  if (locks?.keys.includes('interlock') === false) {
    return document.fault(
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
  const device = devices.find((one) => one.machine === machine && one.alias === interlock.device)
  checkInterlock(site, item, at, device, devices)
}

function checkState(site: CheckedSite, machine: string, state: MachineDraft['state'], path: Path): void {
  if (typeof state === 'object') {
    const profileAt = (alias: string, at: Path) => profileOf(site, machine, alias, at)?.name
    return checkStateRule(site.document, state, path, signalOfMachine(site, profileAt))
  }
  const states = profileOf(site, machine, state, path)
  if (states?.keys.includes('state') === false) {
    site.document.fault(
      path,
      'state-missing',
      `the profile "${states.name}" does not say what its device does`,
      'name a device whose profile has a state rule, or write one here over a signal of a device, as in config/sites/retrofit.yaml',
    )
  }
}

/** The keys of the profile of a device, if both are readable; a fault at `at` when the machine has no such device. */
function profileOf(
  { document, draft, profiles }: CheckedSite,
  machine: string,
  alias: string | undefined,
  at: Path,
): { name: string; keys: readonly string[] } | undefined {
  if (alias === undefined) return undefined
  const aliases = keysAt(document.value, ['machines', machine, 'devices'])
  if (!aliases.includes(alias)) {
    const advice = suggest(alias, aliases, 'add it under devices')
    document.fault(at, 'alias-unknown', `"${machine}" has no device "${alias}"`, advice)
  }
  const name = own(draft.machines?.[machine]?.devices ?? {}, alias)?.profile
  const keys = name === undefined ? undefined : profiles.written.get(name)
  return name === undefined || keys === undefined ? undefined : { name, keys }
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
