/**
 * The raw values with which a device says that it has no value: while it boots, sleeps, or has lost its sensor. By
 * habit they are all ones for an unsigned type, and the least or the largest number of a signed one. Pure. Read next:
 * machine.ts; gateway/control/loops/points.ts, which makes them bad.
 */

const UNSIGNED = (bits: bigint) => [2n ** bits - 1n].map(String)
const SIGNED = (bits: bigint) => [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n].map(String)

/** Decimal text, by the type of an address. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  u16: UNSIGNED(16n),
  s16: SIGNED(16n),
  i16: SIGNED(16n),
  u32: UNSIGNED(32n),
  s32: SIGNED(32n),
  i32: SIGNED(32n),
  u64: UNSIGNED(64n),
  s64: SIGNED(64n),
  i64: SIGNED(64n),
}

type List = readonly (number | string)[]
type Words = Partial<Readonly<Record<'notAvailable' | 'overload' | 'notFitted', List>>>
type Given = 'none' | List | Words | undefined

/** `given`: as the profile says it. `isQuantity`: it has a unit or is counted; a code or a set of bits is none. */
export function unavailableOf(given: Given, type: string | undefined, isQuantity: boolean): readonly string[] {
  if (given === 'none') return []
  if (isWords(given)) return Object.values(given).flatMap((list) => list.map(decimalText))
  if (given !== undefined) return given.map(decimalText)
  return isQuantity ? (USUAL[type ?? ''] ?? []) : []
}

/** What the values say that say more than that there is none. */
export function saysOf(given: Given): Readonly<Record<string, 'overload' | 'not-fitted'>> {
  if (!isWords(given)) return {}
  const { overload = [], notFitted = [] } = given
  return Object.fromEntries([
    ...overload.map((value) => [decimalText(value), 'overload'] as const),
    ...notFitted.map((value) => [decimalText(value), 'not-fitted'] as const),
  ])
}

const isWords = (given: Given): given is Words => typeof given === 'object' && !Array.isArray(given)
const decimalText = (value: number | string) => (typeof value === 'number' ? String(value) : BigInt(value).toString())
