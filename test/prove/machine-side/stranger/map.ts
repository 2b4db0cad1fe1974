/**
 * A meter that nobody knows: a seed picks where its registers lie, in which table, order, width and scale it counts,
 * and what stands beside. What its display shows is all that a technician gets.
 */
import { random } from '../../../ledger/verify/shop/random.ts'

type Order = 'ABCD' | 'CDAB' | 'BADC' | 'DCBA'
type Type = 'u16' | 'u32' | 's32' | 'f32' | 'u64' | 'f64'
/** `value`: decimal text, before it is packed. */
export type Cell = {
  readonly table: string
  readonly address: number
  readonly type: Type
  readonly order: Order
  readonly value: string
}

export type StrangerMap = {
  /** As a person would say it. */
  readonly about: string
  readonly ranges: readonly { readonly table: string; readonly start: number; readonly words: readonly number[] }[]
  /** Steps of the last digit of the display: at the start, and from one look to the next at most. */
  readonly first: number
  readonly stride: number
  /** The counter, as it is. */
  readonly truth: {
    readonly tables: readonly string[]
    readonly address: number
    readonly type: Type
    readonly scale: number
    readonly offset: number
  }
  /** kWh of one step. */
  readonly step: number
  /** Every value that changes, when the display shows so many steps. */
  cells(steps: number): readonly Cell[]
  shown(steps: number): string
}

/** `scale` in kWh; `first`: steps of the display at the start. */
type Kind = {
  readonly type: Type
  readonly decimals: number
  readonly scale: number
  readonly first: readonly [number, number]
}

/** A wide counter begins above what a narrow one holds: below, nobody could tell them apart by looking. */
const KINDS: readonly Kind[] = [
  { type: 'u16', decimals: 1, scale: 0.1, first: [10_000, 30_000] },
  { type: 'u16', decimals: 0, scale: 1, first: [10_000, 30_000] },
  { type: 'u32', decimals: 2, scale: 0.01, first: [70_000, 90_000_000] },
  { type: 'u32', decimals: 3, scale: 0.001, first: [70_000, 900_000_000] },
  { type: 'u32', decimals: 1, scale: 0.1, first: [70_000, 9_000_000] },
  { type: 'u32', decimals: 2, scale: 0.001, first: [70_000, 90_000_000] },
  { type: 's32', decimals: 2, scale: 0.01, first: [70_000, 90_000_000] },
  { type: 'f32', decimals: 2, scale: 1, first: [10_000, 1_000_000] },
  { type: 'f32', decimals: 2, scale: 0.001, first: [10_000, 1_000_000] },
  { type: 'u64', decimals: 3, scale: 0.000_001, first: [5_000_000, 900_000_000] },
  { type: 'u64', decimals: 2, scale: 0.000_01, first: [5_000_000, 90_000_000] },
  { type: 'f64', decimals: 2, scale: 0.001, first: [70_000, 90_000_000] },
]
const ORDERS: readonly Order[] = ['ABCD', 'CDAB', 'BADC', 'DCBA']
/** kWh that the display shows more than the register holds, as after an exchange of the meter. */
const OFFSETS = [0, 0, 0, 0, 100, 500, 1000, 2500]
const SIZE = { u16: 1, u32: 2, s32: 2, f32: 2, u64: 4, f64: 4 } as const

export function strangerMap(seed: number): StrangerMap {
  const next = random(seed)
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  const pick = <T>(from: readonly T[]): T => from[between(0, from.length - 1)]!
  const kind = pick(KINDS)
  const order = kind.type === 'u16' ? pick(['ABCD', 'BADC'] as const) : pick(ORDERS)
  const tables = pick([['holding'], ['input'], ['holding', 'input']])
  const count = between(140, 300)
  const start = between(0, 60_000)
  // With an offset half of a wide counter would do as well until it carries, which takes one of 64 bits years.
  const offset = kind.type === 'u64' ? 0 : pick(OFFSETS)
  const address = start + 8 + between(0, count - 24)
  const words = Array.from({ length: count }, () => between(1, 65_535))
  const step = 10 ** -kind.decimals
  const first = between(...kind.first) + Math.round(offset / step)
  const rawOf = (steps: number) => {
    const raw = Number(((steps * step - offset) / kind.scale).toPrecision(15))
    return String(kind.type.startsWith('f') ? raw : Math.round(raw))
  }
  const slots = Array.from({ length: Math.floor(count / 4) }, (_, at) => start + 4 * at)
  // A register that stays 0 beside a narrow counter would make a wide one of it, which nobody could tell by looking.
  const free = slots.filter((slot) => slot + 4 < address - 3 || slot > address + SIZE[kind.type] + 3)
  const beside = BESIDE.map((value) => ({ ...value, address: free.splice(between(0, free.length - 1), 1)[0]! }))
  return {
    about: `${kind.type} ${order} × ${kind.scale}${offset === 0 ? '' : ` + ${offset}`} at ${tables.join('+')} ${address}`,
    ranges: tables.map((table) => ({ table, start, words })),
    first,
    stride: kind.type === 'u16' ? 2500 : 60_000,
    truth: { tables, address, type: kind.type, scale: kind.scale, offset },
    step,
    cells: (steps) =>
      tables.flatMap((table) => [
        { table, address, type: kind.type, order, value: rawOf(steps) },
        ...beside
          .filter(({ isPartial }) => !(isPartial && offset !== 0))
          .map((one) => ({
            table,
            address: one.address,
            type: one.type,
            order,
            value: String(one.of(steps, steps - first)),
          })),
      ]),
    shown: (steps) => (steps * step).toFixed(kind.decimals),
  }
}

/** What could be taken for the counter. A partial counter shows nothing else than a total that has an offset. */
const BESIDE: readonly { type: Type; isPartial?: true; of: (steps: number, made: number) => number }[] = [
  { type: 'u32', of: (steps) => Math.round(steps * 0.93) },
  { type: 'u32', of: (steps) => Math.round(steps / 3) },
  { type: 'u64', of: (steps) => steps * 997 },
  { type: 'f64', of: (steps) => steps * 1.01 },
  { type: 'f32', of: (steps) => steps * 0.011 },
  { type: 'u32', isPartial: true, of: (_, made) => made },
  { type: 'u16', isPartial: true, of: (_, made) => made & 0xffff },
  { type: 'f32', of: (steps) => 230 + (steps % 97) / 10 },
  { type: 'u16', of: (steps) => 2290 + (steps % 41) },
  { type: 'u16', of: (steps) => 4990 + (steps % 19) },
  { type: 'u32', of: (steps) => (steps * 7919) % 90_001 },
]
