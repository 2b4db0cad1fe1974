/**
 * What a changed configuration means for a gateway that runs: which links and machines begin, end or begin anew, which
 * machines only learn something, and what keeps it from being applied now. Pure; it changes nothing.
 *
 *   a machine that is in use      its session would lose readings or rules: it waits. Names alone change at once.
 *   a link that is opened anew    so do the machines on it
 *   new points on a link          read beside the others, on the connection that is there
 *   anything but machines, links and tariffs     only a restart takes it over
 *
 * Read next: apply.ts (which carries it out), core/machine/turn.ts `configure`.
 */
import { isDeepStrictEqual } from 'node:util'
import type { LinkConfig, SiteConfig } from '../../../config/site.ts'
import type { MachineConfig } from '../../core/ground/config.ts'
import type { Titled } from '../../core/ground/language.ts'
import type { MachineState } from '../../core/machine/state.ts'
import { isOpen } from '../../core/session/session.ts'
import { pointsByLink } from '../loops/points.ts'

export type Plan = {
  readonly links: {
    readonly opened: readonly string[]
    readonly closed: readonly string[]
    /** Closed, and opened with other options. */
    readonly reopened: readonly string[]
    /** Read otherwise on the connection that is there. */
    readonly reread: readonly string[]
  }
  readonly machines: {
    readonly added: readonly string[]
    readonly removed: readonly string[]
    /** They are read, metered or unlocked otherwise. */
    readonly restarted: readonly string[]
    /** They go on, by other rules or under another name. */
    readonly adjusted: readonly string[]
  }
  /** Keys of the site file that only a restart takes over. */
  readonly needsRestart: readonly string[]
  /** Machines that are in use and may not be changed meanwhile, with the reason. */
  readonly waits: readonly { readonly machine: string; readonly why: string }[]
}

/** `busy`: what a machine is in use by; undefined when it may be changed. */
export function planOf(before: SiteConfig, after: SiteConfig, busy: (machine: string) => string | undefined): Plan {
  const links = linksOf(before, after)
  const touches = touchesOf(before.machines, after.machines)
  const named = (touch: Touch) => touches.filter((each) => each.touch === touch).map(({ id }) => id)
  const cut = new Set([...links.reopened, ...links.closed])
  const held = new Set(touches.filter(({ touch }) => touch !== 'added' && touch !== 'renamed').map(({ id }) => id))
  for (const machine of before.machines) if (linksUsed(machine).some((link) => cut.has(link))) held.add(machine.id)
  return {
    links,
    machines: {
      added: named('added'),
      removed: named('removed'),
      restarted: named('restarted'),
      adjusted: [...named('renamed'), ...named('ruled')],
    },
    needsRestart: restartOf(before, after),
    waits: [...held].flatMap((machine) => {
      const why = busy(machine)
      return why === undefined ? [] : [{ machine, why }]
    }),
  }
}

/** What a machine is in use by, so that nothing of it may be changed but its name. */
export function busyWith({ session, drill, withdrawal, access, wire }: MachineState): string | undefined {
  if (session !== undefined && isOpen(session)) return `session ${session.id} is open`
  if (drill !== undefined) return 'a drill is under way'
  if (withdrawal !== undefined) return 'its output is being turned off'
  if (access.kind !== 'Unknown' && access.kind !== 'Locked' && access.kind !== 'Foreign')
    return 'it is being unlocked or locked'
  return wire.writing === undefined && wire.replies.size === 0 ? undefined : 'a command is under way'
}

/** One line for each thing that will happen. */
export function planLines({ links, machines }: Plan): string[] {
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ['opens link', links.opened],
    ['closes link', links.closed],
    ['opens anew link', links.reopened],
    ['reads other points on link', links.reread],
    ['begins machine', machines.added],
    ['ends machine', machines.removed],
    ['begins anew machine', machines.restarted],
    ['goes on with machine', machines.adjusted],
  ]
  return lines.flatMap(([what, ids]) => ids.map((id) => `${what} ${id}`))
}

/* ── links ── */

