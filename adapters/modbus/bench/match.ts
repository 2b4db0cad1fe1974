/**
 * Which register is behind a number on a display? Given what it showed several times, and all registers at each time,
 * this finds every address, type, order and scale that gives all of them, and claims one only when no other is left,
 * the number has changed in between, and chance cannot explain it. Pure; it reads nothing by itself.
 *
 * A scale is 1, 2, 2.5 or 5 times a power of ten. An offset is looked for only when nothing fits without one, and it
 * has to be round: otherwise half of a wider counter would fit as well as the whole.
 * Read next: places.ts (what is tried), gateway/cli/bench/match.ts (who reads and asks).
 */
import type { Shown } from './display.ts'
import { eachPlace, type Hints, type Place, type Registers, sizeOf, valueAt, WORD_BITS } from './places.ts'

/** What was shown, and the registers read at that time. */
export type Sample = { readonly shown: Shown; readonly blocks: readonly Registers[] }

/** shown = raw × scale + offset */
export type Candidate = Place & { readonly scale: number; readonly offset: number }

export type Verdict =
  | { readonly kind: 'none'; readonly advice: string }
  /** Nothing is claimed yet. */
  | { readonly kind: 'several'; readonly candidates: readonly Candidate[]; readonly advice: string }
  /** `mirrored`: both tables hold the same registers. */
  | { readonly kind: 'one'; readonly candidate: Candidate; readonly mirrored: boolean }

/** Samples that a claim needs at least. */
const LEAST_SAMPLES = 3
/** How many wrong candidates may be expected to fit by chance. */
const MOST_BY_CHANCE = 1e-6
const SCALES = [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3].flatMap((power) =>
  [1, 2, 2.5, 5].map((factor) => Number(`${factor}e${power}`)),
)
/** A round offset has no more significant digits, or is one of these. */
const ROUND_DIGITS = 4
const KNOWN_OFFSETS = [-273.15, 273.15, -32768, 32768]
/** An offset is looked for once the number has gone this many steps of its last digit. */
const SPAN_FOR_OFFSET = 20

export function match(samples: readonly Sample[], hints: Hints = {}): Verdict {
  const isSigned = samples.some(({ shown }) => shown.value < 0)
  const telling = samples.find(({ shown }) => shown.value !== 0)
  if (telling === undefined)
    return { kind: 'none', advice: 'many registers hold 0: let the machine run until the display shows something else' }
  const { found: plain, tried } = fitting(samples, telling, isSigned, hints)
  const isPlain = plain.length > 0
  const { left, mirrored } = withoutMirror(isPlain ? plain : withOffset(samples, hints), samples)
  const [candidate] = left
  if (candidate === undefined) return { kind: 'none', advice: nothing(samples) }
  const advice = left.length > 1 ? toTellApart(left) : toBeSure(samples, tried, isPlain)
  return advice === undefined ? { kind: 'one', candidate, mirrored } : { kind: 'several', candidates: left, advice }
}

/* ── without an offset ── */

type Fitting = { readonly found: Candidate[]; readonly tried: number }

function fitting(samples: readonly Sample[], first: Sample, isSigned: boolean, hints: Hints): Fitting {
  const found: Candidate[] = []
  let tried = 0
  eachPlace(first.blocks, isSigned, hints, (place, raw) => {
    tried += SCALES.length
    if (raw === 0) return
    for (const scale of SCALES)
      if (fits(raw * scale, first.shown) && fitsAll({ ...place, scale, offset: 0 }, samples))
        found.push({ ...place, scale, offset: 0 })
  })
  return { found, tried }
}

/** A display rounds or cuts off its last digit. */
function fits(value: number, { value: shown, step }: Shown): boolean {
  return Math.abs(value - shown) < step * 1.000001
}

function fitsAll(candidate: Candidate, samples: readonly Sample[]): boolean {
  return samples.every(({ shown, blocks }) => {
    const raw = valueAt(candidate, blocks)
    return raw !== undefined && fits(raw * candidate.scale + candidate.offset, shown)
  })
}

/* ── with one ── */

function withOffset(samples: readonly Sample[], hints: Hints): Candidate[] {
  const values = samples.map(({ shown }) => shown.value)
  const step = Math.max(...samples.map(({ shown }) => shown.step))
  const [first] = samples
  if (first === undefined || new Set(values).size < LEAST_SAMPLES || spanOf(samples) < SPAN_FOR_OFFSET * step) return []
  const found: Candidate[] = []
  const take = (place: Place) => {
    const raws = samples.map(({ blocks }) => valueAt(place, blocks))
    if (raws.some((raw) => raw === undefined) || raws.every((raw) => raw === raws[0])) return
    for (const scale of SCALES) {
      const offset = roundOffset(samples, raws as number[], scale)
      const candidate = { ...place, scale, offset: offset ?? 0 }
      if (offset !== undefined && !found.some((other) => readsTheSame(other, candidate))) found.push(candidate)
    }
  }
  // What is negative in the register may be positive on the display, so both are tried, unsigned first.
  for (const isSigned of [false, true]) eachPlace(first.blocks, isSigned, hints, take)
  return found
}

