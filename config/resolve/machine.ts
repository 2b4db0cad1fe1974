/**
 * A machine of a site file without faults, with the profiles of its devices, becomes a MachineConfig: signals and
 * meters by id, whole numbers, the interlock with its identity. Pure; judges nothing.
 * Read next: meter.ts, state.ts, interlock.ts.
 */
import { resolve } from 'node:path'
import type { MachineConfig, SignalConfig, WindowsConfig } from '../../gateway/core/ground/config.ts'
import { dayStart } from '../../gateway/core/ground/day.ts'
import { titlesOf } from '../../gateway/core/ground/language.ts'
import { isSimulated } from '../document/draft.ts'
import { smallest } from '../document/tariff.ts'
import { milliseconds } from '../schema/field.ts'
import type { ProfileFile } from '../schema/profile-schema.ts'
import type { SiteFile } from '../schema/site-schema.ts'
import type { LinkConfig, SiteConfig } from '../site.ts'
import { composedOf } from './composed.ts'
import { interlockIdOf, interlockOf } from './interlock.ts'
import { limitsOf } from './limits.ts'
import { metersOf } from './meter.ts'
import { idOf, type Part, partsOf, type Resolvable } from './part.ts'
import { namesOf, questionsOf } from './questions.ts'
import { decidingSignals, shownOf } from './state.ts'
import { saysOf, unavailableOf } from './unavailable.ts'

type SiteMachine = SiteFile['machines'][string]

export function machineOf(id: string, given: Resolvable, links: readonly LinkConfig[]): MachineConfig {
  const { timezone, bookings } = given.site
  const machine = given.site.machines[id]!
  const parts = partsOf(given, id)
  const part = (alias: string) => parts.find(({ device }) => device.alias === alias)!
  const shown = shownOf(id, machine.state, parts)
  const deciding = decidingSignals(shown)
  const interlock = machine.interlock && interlockOf(machine.interlock, part(machine.interlock.device), links, timezone)
  const end = machine.endOfBooking!
  const after = machine.afterUse!
  return {
    id,
    name: namesOf(machine.name),
    owner: machine.owner,
    ...(machine.kind !== undefined && { kind: machine.kind }),
    ...(machine.about !== undefined && { about: aboutOf(machine.about, given.folder) }),
    ...(machine.tariff !== undefined && { tariff: machine.tariff }),
    ...(machine.shares && { shares: sharesOf(machine.shares, timezone) }),
    simulated: isSimulated(machine),
    devices: Object.fromEntries(parts.map((one) => [one.device.alias, deviceOf(one)])),
    signals: parts.flatMap((one) => signalsOf(one, deciding)),
    meters: parts.flatMap((one) => metersOf(one, machine.interlock?.device === one.device.alias)),
    ...shown,
    ...(machine.unmetered === 'refuse' && { refuseUnmetered: true as const }),
    ...(machine.requires && { requires: [...new Set(machine.requires)].sort() }),
    ...(machine.questions && { questions: questionsOf(machine.questions) }),
    ...(machine.services && { services: servicesOf(id, machine.services) }),
    ...(machine.windows && { windows: windowsOf(machine.windows, timezone) }),
    ...(interlock && { interlock }),
    commissioning: {
      interlockId: interlock === undefined ? '' : interlockIdOf(interlock, part(interlock.alias), links),
      retestMs: milliseconds(machine.interlock?.retest ?? '365d'),
    },
    offline: offlineOf(machine.offline!, bookings!.unknown!),
    endOfBooking: {
      warnMs: milliseconds(end.warn!),
      graceMs: milliseconds(end.grace!),
      policy: end.policy ?? (interlock === undefined || interlock.class === 'lease' ? 'finish-cycle' : 'at-end'),
      lastMs: milliseconds(end.last!),
      reportMs: milliseconds(end.report!),
    },
    afterUse: { cleanDownMs: milliseconds(after.cleanDown!), inspection: after.inspection! },
  }
}

/** Pictures stand beside the site file. */
function aboutOf(
  { photo, ...about }: NonNullable<SiteMachine['about']>,
  folder: string,
): NonNullable<MachineConfig['about']> {
  return { ...about, ...(photo !== undefined && { photo: resolve(folder, photo) }) }
}

