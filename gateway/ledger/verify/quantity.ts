/**
 * Whole numbers of any size: a `number` while it is exact, a `bigint` beyond. Comparing two needs nothing (JavaScript
 * compares them exactly); adding does. Imports nothing.
 */

export type Quantity = number | bigint

/** Characters of a number as text; a longer one is no quantity. */
export const MAX_DIGITS = 40

/** Decimal text of a whole number in its one form; undefined otherwise. */
export function parseQuantity(text: unknown): Quantity | undefined {
  if (typeof text !== 'string' || text.length > MAX_DIGITS || !/^(0|-?[1-9]\d*)$/.test(text)) return undefined
  return text.length <= 15 ? Number(text) : small(BigInt(text))
}

/** The same, and not below 0. */
export function parseCount(text: unknown): Quantity | undefined {
  const quantity = parseQuantity(text)
  return quantity !== undefined && quantity >= 0 ? quantity : undefined
}

export function plus(a: Quantity, b: Quantity): Quantity {
  const sum = typeof a === 'number' && typeof b === 'number' ? a + b : Number.NaN
  return Number.isSafeInteger(sum) ? sum : small(BigInt(a) + BigInt(b))
}

export function minus(a: Quantity, b: Quantity): Quantity {
  const rest = typeof a === 'number' && typeof b === 'number' ? a - b : Number.NaN
  return Number.isSafeInteger(rest) ? rest : small(BigInt(a) - BigInt(b))
}

export function times(a: Quantity, b: Quantity): Quantity {
  const product = typeof a === 'number' && typeof b === 'number' ? a * b : Number.NaN
  return Number.isSafeInteger(product) ? product : small(BigInt(a) * BigInt(b))
}

/** a ÷ b when it comes out even; undefined when it does not, or b is 0. */
export function divided(a: Quantity, b: Quantity): Quantity | undefined {
  if (same(b, 0)) return undefined
  const quotient = small(BigInt(a) / BigInt(b))
  return same(times(quotient, b), a) ? quotient : undefined
}

export const same = (a: Quantity, b: Quantity): boolean => a >= b && a <= b

function small(value: bigint): Quantity {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
