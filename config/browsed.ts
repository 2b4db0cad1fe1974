/**
 * What `latchkey browse --json` wrote becomes signals: each variable whose type a profile knows, under the path of its
 * names. Pure. Read next: table/table.ts (a register table in the same place), stub.ts.
 */
import type { StubSignal } from './stub.ts'

/** A node as `browse` lists it. `path`: names from the first node down to it. */
export type BrowsedNode = {
  readonly id: string
  readonly path: readonly string[]
  readonly kind: string
  readonly type?: string
}

/** Types of OPC UA Part 6, 5.1.2, as a profile names them. */
const TYPES: Readonly<Record<string, string>> = {
  Boolean: 'bool',
  SByte: 'i8',
  Byte: 'u8',
  Int16: 'i16',
  UInt16: 'u16',
  Int32: 'i32',
  UInt32: 'u32',
  Int64: 'i64',
  UInt64: 'u64',
  Float: 'f32',
  Double: 'f64',
  String: 'string',
  LocalizedText: 'localizedText',
  DateTime: 'dateTime',
}
const MAX_NAME = 32
const MAX_TITLE = 80

/** Or why the text is not what `browse --json` writes. */
export function readBrowsed(text: string):
  | {
      readonly signals: readonly StubSignal[]
      readonly skipped: readonly { readonly line: number; readonly why: string }[]
    }
  | string {
  const nodes = nodesOf(text)
  if (nodes === undefined) return 'this is not what `latchkey browse --json` writes'
  const signals: StubSignal[] = []
  const skipped: { line: number; why: string }[] = []
  const taken = new Set<string>()
  for (const [at, { id, path, kind, type = '' }] of nodes.entries()) {
    if (kind !== 'Variable') continue
    const known = TYPES[type]
    if (known === undefined) skipped.push({ line: at + 1, why: `${path.join('/')} has type ${type || 'of its own'}` })
    else {
      const name = nameOf(path, taken)
      taken.add(name)
      const title = path.join(' / ').slice(-MAX_TITLE)
      signals.push({ name, title, address: { node: id, type: known }, scale: 1, offset: 0, isMeter: false })
    }
  }
  return { signals, skipped }
}

function nodesOf(text: string): readonly BrowsedNode[] | undefined {
  try {
    const { nodes } = JSON.parse(text) as { readonly nodes?: readonly BrowsedNode[] }
    const isNode = ({ id, path, kind }: BrowsedNode) =>
      typeof id === 'string' &&
      typeof kind === 'string' &&
      Array.isArray(path) &&
      path.every((one) => typeof one === 'string')
    return Array.isArray(nodes) && nodes.every(isNode) ? nodes : undefined
  } catch {
    return undefined
  }
}

/** The last name of the path, with those before it as long as it is taken. */
function nameOf(path: readonly string[], taken: ReadonlySet<string>): string {
  for (let from = path.length - 1; from >= 0; from--) {
    const name = camel(path.slice(from))
    if (!taken.has(name)) return name
  }
  return `${camel(path).slice(0, MAX_NAME - 5)}x${taken.size}`
}

function camel(parts: readonly string[]): string {
  const words = parts.flatMap((part) => part.normalize('NFKD').split(/[^A-Za-z0-9]+/)).filter((word) => word !== '')
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  const name = joined.charAt(0).toLowerCase() + joined.slice(1)
  return (/^[a-z]/.test(name) ? name : `n${name}`).slice(0, MAX_NAME)
}
