/**
 * Lines as bytes: words that are expected at a position, compared four bytes at a time, numbers, and plain text between
 * quotes. A position below 0 means "not found", and every step from such a position returns one.
 * Pure. Read next: place.ts.
 */
import { toUtf8 } from '../../evidence/canonical.ts'

export const QUOTE = 0x22
export const ZERO = 0x30
const BACKSLASH = 0x5c
/** A number of more digits may not be exact. */
const MAX_DIGITS = 15
/** Arguments of one call. */
const MAX_ARGUMENTS = 8192

/** One buffer in two views. */
export type Lines = { readonly bytes: Uint8Array; readonly view: DataView }

export function newLines(length: number): Lines {
  const bytes = new Uint8Array(length)
  return { bytes, view: new DataView(bytes.buffer) }
}

/** A text to compare with: its bytes, and as many of them as fit in whole words. */
export type Word = { readonly length: number; readonly bytes: Uint8Array; readonly words: Int32Array }

export function word(text: string): Word {
  const bytes = toUtf8(text)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const words = new Int32Array(bytes.length >>> 2)
  for (let index = 0; index < words.length; index++) words[index] = view.getInt32(4 * index, true)
  return { length: bytes.length, bytes, words }
}

export function matches({ bytes, view }: Lines, at: number, { length, bytes: expected, words }: Word): boolean {
  if (at < 0 || at + length > bytes.length) return false
  let p = at
  for (let index = 0; index < words.length; index++, p += 4) if (view.getInt32(p, true) !== words[index]) return false
  for (let index = 4 * words.length; index < length; index++, p++) if (bytes[p] !== expected[index]) return false
  return true
}

/** The position after the word. */
export function after(lines: Lines, at: number, expected: Word): number {
  return matches(lines, at, expected) ? at + expected.length : -1
}

export const isDigit = (byte: number) => byte >= ZERO && byte <= 0x39

/** The position after a whole number in its canonical form, of at most 15 digits. */
export function afterDigits(bytes: Uint8Array, at: number): number {
  if (at < 0) return -1
  let p = at
  while (isDigit(bytes[p]!)) p += 1
  const length = p - at
  return length === 0 || length > MAX_DIGITS || (length > 1 && bytes[at] === ZERO) ? -1 : p
}

export function decimal(bytes: Uint8Array, from: number, to: number): number {
  let value = 0
  for (let p = from; p < to; p++) value = value * 10 + bytes[p]! - ZERO
  return value
}

/** The position after the plain text that begins here: printable ASCII without quotes and escapes. */
export function afterText(bytes: Uint8Array, at: number): number {
  if (at < 0) return -1
  let p = at
  while (p < bytes.length) {
    const byte = bytes[p]!
    if (byte === QUOTE || byte === BACKSLASH || byte < 0x20 || byte > 0x7e) break
    p += 1
  }
  return p
}

/** The position after the quote that the plain text up to `end` follows. Below 0 when there is none, or other text. */
export function plainBefore(bytes: Uint8Array, start: number, end: number): number {
  for (let p = end; p > start; p--) {
    const byte = bytes[p - 1]!
    if (byte === QUOTE) return p
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return -1
  }
  return -1
}

/** Plain text as a string. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  // A call takes one argument per byte; a long text would overflow the stack.
  if (to - from > MAX_ARGUMENTS)
    return latin1(bytes, from, from + MAX_ARGUMENTS) + latin1(bytes, from + MAX_ARGUMENTS, to)
  return String.fromCharCode.apply(null, bytes.subarray(from, to) as unknown as number[])
}
