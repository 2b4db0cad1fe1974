/**
 * What a measurement is: pairs of a run of ours and a run of the bare program, one after the other, so that other work
 * of the computer falls on both; their ratios, and whether the median reaches the aim. Read next: main.ts.
 */
import type { Scope } from '../support/proof.ts'
import { quantile } from './measure.ts'

/** How to measure; from the command line. */
export type Bench = {
  /** Whatever is started in it ends with the group. */
  readonly scope: Scope
  readonly pairs: number
  /** From when everything runs to the start of a window. */
  readonly settleMs: number
  /** What is measured of a run. */
  readonly windowMs: number
  /** Less of everything: it shows that a key works, its figures are noise. */
  readonly quick: boolean
  /** Ten minutes where it is one. */
  readonly long: boolean
  /** Progress, for the person who waits. */
  say(text: string): void
}

/** Keys that are measured together. */
export type Group = {
  readonly keys: readonly string[]
  /** Measures those of its keys that are wanted. */
  run(bench: Bench, wanted: ReadonlySet<string>): Promise<Figure[]>
}

/** One pair; a side that could not be measured is missing. */
export type Pair = { readonly ours?: number; readonly bare?: number }

export type Spread = { readonly median: number; readonly least: number; readonly most: number }

export type Figure = {
  readonly key: string
  /** Which of several figures of the key. */
  readonly of?: string
  readonly unit: string
  /** Medians. */
  readonly ours?: number
  readonly bare?: number
  /** Ours by bare of each pair. */
  readonly ratio?: Spread
  readonly pairs: readonly Pair[]
  readonly aim: string
  readonly ok: boolean
  /** What a reader has to know to believe it, or why it is missing. */
  readonly notes: readonly string[]
}

export type Aim = {
  readonly text: string
  /** Asked only when every pair is whole. */
  holds(figure: { readonly ratio: number; readonly ours: number; readonly bare: number }): boolean
}

export function compare(
  key: string,
  unit: string,
  pairs: readonly Pair[],
  aim: Aim,
  { of, notes = [] }: { readonly of?: string; readonly notes?: readonly string[] } = {},
): Figure {
  const whole = pairs.flatMap(({ ours, bare }) => (ours === undefined || bare === undefined ? [] : [{ ours, bare }]))
  const medianOf = (side: keyof Pair) => median(pairs.flatMap((pair) => pair[side] ?? []))
  const [ours, bare] = [medianOf('ours'), medianOf('bare')]
  const ratio = spread(whole.map((pair) => pair.ours / pair.bare))
  const complete = whole.length === pairs.length && ratio !== undefined
  return {
    key,
    ...(of === undefined ? {} : { of }),
    unit,
    ...(ours === undefined ? {} : { ours }),
    ...(bare === undefined ? {} : { bare }),
    ...(ratio === undefined ? {} : { ratio }),
    pairs,
    aim: aim.text,
    ok: complete && aim.holds({ ratio: ratio.median, ours: ours!, bare: bare! }),
    notes: complete ? notes : [...notes, `${whole.length} of ${pairs.length} pairs are whole`],
  }
}

export const atMost = (most: number): Aim => ({ text: `ratio ≤ ${most}`, holds: ({ ratio }) => ratio <= most })
export const atLeast = (least: number): Aim => ({ text: `ratio ≥ ${least}`, holds: ({ ratio }) => ratio >= least })

/** A, B, A, B and so on. A side that fails is missing from its pair, and a note says why. */
export async function interleave(
  bench: Bench,
  ours: (pair: number) => Promise<number>,
  bare: (pair: number) => Promise<number>,
): Promise<{ readonly pairs: Pair[]; readonly notes: string[] }> {
  const pairs: Pair[] = []
  const notes: string[] = []
  const side = async (name: keyof Pair, measure: (pair: number) => Promise<number>, pair: number): Promise<Pair> => {
    try {
      const value = await measure(pair)
      bench.say(`pair ${pair} of ${bench.pairs}, ${name}: ${Number(value.toPrecision(4))}`)
      return { [name]: value }
    } catch (error) {
      const note = `pair ${pair}, ${name}: ${(error as Error).message.split('\n')[0]}`
      bench.say(note)
      notes.push(note)
      return {}
    }
  }
  for (let pair = 1; pair <= bench.pairs; pair += 1)
    pairs.push({ ...(await side('ours', ours, pair)), ...(await side('bare', bare, pair)) })
  return { pairs, notes }
}

function spread(numbers: readonly number[]): Spread | undefined {
  if (numbers.length === 0) return undefined
  return { median: quantile(numbers, 0.5), least: Math.min(...numbers), most: Math.max(...numbers) }
}

const median = (numbers: readonly number[]): number | undefined =>
  numbers.length === 0 ? undefined : quantile(numbers, 0.5)
