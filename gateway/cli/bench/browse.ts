/**
 * `latchkey browse <site.yaml> <link> [node]`: what an OPC UA server has, as a tree, bounded in depth and in nodes;
 * with --json for `latchkey profile new --from`. It only looks. A gateway that runs holds the session of the link, so
 * it is stopped first. Ends 0, 1 when there is nothing, 130 after Ctrl-C.
 * Read next: adapters/opcua/explore.ts, config/browsed.ts (the profile made of it).
 */
import type { BrowseItem } from '../../../adapters/adapter.ts'
import type { BrowsedNode } from '../../../config/browsed.ts'
import { oneLine } from '../../core/ground/text.ts'
import type { Io } from '../site.ts'
import { type BenchLink, refused } from './ground.ts'
import { openBench } from './link.ts'

export type BrowseOptions = {
  readonly depth: number
  /** Nodes in all. */
  readonly limit: number
  readonly rate: number
  readonly timeoutMs: number
  readonly json: boolean
}

/** The server itself, aliases and locations: hundreds of nodes that every server has (OPC UA Part 5). */
const STANDARD = /^i=(2253|23470|31915)$/
const MOST_STANDARD = 3
/** Nodes whose parts say nothing about the machine. */
const NOT_FOLLOWED = ['Method', 'ObjectType', 'VariableType', 'DataType', 'ReferenceType']

export async function browseCommand(
  sitePath: string,
  linkId: string,
  node: string | undefined,
  options: BrowseOptions,
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const link = await openBench(linkId, { ...options, site: sitePath }, io, signal)
  try {
    const { nodes, isWhole } = await tree(
      link,
      node,
      options,
      (one) => void (options.json || io.stdout.write(`${lineOf(one)}\n`)),
    )
    if (options.json) io.stdout.write(`${JSON.stringify({ nodes, isWhole }, null, 1)}\n`)
    else if (!isWhole) io.stderr.write(`ended after ${options.limit} nodes; name a node below, or raise --limit\n`)
    return nodes.length > 0 ? 0 : 1
  } finally {
    await link.close()
  }
}

/** From the top down, each node once, so that a server whose nodes go in circles ends. */
async function tree(
  link: BenchLink,
  root: string | undefined,
  { depth, limit }: BrowseOptions,
  found: (node: BrowsedNode) => void,
): Promise<{ readonly nodes: readonly BrowsedNode[]; readonly isWhole: boolean }> {
  if (link.browse === undefined) throw refused(`${link.where} cannot be browsed; use scan and match`)
  const nodes: BrowsedNode[] = []
  const seen = new Set<string>()
  const below = async (at: string | undefined, path: readonly string[]): Promise<void> => {
    for (const item of await link.browse!(at, limit + MOST_STANDARD)) {
      if (nodes.length >= limit) return
      if (seen.has(item.id) || (at === undefined && STANDARD.test(item.id))) continue
      seen.add(item.id)
      const one = nodeOf(item, path)
      nodes.push(one)
      found(one)
      if (one.path.length < depth && !NOT_FOLLOWED.includes(item.kind)) await below(item.id, one.path)
    }
  }
  await below(root, [])
  return { nodes, isWhole: nodes.length < limit }
}

function nodeOf({ id, name, kind, type }: BrowseItem, path: readonly string[]): BrowsedNode {
  return { id, path: [...path, name], kind, ...(type === undefined ? {} : { type }) }
}

function lineOf({ id, path, kind, type }: BrowsedNode): string {
  const name = path.at(-1) ?? ''
  return oneLine(`${'  '.repeat(path.length - 1)}${name}  ${kind}${type === undefined ? '' : ` ${type}`}  ${id}`)
}
