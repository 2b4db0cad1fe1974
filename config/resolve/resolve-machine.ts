/**
 * A machine of a site file without faults, with the profiles of its devices, becomes the MachineConfig of config/site.ts:
 * signals and meters by id, whole numbers, the interlock with its identity. Pure; judges nothing. Read next:
 * resolve.ts.
 */

import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type {
  InterlockConfig,
  MachineConfig,
  MeterConfig,
  RegisterMeterConfig,
  SignalConfig,
  StateRuleConfig,
  WindowsConfig,
} from '../../gateway/core/ground/config.ts'
import { dayBounds, dayStart } from '../../gateway/core/ground/day.ts'
import { type Device, isSimulated } from '../document/draft.ts'
import { milliseconds } from '../document/validate.ts'
import type { ProfileFile } from '../schema/profile-schema.ts'
import type { SiteFile } from '../schema/site-schema.ts'
import type { LinkConfig, SiteConfig } from '../site.ts'
import type { Resolvable } from './resolve.ts'

type SiteMachine = SiteFile['machines'][string]
type Part = { readonly device: Device; readonly profile: ProfileFile }

export function machineOf(
  id: string,
  machine: SiteMachine,
  given: Resolvable,
  links: readonly LinkConfig[],
): MachineConfig {
  const parts = given.devices
    .filter((device) => device.machine === id)
    .map((device) => ({ device, profile: given.profiles.get(device.profile)! }))
  const part = (alias: string) => parts.find(({ device }) => device.alias === alias)!
  const simulated = isSimulated(machine)
  const state = part(machine.state)
  const { mode, emergencyStop, fault } = state.profile
  const end = machine.endOfBooking!
  const interlock =
    machine.interlock && interlockOf(machine.interlock, part(machine.interlock.device), links, given.site.timezone)
  const after = machine.afterUse!
  return {
    id,
    name: machine.name,
    owner: machine.owner,
    ...(machine.shares && {
      shares: machine.shares.map(({ from, owners }) => ({
        fromMs: dayStart(from, given.site.timezone)!,
        owners: Object.entries(owners).map(([owner, percent]) => ({ owner, percent: String(percent) })),
      })),
    }),
    simulated,
    devices: Object.fromEntries(
      parts.map(({ device }) => [device.alias, { profile: device.profile, link: device.link, device: device.place }]),
    ),
    signals: parts.flatMap((one) => signalsOf(one, one === state)),
    meters: parts.flatMap((one) => metersOf(one, machine.interlock?.device === one.device.alias)),
    state: stateOf(state),
    ...(mode && { mode: { signal: idOf(state, mode.signal), modes: mode.modes } }),
    ...(emergencyStop !== undefined && { emergencyStop: idOf(state, emergencyStop) }),
    ...(fault !== undefined && { fault: idOf(state, fault) }),
    ...(machine.requires && { requires: [...new Set(machine.requires)].sort() }),
    ...(machine.windows && { windows: windowsOf(machine.windows, given.site.timezone) }),
    ...(interlock && { interlock }),
    commissioning: {
      interlockId: interlock === undefined ? '' : interlockIdOf(interlock, part(interlock.alias), links),
      retestMs: milliseconds(machine.interlock?.retest ?? '365d'),
    },
    offline: offlineOf(machine.offline!, given.site.bookings!.unknown!),
    endOfBooking: { warnMs: milliseconds(end.warn!), graceMs: milliseconds(end.grace!), policy: end.policy! },
    afterUse: { cleanDownMs: milliseconds(after.cleanDown!), inspection: after.inspection! },
  }
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

const idOf = ({ device }: Part, name: string): string => `${device.machine}/${device.alias}.${name}`

function signalsOf(part: Part, isState: boolean): SignalConfig[] {
  const needed = new Set(isState ? stateSignals(part.profile) : [])
  return Object.entries(part.profile.signals).map(([name, signal]) => ({
    id: idOf(part, name),
    machine: part.device.machine,
    alias: part.device.alias,
    name,
    link: part.device.link,
    address: signal.address,
    device: part.device.place,
    intervalMs: milliseconds(signal.poll!),
    ...(signal.unit !== undefined && { unit: signal.unit }),
    scale: signal.scale!,
    offset: signal.offset!,
    required: signal.required === true || needed.has(name),
    ...(signal.title !== undefined && { title: signal.title }),
  }))
}

/** What availability is decided from; stale or bad, the machine is Unknown. */
function stateSignals({ state, mode, emergencyStop, fault }: ProfileFile): string[] {
  const rule =
    state === undefined ? [] : state.kind === 'priority' ? state.rules.map((item) => item.when) : [state.signal]
  return [...rule, mode?.signal, emergencyStop, fault].filter((name) => name !== undefined)
}

function metersOf(part: Part, isInterlock: boolean): MeterConfig[] {
  return Object.entries(part.profile.meters ?? {}).map(([name, meter]) => {
    const common = {
      id: idOf(part, name),
      machine: part.device.machine,
      ...(meter.title !== undefined && { title: meter.title }),
    }
    if (meter.kind === 'duration') return { ...common, kind: 'duration', unit: 'ms', while: meter.while, gating: false }
    const signal = idOf(part, meter.signal)
    const { unit } = meter
    if (meter.kind === 'edges')
      return { ...common, kind: 'edges', signal, unit, perEdge: BigInt(meter.perEdge!), gating: false }
    if (meter.kind === 'integral') {
      const rate = { perNs: PER_NS[meter.per], maxRate: BigInt(meter.maxRate) }
      return { ...common, kind: 'integral', signal, unit, ...rate, gating: false }
    }
    const address = part.profile.signals[meter.signal]!.address as { readonly type?: string }
    return {
      ...common,
      kind: 'register',
      signal,
      unit,
      perCount: BigInt(meter.perCount),
      ...(meter.wrapAt !== undefined && { wrapAt: BigInt(meter.wrapAt) }),
      maxRate: BigInt(meter.maxRate),
      ...(meter.resolution !== undefined && { resolution: resolutionOf(meter.resolution, address.type) }),
      resets: meter.resets,
      ...(meter.identity !== undefined && { identity: idOf(part, meter.identity) }),
      gating: meter.gating ?? isInterlock,
    }
  })
}

const PER_NS = { s: 1_000_000_000n, min: 60_000_000_000n, h: 3_600_000_000_000n } as const

function resolutionOf(text: string, type: string | undefined): NonNullable<RegisterMeterConfig['resolution']> {
  const [whole, digits = ''] = text.split('.')
  return {
    numerator: BigInt(`${whole}${digits}`),
    denominator: 10n ** BigInt(digits.length),
    bits: type === 'f64' ? 53 : 24,
  }
}

function stateOf(part: Part): StateRuleConfig {
  const rule = part.profile.state!
  if (rule.kind !== 'priority') return { ...rule, signal: idOf(part, rule.signal) }
  return { ...rule, rules: rule.rules.map(({ when, state }) => ({ when: idOf(part, when), state })) }
}

function interlockOf(
  interlock: NonNullable<SiteMachine['interlock']>,
  part: Part,
  links: readonly LinkConfig[],
  timezone: string,
): InterlockConfig {
  const { device, profile } = part
  const link = links.find(({ id }) => id === device.link)!
  const found = profile.interlock!
  const common = {
    alias: device.alias,
    link: device.link,
    device: device.place,
    pollMs: milliseconds(found.poll!),
    leaseMs: milliseconds(interlock.lease!),
    heartbeatMs: milliseconds(interlock.heartbeat!),
    confirmMs: milliseconds(interlock.confirm!),
    requestTimeoutMs: (link.options as { timeoutMs: number }).timeoutMs,
  }
  if (found.class === 'lease') return { ...common, class: 'lease', toPlc: found.toPlc, fromPlc: found.fromPlc }
  const output = {
    ...common,
    output: found.output,
    readBack: found.readBack,
    ...(found.feedback !== undefined && { feedback: found.feedback }),
  }
  if (found.class === 'coil') {
    const { acceptedBy, reason, until } = interlock.risk!
    const untilMs = until === undefined ? {} : { untilMs: dayBounds(until, timezone)!.toMs }
    return { ...output, class: 'coil', risk: { acceptedBy, reason, ...untilMs } }
  }
  return {
    ...output,
    class: 'watchdog',
    ...(found.bootId !== undefined && { bootId: found.bootId }),
    watchdog: { time: found.time, unitMs: found.unit!, settings: found.settings ?? [] },
  }
}

/** What a drill was for: which block or output on which device, how it is kept, and where. Not how often it is read. */
function interlockIdOf(interlock: InterlockConfig, { profile, device }: Part, links: readonly LinkConfig[]): string {
  const { pollMs: _, confirmMs: __, requestTimeoutMs: ___, ...kept } = interlock
  const { protocol, options } = links.find(({ id }) => id === interlock.link)!
  const { host, port, path, endpoint } = options as Readonly<Record<string, unknown>>
  const where = { protocol, host, port, path, endpoint }
  const identity = { ...kept, risk: undefined, profile: device.profile, shape: profile.interlock, where }
  return createHash('sha256')
    .update(canonicalize(JSON.parse(JSON.stringify(identity))) ?? '')
    .digest('hex')
    .slice(0, 32)
}
