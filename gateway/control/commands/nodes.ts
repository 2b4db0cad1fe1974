/**
 * A technician looks at what a device has below a node, with the values that stand there, over the link that the
 * gateway has to it. Nothing follows from it, and no machine hears of what was read.
 * Read next: registers.ts (the same for Modbus), front/api/bench/nodes.ts (how often).
 */
import type { BrowseItem, Point } from '../../../adapters/adapter.ts'
import type { SiteConfig } from '../../../config/site.ts'
import type { Command } from '../../core/command/command.ts'
import { type NodeFound, type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Reading } from '../../core/reading/reading.ts'
import type { LinkLoop } from '../loops/link-loop.ts'

/** Nodes of one answer. */
const MOST_NODES = 200
/** Of a value as text. */
const MOST_CHARS = 200

type Deps = { readonly config: SiteConfig; readonly links: ReadonlyMap<string, LinkLoop> }

export async function browseLink(
  { principal, link, node }: Extract<Command, { kind: 'browse' }>,
  { links }: Deps,
): Promise<Outcome> {
  if (principal.role !== 'technician' || principal.machines !== undefined) return refused(refuse('forbidden'))
  const loop = links.get(link)
  if (loop === undefined) return refused(refuse('not-found', 'the site file has no link of that name'))
  const found = await loop.browse(node, MOST_NODES)
  if ('why' in found) return refused(refuse(found.isDown ? 'not-fresh' : 'not-found', found.why))
  const variables = found.items.filter(({ kind }) => kind === 'Variable')
  const readings = (await loop.look(variables.map(pointOf))) ?? []
  const known = new Map(readings.map((reading) => [reading.point, reading]))
  return { kind: 'nodes', nodes: found.items.map((item) => toFound(item, known.get(item.id))) }
}

/** What the server says that it holds; a type that no signal can have is left to its name. */
function pointOf({ id }: BrowseItem): Point {
  return { id, address: { node: id, type: 'any' }, device: {}, intervalMs: 1000 }
}

function toFound(item: BrowseItem, reading: Reading | undefined): NodeFound {
  if (reading === undefined) return item
  const { quality, value, cause, detail } = reading
  if (quality === 'bad' || value === undefined) return { ...item, cause: detail ?? cause ?? 'no value' }
  return { ...item, value: String(value).slice(0, MOST_CHARS) }
}
