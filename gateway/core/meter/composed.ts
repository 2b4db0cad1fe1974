/**
 * Values that a device spreads over several registers: a counter and its scale factor, two tariffs, whole and fraction,
 * a number and its sign, a date. Each is composed of readings of one cycle, exactly where its parts are exact, and is
 * never better than the worst of them: without one part there is no value. Pure; it keeps nothing from cycle to cycle.
 * Read next: decimal.ts; control/loops/points.ts, which has the parts read together.
 */
import type { Composition, SignalConfig } from '../ground/config.ts'
import type { Reading, ReadingCause } from '../reading/reading.ts'
import { floatCounts } from './counts.ts'
import { type Decimal, decimalOf, fullSteps, negative, plus, shown, times, whole } from './decimal.ts'

/** The signals that a composed one is made of, in the order of its configuration. */
export function partsOf(composed: Composition): readonly string[] {
  switch (composed.kind) {
    case 'sum':
      return [...composed.add, ...composed.subtract]
    case 'product': {
      const { of, by, tenTo, tenToMinus } = composed
      return [of, ...composed.times, by?.signal, tenTo, tenToMinus].filter((id) => id !== undefined)
    }
    case 'sign':
      return [composed.of, composed.negative]
    case 'time':
      return Object.values(composed.at)
    case 'text':
      return composed.of
  }
}

type Compose = (readings: readonly Reading[]) => readonly Reading[]

/** Adds to the readings of one cycle what is composed of them. */
export function composer(signals: readonly SignalConfig[]): Compose {
  const composed = signals.filter((signal) => signal.composed !== undefined)
  if (composed.length === 0) return (readings) => readings
  const known = new Map(signals.map((signal) => [signal.id, signal]))
  return (readings) => {
    const cycle: Cycle = { known, came: new Map(readings.map((one) => [one.point, one])), made: new Map() }
    const made = composed.map(({ id }) => madeOf(cycle, id)?.reading).filter((one) => one !== undefined)
    return made.length === 0 ? readings : [...readings, ...made]
  }
}

type Cycle = {
  readonly known: ReadonlyMap<string, SignalConfig>
  readonly came: ReadonlyMap<string, Reading>
  readonly made: Map<string, Made | undefined>
}

/** `exact`: of a number that came from whole registers, or from a float whose steps are named. */
type Made = { readonly reading: Reading; readonly exact?: Decimal }

/** Of a plain signal what was read, of a composed one what its parts make; undefined where nothing of it was read. */
function madeOf(cycle: Cycle, id: string): Made | undefined {
  const signal = cycle.known.get(id)
  if (signal?.composed === undefined) {
    const reading = cycle.came.get(id)
    return reading && { reading, ...exactOf(reading, signal) }
  }
  if (!cycle.made.has(id)) cycle.made.set(id, compose(cycle, signal.composed, id))
  return cycle.made.get(id)
}

function exactOf({ raw }: Reading, signal: SignalConfig | undefined): { exact?: Decimal } {
  if (raw === undefined || signal === undefined) return {}
  const { scale, offset } = signal
  return { exact: plus(times(whole(raw), decimalOf(String(scale))), decimalOf(String(offset))) }
}

/* ── one value ── */

type Parts = ReadonlyMap<string, Made>
type Why = { readonly cause: ReadingCause; readonly detail: string }
type Outcome = { readonly exact: Decimal } | { readonly value: number | string } | Why

function compose(cycle: Cycle, composed: Composition, id: string): Made | undefined {
  const ids = partsOf(composed)
  const parts: Parts = new Map(
    ids.flatMap((part) => {
      const made = madeOf(cycle, part)
      return made === undefined ? [] : [[part, made] as const]
    }),
  )
  if (parts.size === 0) return undefined
  const read = [...parts.values()].map(({ reading }) => reading)
  const { readAtMs, readAtNs } = read.reduce((oldest, one) => (one.readAtNs < oldest.readAtNs ? one : oldest))
  const at = { point: id, readAtMs, readAtNs }
  const why = whyNone(composed, ids, parts)
  const outcome = why ?? outcomeOf(composed, parts)
  if ('cause' in outcome) return { reading: { ...at, quality: 'bad', ...outcome } }
  const quality = read.every((one) => one.quality === 'good') ? 'good' : 'uncertain'
  if ('value' in outcome) return { reading: { ...at, quality, value: outcome.value } }
  const { exact } = outcome
  const { step } = composed as { readonly step?: string }
  const raw = step === undefined ? {} : { raw: fullSteps(exact, decimalOf(step)) }
  return { reading: { ...at, quality, value: shown(exact), ...raw }, exact }
}

/** Why the parts make no value: one was not read with the others, has none itself, or is of another moment. */
function whyNone(composed: Composition, ids: readonly string[], parts: Parts): Why | undefined {
  for (const id of ids) {
    const reading = parts.get(id)?.reading
    if (reading === undefined) return { cause: 'not-available', detail: `${nameOf(id)} was not read with it` }
    if (reading.quality !== 'bad') continue
    const { cause = 'not-available', detail = cause } = reading
    return { cause, detail: `${nameOf(id)}: ${detail}` }
  }
  const moments = new Set([...parts.values()].map(({ reading }) => reading.readAtNs))
  if (composed.instant !== 'request' || moments.size === 1) return undefined
  return { cause: 'malformed', detail: 'its parts were not read in one request' }
}

