/**
 * Whole ranges of registers, as a person names them: `holding:0-120,input:0x100-0x140`. A block that the device refuses
 * is asked for in halves, and what it refuses alone is left out from then on. Read next: link.ts, match.ts.
 */
import type { Point } from '../../../adapters/adapter.ts'
import type { Registers, RegisterTable } from '../../../adapters/modbus/bench/places.ts'
import type { Range } from '../../../adapters/modbus/bench/walk.ts'
import { type BenchLink, refused } from './ground.ts'

/** Registers that are read for one sample; more would take too long, and match too much by chance. */
const MOST_REGISTERS = 4000
const LAST = 65_535
/** A device that is busy is asked again. */
const TRIES = 3

/** Or why the text names no ranges. */
export function readRanges(text: string): Range[] | string {
  const ranges: Range[] = []
  for (const part of text.split(',')) {
    const [, table, from = '', to = from] = /^\s*(holding|input)\s*:\s*(\w+)(?:\s*-\s*(\w+))?\s*$/.exec(part) ?? []
    const range = { table: table as RegisterTable, from: Number(from), to: Number(to) }
    const isGood = table !== undefined && range.from >= 0 && range.to >= range.from && range.to <= LAST
    if (!isGood) return `"${part.trim()}" is no range of registers; write holding:0-120 or input:0x100-0x140`
    ranges.push(range)
  }
  const count = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  return count > MOST_REGISTERS ? `${count} registers are more than ${MOST_REGISTERS}; name fewer` : ranges
}

type RegisterReader = {
  /** All that the device has of the ranges, at one time. */
  read(): Promise<readonly Registers[]>
}

type Block = { readonly table: RegisterTable; readonly start: number; readonly count: number }

/** `block`: registers in a request. */
export function createRegisterReader(
  link: BenchLink,
  unit: number,
  ranges: readonly Range[],
  block: number,
): RegisterReader {
  let blocks = ranges.flatMap((range) => blocksOf(range, block))
  return {
    async read() {
      const found: Registers[] = []
      for (let left = blocks, tries = 0; left.length > 0; ) {
        const readings = await link.read(left.map((one) => pointOf(one, unit)))
        const again: Block[] = []
        let isCut = false
        for (const [index, { table, start, count }] of left.entries()) {
          const { quality, value, cause, detail } = readings[index]!
          if (quality === 'good') found.push({ table, start, words: value as readonly number[] })
          else if (cause === 'refused' && count > 1) {
            isCut = true
            again.push(...halves({ table, start, count }))
          } else if (cause !== 'refused') {
            if (tries >= TRIES) throw refused(`unit ${unit} at ${link.where}: ${detail ?? cause}`)
            again.push({ table, start, count })
          }
        }
        if (!isCut) tries += 1
        left = again
      }
      if (found.length === 0) throw refused(`unit ${unit} at ${link.where} has none of these registers`)
      blocks = found.map(({ table, start, words }) => ({ table, start, count: words.length }))
      return joined(found)
    },
  }
}

/** Registers that follow one another in one piece, so that a value may begin in one block and end in the next. */
function joined(found: readonly Registers[]): Registers[] {
  const all: { table: RegisterTable; start: number; words: number[] }[] = []
  for (const { table, start, words } of found.toSorted((a, b) => a.table.localeCompare(b.table) || a.start - b.start)) {
    const last = all.at(-1)
    if (last?.table === table && last.start + last.words.length === start) last.words.push(...words)
    else all.push({ table, start, words: [...words] })
  }
  return all
}

function blocksOf({ table, from, to }: Range, block: number): Block[] {
  const count = Math.ceil((to - from + 1) / block)
  return Array.from({ length: count }, (_, at) => {
    const start = from + at * block
    return { table, start, count: Math.min(block, to - start + 1) }
  })
}

function halves({ table, start, count }: Block): Block[] {
  const first = count >> 1
  return [
    { table, start, count: first },
    { table, start: start + first, count: count - first },
  ]
}

function pointOf({ table, start, count }: Block, unit: number): Point {
  const address = { table, address: start, type: 'words', count }
  return { id: `${table}:${start}`, address, device: { unit }, intervalMs: 1000 }
}
