/**
 * A sequence number as its digits in bytes, which costs nothing while entries come one after another. Pure.
 */
import { ZERO } from './lines.ts'

const NINE = ZERO + 9
/** Digits of 2^53. */
const MAX_DIGITS = 16

export type Digits = {
  /** The number stands at the end of these. */
  readonly bytes: Uint8Array
  /** Where it begins. */
  first: number
  value: number
}

export const newDigits = (): Digits => ({
  bytes: new Uint8Array(MAX_DIGITS).fill(ZERO),
  first: MAX_DIGITS,
  value: Number.NaN,
})

export function setDigits(digits: Digits, value: number): void {
  if (value !== digits.value + 1) return write(digits, value)
  const { bytes } = digits
  let at = bytes.length - 1
  for (; bytes[at] === NINE; at--) bytes[at] = ZERO
  if (at < digits.first) return write(digits, value)
  bytes[at]! += 1
  digits.value = value
}

function write(digits: Digits, value: number): void {
  const text = String(value)
  digits.value = value
  digits.first = digits.bytes.length - text.length
  for (let at = 0; at < text.length; at++) digits.bytes[digits.first + at] = text.charCodeAt(at)
}
