/**
 * Everything below a node, by browse paths as a profile writes them: for recognising models, and for people. Breadth
 * first, each node once, bounded in nodes and depth. Read next: recognise.ts, explore.ts.
 */
import type { ReferenceDescription } from 'node-opcua-client'
import { NodeClass } from 'node-opcua-client'
import type { BrowsedNode } from '../adapter.ts'
import type { Connection } from './connection.ts'
import { nodeToBrowse, referencesOf, typesOf } from './explore.ts'
import { lastingId } from './nodes.ts'
import { pathOf } from './paths.ts'

const MAX_DEPTH = 10
const MAX_CHILDREN = 500
/** Types are asked for so many at once, as far as the server allows it. */
const TYPES_AT_ONCE = 100

type Node = { readonly id: string; readonly path: string; readonly reference: ReferenceDescription }

/** The paths count from `from`. */
export async function walk(at: Connection, from: string | undefined, most: number): Promise<BrowsedNode[]> {
  const node = nodeToBrowse(at, from)
  const found: Node[] = []
  const seen = new Set([node])
  let level: { readonly id: string; readonly path: string }[] = [{ id: node, path: '' }]
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0 && found.length < most; depth += 1) {
    const next: Node[] = []
    for (const { id, path } of level) {
      if (found.length + next.length >= most) break
      for (const reference of await referencesOf(at, id, MAX_CHILDREN)) {
        const child = reference.nodeId.toString()
        if (seen.has(child)) continue
        seen.add(child)
        next.push({ id: child, path: path + stepOf(at, reference), reference })
      }
    }
    found.push(...next)
    level = next
  }
  return describe(at, found.slice(0, most))
}

function stepOf({ namespaces }: Connection, { browseName }: ReferenceDescription): string {
  const uri = browseName.namespaceIndex === 0 ? undefined : namespaces[browseName.namespaceIndex]
  return pathOf([{ ...(uri === undefined ? {} : { uri }), name: browseName.name ?? '' }])
}

async function describe(at: Connection, found: readonly Node[]): Promise<BrowsedNode[]> {
  const variables = found.map(({ reference }) => reference).filter(({ nodeClass }) => nodeClass === NodeClass.Variable)
  const types = new Map<ReferenceDescription, string>()
  const most = Math.min(TYPES_AT_ONCE, at.maxNodesPerRead ?? TYPES_AT_ONCE)
  for (let from = 0; from < variables.length; from += most)
    for (const [reference, type] of await typesOf(at, variables.slice(from, from + most))) types.set(reference, type)
  return found.map(({ id, path, reference }) => {
    const type = types.get(reference)
    const identifier = id.replace(/^ns=\d+;/, '')
    return { path, id: lastingId(reference.nodeId.namespace, identifier, at.namespaces), ...(type ? { type } : {}) }
  })
}
