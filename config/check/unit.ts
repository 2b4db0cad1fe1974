/**
 * What a count of a register is worth, by its signal and by its meter: the two must agree, or every bill is wrong by
 * the same factor. Units that are not in the table are taken as they are. Pure. Read next: meter.ts (who asks).
 */

/** Units by what they measure, each as a multiple of the smallest of its kind. */
const KINDS: readonly Readonly<Record<string, bigint>>[] = [
  { mWh: 1n, Wh: 1000n, kWh: 1_000_000n, MWh: 1_000_000_000n, GWh: 1_000_000_000_000n },
  { mvarh: 1n, varh: 1000n, kvarh: 1_000_000n, Mvarh: 1_000_000_000n },
  { VAh: 1n, kVAh: 1000n, MVAh: 1_000_000n },
  { ml: 1n, l: 1000n, L: 1000n, dm3: 1000n, hl: 100_000n, m3: 1_000_000n, 'm³': 1_000_000n },
  { mg: 1n, g: 1000n, kg: 1_000_000n, t: 1_000_000_000n },
  { ms: 1n, s: 1000n, min: 60_000n, h: 3_600_000n, d: 86_400_000n },
  { mm: 1n, cm: 10n, m: 1000n, km: 1_000_000n },
]

type Fraction = { readonly top: bigint; readonly bottom: bigint }

/**
 * One count by the signal: its step (scale of an integer, resolution of a float), decimal text, in the signal's unit.
 */
type Count = {
  readonly step: string
  readonly signalUnit: string
  readonly perCount: bigint
  readonly unit: string
}

/**
 * What `perCount` should be; undefined: it is right, or nothing is known of the units. `not-whole`: a count is no whole
 * number of the meter's unit. `other-kind`: the two units measure different things.
 */
export function rightPerCount({
  step,
  signalUnit,
  perCount,
  unit,
}: Count): bigint | 'not-whole' | 'other-kind' | undefined {
  const kind = KINDS.find((units) => Object.hasOwn(units, signalUnit))
  const other = KINDS.find((units) => Object.hasOwn(units, unit))
  if (kind === undefined || other === undefined) return undefined
  if (kind !== other) return 'other-kind'
  const { top, bottom } = fractionOf(step)
  const worth = top * kind[signalUnit]!
  const each = bottom * kind[unit]!
  if (worth % each !== 0n) return 'not-whole'
  const right = worth / each
  return right === perCount ? undefined : right
}

/** What a count of `step` in `unit` is in `small`, a whole number; undefined when it is none, or nothing is known. */
export function countIn(unit: string, small: string, step: string): bigint | undefined {
  const { top, bottom } = fractionOf(step)
  const kind = KINDS.find((units) => Object.hasOwn(units, unit) && Object.hasOwn(units, small))
  const [from, to] = kind === undefined ? [1n, unit === small ? 1n : 0n] : [kind[unit]!, kind[small]!]
  return to > 0n && (top * from) % (bottom * to) === 0n ? (top * from) / (bottom * to) : undefined
}

/** No total is kept in these: a finer unit costs nothing, and tariffs and bills are written in it. */
const COARSE = ['kWh', 'MWh', 'GWh', 'kvarh', 'Mvarh', 'kVAh', 'MVAh']

/** The largest unit, `unit` itself at most, in which a count of `step` is a whole number. */
export function wholeUnit(unit: string, step: string): string | undefined {
  const kind = KINDS.find((units) => Object.hasOwn(units, unit)) ?? { [unit]: 1n }
  const most = kind[unit] ?? 1n
  const smaller = Object.keys(kind).filter((name) => name === unit || kind[name]! < most)
  return smaller
    .sort((a, b) => Number(kind[b]! - kind[a]!))
    .find((name) => !COARSE.includes(name) && countIn(unit, name, step) !== undefined)
}

/** Decimal text such as `0.01`, `1e-3` or `10` as an exact fraction. */
function fractionOf(text: string): Fraction {
  const [mantissa = '0', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '0', digits = ''] = mantissa.split('.')
  const shift = Number(exponent) - digits.length
  const top = BigInt(`${whole}${digits}`)
  return shift >= 0 ? { top: top * 10n ** BigInt(shift), bottom: 1n } : { top, bottom: 10n ** BigInt(-shift) }
}