/** Signed and unsigned that came to the same offset hold the same numbers. */
function readsTheSame(a: Candidate, b: Candidate): boolean {
  const isOneKind = a.type.slice(1) === b.type.slice(1) && !a.type.startsWith('f') && !b.type.startsWith('f')
  return (isOneKind || a.type === b.type) && isSamePlace(a, b) && a.scale === b.scale && a.offset === b.offset
}

function isSamePlace(a: Candidate, b: Candidate): boolean {
  return a.table === b.table && a.address === b.address && a.order === b.order
}

function spanOf(samples: readonly Sample[]): number {
  const values = samples.map(({ shown }) => shown.value)
  return Math.max(...values) - Math.min(...values)
}

/** The one round offset that brings every raw number to what was shown. */
function roundOffset(samples: readonly Sample[], raws: readonly number[], scale: number): number | undefined {
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (const [index, { shown }] of samples.entries()) {
    const offset = shown.value - raws[index]! * scale
    low = Math.max(low, offset - shown.step)
    high = Math.min(high, offset + shown.step)
    if (low >= high) return undefined
  }
  const middle = (low + high) / 2
  const known = KNOWN_OFFSETS.find((offset) => low < offset && offset < high)
  if (known !== undefined) return known
  for (let digits = 1; digits <= ROUND_DIGITS; digits++) {
    const offset = Number(middle.toPrecision(digits))
    if (low < offset && offset < high) return offset
  }
  return undefined
}

/* ── what is left ── */

/** Many devices answer both functions from the same registers: then the holding registers stand for both. */
function withoutMirror(
  found: readonly Candidate[],
  samples: readonly Sample[],
): { readonly left: readonly Candidate[]; readonly mirrored: boolean } {
  const holding = found.filter(({ table }) => table === 'holding')
  const same = (a: Candidate, b: Candidate) =>
    a.address === b.address && a.type === b.type && a.order === b.order && a.scale === b.scale && a.offset === b.offset
  const isTwin = (one: Candidate) => one.table === 'input' && holding.some((other) => same(one, other))
  if (!found.some(isTwin) || !areMirrors(samples)) return { left: found, mirrored: false }
  return { left: found.filter((one) => !isTwin(one)), mirrored: true }
}

/** Every register read in both tables held the same, each time. */
function areMirrors(samples: readonly Sample[]): boolean {
  return samples.every(({ blocks }) => {
    const holding = new Map<number, number>()
    for (const { table, start, words } of blocks)
      if (table === 'holding') for (const [at, word] of words.entries()) holding.set(start + at, word)
    return blocks.every(
      ({ table, start, words }) =>
        table === 'holding' || words.every((word, at) => (holding.get(start + at) ?? word) === word),
    )
  })
}

function nothing(samples: readonly Sample[]): string {
  const few = new Set(samples.map(({ shown }) => shown.value)).size < LEAST_SAMPLES
  return few
    ? 'no register shows that by itself; go on, and a constant offset is looked for once it has changed twice'
    : 'no register that was read gives all of these: look for typing errors, read more registers, or both tables'
}

/** Undefined: it is sure. */
function toBeSure(samples: readonly Sample[], tried: number, isPlain: boolean): string | undefined {
  const distinct = new Map(samples.map(({ shown }) => [shown.value, shown]))
  if (distinct.size < 2) return 'one is left; let the number on the display change, and type it again'
  if (samples.length < LEAST_SAMPLES) return 'one is left; type it once more'
  // With an offset the first number says nothing, and the others no more than how far they are from it.
  const telling = isPlain ? [...distinct.values()] : [...distinct.values()].slice(1)
  const size = isPlain ? undefined : spanOf(samples)
  let byChance = tried
  for (const { value, step } of telling) byChance *= Math.min(1, (4 * step) / (size ?? Math.max(step, Math.abs(value))))
  return byChance <= MOST_BY_CHANCE
    ? undefined
    : 'one is left, and chance could explain it; type it after another change'
}

/** What would separate those that are left. */
function toTellApart(left: readonly Candidate[]): string {
  const limits = left.filter(({ type }) => type.startsWith('u') || type.startsWith('s')).map(mostOf)
  const widths = new Set(left.map(sizeOf))
  const least = Math.min(...limits)
  const beyond =
    widths.size > 1 && Number.isFinite(least)
      ? `; a narrow counter and a wide one part beyond ${Number(least.toPrecision(6))}, or say --width`
      : ''
  return `${left.length} registers give that: let the number change, and type it again${beyond}`
}

function mostOf(candidate: Candidate): number {
  return 2 ** (sizeOf(candidate) * WORD_BITS) * candidate.scale + candidate.offset
}
