/**
 * A sample as numbers: 32 bytes, the same in the ring of both threads, in the queue of a sink and in its ring on disk.
 *
 *   0   f64  the number; of a text the place of its first byte
 *   8   f64  when it was read, UTC ms
 *   16  f64  when the device says it was made, UTC ms; NaN when it does not
 *   24  u32  the number of its point
 *   28  u32  bits 0–2 what the value is, 3–4 its quality, 8–31 bytes of its text
 *
 * Texts stand beside them as UTF-8. A whole number beyond 2^53 is its decimal text, so nothing is rounded. Pure.
 * Read next: point.ts, ring.ts.
 */
import type { Quality } from '../core/reading/reading.ts'
import type { LivePoint } from './point.ts'

export const SAMPLE_BYTES = 32
/** Places of a sample in an array of 64-bit and in one of 32-bit numbers. */
export const F64 = SAMPLE_BYTES / 8
export const U32 = SAMPLE_BYTES / 4

/** A text of more bytes is no value that is passed on. */
export const MOST_TEXT_BYTES = 65_536

export type LiveValue = number | bigint | boolean | string
export type SampleValue = number | boolean | string

/** A sample as a sink takes it. */
export type Sample = LivePoint & {
  /** Its number since the start of the gateway that took it. */
  readonly n: number
  readonly atMs: number
  /** When the device says that the value was made. */
  readonly sourceAtMs?: number
  readonly quality: Quality
  /** Absent when bad. A whole number beyond 2^53 is its decimal text. */
  readonly value?: SampleValue
}

/** Samples in a row, and the bytes of their texts. Immutable once it is made. */
export type Batch = {
  /** The number of the first. */
  readonly first: number
  readonly count: number
  /** Both are views of the same bytes. */
  readonly f64: Float64Array
  readonly u32: Uint32Array
  readonly texts: Uint8Array
}

export function batchOf(first: number, bytes: ArrayBuffer, texts: Uint8Array): Batch {
  const count = bytes.byteLength / SAMPLE_BYTES
  return { first, count, f64: new Float64Array(bytes), u32: new Uint32Array(bytes), texts }
}

/** The point of a sample of the batch. */
export const pointAt = ({ u32 }: Batch, index: number): number => u32[index * U32 + 6]!
export const readAtMs = ({ f64 }: Batch, index: number): number => f64[index * F64 + 1]!

export function sampleAt(batch: Batch, index: number, points: readonly LivePoint[]): Sample {
  const sourceAtMs = batch.f64[index * F64 + 2]!
  const flags = batch.u32[index * U32 + 7]!
  const value = valueAt(batch, index, flags)
  const { kind, machine, id, unit } = points[pointAt(batch, index)]!
  // Made for each value that passes: what it has not is left out without a copy of what it has.
  const sample: Making = {
    kind,
    machine,
    id,
    n: batch.first + index,
    atMs: readAtMs(batch, index),
    quality: qualityIn(flags),
  }
  if (unit !== undefined) sample.unit = unit
  if (value !== undefined) sample.value = value
  if (!Number.isNaN(sourceAtMs)) sample.sourceAtMs = sourceAtMs
  return sample
}

type Making = { -readonly [K in keyof Sample]: Sample[K] }

function valueAt({ f64, texts }: Batch, index: number, flags: number): SampleValue | undefined {
  const number = f64[index * F64]!
  return isText(flags) ? decoder.decode(texts.subarray(number, number + textBytesIn(flags))) : plainValue(flags, number)
}

/* ── the bits of the last word ── */

const NONE = 0
const NUMBER = 1
const FALSE = 2
const TRUE = 3
const TEXT = 4
const KIND_BITS = 7
const QUALITY_SHIFT = 3
const QUALITY_BITS = 3
const TEXT_SHIFT = 8
const QUALITIES: readonly Quality[] = ['good', 'uncertain', 'bad']

export const isText = (flags: number): boolean => (flags & KIND_BITS) === TEXT
export const textBytesIn = (flags: number): number => flags >>> TEXT_SHIFT
export const qualityIn = (flags: number): Quality => QUALITIES[(flags >>> QUALITY_SHIFT) & QUALITY_BITS] ?? 'bad'

/** `textBytes`: of a value that `asText` makes one. */
export function flagsOf(quality: Quality, value: LiveValue | undefined, textBytes: number): number {
  return kindOf(value) | (QUALITIES.indexOf(quality) << QUALITY_SHIFT) | (textBytes << TEXT_SHIFT)
}

/** The value of anything but a text. */
export function plainValue(flags: number, number: number): number | boolean | undefined {
  const kind = flags & KIND_BITS
  if (kind === NUMBER) return number
  return kind === TRUE ? true : kind === FALSE ? false : undefined
}

/** What stands for the value as bytes; undefined when a number does. */
export function asText(value: LiveValue | undefined): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'bigint' && !isSafe(value) ? value.toString() : undefined
}

function kindOf(value: LiveValue | undefined): number {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? NUMBER : NONE
    case 'bigint':
      return isSafe(value) ? NUMBER : TEXT
    case 'boolean':
      return value ? TRUE : FALSE
    case 'string':
      return TEXT
    default:
      return NONE
  }
}

const isSafe = (value: bigint): boolean => Number.isSafeInteger(Number(value))

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
