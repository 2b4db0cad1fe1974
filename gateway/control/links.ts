/**
 * The links of the site: opened, ticked and stopped together. What one reads goes to the machine it belongs to. A loss
 * and the return are recorded once each. Read next: loops/link-loop.ts (one of them), loops/machine-loop.ts.
 */
import type { Adapter, Logger, Point } from '../../adapters/adapter.ts'
import { protocols } from '../../adapters/registry.ts'
import type { SiteConfig } from '../../config/site.ts'
import type { LinkRow } from '../core/board/message.ts'
import { type Moment, NS_PER_MS } from '../core/ground/moment.ts'
import type { Reading } from '../core/reading/reading.ts'
import type { Clock } from './host/clock.ts'
import type { DataDir } from './host/data-dir.ts'
import { packageThatThrew } from './host/stray.ts'
import type { RecordEntry } from './journal.ts'
import { createLinkLoop, type LinkLoop } from './loops/link-loop.ts'
import { found, isUnheard, type Losses, noLosses, takeEntry } from './loops/losses.ts'
import type { MachineLoop } from './loops/machine-loop.ts'
import { pointsOf } from './loops/points.ts'
import type { Place } from './loops/polls.ts'

/** Signals of one link that are named in health. */
const MAX_FAULTS = 5

type LinksDeps = {
  readonly config: SiteConfig
  readonly dir: DataDir
  readonly clock: Clock
  readonly log: Logger
  record: RecordEntry
  fatal(error: Error): void
}

type Machines = ReadonlyMap<string, MachineLoop>

export type Links = {
  readonly loops: ReadonlyMap<string, LinkLoop>
  /** Begins to connect; readings go to `machines` from then on. */
  start(machines: Machines): void
  tick(now: Moment): void
  rows(): LinkRow[]
  counters(): Record<string, number>
  /** What people should look at, for health. */
  notes(): string[]
  /**
   * Takes an exception that nobody caught, where a library of links threw it: all links of that protocol are lost,
   * since it does not say which it is about. False: it is not a link's.
   */
  takeStray(error: unknown): boolean
  stop(): Promise<void>
}

/** How long a tick is in which polls start. */
export const tickNsOf = ({ bounds }: SiteConfig): bigint => BigInt(Math.round(1000 / bounds.ticksPerSecond)) * NS_PER_MS

/** Loads the adapters that the site uses. */
export async function createLinks(deps: LinksDeps): Promise<Links> {
  const { config, clock, log, record } = deps
  const loops = new Map<string, LinkLoop>()
  const adapters = new Map<string, Adapter>()
  const [gating, display] = [pointsByLink(config, 'gating'), pointsByLink(config, 'display')]
  for (const [index, link] of config.links.entries()) {
    const adapter = await protocols[link.protocol].load()
    adapters.set(link.id, adapter)
    const place = { share: index / config.links.length, tickNs: tickNsOf(config) }
    loops.set(link.id, createLoop(link, adapter, deps, place, gating.get(link.id) ?? [], display.get(link.id) ?? []))
  }
  let strays = 0
  const { flapsPerHour } = config.bounds
  const losses = new Map([...loops.keys()].map((id) => [id, noLosses(flapsPerHour, clock.now().ns)]))

  function recordLosses(id: string, before: Losses, nowNs: bigint): void {
    const { losses: after, entry } = takeEntry(before, nowNs)
    losses.set(id, after)
    if (entry === undefined) return
    const { kind, ...data } = entry
    record(kind, { link: id, ...data })
  }

  const rows = () =>
    config.links.map(({ id, protocol }): LinkRow => {
      const state = losses.get(id)?.state ?? { state: 'connecting', sinceMs: 0 }
      return { id, protocol, ...state }
    })

  return {
    loops,
    start(machines) {
      const owners = ownersOf(config, machines)
      const onReadings = (readings: readonly Reading[]) => route(readings, owners, deps.fatal)
      for (const [id, loop] of loops)
        loop.start({ onReadings, onState: (state) => recordLosses(id, found(losses.get(id)!, state), clock.now().ns) })
    },
    tick(now) {
      for (const loop of loops.values()) loop.tick(now)
      for (const [id, known] of losses) if (isUnheard(known)) recordLosses(id, known, now.ns)
    },
    rows,
    counters: () => ({ ...countersOf([...loops.values()]), link_strays: strays }),
    notes: () => [...loops.values()].flatMap((loop) => notesOf(loop, clock.now().ms)),
    takeStray(error) {
      const thrower = packageThatThrew(error)
      if (thrower === undefined) return false
      const theirs = [...adapters].filter(([, { packages }]) => packages.some((begin) => thrower.startsWith(begin)))
      if (theirs.length === 0) return false
      strays += 1
      log.error(
        { err: error, links: theirs.map(([id]) => id) },
        'a library failed on what a device sent: its links are lost',
      )
      for (const [id] of theirs)
        loops.get(id)?.drop(`${thrower} failed on what a device sent: ${(error as Error).message}`)
      return true
    },
    async stop() {
      await Promise.all([...loops.values()].map((loop) => loop.stop()))
    },
  }
}

