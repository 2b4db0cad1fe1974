/**
 * The values of the reference program and their types. Stricter than a PLC: a value that leaves its type is an error.
 */

export type Type = { readonly base: 'UINT' | 'UDINT' | 'INT' | 'BOOL'; readonly length?: number }
export type Value = number | boolean | number[]
/** What the variables hold, by name. */
export type Memory = Map<string, Value>

const limits = { UINT: [0, 65_535], UDINT: [0, 4_294_967_295], INT: [-32_768, 32_767] } as const

/** The value, where it is one of the type; `what` names it in the error. */
export function checked(type: Type, value: Value, what: string): Value {
  if (type.length !== undefined) {
    if (!Array.isArray(value) || value.length !== type.length)
      throw new Error(`${what}: not an array of ${type.length}`)
    for (const each of value) checked({ base: type.base }, each, what)
    return [...value]
  }
  if (type.base === 'BOOL') {
    if (typeof value !== 'boolean') throw new Error(`${what}: ${String(value)} is no BOOL`)
    return value
  }
  const [least, most] = limits[type.base]
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw new Error(`${what}: ${String(value)} does not fit ${type.base}`)
  return value
}

export const number = (value: Value): number => {
  if (typeof value !== 'number') throw new Error(`${String(value)} is no number`)
  return value
}
export const bool = (value: Value): boolean => {
  if (typeof value !== 'boolean') throw new Error(`${String(value)} is no BOOL`)
  return value
}
/** The result of a sum or a product, which must not leave the widest type. */
export const within = (value: number): number => {
  if (value < 0 || value > 4_294_967_295) throw new Error(`${value} leaves UDINT`)
  return value
}
