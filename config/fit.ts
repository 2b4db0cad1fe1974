/**
 * Whether a device could be of a model: what its registers hold, read as the profile says, against what can be. Zeros
 * and small numbers prove nothing, so that a fit needs values that hardly come by chance: a voltage, a frequency.
 * Pure. Read next: catalogue.ts, gateway/cli/bench/scan.ts (who reads).
 */

/** A signal of a profile and what was read; `value` absent: the device refused, or it is no value of that type. */
export type Tried = {
  readonly name: string
  readonly unit?: string | undefined
  readonly value?: number | string | undefined
}

type Fit = {
  /** `fits`: all of it can be, and enough of it hardly comes by chance. `may`: nothing speaks against it. */
  readonly kind: 'fits' | 'may' | 'not'
  /** Signals whose value hardly comes by chance. */
  readonly telling: readonly string[]
  /** The first one that cannot be. */
  readonly against?: string
}

type Span = readonly [least: number, most: number]

/** What a quantity can be, by its unit. */
const POSSIBLE: Readonly<Record<string, Span>> = {
  V: [0, 1200],
  A: [-10_000, 10_000],
  W: [-1e7, 1e7],
  kW: [-1e4, 1e4],
  Hz: [0, 1000],
  kWh: [0, 1e9],
  Wh: [0, 1e12],
  MWh: [0, 1e6],
  '°C': [-100, 1500],
  '%': [-1000, 1000],
  m3: [0, 1e9],
}
const ELSE: Span = [-1e15, 1e15]
/** What hardly comes by chance. */
const TELLING: Readonly<Record<string, Span>> = { V: [85, 760], Hz: [45, 65] }
const LEAST_TELLING = 2
/** A number nearer to 0 is an integer that was read as a float. */
const LEAST_FLOAT = 1e-20

export function fitOf(tried: readonly Tried[]): Fit {
  const telling: string[] = []
  for (const { name, unit = '', value } of tried) {
    if (value === undefined) return { kind: 'not', telling, against: name }
    if (typeof value === 'string') {
      if (value.length >= 3) telling.push(name)
      continue
    }
    const isTiny = value !== 0 && Math.abs(value) < LEAST_FLOAT
    if (isTiny || !isWithin(value, POSSIBLE[unit] ?? ELSE)) return { kind: 'not', telling, against: name }
    if (TELLING[unit] !== undefined && isWithin(value, TELLING[unit])) telling.push(name)
  }
  return { kind: telling.length >= LEAST_TELLING ? 'fits' : 'may', telling }
}

/** Words of what the device says of itself in the names of maker and model. */
export function isNamed(said: string, maker: string, model: string): boolean {
  const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []
  const heard = words(said)
  const makers = words(maker)
  const models = words(model).filter((word) => /\d/.test(word))
  const hears = (word: string) => heard.some((one) => one.startsWith(word) || word.startsWith(one))
  return models.some(hears) || (makers.some(hears) && models.length === 0)
}

const isWithin = (value: number, [least, most]: Span) => value >= least && value <= most
