/**
 * A place in a line of canonical JSON, moved on over what is expected there. Once something else stands there the place
 * is lost (below 0) and stays lost, and whatever was read is worth nothing: the caller looks at the place when it is
 * done.
 * Pure. Read next: lines.ts, names.ts, decode-content.ts.
 */
import {
  after,
  afterDigits,
  afterText,
  decimal,
  type Lines,
  latin1,
  matches,
  newLines,
  type Word,
  word,
} from './lines.ts'
import { type Names, newNames } from './names.ts'

const YES = word('true')
const NO = word('false')
const QUOTED = word('"')
const COMMA = 0x2c
const BRACKET = 0x5d

export type Place = {
  lines: Lines
  /** Below 0 once it is lost. */
  at: number
  /** Names seen so far, in all lines. */
  readonly names: Names
}

export const newPlace = (): Place => ({ lines: newLines(0), at: -1, names: newNames() })

export function pass(place: Place, expected: Word): void {
  place.at = after(place.lines, place.at, expected)
}

/** Passes the word if it stands here. */
export function passIf(place: Place, expected: Word): boolean {
  if (!matches(place.lines, place.at, expected)) return false
  place.at += expected.length
  return true
}

export function passText(place: Place): void {
  place.at = afterText(place.lines.bytes, place.at)
}

export function readNumber(place: Place): number {
  const from = place.at
  place.at = afterDigits(place.lines.bytes, from)
  return decimal(place.lines.bytes, from, place.at)
}

export function readText(place: Place): string {
  const from = place.at
  passText(place)
  return place.at < 0 ? '' : latin1(place.lines.bytes, from, place.at)
}

export function readQuoted(place: Place): string {
  pass(place, QUOTED)
  const text = readText(place)
  pass(place, QUOTED)
  return text
}

export function readFlag(place: Place): boolean {
  if (passIf(place, YES)) return true
  pass(place, NO)
  return false
}

/** The items of a list, from after its opening bracket up to its closing one. */
export function readList<T>(place: Place, read: (place: Place) => T | undefined): T[] {
  const items: T[] = []
  if (place.at < 0 || place.lines.bytes[place.at] === BRACKET) return items
  for (;;) {
    const item = read(place)
    if (item === undefined) place.at = -1
    if (item === undefined || place.at < 0) return items
    items.push(item)
    if (place.lines.bytes[place.at] !== COMMA) return items
    place.at += 1
  }
}
