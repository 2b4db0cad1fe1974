/** Registers as a technician reads them: alone, and with the one behind. Pure. Read next: pages/bench/look.tsx. */

import { readDisplay } from '../../../../adapters/modbus/bench/display.ts'
import { type Candidate, match, type Sample, type Verdict } from '../../../../adapters/modbus/bench/match.ts'

export type { Candidate }

export type Block = { readonly table: 'holding' | 'input'; readonly start: number; readonly words: readonly number[] }

type Row = {
  readonly address: number
  readonly hex: string
  readonly u16: number
  readonly s16: number
  /** Together with the next register, high word first. */
  readonly u32?: number
  readonly f32?: number
}

export function rowsOf({ start, words }: Block): Row[] {
  return words.map((word, at) => {
    const next = words[at + 1]
    const own = { address: start + at, hex: word.toString(16).padStart(4, '0'), u16: word, s16: (word << 16) >> 16 }
    return next === undefined ? own : { ...own, u32: word * 65_536 + next, f32: floatOf(word, next) }
  })
}

const scratch = new DataView(new ArrayBuffer(4))

function floatOf(high: number, low: number): number {
  scratch.setUint16(0, high)
  scratch.setUint16(2, low)
  return Number(scratch.getFloat32(0).toPrecision(7))
}

/** A place that gives all that a display has shown; `step`: its last digit. */
export type Found = Candidate & { readonly step: number }

/** The one that is left, or the one that a person picked among those; undefined: there is none yet. */
export function foundIn({ samples, verdict }: Looked, picked?: Candidate): Found | undefined {
  const candidate = verdict?.kind === 'one' ? verdict.candidate : verdict?.kind === 'several' ? picked : undefined
  return candidate && { ...candidate, step: Math.min(...samples.map(({ shown }) => shown.step)) }
}

export type Looked = { readonly samples: readonly Sample[]; readonly verdict?: Verdict; readonly why?: string }

/** One more look at the display, with the registers that were read right after it. */
export function looked(before: readonly Sample[], text: string, blocks: readonly Block[]): Looked {
  const shown = readDisplay(text)
  if (typeof shown === 'string') return { samples: before, why: shown }
  const samples = [...before, { shown, blocks }]
  return { samples, verdict: match(samples) }
}

/** Blocks of at most 125 registers, which a device answers in one request. */
export function blocksOf(table: 'holding' | 'input', start: number, count: number) {
  return Array.from({ length: Math.ceil(count / MOST) }, (_, at) => ({
    table,
    start: start + at * MOST,
    count: Math.min(MOST, count - at * MOST),
  }))
}

const MOST = 125

/** A block that a device refuses may hold a register that it does not have: its halves. */
export function halvesOf<Where extends { readonly start: number; readonly count: number }>(block: Where): Where[] {
  const first = Math.ceil(block.count / 2)
  return [
    { ...block, count: first },
    { ...block, start: block.start + first, count: block.count - first },
  ]
}

/** Whether a value is what the display shows, to its last digit. */
export function isShown(value: string | undefined, text: string): boolean {
  const shown = readDisplay(text)
  if (typeof shown === 'string' || value === undefined || value === '' || Number.isNaN(Number(value))) return false
  return Math.abs(Number(value) - shown.value) < shown.step * 1.000001
}