function deviceOf({ device, profile }: Part): MachineConfig['devices'][string] {
  const { certainty } = profile.source
  return {
    profile: device.profile,
    ...(certainty !== undefined && { certainty }),
    link: device.link,
    device: device.place,
  }
}

function sharesOf(shares: NonNullable<SiteMachine['shares']>, zone: string): NonNullable<MachineConfig['shares']> {
  return shares.map(({ from, owners }) => ({
    fromMs: dayStart(from, zone)!,
    owners: Object.entries(owners).map(([owner, percent]) => ({ owner, percent: String(percent) })),
  }))
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

function windowsOf(windows: NonNullable<SiteMachine['windows']>, zone: string): WindowsConfig {
  const minuteOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
  return {
    zone,
    list: windows.map(({ days, from, to, reason }) => ({
      days: days.map((day) => DAYS.indexOf(day)),
      fromMinute: minuteOf(from),
      toMinute: minuteOf(to),
      ...(reason === undefined ? {} : { reason }),
    })),
  }
}

function servicesOf(
  machine: string,
  services: NonNullable<SiteMachine['services']>,
): NonNullable<MachineConfig['services']> {
  return Object.entries(services).map(([id, { text, meter, every, days, close, overdue, certifies }]) => ({
    id,
    text,
    ...(meter === undefined ? {} : { meter: `${machine}/${meter}` }),
    ...(every === undefined ? {} : { every: smallest(every).toString() }),
    ...(days === undefined ? {} : { days }),
    close: close!,
    ...(overdue === undefined ? {} : { overdue: overdueOf(overdue) }),
    ...(certifies === undefined ? {} : { certifies: `${machine}/${certifies}` }),
  }))
}

type Overdue = NonNullable<NonNullable<SiteMachine['services']>[string]['overdue']>

const overdueOf = ({ every, days, close }: Overdue) => ({
  ...(every === undefined ? {} : { every: smallest(every).toString() }),
  ...(days === undefined ? {} : { days }),
  close: close!,
})

function offlineOf(
  { policy, minutes, energyWh, pieces }: NonNullable<SiteMachine['offline']>,
  unknown: SiteConfig['bookings']['unknown'],
): MachineConfig['offline'] {
  return {
    policy: policy ?? (unknown === 'deny' ? 'known-only' : 'accept-signed'),
    caps: {
      minutes: minutes!,
      ...(energyWh === undefined ? {} : { energyWh }),
      ...(pieces === undefined ? {} : { pieces }),
    },
  }
}

function signalsOf(part: Part, deciding: ReadonlySet<string>): SignalConfig[] {
  const counted = new Set(
    Object.values(part.profile.meters ?? {}).map((meter) => meter.kind === 'register' && meter.signal),
  )
  return Object.entries(part.profile.signals).map(([name, signal]) => ({
    id: idOf(part, name),
    machine: part.device.machine,
    alias: part.device.alias,
    name,
    link: part.device.link,
    address: signal.address,
    device: part.device.place,
    ...limitsOf(part.profile, name),
    ...(signal.from !== undefined && { composed: composedOf(part, signal.from) }),
    intervalMs: milliseconds(signal.poll!),
    ...(signal.unit !== undefined && { unit: signal.unit }),
    scale: signal.scale!,
    offset: signal.offset!,
    ...unavailableTo(signal, counted.has(name)),
    required: signal.required === true || deciding.has(idOf(part, name)),
    ...titlesOf(signal),
  }))
}

function unavailableTo(
  signal: ProfileFile['signals'][string],
  isCounted: boolean,
): Pick<SignalConfig, 'unavailable' | 'says'> {
  if (signal.from !== undefined) return {}
  const { type } = signal.address as { readonly type?: string }
  const unavailable = unavailableOf(signal.unavailable, type, isCounted || signal.unit !== undefined)
  const says = saysOf(signal.unavailable)
  return {
    ...(unavailable.length > 0 && { unavailable }),
    ...(Object.keys(says).length > 0 && { says }),
  }
}
