/**
 * A reading: one value of one point, with its quality and its two times. A missing value is absent and has a cause; it
 * is never replaced by 0 or by the last good value.
 * Read next: step.ts (what readings mean), meter/meter.ts (what they add up to).
 */
import { type Moment, NS_PER_MS } from '../ground/moment.ts'

/** OPC UA Part 8 words. Only `good` gates permission or money; `uncertain` is shown. */
export type Quality = 'good' | 'uncertain' | 'bad'

/** Why a value is absent or bad. */
export type ReadingCause =
  | 'never-read'
  | 'link-down'
  | 'timeout'
  | 'refused' // the device answered with an exception or a bad status
  | 'unit-silent' // polls of this unit are paused; those of its neighbours continue
  | 'malformed' // the answer could not be decoded, or is not a number
  | 'out-of-range'
  | 'not-available' // the device answered that it has no value
  | 'overload' // the device answered that the value is beyond what it can measure
  | 'not-fitted' // the device answered that it has no such part

/** A scalar, or the 16-bit words of an interlock block. */
export type Value = number | bigint | boolean | string | readonly number[]

export type Reading = {
  /** The point asked for; see `Point.id` in adapters/adapter.ts. */
  readonly point: string
  readonly quality: Quality
  /** Scaled, in the unit of the profile. Absent when `bad`. */
  readonly value?: Value
  /** The integer as the device holds it, before scaling. Present for integer points only; meters use it. */
  readonly raw?: bigint
  readonly cause?: ReadingCause
  /** The device's own word for the fault: a Modbus exception, an OPC UA status name. */
  readonly detail?: string
  /** When the device says the value was made, UTC ms. OPC UA only. */
  readonly sourceAtMs?: number
  /** When the answer arrived: UTC ms, and `process.hrtime` ns. */
  readonly readAtMs: number
  readonly readAtNs: bigint
}

type Scale = { readonly scale: number; readonly offset: number }

/** Whether a value is shown as the device holds it, which may be a whole number beyond 2^53. */
export const isRaw = ({ scale, offset }: Scale): boolean => scale === 1 && offset === 0

/** What a device holds, in the unit of the profile. */
export const scaled = (raw: number, scale: Scale): number => (isRaw(scale) ? raw : raw * scale.scale + scale.offset)

/** Age of a reading in ms at a moment of the same boot. */
export function ageMs(reading: Reading, now: Moment): number {
  return Number((now.ns - reading.readAtNs) / NS_PER_MS)
}

/** When a reading will be older than this many ms, monotonic ns. */
export const tooOldNs = (reading: Reading, mostMs: number): bigint => reading.readAtNs + BigInt(mostMs + 1) * NS_PER_MS

/** The point id under which the interlock is read; further parts of it have this as their prefix. */
export const INTERLOCK_POINT = '#interlock'

/**
 * Two polls and two seconds, ms: how long a reading is taken to hold. An older reading proves nothing about a
 * permission, and two readings further apart are not consecutive.
 */
export const silentAfterMs = (pollMs: number): number => 2 * pollMs + 2000
