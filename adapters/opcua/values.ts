/**
 * What a node holds, as a value of ours: the type that the profile says, exactly, or a reason why not. Pure: the
 * library's types become plain data in plain.ts, before they come here.
 */
import type { Reading, Value } from '../../gateway/core/reading/reading.ts'
import { isWord } from '../adapter.ts'
import { lastingId } from './nodes.ts'
import type { OpcuaAddress } from './options.ts'

/** A value as it came: the built-in type by its name, in plain data. */
export type NodeValue = {
  /** StatusCode, OPC UA Part 4, 7.39: the two highest bits are the severity. */
  readonly status: { readonly code: number; readonly name: string }
  readonly sourceAtMs?: number
} & (Held | Missing)

/** `dataType` is undefined for a field of a structure: the library does not say it. */
export type Held = { readonly dataType: string | undefined; readonly isArray: boolean; readonly value: unknown }
/** Why the node has no such part. */
export type Missing = { readonly missing: string }

/** Of a NodeId and of a QualifiedName: an index until it gets its URI. */
export type InNamespace = { readonly namespace: number; readonly name: string }

type Decoded = Pick<Reading, 'quality' | 'value' | 'raw' | 'cause' | 'detail' | 'sourceAtMs'>

/** `namespaces`: of this connection; an id or a name is given with its URI. */
export function decodeValue(address: OpcuaAddress, given: NodeValue, namespaces: readonly string[]): Decoded {
  const severity = given.status.code >>> 30
  const source = given.sourceAtMs === undefined ? {} : { sourceAtMs: given.sourceAtMs }
  if (severity > 1) return { quality: 'bad', cause: 'refused', detail: given.status.name, ...source }
  const found = contentOf(address, given, namespaces)
  if ('detail' in found) return { quality: 'bad', cause: 'malformed', detail: found.detail, ...source }
  if (severity === 1 && !isUsable(address, given.status.name))
    return { quality: 'uncertain', ...found, detail: given.status.name, ...source }
  return { quality: 'good', ...found, ...source }
}

/** The profile says that values are live under this status. */
const isUsable = ({ usable = [] }: OpcuaAddress, status: string) => usable.some((name) => name === status)

type Found = { readonly value: Value; readonly raw?: bigint } | { readonly detail: string }

/** The built-in types of OPC UA by the word of a profile. */
const NAMES: Readonly<Record<Exclude<OpcuaAddress['type'], 'any'>, readonly string[]>> = {
  bool: ['Boolean'],
  i8: ['SByte'],
  u8: ['Byte'],
  i16: ['Int16'],
  u16: ['UInt16'],
  i32: ['Int32'],
  u32: ['UInt32'],
  i64: ['Int64'],
  u64: ['UInt64'],
  f32: ['Float'],
  f64: ['Double'],
  string: ['String'],
  localizedText: ['LocalizedText'],
  qualifiedName: ['QualifiedName'],
  nodeId: ['NodeId', 'ExpandedNodeId'],
  dateTime: ['DateTime'],
  guid: ['Guid'],
  byteString: ['ByteString'],
  statusCode: ['StatusCode'],
  integer: ['Byte', 'SByte', 'UInt16', 'Int16', 'UInt32', 'Int32', 'UInt64', 'Int64'],
  words: ['UInt16'],
}

type Scalar = Exclude<OpcuaAddress['type'], 'any' | 'integer' | 'words'>

const TYPE_OF: ReadonlyMap<string, Scalar> = new Map(
  Object.entries(NAMES).flatMap(([type, names]) =>
    type === 'integer' || type === 'words' ? [] : names.map((name) => [name, type as Scalar] as const),
  ),
)

