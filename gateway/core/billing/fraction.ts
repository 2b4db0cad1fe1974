/**
 * Exact fractions of whole numbers: money before it is rounded. A fraction is always reduced and its denominator is
 * above 0, so that equal values have one text. Floats never enter. Read next: bill.ts (where a fraction is rounded).
 */

export type Fraction = { readonly top: bigint; readonly bottom: bigint }

export const ZERO: Fraction = { top: 0n, bottom: 1n }
export const ONE: Fraction = { top: 1n, bottom: 1n }

const DECIMAL = /^(-?)(0|[1-9]\d{0,19})(?:\.(\d{1,12}))?$/

/** What `fractionText` has written. */
export function readFraction(text: string): Fraction {
  const [top, bottom = '1'] = text.split('/') as [string, string?]
  return fraction(BigInt(top), BigInt(bottom))
}

export function fraction(top: bigint, bottom = 1n): Fraction {
  const by = gcd(top < 0n ? -top : top, bottom < 0n ? -bottom : bottom) * (bottom < 0n ? -1n : 1n)
  return { top: top / by, bottom: bottom / by }
}

/** A decimal text, such as `12`, `0.85` or `-3.5`. Throws on any other; what comes from outside is checked before. */
export function decimal(text: string): Fraction {
  const [, sign, whole, part = ''] = DECIMAL.exec(text) ?? []
  if (whole === undefined) throw new RangeError(`${text} is not a decimal`)
  return fraction(BigInt(`${sign}${whole}${part}`), 10n ** BigInt(part.length))
}

export const plus = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom)
export const minus = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.top * b.bottom - b.top * a.bottom, a.bottom * b.bottom)
export const times = (a: Fraction, b: Fraction): Fraction => fraction(a.top * b.top, a.bottom * b.bottom)
export const over = (a: Fraction, b: Fraction): Fraction => fraction(a.top * b.bottom, a.bottom * b.top)
export const isBelow = (a: Fraction, b: Fraction): boolean => a.top * b.bottom < b.top * a.bottom
export const lesser = (a: Fraction, b: Fraction): Fraction => (isBelow(a, b) ? a : b)
export const sum = (list: readonly Fraction[]): Fraction => list.reduce(plus, ZERO)

/** `7/3`, or `7` when it is whole. */
export const fractionText = ({ top, bottom }: Fraction): string => (bottom === 1n ? `${top}` : `${top}/${bottom}`)

/** Rounded to a number of decimals, half away from zero. */
export function rounded({ top, bottom }: Fraction, digits: number): Fraction {
  const scale = 10n ** BigInt(digits)
  const twice = 2n * (top < 0n ? -top : top) * scale
  const steps = (twice + bottom) / (2n * bottom)
  return fraction(top < 0n ? -steps : steps, scale)
}

/** Cut to a number of decimals, toward zero, so that parts of a sum never exceed it. */
export function cut({ top, bottom }: Fraction, digits: number): Fraction {
  const scale = 10n ** BigInt(digits)
  return fraction((top * scale) / bottom, scale)
}

/** Decimal text of a fraction that was rounded to as many digits. */
export function moneyText({ top, bottom }: Fraction, digits: number): string {
  const minor = (top * 10n ** BigInt(digits)) / bottom
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0')
  const point = text.length - digits
  return `${minor < 0n ? '-' : ''}${text.slice(0, point)}${digits === 0 ? '' : `.${text.slice(point)}`}`
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}
