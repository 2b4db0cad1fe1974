/**
 * What the machine is doing, by the rule of its profile: a value map, booleans by priority, or a threshold with
 * hysteresis. A stale, bad or unmapped value makes the state `Unknown`; the last good state is never kept.
 */

import type { ItemState, MachineConfig, OperationMode, SignalConfig } from '../ground/config.ts'
import type { Moment } from '../ground/moment.ts'
import { ruleSignals } from '../ground/rule.ts'
import { ageMs, INTERLOCK_POINT, type Reading, tooOldNs } from './reading.ts'

export type Condition = {
  readonly itemState: ItemState | 'Unknown'
  readonly mode: OperationMode | 'Unknown'
  readonly fault: boolean
  readonly emergencyStop: boolean
}

export const isSameCondition = (one: Condition, other: Condition): boolean =>
  one.itemState === other.itemState &&
  one.mode === other.mode &&
  one.fault === other.fault &&
  one.emergencyStop === other.emergencyStop

type Readings = ReadonlyMap<string, Reading>

/** A required reading older than this makes the machine Unknown: three intervals, at least 3 s. */
export const maxAgeMs = (intervalMs: number) => Math.max(3000, 3 * intervalMs)

export function readCondition(config: MachineConfig, readings: Readings, before: Condition, now: Moment): Condition {
  const value = (id: string) => fresh(config, readings, id, now)?.value
  const mode = config.mode
  return {
    itemState: itemStateOf(config, value, before),
    mode: mode ? (mode.modes[String(value(mode.signal))] ?? 'Unknown') : 'None',
    fault: config.fault !== undefined && value(config.fault) === true,
    emergencyStop: config.emergencyStop !== undefined && value(config.emergencyStop) === true,
  }
}

function itemStateOf(
  config: MachineConfig,
  value: (id: string) => Reading['value'],
  before: Condition,
): ItemState | 'Unknown' {
  const rule = config.state
  switch (rule.kind) {
    case 'map':
      return rule.states[String(value(rule.signal))] ?? 'Unknown'
    case 'priority': {
      for (const { when, state } of rule.rules) {
        const on = value(when)
        if (typeof on !== 'boolean') return 'Unknown'
        if (on) return state
      }
      return rule.else
    }
    case 'threshold': {
      const level = value(rule.signal)
      if (typeof level !== 'number' && typeof level !== 'bigint') return 'Unknown'
      if (level >= rule.above) return rule.on
      if (level < rule.below) return rule.off
      return before.itemState === rule.on ? rule.on : rule.off
    }
    case 'nested': {
      for (const { signal, states } of rule.levels) {
        const state = states[String(value(signal))]
        if (state !== 'inner') return state ?? 'Unknown'
      }
      return 'Unknown'
    }
  }
}

/** State machines inside one that is in another state: a server has no good value for them, and none is needed. */
function idleSignals({ state: rule }: MachineConfig, readings: Readings): readonly string[] {
  if (rule.kind !== 'nested') return []
  const deciding = rule.levels.findIndex(
    ({ signal, states }) => states[String(readings.get(signal)?.value)] !== 'inner',
  )
  return deciding < 0 ? [] : rule.levels.slice(deciding + 1).map(({ signal }) => signal)
}

/** The required readings that count now. */
function needed(config: MachineConfig, readings: Readings): readonly string[] {
  const idle = idleSignals(config, readings)
  return idle.length === 0 ? requiredPoints(config) : requiredPoints(config).filter((id) => !idle.includes(id))
}

/** A good reading that is not too old. */
export function fresh(config: MachineConfig, readings: Readings, id: string, now: Moment): Reading | undefined {
  const reading = readings.get(id)
  if (reading === undefined || reading.quality !== 'good') return undefined
  return ageMs(reading, now) <= maxAgeMs(intervalOf(config, id)) ? reading : undefined
}

export function intervalOf(config: MachineConfig, id: string): number {
  if (id === INTERLOCK_POINT) return config.interlock?.pollMs ?? 1000
  return signalsOf(config).get(id)?.intervalMs ?? 1000
}

const signalsByMachine = new WeakMap<MachineConfig, ReadonlyMap<string, SignalConfig>>()

/** The signals of a machine by their ids. */
export function signalsOf(config: MachineConfig): ReadonlyMap<string, SignalConfig> {
  const known = signalsByMachine.get(config)
  if (known) return known
  const signals = new Map(config.signals.map((signal) => [signal.id, signal]))
  signalsByMachine.set(config, signals)
  return signals
}

const requiredOf = new WeakMap<MachineConfig, readonly string[]>()

/**
 * The readings without which a machine is never shown as free: state, mode, stops, interlock, gating meters, and
 * signals marked as required.
 */
export function requiredPoints(config: MachineConfig): readonly string[] {
  const known = requiredOf.get(config)
  if (known) return known
  const ids = new Set(config.signals.filter((signal) => signal.required).map((signal) => signal.id))
  for (const id of ruleSignals(config.state)) ids.add(id)
  for (const id of [config.mode?.signal, config.fault, config.emergencyStop]) if (id !== undefined) ids.add(id)
  for (const meter of config.meters)
    if (meter.kind === 'register' && meter.gating) {
      ids.add(meter.signal)
      if (meter.identity !== undefined) ids.add(meter.identity)
    }
  if (config.interlock) ids.add(INTERLOCK_POINT)
  const list = [...ids]
  requiredOf.set(config, list)
  return list
}

/** The first required reading that is missing, bad or old. */
export function staleness(config: MachineConfig, readings: Readings, now: Moment): Staleness | undefined {
  for (const id of needed(config, readings)) {
    const reading = readings.get(id)
    const signal = id === INTERLOCK_POINT ? 'interlock' : id.slice(config.id.length + 1)
    if (reading === undefined) return { signal, cause: 'never-read' }
    if (reading.quality !== 'good') return { signal, cause: reading.cause ?? reading.quality }
    if (ageMs(reading, now) > maxAgeMs(intervalOf(config, id))) return { signal, cause: 'stale' }
  }
  return undefined
}

/** When each required reading that is good now will be too old, monotonic ns. */
export function* staleFromNs(config: MachineConfig, readings: Readings): Generator<bigint> {
  for (const id of needed(config, readings)) {
    const reading = readings.get(id)
    if (reading?.quality === 'good') yield tooOldNs(reading, maxAgeMs(intervalOf(config, id)))
  }
}

/** The required reading that goes stale first. */
export function oldestRequired(config: MachineConfig, readings: Readings): { reading?: Reading; maxAgeMs: number } {
  let oldest: Reading | undefined
  let limitMs = 3000
  let leftMs = Number.POSITIVE_INFINITY
  for (const id of needed(config, readings)) {
    const reading = readings.get(id)
    if (reading === undefined) continue
    const mostMs = maxAgeMs(intervalOf(config, id))
    const expiresMs = reading.readAtMs + mostMs
    if (expiresMs >= leftMs) continue
    leftMs = expiresMs
    oldest = reading
    limitMs = mostMs
  }
  return { ...(oldest ? { reading: oldest } : {}), maxAgeMs: limitMs }
}

/** What is wrong with the readings a machine needs; undefined when all are fresh and good. */
export type Staleness = { readonly signal: string; readonly cause: string }
