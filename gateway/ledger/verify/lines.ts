/**
 * Lines as bytes: words that are expected at a place, compared four bytes at a time, numbers, and plain text between
 * quotes. A position below 0 stands for "not found", and every step from there stays there.
 * Pure. Imports nothing but its siblings named in ledger/evidence/canonical.ts.
 */
import { toUtf8 } from '../evidence/canonical.ts'

export const QUOTE = 0x22
const BACKSLASH = 0x5c
const ZERO = 0x30
/** A number of more digits may not be exact. */
const MOST_DIGITS = 15
const MOST_AT_ONCE = 8192

/** One buffer in two views. */
export type Lines = { readonly bytes: Uint8Array; readonly view: DataView }

export function newLines(length: number): Lines {
  const bytes = new Uint8Array(length)
  return { bytes, view: new DataView(bytes.buffer) }
}

/** A text to be compared with: its bytes, and the same as whole words. */
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

/** The place behind the word. */
export function after(lines: Lines, at: number, expected: Word): number {
  return matches(lines, at, expected) ? at + expected.length : -1
}

export const isDigit = (byte: number) => byte >= ZERO && byte <= 0x39

/** The place behind digits in their one form, 15 at most. */
export function afterDigits(bytes: Uint8Array, at: number): number {
  if (at < 0) return -1
  let p = at
  while (isDigit(bytes[p]!)) p += 1
  const length = p - at
  return length === 0 || length > MOST_DIGITS || (length > 1 && bytes[at] === ZERO) ? -1 : p
}

export function decimal(bytes: Uint8Array, from: number, to: number): number {
  let value = 0
  for (let p = from; p < to; p++) value = value * 10 + bytes[p]! - ZERO
  return value
}

/** Where the plain text ends that begins here: no quote, no escape, printable ASCII. Anything else is for the slow way. */
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

/** Where the plain text begins that ends here: behind a quote. Below 0 when it is not plain, or no quote is before it. */
export function plainBefore(bytes: Uint8Array, start: number, end: number): number {
  for (let p = end; p > start; p--) {
    const byte = bytes[p - 1]!
    if (byte === QUOTE) return p
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return -1
  }
  return -1
}

/** Bytes that are plain text. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  // As many arguments as there are bytes: a long text would overflow the stack.
  if (to - from > MOST_AT_ONCE) return latin1(bytes, from, from + MOST_AT_ONCE) + latin1(bytes, from + MOST_AT_ONCE, to)
  return String.fromCharCode.apply(null, bytes.subarray(from, to) as unknown as number[])
}
