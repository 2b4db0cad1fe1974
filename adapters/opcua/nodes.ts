/**
 * Node ids by namespace URI, and values of nodes. Pure: the library's types become a `NodeValue` before they come here.
 * Read next: services.ts.
 */
import type { Reading, Value } from '../../gateway/core/reading/reading.ts'
import { isWord } from '../adapter.ts'
import type { OpcuaAddress } from './options.ts'

export type Resolved =
  /** As the server's session understands it: `ns=<index>;s=<name>`. */
  { readonly kind: 'node'; readonly id: string } | { readonly kind: 'unknown'; readonly detail: string }

/** A value as it came: the built-in type by its name, the value as the library gives it. */
export type NodeValue = {
  /** StatusCode, OPC UA Part 4, 7.39: the two highest bits are the severity. */
  readonly status: { readonly code: number; readonly name: string }
  readonly dataType: string
  readonly isArray: boolean
  readonly value: unknown
  readonly sourceAtMs?: number
}

type Decoded = Pick<Reading, 'quality' | 'value' | 'raw' | 'cause' | 'detail' | 'sourceAtMs'>

const NODE_ID = /^(?:(nsu)=([^;]*);|(ns)=\d+;)?([isgb])=(.+)$/s
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const MAX_LISTED = 6
const MAX_URI = 80
const MAX_UINT32 = 4_294_967_295

/**
 * `node`: a node id (OPC UA Part 6, 5.1.12), or a name that is appended to `root` with a dot.
 * `namespaces`: the server's NamespaceArray as read on this connection; its order may differ on the next.
 */
export function resolveNode(node: string, root: string | undefined, namespaces: readonly string[]): Resolved {
  if (!NODE_ID.test(node)) {
    if (root === undefined) return unknown(`"${node}" is not a node id`)
    const base = NODE_ID.exec(root)
    if (base?.[4] !== 's') return unknown(`a name can only be appended to a root with s=, not to ${root}`)
    return resolveNode(`${root}.${node}`, undefined, namespaces)
  }
  const [, isUri, uri, isIndex, kind, id] = NODE_ID.exec(node) ?? []
  if (isIndex) return unknown(`${node} names its namespace by index, which may change: write nsu=<uri>`)
  if (kind === undefined || id === undefined || !isIdentifier(kind, id)) return unknown(`${node} is not a node id`)
  if (!isUri) return { kind: 'node', id: `ns=0;${kind}=${id}` }
  const wanted = unescapeUri(uri ?? '')
  const index = namespaces.indexOf(wanted)
  if (index < 0) return unknown(`the server has no namespace ${wanted}; it has ${listed(namespaces)}`)
  return { kind: 'node', id: `ns=${index};${kind}=${id}` }
}

/** The same node, named so that it can be kept: `nsu=<uri>;s=<name>`, or `i=<number>` in the standard namespace. */
export function lastingId(namespace: number, identifier: string, namespaces: readonly string[]): string {
  if (namespace === 0) return identifier
  const uri = namespaces[namespace]
  return uri === undefined ? `ns=${namespace};${identifier}` : `nsu=${escapeUri(uri)};${identifier}`
}

export function decodeValue(address: OpcuaAddress, given: NodeValue): Decoded {
  const severity = given.status.code >>> 30
  const source = given.sourceAtMs === undefined ? {} : { sourceAtMs: given.sourceAtMs }
  if (severity > 1) return { quality: 'bad', cause: 'refused', detail: given.status.name, ...source }
  const found = contentOf(address, given)
  if ('detail' in found) return { quality: 'bad', cause: 'malformed', detail: found.detail, ...source }
  if (severity === 1) return { quality: 'uncertain', ...found, detail: given.status.name, ...source }
  return { quality: 'good', ...found, ...source }
}

const TYPES: Record<OpcuaAddress['type'], string> = {
  bool: 'Boolean',
  i16: 'Int16',
  u16: 'UInt16',
  i32: 'Int32',
  u32: 'UInt32',
  i64: 'Int64',
  u64: 'UInt64',
  f32: 'Float',
  f64: 'Double',
  string: 'String',
  words: 'UInt16',
}

type Found = { readonly value: Value; readonly raw?: bigint } | { readonly detail: string }

function contentOf(address: OpcuaAddress, { dataType, isArray, value }: NodeValue): Found {
  const wantsArray = address.type === 'words'
  if (dataType !== TYPES[address.type] || isArray !== wantsArray) {
    const wanted = wantsArray ? 'UInt16[]' : TYPES[address.type]
    return { detail: `the node holds ${dataType}${isArray ? '[]' : ''}, the profile says ${wanted}` }
  }
  switch (address.type) {
    case 'bool':
      return typeof value === 'boolean' ? { value } : { detail: 'no boolean' }
    case 'string':
      return typeof value === 'string' ? { value } : { detail: 'no text' }
    case 'f32':
    case 'f64':
      if (typeof value !== 'number') return { detail: 'no number' }
      return Number.isFinite(value) ? { value } : { detail: String(value) }
    case 'i64':
    case 'u64':
      return wide(value, address.type === 'i64')
    case 'words':
      return words(value, address.count)
    default:
      return typeof value === 'number' && Number.isInteger(value)
        ? { value, raw: BigInt(value) }
        : { detail: 'no integer' }
  }
}

/** Int64 and UInt64 come as [high, low], 32 bits each. */
function wide(value: unknown, isSigned: boolean): Found {
  if (!Array.isArray(value) || value.length !== 2) return { detail: 'no 64-bit integer' }
  const [high, low]: unknown[] = value
  if (typeof high !== 'number' || typeof low !== 'number') return { detail: 'no 64-bit integer' }
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  const raw = isSigned ? BigInt.asIntN(64, bits) : bits
  const number = Number(raw)
  return { value: Number.isSafeInteger(number) ? number : raw, raw }
}

function words(value: unknown, count: number | undefined): Found {
  const list = value instanceof Uint16Array ? [...value] : value
  if (!Array.isArray(list)) return { detail: 'no array' }
  if (count !== undefined && list.length !== count) return { detail: `expected ${count} words, got ${list.length}` }
  return list.every(isWord) ? { value: list } : { detail: 'an item outside 0..65535' }
}

function isIdentifier(kind: string, id: string): boolean {
  if (kind === 'i') return /^\d{1,10}$/.test(id) && Number(id) <= MAX_UINT32
  if (kind === 'g') return GUID.test(id)
  if (kind === 'b') return BASE64.test(id)
  return true
}

/** Those a server is asked for by mistake are few; the standard one is never meant. */
function listed(namespaces: readonly string[]): string {
  const own = namespaces.slice(1, 1 + MAX_LISTED).map((uri) => uri.toWellFormed().slice(0, MAX_URI))
  const more = namespaces.length - 1 - MAX_LISTED
  return `${own.join(', ') || 'none of its own'}${more > 0 ? ` and ${more} more` : ''}`
}

/** In a node id only `;` and `%` of a URI are escaped (Part 6, 5.1.12). */
function unescapeUri(uri: string): string {
  return uri.replaceAll(/%3b/gi, ';').replaceAll('%25', '%')
}

function escapeUri(uri: string): string {
  return uri.replaceAll('%', '%25').replaceAll(';', '%3B')
}

function unknown(detail: string): Resolved {
  return { kind: 'unknown', detail }
}
