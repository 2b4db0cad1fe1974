/**
 * Every way to read a number out of registers: each address in each type and order. Pure. A sign is left out where
 * nothing negative was shown, because signed and unsigned read the same then. Read next: match.ts.
 */
import { decode } from '../decode.ts'
import type { ModbusAddress } from '../options.ts'

export type RegisterTable = 'holding' | 'input'
/** Registers that were read one after the other. */
export type Registers = { readonly table: RegisterTable; readonly start: number; readonly words: readonly number[] }

export type Place = {
  readonly table: RegisterTable
  readonly address: number
  readonly type: ModbusAddress['type']
  readonly order: Order
}
type Order = NonNullable<ModbusAddress['order']>

/** What a person already knows; absent: everything is tried. */
export type Hints = {
  readonly type?: string | undefined
  readonly order?: string | undefined
  /** Bits of the value: 16, 32 or 64. */
  readonly width?: number | undefined
  readonly address?: number | undefined
}

const ONE: readonly Order[] = ['ABCD', 'BADC']
const MORE: readonly Order[] = ['ABCD', 'CDAB', 'BADC', 'DCBA']
const KINDS = [
  { size: 1, orders: ONE, unsigned: ['u16', 'bcd16'], signed: ['s16'] },
  { size: 2, orders: MORE, unsigned: ['u32', 'f32', 'bcd32'], signed: ['s32', 'f32'] },
  { size: 4, orders: MORE, unsigned: ['u64', 'f64', 'bcd64'], signed: ['s64', 'f64'] },
] as const

export const WORD_BITS = 16

/** Calls `take` with each place and the number it holds. `isSigned`: a negative number was shown. */
export function eachPlace(
  blocks: readonly Registers[],
  isSigned: boolean,
  hints: Hints,
  take: (place: Place, raw: number) => void,
): void {
  for (const block of blocks)
    for (const { size, orders, unsigned, signed } of KINDS) {
      if (hints.width !== undefined && hints.width !== size * WORD_BITS) continue
      const types = typesFor(isSigned ? signed : unsigned, signed, hints.type)
      for (const type of types)
        for (const order of orders) {
          if (hints.order !== undefined && hints.order !== order) continue
          eachAddress(block, size, { type, order }, hints.address, take)
        }
    }
}

/** A type that is known is tried, whatever its sign. */
function typesFor(
  types: readonly Place['type'][],
  signed: readonly Place['type'][],
  known: string | undefined,
): readonly Place['type'][] {
  if (known === undefined) return types
  return [...new Set([...types, ...signed])].filter((type) => type === known)
}

function eachAddress(
  { table, start, words }: Registers,
  size: number,
  how: Pick<Place, 'type' | 'order'>,
  only: number | undefined,
  take: (place: Place, raw: number) => void,
): void {
  const first = only === undefined ? 0 : only - start
  const last = only === undefined ? words.length - size : Math.min(first, words.length - size)
  for (let at = Math.max(0, first); at <= last; at++) {
    const place = { table, address: start + at, ...how }
    const raw = numberAt(place, words.slice(at, at + size))
    if (raw !== undefined) take(place, raw)
  }
}

/** The number at a place in these blocks; undefined when it was not read, or is no number. */
export function valueAt(place: Place, blocks: readonly Registers[]): number | undefined {
  const size = sizeOf(place)
  for (const { table, start, words } of blocks) {
    const at = place.address - start
    if (table === place.table && at >= 0 && at + size <= words.length)
      return numberAt(place, words.slice(at, at + size))
  }
  return undefined
}

export function sizeOf({ type }: Pick<Place, 'type'>): number {
  const kind = KINDS.find(({ unsigned, signed }) => [...unsigned, ...signed].some((one) => one === type))
  return kind?.size ?? 1
}

function numberAt(place: Place, words: readonly number[]): number | undefined {
  const decoded = decode(place, words)
  return decoded.quality === 'good' ? Number(decoded.value) : undefined
}
