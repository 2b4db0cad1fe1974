/**
 * Which registers of a unit answer. A device is asked at single addresses first, since most refuse a block that holds
 * one register too many; where one answers, its range is felt for in both directions. Every read is counted against a
 * bound. It decides what is asked; the caller asks. Read next: ask.ts, gateway/cli/bench/scan.ts.
 */
import type { RegisterTable } from './places.ts'

export type Range = { readonly table: RegisterTable; readonly from: number; readonly to: number }

/** Whether the unit answers this read with values; rejects when the connection is over. */
type Answers = (table: RegisterTable, start: number, count: number) => Promise<boolean>

type WalkOptions = {
  readonly tables: readonly RegisterTable[]
  /** Addresses tried first. */
  readonly known: readonly number[]
  /** Between the addresses tried after those. A smaller range between two of them is not found. */
  readonly stride: number
  /** Registers in a read. */
  readonly block: number
  /** Reads in all. */
  readonly most: number
}

const LAST = 65_535

/** Ranges in order. `isWhole`: false when the bound ended it. `found` hears of each at once. */
export async function walk(
  answers: Answers,
  options: WalkOptions,
  found: (range: Range) => void,
): Promise<{ readonly ranges: readonly Range[]; readonly isWhole: boolean }> {
  let left = options.most
  const ask: Answers = async (table, start, count) => {
    left -= 1
    return left >= 0 && (await answers(table, start, count))
  }
  const ranges: Range[] = []
  for (const table of options.tables) {
    const mine: Range[] = []
    for (const address of startsOf(options)) {
      if (left <= 0) break
      if (mine.some(({ from, to }) => address >= from && address <= to) || !(await ask(table, address, 1))) continue
      const range = {
        table,
        from: await edge(ask, table, address, -1, options),
        to: await edge(ask, table, address, 1, options),
      }
      mine.push(range)
      found(range)
    }
    ranges.push(...mine.sort((a, b) => a.from - b.from))
  }
  return { ranges, isWhole: left > 0 }
}

function startsOf({ known, stride }: WalkOptions): Set<number> {
  const all = Array.from({ length: Math.ceil((LAST + 1) / stride) }, (_, at) => at * stride)
  return new Set([...known, ...all])
}

/** The last address that answers together with this one: in whole blocks, then in halves of one. */
async function edge(
  ask: Answers,
  table: RegisterTable,
  address: number,
  way: 1 | -1,
  options: WalkOptions,
): Promise<number> {
  let [at, size] = [address, options.block]
  while (size > 0) {
    const next = at + way * size
    const start = Math.min(at, next) + (way === 1 ? 1 : 0)
    if (next >= 0 && next <= LAST && (await ask(table, start, size))) at = next
    else size >>= 1
  }
  return at
}
