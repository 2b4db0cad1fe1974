/**
 * Samples on their way from the control thread to the front: a ring in memory that both see, with one writer and one
 * reader. The writer never waits: when there is no room it drops the oldest, and counts it at its point. What the
 * reader has claimed the writer does not touch, and what the writer has dropped the reader does not take, so that each
 * sample is taken or counted, and never both.
 *
 * `HEAD` is where the writer goes on, `TAIL` where the oldest is; both count modulo 2^32. The tail is moved by compare
 * and exchange: by the reader, and by the writer when it drops. Texts stand in a ring of bytes of their own; a text
 * lives as long as its sample.
 * Read next: sample.ts (the bytes of a sample), control/live.ts (the writer), front/sinks/samples/taker.ts (the
 * reader).
 */
import type { Quality } from '../core/reading/reading.ts'
import {
  asText,
  type Batch,
  batchOf,
  F64,
  flagsOf,
  isText,
  type LiveValue,
  MOST_TEXT_BYTES,
  SAMPLE_BYTES,
  textBytesIn,
  U32,
} from './sample.ts'

/** Plain data that crosses to another thread and stays the same memory. */
export type RingMemory = {
  readonly words: SharedArrayBuffer
  readonly samples: SharedArrayBuffer
  readonly texts: SharedArrayBuffer
  /** How many were dropped, by point. */
  readonly dropped: SharedArrayBuffer
}

type RingWriter = {
  put(point: number, quality: Quality, value: LiveValue | undefined, atMs: number, sourceAtMs?: number): void
  /** True once after something was put while the reader rests: it has to be told. */
  mustTell(): boolean
  /** Put since the start. */
  readonly count: number
}

export type RingReader = {
  /** What is there, at most `limit`; undefined when nothing is. */
  take(limit: number): Batch | undefined
  /** It looks no more until it is told. What was put before nobody tells: it takes once more. */
  rest(): void
  /** Dropped since the start, by point. */
  readonly dropped: Readonly<Uint32Array>
}

const HEAD = 0
const TAIL = 1
const TOLD = 2
const WORDS = 4
const LEAST = 1024
const TEXT_BYTES = 1_048_576

/** Room for at least so many samples of so many points. */
export function createRing(samples: number, points: number): RingMemory {
  let size = LEAST
  while (size < samples) size *= 2
  return {
    words: new SharedArrayBuffer(WORDS * 4),
    samples: new SharedArrayBuffer(size * SAMPLE_BYTES),
    texts: new SharedArrayBuffer(TEXT_BYTES),
    dropped: new SharedArrayBuffer(points * 4),
  }
}

/* ── the writer ── */

export function ringWriter(memory: RingMemory): RingWriter {
  const words = new Int32Array(memory.words)
  const f64 = new Float64Array(memory.samples)
  const u32 = new Uint32Array(memory.samples)
  const texts = new Uint8Array(memory.texts)
  const dropped = new Uint32Array(memory.dropped)
  const size = memory.samples.byteLength / SAMPLE_BYTES
  /** Where the texts stood when each sample was put: no text of it or of a later one begins before. */
  const textAt = new Uint32Array(size)
  const encoder = new TextEncoder()
  let head = 0
  let textHead = 0
  let count = 0

  const isFull = () => (head - Atomics.load(words, TAIL)) >>> 0 >= size

  /** Drops the oldest until it fits; never what the reader has claimed. */
  function makeRoom(fits: (tail: number) => boolean): void {
    for (;;) {
      const tail = Atomics.load(words, TAIL)
      if (tail === head || fits(tail)) return
      const point = u32[((tail >>> 0) % size) * U32 + 6]!
      if (Atomics.compareExchange(words, TAIL, tail, (tail + 1) | 0) === tail) dropped[point]! += 1
    }
  }

  /** The place of the text; its bytes never go round the end of the ring. */
  function putText(text: string): { readonly at: number; readonly bytes: number } | undefined {
    const most = Math.min(MOST_TEXT_BYTES, text.length * 3)
    const toEnd = TEXT_BYTES - (textHead % TEXT_BYTES)
    const at = toEnd < most ? (textHead + toEnd) >>> 0 : textHead
    makeRoom((tail) => (at + most - textAt[(tail >>> 0) % size]!) >>> 0 <= TEXT_BYTES)
    const place = at % TEXT_BYTES
    const { read, written } = encoder.encodeInto(text, texts.subarray(place, place + most))
    if (read < text.length) return undefined
    textHead = (at + written) >>> 0
    return { at: place, bytes: written }
  }

  return {
    put(point, quality, value, atMs, sourceAtMs = Number.NaN) {
      if (isFull()) makeRoom((tail) => (head - tail) >>> 0 < size)
      const place = (head >>> 0) % size
      const textBefore = textHead
      const text = asText(value)
      const stored = text === undefined ? undefined : putText(text)
      const passed = text !== undefined && stored === undefined ? undefined : value
      f64[place * F64] = stored?.at ?? Number(passed ?? 0)
      f64[place * F64 + 1] = atMs
      f64[place * F64 + 2] = sourceAtMs
      u32[place * U32 + 6] = point
      u32[place * U32 + 7] = flagsOf(quality, passed, stored?.bytes ?? 0)
      textAt[place] = textBefore
      head = (head + 1) | 0
      count += 1
      Atomics.store(words, HEAD, head)
    },
    mustTell: () =>
      Atomics.load(words, TOLD) === 0 && Atomics.load(words, TAIL) !== head && Atomics.exchange(words, TOLD, 1) === 0,
    get count() {
      return count
    },
  }
}

