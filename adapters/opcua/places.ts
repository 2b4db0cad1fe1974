/**
 * Where the nodes of points are on this connection: what a path leads to is asked once and kept until the node is gone;
 * what is not there is looked for again, seldom enough. Lives and dies with its connection, since a restarted server
 * may number its nodes otherwise. Read next: nodes.ts (names), read.ts (who asks).
 */
import {
  type BrowsePathResult,
  coerceNodeId,
  TranslateBrowsePathsToNodeIdsRequest,
  type TranslateBrowsePathsToNodeIdsResponse,
} from 'node-opcua-client'
import type { Point } from '../adapter.ts'
import type { Connection } from './connection.ts'
import { type Named, nameNode, type Resolved } from './nodes.ts'
import type { OpcuaAddress, OpcuaDevice } from './options.ts'

type At = Pick<Point, 'address' | 'device'>

export type Places = {
  /** Where each of them is. */
  find(points: readonly At[]): Promise<readonly Resolved[]>
  /** As far as it is known without asking. */
  of(point: At): Resolved
  /** The node at the end of its path is gone: it is asked for anew. */
  forget(point: At): void
}

/** What was not there is looked for again this often. */
const AGAIN_MS = 5000
/** Paths per request. No server says how many it takes. */
const PATHS_AT_ONCE = 20
const HIERARCHICAL_REFERENCES = 'i=33'
/** Nothing of the path is left: OPC UA Part 4, 7.7. */
const WHOLE_PATH = 0xffff_ffff

type Path = Extract<Named, { kind: 'path' }>
type Entry = {
  readonly named: Named
  /** Where its path led; undefined: not asked yet. */
  place: Resolved | undefined
  triedAtMs: number
}

export function createPlaces(connection: Connection): Places {
  const entries = new Map<string, Entry>()
  let { namespaces } = connection
  const entryOf = ({ address, device }: At): Entry => {
    // All names may mean something else now.
    if (namespaces !== connection.namespaces) entries.clear()
    namespaces = connection.namespaces
    const { node } = address as OpcuaAddress
    const { root } = device as OpcuaDevice
    const key = `${root}\n${node}`
    const known = entries.get(key)
    if (known !== undefined) return known
    const entry = { named: nameNode(node, root, namespaces), place: undefined, triedAtMs: 0 }
    entries.set(key, entry)
    return entry
  }
  const of = (point: At): Resolved => {
    const { named, place } = entryOf(point)
    if (named.kind !== 'path') return named
    return place ?? { kind: 'unknown', detail: 'its path was not asked for yet' }
  }
  return {
    of,
    async find(points) {
      if (points.some((point) => entryOf(point).named.kind === 'unknown')) await connection.lookForNamespaces()
      const nowMs = performance.now()
      const due = [...new Set(points.map(entryOf))].filter((entry) => isDue(entry, nowMs))
      for (const chunk of chunks(due, PATHS_AT_ONCE)) {
        const found = await translate(
          connection,
          chunk.map(({ named }) => named as Path),
        )
        for (const [index, entry] of chunk.entries()) {
          entry.place = found[index]!
          entry.triedAtMs = performance.now()
        }
      }
      return points.map(of)
    },
    forget(point) {
      entryOf(point).place = undefined
    },
  }
}

function isDue({ named, place, triedAtMs }: Entry, nowMs: number): boolean {
  if (named.kind !== 'path') return false
  return place === undefined || (place.kind === 'unknown' && nowMs - triedAtMs >= AGAIN_MS)
}

async function translate(connection: Connection, paths: readonly Path[]): Promise<Resolved[]> {
  const browsePaths = paths.map(({ from, steps }) => ({
    startingNode: coerceNodeId(from),
    relativePath: {
      elements: steps.map(({ namespace, name }) => ({
        referenceTypeId: coerceNodeId(HIERARCHICAL_REFERENCES),
        isInverse: false,
        includeSubtypes: true,
        targetName: { namespaceIndex: namespace, name },
      })),
    },
  }))
  const answer = await connection.send<TranslateBrowsePathsToNodeIdsResponse>(
    new TranslateBrowsePathsToNodeIdsRequest({ browsePaths }),
  )
  if (answer.kind === 'answer') {
    const { results } = answer.response
    return paths.map((path, index) => placeOf(path, results?.[index]))
  }
  const why = 'status' in answer ? answer.status : 'detail' in answer ? answer.detail : answer.kind
  return paths.map((path) => nowhere(path, why))
}

function placeOf(path: Path, result: BrowsePathResult | null | undefined): Resolved {
  if (!result) return nowhere(path, 'the answer has no such item')
  if (result.statusCode.value >>> 30 > 1) return nowhere(path, result.statusCode.name)
  const whole = (result.targets ?? []).filter(({ remainingPathIndex }) => remainingPathIndex === WHOLE_PATH)
  const ids = [...new Set(whole.map(({ targetId }) => targetId.toString()))]
  if (ids.length === 0) return nowhere(path, 'it goes on to another server')
  if (ids.length > 1) return nowhere(path, `it leads to ${ids.length} nodes: write the node id`)
  return { kind: 'node', id: ids[0]! }
}

function nowhere({ steps }: Path, why: string): Resolved {
  const path = steps.map(({ name }) => `/${name}`).join('')
  return { kind: 'unknown', detail: `nothing is found at ${path} (${why})` }
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
}
