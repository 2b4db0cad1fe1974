/**
 * What the library decoded, as plain data: the element and the field that are meant, names in place of its numbers.
 * Decides nothing about types. Read next: values.ts.
 */
import {
  DataType,
  type DataValue,
  LocalizedText,
  NodeId,
  QualifiedName,
  StatusCode,
  Variant,
  VariantArrayType,
} from 'node-opcua-client'
import type { OpcuaAddress } from './options.ts'
import type { Held, InNamespace, Missing } from './values.ts'

/** The part that the address means: an element of an array, a field of a structure. */
export function heldBy(variant: Variant | null | undefined, { index, field }: OpcuaAddress): Held | Missing {
  const whole = plainOf(variant)
  const element = index === undefined ? whole : elementOf(whole, index)
  return (field?.split('.') ?? []).reduce(fieldOf, element)
}

function plainOf(variant: Variant | null | undefined): Held {
  if (!variant) return { dataType: 'Null', isArray: false, value: undefined }
  const { arrayType, dataType, value } = variant
  const isArray = arrayType !== VariantArrayType.Scalar
  return { dataType: DataType[dataType] ?? 'Null', isArray, value: isArray ? (value ?? []) : plain(value) }
}

/** The built-in types that are a boolean or a number which a double holds in any case, by the word of a profile. */
const PLAIN: Readonly<Partial<Record<OpcuaAddress['type'], DataType>>> = {
  bool: DataType.Boolean,
  i8: DataType.SByte,
  u8: DataType.Byte,
  i16: DataType.Int16,
  u16: DataType.UInt16,
  i32: DataType.Int32,
  u32: DataType.UInt32,
  f32: DataType.Float,
  f64: DataType.Double,
}

/** A good value of such a type, as the profile says it; else undefined, and it has to be looked at more closely. */
export function plainValue(
  { statusCode, value: variant }: DataValue,
  { type, index, field }: OpcuaAddress,
): number | boolean | undefined {
  if (statusCode.value !== 0 || variant.arrayType !== VariantArrayType.Scalar || variant.dataType !== PLAIN[type])
    return undefined
  const { value } = variant
  if (index !== undefined || field !== undefined) return undefined
  return typeof value === 'boolean' || Number.isFinite(value) ? value : undefined
}

/** The library's own objects. */
function plain(value: unknown): unknown {
  if (value instanceof NodeId)
    return { namespace: value.namespace, name: value.toString().replace(/^(ns=\d+|nsu=[^;]*);/, '') } as InNamespace
  if (value instanceof QualifiedName) return { namespace: value.namespaceIndex, name: value.name ?? '' } as InNamespace
  if (value instanceof LocalizedText) return value.text ?? ''
  if (value instanceof StatusCode) return value.name
  return value
}

/** An element of an array of Variants has a type of its own. */
function elementOf({ dataType, isArray, value }: Held, index: number): Held | Missing {
  if (!isArray) return { missing: `the node holds one ${dataType}, the profile asks for element ${index}` }
  const list = value as ArrayLike<unknown>
  const element = list[index]
  if (index >= list.length)
    return { missing: `the node holds ${list.length} elements, the profile asks for element ${index}` }
  if (element instanceof Variant) return plainOf(element)
  return { dataType, isArray: false, value: plain(element) }
}

/** The library writes the first letter of a field small, and does not say its type. */
function fieldOf(held: Held | Missing, name: string): Held | Missing {
  if ('missing' in held) return held
  const { value, isArray } = held
  if (isOpaque(value)) return { missing: 'the server has not said yet how this structure is built' }
  const key = name.charAt(0).toLowerCase() + name.slice(1)
  if (isArray || typeof value !== 'object' || value === null || !(key in value))
    return { missing: `the node holds no structure with a field ${name}` }
  const found: unknown = (value as Record<string, unknown>)[key]
  return { dataType: undefined, isArray: Array.isArray(found), value: plain(found) }
}

/** A structure whose bytes the library cannot read yet. */
const isOpaque = (value: unknown) =>
  typeof value === 'object' && value !== null && 'nodeId' in value && 'buffer' in value