function linksOf(before: SiteConfig, after: SiteConfig): Plan['links'] {
  const [was, is] = [byId(before.links), byId(after.links)]
  const kept = after.links.filter(({ id }) => was.has(id))
  const differs = (link: LinkConfig) => !isDeepStrictEqual(was.get(link.id), link)
  const reads = (['gating', 'display'] as const).map((which) => {
    const points = [before, after].map(({ machines }) => pointsByLink(machines, which))
    return (id: string) => isDeepStrictEqual(points[0]!.get(id), points[1]!.get(id))
  })
  return {
    opened: after.links.filter(({ id }) => !was.has(id)).map(({ id }) => id),
    closed: before.links.filter(({ id }) => !is.has(id)).map(({ id }) => id),
    reopened: kept.filter(differs).map(({ id }) => id),
    reread: kept.filter((link) => !differs(link) && !reads.every((same) => same(link.id))).map(({ id }) => id),
  }
}

const byId = <T extends { readonly id: string }>(list: readonly T[]) => new Map(list.map((item) => [item.id, item]))

const linksUsed = ({ devices, interlock }: MachineConfig): string[] => [
  ...Object.values(devices).map(({ link }) => link),
  ...(interlock === undefined ? [] : [interlock.link]),
]

/* ── machines ── */

type Touch = 'added' | 'removed' | 'restarted' | 'ruled' | 'renamed'

function touchesOf(
  before: readonly MachineConfig[],
  after: readonly MachineConfig[],
): { readonly id: string; readonly touch: Touch }[] {
  const [was, is] = [byId(before), byId(after)]
  return [
    ...after.flatMap((machine) => {
      const known = was.get(machine.id)
      const touch = known === undefined ? 'added' : touchOf(known, machine)
      return touch === undefined ? [] : [{ id: machine.id, touch }]
    }),
    ...before.filter(({ id }) => !is.has(id)).map(({ id }) => ({ id, touch: 'removed' as const })),
  ]
}

function touchOf(before: MachineConfig, after: MachineConfig): Touch | undefined {
  if (isDeepStrictEqual(before, after)) return undefined
  if (!isDeepStrictEqual(wiringOf(before), wiringOf(after))) return 'restarted'
  return isDeepStrictEqual(unnamed(before), unnamed(after)) ? 'renamed' : 'ruled'
}

/** How it is read, metered, understood and locked. */
function wiringOf(machine: MachineConfig): object {
  const { devices, signals, meters, state, mode, emergencyStop, fault, interlock, simulated } = unnamed(machine)
  const { interlockId } = machine.commissioning
  return { devices, signals, meters, state, mode, emergencyStop, fault, interlock, simulated, interlockId }
}

/** Without what is only shown to people. */
function unnamed({ name: _, about: __, ...machine }: MachineConfig): Omit<MachineConfig, 'name' | 'about'> {
  const untitled = <T extends Titled>({ title: _, titles: __, ...item }: T) => item
  return { ...machine, signals: machine.signals.map(untitled), meters: machine.meters.map(untitled) } as never
}

/* ── everything else ── */

/** As the site file calls it, with how it is resolved. */
const RESTARTS: Readonly<Record<string, (config: SiteConfig) => unknown>> = {
  site: ({ site }) => site,
  timezone: ({ timezone }) => timezone,
  dataDir: ({ dataDir }) => dataDir,
  fencingId: ({ fencingId }) => fencingId,
  api: ({ api }) => api,
  trust: ({ issuers }) => issuers,
  time: ({ time }) => time,
  bookings: ({ bookings }) => bookings,
  mqtt: ({ mqtt }) => mqtt,
  sparkplug: ({ sparkplug }) => sparkplug,
  pair: ({ pair }) => pair,
  influx: ({ influx }) => influx,
  webhooks: ({ webhooks }) => webhooks,
  // Memory of the threads follows the number of machines by itself, at the next start.
  bounds: ({ bounds }) => ({ ...bounds, youngMb: undefined, oldMb: undefined }),
}

function restartOf(before: SiteConfig, after: SiteConfig): string[] {
  return Object.keys(RESTARTS).filter((key) => !isDeepStrictEqual(RESTARTS[key]!(before), RESTARTS[key]!(after)))
}