function outcomeOf(composed: Composition, parts: Parts): Outcome {
  const part = (id: string) => parts.get(id)!
  switch (composed.kind) {
    case 'sum':
      return sumOf(composed, part)
    case 'product':
      return productOf(composed, part)
    case 'sign': {
      const value = numberOf(composed, composed.of, part)
      if ('cause' in value) return value
      const sign = part(composed.negative).reading.value
      const turns = sign === true || (sign !== false && Number(sign) === composed.when)
      return turns ? minus(value) : value
    }
    case 'time':
      return timeOf(composed, part)
    case 'text':
      return { value: composed.of.map((id) => String(part(id).reading.value)).join('/') }
  }
}

type Part = (id: string) => Made
type Amount = { readonly exact: Decimal } | { readonly value: number }

/** The number of a part; of a float with named steps the steps that are full. */
function numberOf({ floats }: Composition, id: string, part: Part): Amount | Why {
  const { reading, exact } = part(id)
  if (exact !== undefined) return { exact }
  const value = Number(reading.value)
  const float = floats?.[id]
  if (float === undefined)
    return Number.isFinite(value) ? { value } : { cause: 'malformed', detail: `${nameOf(id)} is no number` }
  const counts = floatCounts(value, float)
  if (typeof counts !== 'bigint') return { cause: 'out-of-range', detail: `${nameOf(id)} shows ${value}: ${counts}` }
  return { exact: times(whole(counts), decimalOf(float.step)) }
}

function sumOf(composed: Extract<Composition, { kind: 'sum' }>, part: Part): Outcome {
  let sum: Amount = { exact: whole(0n) }
  for (const id of partsOf(composed)) {
    const amount = numberOf(composed, id, part)
    if ('cause' in amount) return amount
    const signed = composed.subtract.includes(id) ? minus(amount) : amount
    sum = both(sum, signed, plus, (a, b) => a + b)
  }
  return sum
}

/** A power of ten beyond these is none of a register. */
const MOST_POWER = 20

function productOf(composed: Extract<Composition, { kind: 'product' }>, part: Part): Outcome {
  const { of, times: ratios, by, tenTo, tenToMinus } = composed
  let product = numberOf(composed, of, part)
  for (const id of ratios) {
    const ratio = numberOf(composed, id, part)
    if ('cause' in product) return product
    if ('cause' in ratio) return ratio
    product = both(product, ratio, times, (a, b) => a * b)
  }
  if ('cause' in product) return product
  if (by !== undefined) {
    const { raw, value } = part(by.signal).reading
    const factor = by.factors[String(raw ?? value)]
    if (factor === undefined)
      return {
        cause: 'out-of-range',
        detail: `${nameOf(by.signal)} shows ${String(raw ?? value)}, which has no factor`,
      }
    product = both(product, { exact: decimalOf(factor) }, times, (a, b) => a * b)
  }
  for (const [id, sign] of [
    [tenTo, 1],
    [tenToMinus, -1],
  ] as const) {
    if (id === undefined) continue
    const power = Number(part(id).reading.value)
    if (!Number.isInteger(power) || Math.abs(power) > MOST_POWER)
      return { cause: 'out-of-range', detail: `${nameOf(id)} shows ${power}, which is no power of ten` }
    product = both(product, { exact: { digits: 1n, exponent: sign * power } }, times, (a, b) => a * b)
  }
  return product
}

/** `2026-11-27T09:30:00`, by the clock of the device: its zone is not known. */
function timeOf({ at }: Extract<Composition, { kind: 'time' }>, part: Part): Outcome {
  const field = (id: string | undefined, digits: number) =>
    (id === undefined ? '' : String(part(id).reading.value)).padStart(digits, '0')
  const day = `${field(at.year, 4)}-${field(at.month, 2)}-${field(at.day, 2)}`
  const text = `${day}T${field(at.hour, 2)}:${field(at.minute, 2)}:${field(at.second, 2)}`
  const ms = Date.parse(`${text}Z`)
  // A day that no month has is turned into one of the next.
  if (Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text)) return { value: text }
  return { cause: 'malformed', detail: `${text} is no date` }
}

const minus = (amount: Amount): Amount =>
  'exact' in amount ? { exact: negative(amount.exact) } : { value: -amount.value }

/** Exact where both are, a number else. */
function both(
  a: Amount,
  b: Amount,
  exactly: (a: Decimal, b: Decimal) => Decimal,
  roughly: (a: number, b: number) => number,
): Amount {
  if ('exact' in a && 'exact' in b) return { exact: exactly(a.exact, b.exact) }
  return { value: roughly(roughOf(a), roughOf(b)) }
}

const roughOf = (amount: Amount) => ('exact' in amount ? Number(shown(amount.exact)) : amount.value)
const nameOf = (id: string) => id.slice(id.indexOf('.') + 1)
