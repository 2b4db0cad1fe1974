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

/** `given`: as the profile says it. `isQuantity`: it has a unit or is counted; a code or a set of bits is none. */
export function unavailableOf(
  given: 'none' | readonly (number | string)[] | undefined,
  type: string | undefined,
  isQuantity: boolean,
): readonly string[] {
  if (given === 'none') return []
  if (given !== undefined)
    return given.map((value) => (typeof value === 'number' ? String(value) : BigInt(value).toString()))
  return isQuantity ? (USUAL[type ?? ''] ?? []) : []
}
