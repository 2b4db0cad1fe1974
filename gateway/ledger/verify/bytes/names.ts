/**
 * Names that come again and again, those of meters and of their units, as strings that are made once: found by their
 * bytes, and first where they are expected.
 * Pure. Read next: lines.ts.
 */
import { afterText, type Lines, latin1, matches, QUOTE, type Word, word } from './lines.ts'

/** Names that are remembered; others are made anew each time. */
const MAX_NAMES = 10_000

type Name = {
  readonly text: string
  readonly word: Word
  /** Of a meter: the meter that followed it last time, and its unit last time. */
  next: Name | undefined
  unit: Name | undefined
}

export type Names = { readonly byKey: Map<number, Name>; lastMeter: Name | undefined }

export const newNames = (): Names => ({ byKey: new Map(), lastMeter: undefined })

/** The meter that is named here; mostly the one that followed the last meter before. */
export function meterAt(names: Names, lines: Lines, at: number): Name | undefined {
  const expected = names.lastMeter?.next
  const found = expected !== undefined && isAt(lines, at, expected) ? expected : nameAt(names, lines, at)
  if (names.lastMeter !== undefined) names.lastMeter.next = found
  names.lastMeter = found
  return found
}

export function unitAt(names: Names, lines: Lines, at: number, meter: Name): Name | undefined {
  if (meter.unit === undefined || !isAt(lines, at, meter.unit)) meter.unit = nameAt(names, lines, at)
  return meter.unit
}

/** Undefined when no plain text stands here that a quote ends. */
export function nameAt(names: Names, lines: Lines, at: number): Name | undefined {
  if (at < 0) return undefined
  const { bytes } = lines
  let end = at
  while (end < bytes.length && bytes[end] !== QUOTE) end += 1
  const key = keyOf(lines, at, end)
  const known = names.byKey.get(key)
  if (known !== undefined && isAt(lines, at, known)) return known
  if (afterText(bytes, at) !== end) return undefined
  const text = latin1(bytes, at, end)
  const found: Name = { text, word: word(text), next: undefined, unit: undefined }
  if (names.byKey.size < MAX_NAMES) names.byKey.set(key, found)
  return found
}

/** A number made of the bytes; two names may have the same. */
function keyOf({ bytes, view }: Lines, at: number, end: number): number {
  let key = end - at
  for (let p = at; p + 4 <= end; p += 4) key = Math.imul(key ^ view.getInt32(p, true), 0x9e3779b1)
  return end - at < 4 ? (key << 16) ^ (bytes[at]! << 8) ^ bytes[end - 1]! : key
}

const isAt = (lines: Lines, at: number, { word }: Name) =>
  matches(lines, at, word) && lines.bytes[at + word.length] === QUOTE
