/**
 * Exact numbers of the recomputation, as pairs of whole numbers that are only reduced when they are written. It shares
 * nothing with the arithmetic of the gateway. Imports nothing.
 */

/** [numerator, denominator]; the denominator is above 0. */
export type Exact = readonly [bigint, bigint]

const DECIMAL = /^(0|[1-9]\d{0,19})(\.\d{1,12})?$/

/** A decimal that is not below 0; undefined when the text is none. */
export function exactOf(text: unknown): Exact | undefined {
  if (typeof text !== 'string' || !DECIMAL.test(text)) return undefined
  const point = text.indexOf('.')
  const places = point < 0 ? 0 : text.length - point - 1
  return [BigInt(text.replace('.', '')), BigInt(`1${'0'.repeat(places)}`)]
}

export const whole = (value: bigint): Exact => [value, 1n]
export const add = ([a, b]: Exact, [c, d]: Exact): Exact => (b === d ? [a + c, b] : [a * d + c * b, b * d])
export const subtract = (a: Exact, [c, d]: Exact): Exact => add(a, [-c, d])
export const multiply = ([a, b]: Exact, [c, d]: Exact): Exact => [a * c, b * d]
/** The divisor is above 0. */
export const divide = ([a, b]: Exact, [c, d]: Exact): Exact => [a * d, b * c]
export const total = (list: readonly Exact[]): Exact => list.reduce(add, [0n, 1n])
/** Below 0, 0, or above 0, as a is less than, equal to or more than b. */
export function compare([a, b]: Exact, [c, d]: Exact): number {
  const difference = a * d - c * b
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** In lowest terms: `7/3`, or `7`. */
export function exactText([a, b]: Exact): string {
  const common = divisor(a < 0n ? -a : a, b)
  return b === common ? `${a / common}` : `${a / common}/${b / common}`
}

/** In steps of the last of so many decimals: to the nearest one, half away from zero. */
export function nearest([a, b]: Exact, places: number): bigint {
  const scaled = a * 10n ** BigInt(places)
  const size = scaled < 0n ? -scaled : scaled
  const down = size / b
  const up = (size - down * b) * 2n >= b ? down + 1n : down
  return scaled < 0n ? -up : up
}

/** The same, but to the one nearer to zero. */
export const towardZero = ([a, b]: Exact, places: number): bigint => (a * 10n ** BigInt(places)) / b

export const ofSteps = (steps: bigint, places: number): Exact => [steps, 10n ** BigInt(places)]

export function stepsText(steps: bigint, places: number): string {
  const sign = steps < 0n ? '-' : ''
  const digits = String(steps < 0n ? -steps : steps)
  if (places === 0) return sign + digits
  const filled = '0'.repeat(Math.max(0, places + 1 - digits.length)) + digits
  return `${sign}${filled.slice(0, -places)}.${filled.slice(-places)}`
}

const divisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : divisor(b, a % b))
