/**
 * Which points a machine has on its links, and what a reading of one is called and worth in the core. Pure.
 * Read next: machine-loop.ts, control/links.ts.
 */
import type { Block, Point } from '../../../adapters/adapter.ts'
import type { InterlockConfig, MachineConfig, SignalConfig } from '../../core/ground/config.ts'
import { partsOf, targetOf } from '../../core/interlock/interlock.ts'
import { composer, partsOf as partsOfSignal } from '../../core/meter/composed.ts'
import { meterPoints } from '../../core/metering/metering.ts'
import { requiredPoints, signalsOf } from '../../core/reading/condition.ts'
import { INTERLOCK_POINT, isRaw, type Reading, scaled } from '../../core/reading/reading.ts'

/** Points by link. */
export type PointsByLink = ReadonlyMap<string, readonly Point[]>

/** A point of a machine's interlock on its link: `machine/` and how the core names it. */
const idOnLink = (machine: string, part: string) => `${machine}/${part}`

/** As the core names it, where a point of the link is one of the interlock's. */
function interlockPart(machine: string, point: string): string | undefined {
  return point.startsWith(idOnLink(machine, INTERLOCK_POINT)) ? point.slice(machine.length + 1) : undefined
}

/** Every point of a machine; `which` picks those that gate permission or money, or those that are only shown. */
export function pointsOf(config: MachineConfig, which: 'all' | 'gating' | 'display' = 'all'): PointsByLink {
  const byLink = new Map<string, Point[]>()
  const gating = gatingPoints(config)
  const add = (link: string, point: Point) => {
    const gates = gating.has(point.id) || interlockPart(config.id, point.id) !== undefined
    if (which !== 'all' && gates !== (which === 'gating')) return
    const points = byLink.get(link)
    if (points) points.push(point)
    else byLink.set(link, [point])
  }
  for (const { id, link, address, device, intervalMs, limits, composed } of config.signals)
    if (composed === undefined)
      add(link, { id, address, device, intervalMs, ...(limits === undefined ? {} : { limits }) })
  const { interlock } = config
  if (interlock)
    for (const { point, address } of partsOf(interlock))
      add(interlock.link, {
        id: idOnLink(config.id, point),
        address,
        device: interlock.device,
        intervalMs: interlock.pollMs,
        ...(interlock.limits === undefined ? {} : { limits: interlock.limits }),
      })
  return byLink
}

function gatingPoints(config: MachineConfig): ReadonlySet<string> {
  // What makes one value is always read, since a subscription reports each part when that part changes.
  const composed = config.signals.filter((signal) => signal.composed !== undefined).map(({ id }) => id)
  return withParts(config, [...requiredPoints(config), ...meterPoints(config), ...composed])
}

/** These signals, and all that they are composed of. */
function withParts(config: MachineConfig, ids: Iterable<string>): ReadonlySet<string> {
  const all = new Set(ids)
  const signals = signalsOf(config)
  for (const id of all) {
    const composed = signals.get(id)?.composed
    if (composed !== undefined) for (const part of partsOfSignal(composed)) all.add(part)
  }
  return all
}

/** Whether anything is decided or counted by a point of the machine, as the core names it. */
export function decidesIn(config: MachineConfig): (point: string) => boolean {
  const gating = gatingPoints(config)
  return (point) => gating.has(point) || point.startsWith(INTERLOCK_POINT)
}

/** Of all machines together, by link. */
export function pointsByLink(machines: readonly MachineConfig[], which: 'gating' | 'display'): Map<string, Point[]> {
  const byLink = new Map<string, Point[]>()
  for (const machine of machines)
    for (const [link, points] of pointsOf(machine, which)) {
      const known = byLink.get(link)
      if (known) known.push(...points)
      else byLink.set(link, [...points])
    }
  return byLink
}

/**
 * What an unlock or an end is decided on: the interlock, and with it what the machine does and every signal that a
 * meter counts with. A state that was read before the lock would make a stranger of the tenant whose session has ended.
 */
export function urgentPoints(config: MachineConfig): { readonly interlock: PointsByLink; readonly all: PointsByLink } {
  const deciding = withParts(config, [...requiredPoints(config), ...meterPoints(config)])
  const points = pointsOf(config)
  const isInterlock = (point: Point) => interlockPart(config.id, point.id) !== undefined
  const pick = (wanted: (point: Point) => boolean) =>
    new Map(
      [...points].map(([link, list]) => [link, list.filter(wanted)] as const).filter(([, list]) => list.length > 0),
    )
  return { interlock: pick(isInterlock), all: pick((point) => isInterlock(point) || deciding.has(point.id)) }
}

/** One write to the interlock of a machine. */
export function interlockBlock(machine: string, interlock: InterlockConfig, words: readonly number[]): Block {
  return {
    id: idOnLink(machine, INTERLOCK_POINT),
    address: targetOf(interlock, words),
    device: interlock.device,
    words,
  }
}

/** Turns the readings of one cycle of a link into those of the machine, with what is composed of them. */
export function toCycle(config: MachineConfig): (readings: readonly Reading[]) => readonly Reading[] {
  const named = toMachine(config)
  const composed = composer(config.signals)
  return (readings) => composed(readings.map(named))
}

/** Turns readings of a link into those of the machine: named as the core names them, and scaled. */
export function toMachine(config: MachineConfig): (reading: Reading) => Reading {
  const signals = signalsOf(config)
  return (reading) => {
    const signal = signals.get(reading.point)
    if (signal !== undefined) return inUnit(available(reading, signal), signal)
    const part = interlockPart(config.id, reading.point)
    return part === undefined ? reading : { ...reading, point: part }
  }
}

const NO_VALUE = {
  'not-available': 'no value',
  overload: 'more than it can measure',
  'not-fitted': 'a part that it does not have',
} as const

/** A raw value that stands for none is no value. */
function available(reading: Reading, { unavailable, says }: SignalConfig): Reading {
  if (unavailable === undefined) return reading
  const { raw, value, ...rest } = reading
  const text = String(raw ?? value)
  if (!unavailable.includes(text)) return reading
  return {
    ...rest,
    quality: 'bad',
    cause: says?.[text] ?? 'not-available',
    detail: `the device shows ${text}, which stands for ${NO_VALUE[says?.[text] ?? 'not-available']}`,
  }
}

function inUnit(reading: Reading, signal: SignalConfig): Reading {
  const { value } = reading
  const isNumber = typeof value === 'number' || typeof value === 'bigint'
  return isNumber && !isRaw(signal) ? { ...reading, value: scaled(Number(value), signal) } : reading
}