function contentOf({ type, count }: OpcuaAddress, given: NodeValue, namespaces: readonly string[]): Found {
  if ('missing' in given) return { detail: given.missing }
  const { dataType, isArray, value } = given
  const isOfType = dataType === undefined || type === 'any' || NAMES[type].includes(dataType)
  // A field that is an array may be a number of 64 bits.
  if (!isOfType || (dataType !== undefined && isArray !== (type === 'words'))) {
    const wanted = type === 'words' ? 'UInt16[]' : type === 'any' ? 'one value' : NAMES[type].join(' or ')
    return { detail: `the node holds ${dataType}${isArray ? '[]' : ''}, the profile says ${wanted}` }
  }
  if (type === 'words') return words(value, count)
  const scalar = dataType === undefined ? scalarLike(type, value) : TYPE_OF.get(dataType)
  return scalar === undefined ? { detail: `a ${dataType ?? 'field'} is no value` } : scalarOf(scalar, value, namespaces)
}

/** The type of a field, as far as its value shows it. */
function scalarLike(type: Exclude<OpcuaAddress['type'], 'words'>, value: unknown): Scalar | undefined {
  if (type !== 'any' && type !== 'integer') return type
  if (typeof value === 'number') return Number.isInteger(value) ? (value < 0 ? 'i32' : 'u32') : 'f64'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  return Array.isArray(value) ? 'u64' : undefined
}

const LEAST: Readonly<Record<string, number>> = { i8: -0x80, i16: -0x8000, i32: -0x8000_0000 }
const MOST: Readonly<Record<string, number>> = {
  i8: 0x7f,
  u8: 0xff,
  i16: 0x7fff,
  u16: 0xffff,
  i32: 0x7fff_ffff,
  u32: 0xffff_ffff,
}

function scalarOf(type: Scalar, value: unknown, namespaces: readonly string[]): Found {
  switch (type) {
    case 'bool':
      return typeof value === 'boolean' ? { value } : { detail: 'no boolean' }
    case 'f32':
    case 'f64':
      if (typeof value !== 'number') return { detail: 'no number' }
      return Number.isFinite(value) ? { value } : { detail: String(value) }
    case 'i64':
    case 'u64':
      return wide(value, type === 'i64')
    case 'dateTime':
      return value instanceof Date && Number.isFinite(value.getTime())
        ? { value: value.toISOString() }
        : { detail: 'no time' }
    case 'byteString':
      return Buffer.isBuffer(value) ? { value: value.toString('base64') } : { detail: 'no bytes' }
    case 'nodeId':
    case 'qualifiedName':
      return isInNamespace(value)
        ? { value: lastingId(value.namespace, value.name, namespaces) }
        : { detail: type === 'nodeId' ? 'no node id' : 'no name' }
    case 'string':
    case 'localizedText':
    case 'guid':
    case 'statusCode':
      return typeof value === 'string' ? { value } : { detail: 'no text' }
    default:
      return typeof value === 'number' && Number.isInteger(value) && value >= (LEAST[type] ?? 0) && value <= MOST[type]!
        ? { value, raw: BigInt(value) }
        : { detail: 'no integer' }
  }
}

function isInNamespace(value: unknown): value is InNamespace {
  return typeof value === 'object' && value !== null && 'namespace' in value && 'name' in value
}

/** Int64 and UInt64 come as [high, low], 32 bits each. */
function wide(value: unknown, isSigned: boolean): Found {
  const raw = wideInteger(value, isSigned)
  if (raw === undefined) return { detail: 'no 64-bit integer' }
  const number = Number(raw)
  return { value: Number.isSafeInteger(number) ? number : raw, raw }
}

export function wideInteger(value: unknown, isSigned: boolean): bigint | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [high, low]: unknown[] = value
  if (typeof high !== 'number' || typeof low !== 'number') return undefined
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  return isSigned ? BigInt.asIntN(64, bits) : bits
}

function words(value: unknown, count: number | undefined): Found {
  const list = value instanceof Uint16Array ? [...value] : value
  if (!Array.isArray(list)) return { detail: 'no array' }
  if (count !== undefined && list.length !== count) return { detail: `expected ${count} words, got ${list.length}` }
  return list.every(isWord) ? { value: list } : { detail: 'an item outside 0..65535' }
}
