/**
 * The image of values: one slot per signal in memory that both threads see, written in place by the control thread. A
 * reader copies one slot, whole or not at all: its first word is odd while it is written, and has changed afterwards.
 * Nothing is sent, and nothing that nobody asks for is copied.
 *
 *   0  f64 the number   8 f64 read, UTC ms   16 f64 read, monotonic ms   24 f64 made, UTC ms (NaN: unknown)
 *   32 f64 how old it may be shown, ms   40 u32 sequence   44 u32 what it is, as in sample.ts   48 u32 cause
 *   52 u32 place of its texts   56 u32 bytes of the value   60 u32 bytes of the detail
 *
 * Texts (a value that is one, and what a device says of a fault) stand in a second area. A slot keeps its place there
 * as long as its texts fit; a longer one gets a place of twice the size. What finds no room is shown as bad.
 * Read next: sample.ts, control/live.ts (who writes), front/api/machines/signals.ts (who reads).
 */
import type { Quality, Reading, ReadingCause } from '../core/reading/reading.ts'
import { asText, flagsOf, isText, MOST_TEXT_BYTES, plainValue, qualityIn, type SampleValue } from './sample.ts'

/** Plain data that crosses to another thread and stays the same memory. */
export type ImageMemory = { readonly slots: SharedArrayBuffer; readonly texts: SharedArrayBuffer }

/** What is known of a signal now. */
export type LiveRow = {
  readonly quality: Quality
  readonly value?: SampleValue
  readonly cause?: ReadingCause
  readonly detail?: string
  readonly readAtMs: number
  /** On the monotonic clock, ms. */
  readonly readAtMonoMs: number
  readonly sourceAtMs?: number
  /** How old it may be and still be shown, ms. */
  readonly maxAgeMs: number
}

export type Times = Pick<LiveRow, 'readAtMs' | 'readAtMonoMs' | 'maxAgeMs'> & {
  readonly sourceAtMs?: number | undefined
}

type ImageWriter = {
  /** Puts the reading, unless a newer one is there; whether it did. */
  put(point: number, reading: Reading, maxAgeMs: number): boolean
  /** The same for a good value that needs no text: nothing is made for it. */
  putPlain(point: number, value: number | boolean, times: Times): boolean
}

/** Undefined before the first reading. */
type ImageReader = (point: number) => LiveRow | undefined

const SLOT_BYTES = 64
const F64 = SLOT_BYTES / 8
const U32 = SLOT_BYTES / 4
const SEQUENCE = 10
/** Room for texts: of a slot on average, and for all. Memory that is never written costs nothing. */
const TEXT_BYTES_EACH = 512
const TEXT_BYTES_LEAST = 4_194_304
const LEAST_PLACE = 32

const CAUSES: readonly (ReadingCause | undefined)[] = [
  undefined,
  'never-read',
  'link-down',
  'timeout',
  'refused',
  'unit-silent',
  'malformed',
  'out-of-range',
  'not-available',
  'overload',
  'not-fitted',
]

export function createImage(points: number): ImageMemory {
  return {
    slots: new SharedArrayBuffer(points * SLOT_BYTES),
    texts: new SharedArrayBuffer(TEXT_BYTES_LEAST + points * TEXT_BYTES_EACH),
  }
}

/** How many points it was made for. */
export const imageRoom = ({ slots }: ImageMemory): number => slots.byteLength / SLOT_BYTES