/* ── the reader ── */

export function ringReader(memory: RingMemory): RingReader {
  const words = new Int32Array(memory.words)
  const bytes = new Uint8Array(memory.samples)
  const texts = new Uint8Array(memory.texts)
  const size = memory.samples.byteLength / SAMPLE_BYTES
  /** The number of the sample at the tail, which does not wrap. */
  let next = 0
  let seenTail = 0

  /** The bytes of samples from `from` on; a copy. */
  function copy(from: number, count: number): ArrayBuffer {
    const place = (from >>> 0) % size
    const first = Math.min(count, size - place)
    const copied = new Uint8Array(count * SAMPLE_BYTES)
    copied.set(bytes.subarray(place * SAMPLE_BYTES, (place + first) * SAMPLE_BYTES))
    copied.set(bytes.subarray(0, (count - first) * SAMPLE_BYTES), first * SAMPLE_BYTES)
    return copied.buffer
  }

  return {
    dropped: new Uint32Array(memory.dropped),
    rest: () => void Atomics.store(words, TOLD, 0),
    take(limit) {
      for (;;) {
        const from = Atomics.load(words, TAIL)
        const count = Math.min(limit, (Atomics.load(words, HEAD) - from) >>> 0)
        if (count === 0) return undefined
        const copied = copy(from, count)
        const copiedTexts = takeTexts(copied, texts)
        if (copiedTexts === undefined) continue
        const tail = claim(from, count)
        if (tail === undefined) continue
        const lost = (tail - from) >>> 0
        next += (tail - seenTail) >>> 0
        seenTail = (from + count) | 0
        const batch = batchOf(next, copied.slice(lost * SAMPLE_BYTES), copiedTexts)
        next += batch.count
        return batch
      }
    },
  }

  /**
   * Moves the tail behind what was copied; where it stood. What the writer dropped meanwhile may be half of a newer
   * sample in the copy; all from the tail on is whole. Undefined when nothing is.
   */
  function claim(from: number, count: number): number | undefined {
    for (let tail = from; ; ) {
      const found = Atomics.compareExchange(words, TAIL, tail, (from + count) | 0)
      if (found === tail) return tail
      if ((found - from) >>> 0 >= count) return undefined
      tail = found
    }
  }
}

/** Puts the texts of the samples side by side, and says so in them. Undefined when what is there cannot be. */
function takeTexts(samples: ArrayBuffer, ring: Uint8Array): Uint8Array | undefined {
  const u32 = new Uint32Array(samples)
  const f64 = new Float64Array(samples)
  const lengthAt = (index: number) => {
    const flags = u32[index * U32 + 7]!
    return isText(flags) ? textBytesIn(flags) : 0
  }
  const count = u32.length / U32
  let total = 0
  for (let index = 0; index < count; index += 1) total += lengthAt(index)
  if (total > ring.length) return undefined
  const texts = new Uint8Array(total)
  for (let index = 0, at = 0; total > 0 && index < count; index += 1) {
    const length = lengthAt(index)
    if (length === 0) continue
    const place = f64[index * F64]!
    texts.set(ring.subarray(place, place + length), at)
    f64[index * F64] = at
    at += length
  }
  return texts
}
