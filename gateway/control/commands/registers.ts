/**
 * A technician looks into registers of a device, over the link that the gateway has to it: many devices take one
 * connection. It goes behind every poll, decides nothing, and no machine hears of what was read.
 * Read next: loops/link-loop.ts (`look`), front/api/bench/registers.ts (how often).
 */
import type { Point } from '../../../adapters/adapter.ts'
import type { SiteConfig } from '../../../config/site.ts'
import type { Command, RegisterBlock } from '../../core/command/command.ts'
import { type Outcome, type RegistersRead, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import { authoriseTechnician } from '../../core/permission/permission.ts'
import type { Reading } from '../../core/reading/reading.ts'
import type { LinkLoop } from '../loops/link-loop.ts'

type ReadRegisters = Extract<Command, { kind: 'read-registers' }>
type Deps = { readonly config: SiteConfig; readonly links: ReadonlyMap<string, LinkLoop> }

export async function readRegisters(command: ReadRegisters, { config, links }: Deps): Promise<Outcome> {
  const { principal, link, unit, blocks } = command
  if (principal.role !== 'technician') return refused(refuse('forbidden'))
  // A key for some machines reaches a link only if it is for all that are on it.
  for (const machine of config.machines) {
    const isOnLink = Object.values(machine.devices).some((device) => device.link === link)
    const refusal = isOnLink ? authoriseTechnician(principal, machine.id) : undefined
    if (refusal) return refused(refusal)
  }
  const protocol = config.links.find(({ id }) => id === link)?.protocol
  const loop = links.get(link)
  if (loop === undefined || protocol !== 'modbus')
    return refused(refuse('not-found', 'the site file has no Modbus link of that name'))
  const readings = await loop.look(blocks.map((block) => pointOf(block, unit)))
  if (readings === undefined) return refused(refuse('not-fresh', loop.state().cause ?? 'the link is down'))
  return { kind: 'registers', blocks: blocks.map((block, at) => readOf(block, readings[at]!)) }
}

function pointOf({ table, start, count }: RegisterBlock, unit: number): Point {
  const address = { table, address: start, type: 'words', count }
  return { id: `bench ${table} ${start}`, address, device: { unit }, intervalMs: 1000 }
}

function readOf({ table, start }: RegisterBlock, { quality, value, cause, detail }: Reading): RegistersRead {
  if (quality === 'good') return { table, start, words: value as readonly number[] }
  return { table, start, cause: cause ?? 'bad', ...(detail === undefined ? {} : { detail }) }
}