export function imageWriter(memory: ImageMemory): ImageWriter {
  const f64 = new Float64Array(memory.slots)
  const u32 = new Uint32Array(memory.slots)
  const texts = new Uint8Array(memory.texts)
  const encoder = new TextEncoder()
  const placeFor = textPlaces(texts.length)
  const isOlder = (point: number, monoMs: number): boolean => monoMs < f64[point * F64 + 2]!

  function setTimes(point: number, { readAtMs, readAtMonoMs, sourceAtMs, maxAgeMs }: Times): void {
    const n = point * F64
    f64[n + 1] = readAtMs
    f64[n + 2] = readAtMonoMs
    f64[n + 3] = sourceAtMs ?? Number.NaN
    f64[n + 4] = maxAgeMs
  }

  return {
    putPlain(point, value, times) {
      if (isOlder(point, times.readAtMonoMs)) return false
      const u = point * U32
      Atomics.add(u32, u + SEQUENCE, 1)
      f64[point * F64] = Number(value)
      u32[u + 11] = flagsOf('good', value, 0)
      u32[u + 12] = u32[u + 14] = u32[u + 15] = 0
      setTimes(point, times)
      Atomics.add(u32, u + SEQUENCE, 1)
      return true
    },
    put(point, reading, maxAgeMs) {
      const { quality, value, cause, detail = '', readAtMs, readAtNs, sourceAtMs } = reading
      const readAtMonoMs = Number(readAtNs) / 1e6
      if (isOlder(point, readAtMonoMs)) return false
      const [n, u] = [point * F64, point * U32]
      const shown = Array.isArray(value) ? undefined : (value as Exclude<typeof value, readonly number[]>)
      const text = asText(shown) ?? ''
      const detailBytes = detail === '' ? 0 : encoder.encode(detail).length
      const bytes = text === '' && detail === '' ? NO_BYTES : encoder.encode(text + detail)
      const at = bytes.length === 0 ? 0 : placeFor(point, bytes.length)
      Atomics.add(u32, u + SEQUENCE, 1)
      if (at === undefined) {
        u32[u + 11] = flagsOf('bad', undefined, 0)
        u32[u + 12] = CAUSES.indexOf('out-of-range')
        u32[u + 14] = u32[u + 15] = 0
      } else {
        texts.set(bytes, at)
        f64[n] = text === '' && shown !== undefined ? Number(shown) : 0
        u32[u + 11] = flagsOf(quality, shown, 0)
        u32[u + 12] = Math.max(0, CAUSES.indexOf(cause))
        u32[u + 13] = at
        u32[u + 14] = bytes.length - detailBytes
        u32[u + 15] = detailBytes
      }
      setTimes(point, { readAtMs, readAtMonoMs, sourceAtMs, maxAgeMs })
      Atomics.add(u32, u + SEQUENCE, 1)
      return true
    },
  }
}

/** Gives a slot a place for so many bytes of text; undefined when there is no room left. */
function textPlaces(room: number): (point: number, bytes: number) => number | undefined {
  const places = new Map<number, { readonly at: number; readonly bytes: number }>()
  let free = 0
  return (point, bytes) => {
    const known = places.get(point)
    if (known !== undefined && known.bytes >= bytes) return known.at
    let size = LEAST_PLACE
    while (size < bytes) size *= 2
    if (bytes > MOST_TEXT_BYTES || free + size > room) return undefined
    places.set(point, { at: free, bytes: size })
    free += size
    return free - size
  }
}

export function imageReader(memory: ImageMemory): ImageReader {
  const f64 = new Float64Array(memory.slots)
  const u32 = new Uint32Array(memory.slots)
  const texts = new Uint8Array(memory.texts)
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  return (point) => {
    const [n, u] = [point * F64, point * U32]
    for (;;) {
      const before = Atomics.load(u32, u + SEQUENCE)
      if (before === 0) return undefined
      const numbers = f64.slice(n, n + 5)
      const words = u32.slice(u + 11, u + 16)
      const [flags = 0, cause = 0, at = 0, valueBytes = 0, detailBytes = 0] = words
      const bytes = texts.slice(at, at + valueBytes + detailBytes)
      if (before % 2 === 1 || Atomics.compareExchange(u32, u + SEQUENCE, before, before) !== before) continue
      const [number = 0, readAtMs = 0, readAtMonoMs = 0, sourceAtMs = Number.NaN, maxAgeMs = 0] = numbers
      const value = isText(flags) ? decoder.decode(bytes.subarray(0, valueBytes)) : plainValue(flags, number)
      const word = CAUSES[cause]
      return {
        quality: qualityIn(flags),
        ...(value === undefined ? {} : { value }),
        ...(word === undefined ? {} : { cause: word }),
        ...(detailBytes === 0 ? {} : { detail: decoder.decode(bytes.subarray(valueBytes)) }),
        readAtMs,
        readAtMonoMs,
        ...(Number.isNaN(sourceAtMs) ? {} : { sourceAtMs }),
        maxAgeMs,
      }
    }
  }
}

const NO_BYTES = new Uint8Array()
