/**
 * Whole numbers times a power of ten: what a register is worth in its unit, exactly. Pure; floats never enter.
 * Read next: composed.ts, which adds and multiplies them.
 */

/** digits × 10^exponent. */
export type Decimal = { readonly digits: bigint; readonly exponent: number }

export const whole = (digits: bigint): Decimal => ({ digits, exponent: 0 })

/** Decimal text such as `0.01`, `-3`, `10` or `1e-7`; what comes from outside is checked before. */
export function decimalOf(text: string): Decimal {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e')
  const [before = '', after = ''] = mantissa.split('.')
  return { digits: BigInt(`${before}${after}`), exponent: Number(power) - after.length }
}

export function plus(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent)
  return { digits: raised(a, exponent) + raised(b, exponent), exponent }
}

export const times = (a: Decimal, b: Decimal): Decimal => ({
  digits: a.digits * b.digits,
  exponent: a.exponent + b.exponent,
})

export const negative = ({ digits, exponent }: Decimal): Decimal => ({ digits: -digits, exponent })

/** The steps that are full: what does not fill one is left out, below zero too. `step` is above zero. */
export function fullSteps(value: Decimal, step: Decimal): bigint {
  const exponent = Math.min(value.exponent, step.exponent)
  const [all, each] = [raised(value, exponent), raised(step, exponent)]
  const steps = all / each
  return all % each < 0n ? steps - 1n : steps
}

/** For people: a number, or a whole number that a number cannot hold. */
export function shown({ digits, exponent }: Decimal): number | bigint {
  if (exponent < 0) return Number(`${digits}e${exponent}`)
  const all = digits * 10n ** BigInt(exponent)
  return Number.isSafeInteger(Number(all)) ? Number(all) : all
}

const raised = ({ digits, exponent }: Decimal, to: number): bigint => digits * 10n ** BigInt(exponent - to)
