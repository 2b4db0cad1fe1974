/**
 * The only place where a float becomes an integer: a float register becomes counts of its resolution, a rate becomes
 * milli-units. All later arithmetic uses BigInt. Pure. Read next: register.ts, derived.ts.
 */
import type { FloatSteps, RegisterMeterConfig } from '../ground/config.ts'
import type { Reading } from '../reading/reading.ts'

/** Why a float is not a count. `unresolved`: it is too large to distinguish one step from the next. */
export type NoCount = 'out-of-range' | 'unresolved'

/** The counts of a good reading; undefined when it holds no number to count. */
export function countsOf(reading: Reading, config: RegisterMeterConfig): bigint | NoCount | undefined {
  if (config.resolution === undefined) return reading.raw
  return typeof reading.value === 'number' ? floatCounts(reading.value, config.resolution) : undefined
}

/**
 * A float as a whole number of steps, or why it is not one. Computed in exact fractions, so that it is rounded only
 * once.
 *
 * A device that counts in steps of 0.01 shows the float nearest to `n × 0.01`: half a unit in the last place away at
 * most, and we allow one for its own arithmetic. A value farther away does not count in these steps: the resolution,
 * byte order or address is wrong. Where the last place itself is worth more than a step (a float32 of 131 072 with
 * steps of 0.01, and any above 2^24 steps) two counts can look the same: such a value is refused, since rounding would
 * silently lose units.
 *
 * A device that counts in `finer` steps is read in whole counts: the part of a count stays in the device until it is
 * full, so that nothing is made up and nothing lost. A float one place below a count is taken as that count.
 */
export function floatCounts(value: number, { numerator, denominator, bits, finer }: FloatSteps): bigint | NoCount {
  if (!Number.isFinite(value)) return 'out-of-range'
  if (value === 0) return 0n
  const { top, bottom, exponent } = fraction(Math.abs(value))
  const [lastTop, lastBottom] = power(exponent - bits + 1)
  if (lastTop * denominator > numerator * lastBottom) return 'unresolved'
  if (finer === true && value < 0) return 'out-of-range'
  if (finer === true) return ((top * lastBottom + lastTop * bottom) * denominator) / (bottom * lastBottom * numerator)
  const steps = top * denominator
  const step = bottom * numerator
  const count = (2n * steps + step) / (2n * step)
  const off = steps > count * step ? steps - count * step : count * step - steps
  if (off * lastBottom > lastTop * bottom * denominator) return 'out-of-range'
  return value < 0 ? -count : count
}

/** The counts up to which the float tells one step from the next. */
export function resolvedCounts({ numerator, denominator, bits }: FloatSteps): bigint {
  let exponent = numerator.toString(2).length - denominator.toString(2).length
  // The last place of the largest floats that are told apart: the highest power of two that is not above one step.
  const [top, bottom] = power(exponent)
  if (top * denominator > numerator * bottom) exponent -= 1
  const [most, parts] = power(exponent + bits)
  return (most * denominator) / (parts * numerator)
}

/** Milli-units of a rate, rounded once; undefined when a meter cannot use the value. */
export function rateMilli(value: Reading['value']): bigint | undefined {
  if (typeof value === 'bigint') return value * 1000n
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  return BigInt(Math.round(value * 1000))
}

const view = new DataView(new ArrayBuffer(8))

/** A positive finite double as an exact fraction, with the exponent of its first binary digit. IEEE 754-2019, 3.4. */
function fraction(value: number): { top: bigint; bottom: bigint; exponent: number } {
  view.setFloat64(0, value)
  const word = view.getBigUint64(0)
  const biased = Number(word >> 52n) & 0x7ff
  const digits = (word & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n)
  const [top, bottom] = power((biased === 0 ? 1 : biased) - 1075)
  return { top: digits * top, bottom, exponent: digits.toString(2).length - 1 + (biased === 0 ? 1 : biased) - 1075 }
}

/** 2^exponent as a fraction. */
function power(exponent: number): [bigint, bigint] {
  return exponent >= 0 ? [1n << BigInt(exponent), 1n] : [1n, 1n << BigInt(-exponent)]
}