/** Of all machines together. */
function pointsByLink({ machines }: SiteConfig, which: 'gating' | 'display'): Map<string, Point[]> {
  const byLink = new Map<string, Point[]>()
  for (const machine of machines)
    for (const [link, points] of pointsOf(machine, which)) {
      const known = byLink.get(link)
      if (known) known.push(...points)
      else byLink.set(link, [...points])
    }
  return byLink
}

function createLoop(
  { id, options }: SiteConfig['links'][number],
  adapter: Adapter,
  { config, dir, clock, log }: LinksDeps,
  place: Place,
  points: readonly Point[],
  display: readonly Point[],
): LinkLoop {
  return createLinkLoop({
    id,
    link: adapter.createLink(options, { now: clock.now, log, stateDir: dir.stateDirOf(id) }),
    points,
    display,
    place,
    now: clock.now,
    log,
    maxBackoffMs: config.bounds.reconnectMaxMs,
  })
}

/** A link that is down, and signals that somebody has to correct; of many the first. */
function notesOf(loop: LinkLoop, nowMs: number): string[] {
  const { state, cause } = loop.state()
  const nextTryMs = loop.nextTryMs()
  const next = nextTryMs === undefined ? '' : `; next try in ${Math.max(0, Math.ceil((nextTryMs - nowMs) / 1000))} s`
  const faults = loop.faults()
  const more = faults.length - MAX_FAULTS
  return [
    ...(state === 'down' ? [`link ${loop.id} is down: ${cause ?? ''}${next}`] : []),
    ...faults.slice(0, MAX_FAULTS).map(({ point, detail }) => `${point} cannot be read: ${detail}`),
    ...(more > 0 ? [`${more} more signals of link ${loop.id} cannot be read`] : []),
  ]
}

type Owners = ReadonlyMap<string, MachineLoop>

/** The machine of each point on any link. */
function ownersOf({ machines: configs }: SiteConfig, machines: Machines): Owners {
  const owners = new Map<string, MachineLoop>()
  for (const config of configs)
    for (const points of pointsOf(config).values())
      for (const { id } of points) owners.set(id, machines.get(config.id)!)
  return owners
}

/** Inside a library's callback a broken invariant would be swallowed, so it goes to `fatal`. */
function route(readings: readonly Reading[], owners: Owners, fatal: (error: Error) => void): void {
  const byMachine = Map.groupBy(readings, ({ point }) => owners.get(point))
  try {
    for (const [machine, list] of byMachine) machine?.take(list)
  } catch (error) {
    fatal(error as Error)
  }
}

/** Of all links together. */
function countersOf(loops: readonly LinkLoop[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const { counters } of loops)
    for (const [name, value] of Object.entries(counters)) sum[`link_${name}`] = (sum[`link_${name}`] ?? 0) + value
  return sum
}
