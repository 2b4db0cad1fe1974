/**
 * Node ids by namespace URI: what a profile writes, and what a server understands on this connection. Pure.
 * Read next: paths.ts (browse paths), values.ts (what nodes hold), places.ts.
 */
import { escapeUri, isPath, type Step, stepsOf, unescapeUri } from './paths.ts'

export type Resolved =
  /** As the server's session understands it: `ns=<index>;s=<name>`. */
  { readonly kind: 'node'; readonly id: string } | { readonly kind: 'unknown'; readonly detail: string }

/** A node, or a path down from one: only the server knows where that leads. */
export type Named =
  | Resolved
  | {
      readonly kind: 'path'
      readonly from: string
      readonly steps: readonly { readonly namespace: number; readonly name: string }[]
    }

const NODE_ID = /^(?:(nsu)=([^;]*);|(ns)=\d+;)?([isgb])=(.+)$/s
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const MAX_LISTED = 6
const MAX_URI = 80
const MAX_UINT32 = 4_294_967_295
/** The Objects folder, from which a root that is a path counts. */
const OBJECTS = 'i=85'

/**
 * `node`: a node id (OPC UA Part 6, 5.1.12), a browse path from `root`, or a name that is appended to `root` with a
 * dot. `root`: a node id, or a browse path from the Objects folder. `namespaces`: the server's NamespaceArray as read
 * on this connection; its order may differ on the next.
 */
export function nameNode(node: string, root: string | undefined, namespaces: readonly string[]): Named {
  if (isPath(node)) {
    const below = root === undefined ? OBJECTS : root
    return isPath(below) ? down(OBJECTS, below + node, namespaces) : down(below, node, namespaces)
  }
  if (NODE_ID.test(node)) return resolveNode(node, undefined, namespaces)
  if (root !== undefined && isPath(root)) return unknown(`"${node}" is appended to no path: write /${node}`)
  return resolveNode(node, root, namespaces)
}

function down(from: string, path: string, namespaces: readonly string[]): Named {
  const base = resolveNode(from, undefined, namespaces)
  if (base.kind === 'unknown') return base
  const steps = stepsOf(path)
  if (steps === undefined) return unknown(`"${path}" is not a browse path`)
  const found = steps.map(({ uri, name }) => ({ namespace: indexOf(uri, namespaces), name }))
  const missing = found.findIndex(({ namespace }) => namespace < 0)
  if (missing >= 0) return noNamespace(steps[missing]!.uri!, namespaces)
  return { kind: 'path', from: base.id, steps: found }
}

/** A root itself, or another node that is no path. */
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
  const index = indexOf(wanted, namespaces)
  if (index < 0) return noNamespace(wanted, namespaces)
  return { kind: 'node', id: `ns=${index};${kind}=${id}` }
}

const indexOf = (uri: Step['uri'], namespaces: readonly string[]) => (uri === undefined ? 0 : namespaces.indexOf(uri))

/** The same node, named so that it can be kept: `nsu=<uri>;s=<name>`, or `i=<number>` in the standard namespace. */
export function lastingId(namespace: number, identifier: string, namespaces: readonly string[]): string {
  if (namespace === 0) return identifier
  const uri = namespaces[namespace]
  return uri === undefined ? `ns=${namespace};${identifier}` : `nsu=${escapeUri(uri)};${identifier}`
}

function isIdentifier(kind: string, id: string): boolean {
  if (kind === 'i') return /^\d{1,10}$/.test(id) && Number(id) <= MAX_UINT32
  if (kind === 'g') return GUID.test(id)
  if (kind === 'b') return BASE64.test(id)
  return true
}

function noNamespace(uri: string, namespaces: readonly string[]): Resolved {
  return unknown(`the server has no namespace ${uri}; it has ${listed(namespaces)}`)
}

/** Those a server is asked for by mistake are few; the standard one is never meant. */
function listed(namespaces: readonly string[]): string {
  const own = namespaces.slice(1, 1 + MAX_LISTED).map((uri) => uri.toWellFormed().slice(0, MAX_URI))
  const more = namespaces.length - 1 - MAX_LISTED
  return `${own.join(', ') || 'none of its own'}${more > 0 ? ` and ${more} more` : ''}`
}

function unknown(detail: string): Resolved & { readonly kind: 'unknown' } {
  return { kind: 'unknown', detail }
}
