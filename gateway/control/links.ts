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
import { createLinkLoop, type LinkLoop, type LinkState } from './loops/link-loop.ts'
import { found, isUnheard, type Losses, noLosses, takeEntry } from './loops/losses.ts'
import type { MachineLoop } from './loops/machine-loop.ts'
import { pointsOf } from './loops/points.ts'
import type { Place } from './loops/polls.ts'

/** How often a loss that was too much to record is tried again, ms. */
const UNHEARD_EVERY_MS = 1000
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
/** Of a link among all of them: when its polls have their turn, and whom it tells. */
type Turn = { readonly place: Place; wait(dueNs: bigint): void }

export type Links = {
  readonly loops: ReadonlyMap<string, LinkLoop>
  /** Begins to connect; readings go to `machines` from then on. */
  start(machines: Machines): void
  tick(now: Moment): void
  /** The row of a link is the same object as long as its state is the same. */
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

const msOf = (ns: bigint): number => Number(ns) / Number(NS_PER_MS)

/** How long a tick is in which polls start. */
export const tickNsOf = ({ bounds }: SiteConfig): bigint => BigInt(Math.round(1000 / bounds.ticksPerSecond)) * NS_PER_MS

type Opened = {
  readonly loops: ReadonlyMap<string, LinkLoop>
  readonly adapters: ReadonlyMap<string, Adapter>
  /** When the first poll of each link is due, monotonic ms, in their order. */
  readonly dueMs: Float64Array
}

/** Loads the adapters that the site uses. */
async function openLoops(deps: LinksDeps): Promise<Opened> {
  const { links } = deps.config
  const [gating, display] = [pointsByLink(deps.config, 'gating'), pointsByLink(deps.config, 'display')]
  const loops = new Map<string, LinkLoop>()
  const adapters = new Map<string, Adapter>()
  const dueMs = new Float64Array(links.length).fill(Number.POSITIVE_INFINITY)
  for (const [index, link] of links.entries()) {
    const { id, protocol } = link
    const adapter = await protocols[protocol].load()
    adapters.set(id, adapter)
    const turn: Turn = {
      place: { share: index / links.length, tickNs: tickNsOf(deps.config) },
      wait(dueNs) {
        dueMs[index] = msOf(dueNs)
      },
    }
    loops.set(id, createLoop(link, adapter, deps, turn, gating.get(id) ?? [], display.get(id) ?? []))
  }
  return { loops, adapters, dueMs }
}

export async function createLinks(deps: LinksDeps): Promise<Links> {
  const { config, clock, log, record } = deps
  const { loops, adapters, dueMs } = await openLoops(deps)
  const rows = new Map(
    config.links.map(({ id, protocol }): [string, LinkRow] => [id, { id, protocol, state: 'connecting', sinceMs: 0 }]),
  )
  const inTurn = [...loops.values()]
  let unheardMs = 0
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

  function onState(id: string, state: LinkState): void {
    const { protocol } = rows.get(id)!
    rows.set(id, { id, protocol, ...state })
    recordLosses(id, found(losses.get(id)!, state), clock.now().ns)
  }

  return {
    loops,
    start(machines) {
      const owners = ownersByLink(config, machines)
      for (const [id, loop] of loops)
        loop.start({
          onReadings: routeTo(owners.get(id) ?? new Map(), deps.fatal),
          onState: (state) => onState(id, state),
        })
    },
    tick(now) {
      const nowMs = msOf(now.ns)
      for (const [index, loop] of inTurn.entries()) if (dueMs[index]! <= nowMs) loop.tick(now)
      if (nowMs - unheardMs < UNHEARD_EVERY_MS) return
      unheardMs = nowMs
      for (const [id, known] of losses) if (isUnheard(known)) recordLosses(id, known, now.ns)
    },
    rows: () => [...rows.values()],
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
  turn: Turn,
  points: readonly Point[],
  display: readonly Point[],
): LinkLoop {
  return createLinkLoop({
    id,
    link: adapter.createLink(options, { now: clock.now, log, stateDir: dir.stateDirOf(id) }),
    points,
    display,
    ...turn,
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

/** The machine of each point, by link. */
function ownersByLink({ machines: configs }: SiteConfig, machines: Machines): ReadonlyMap<string, Owners> {
  const byLink = new Map<string, Map<string, MachineLoop>>()
  for (const config of configs)
    for (const [link, points] of pointsOf(config)) {
      const owners = byLink.get(link) ?? new Map<string, MachineLoop>()
      byLink.set(link, owners)
      for (const { id } of points) owners.set(id, machines.get(config.id)!)
    }
  return byLink
}

/** Inside a library's callback a broken invariant would be swallowed, so it goes to `fatal`. */
function routeTo(owners: Owners, fatal: (error: Error) => void): (readings: readonly Reading[]) => void {
  const [only, ...others] = new Set(owners.values())
  const toAll = (readings: readonly Reading[]) => {
    for (const [machine, list] of Map.groupBy(readings, ({ point }) => owners.get(point))) machine?.take(list)
  }
  const route = only !== undefined && others.length === 0 ? only.take : toAll
  return (readings) => {
    try {
      route(readings)
    } catch (error) {
      fatal(error as Error)
    }
  }
}

/** Of all links together. */
function countersOf(loops: readonly LinkLoop[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const { counters } of loops)
    for (const [name, value] of Object.entries(counters)) sum[`link_${name}`] = (sum[`link_${name}`] ?? 0) + value
  return sum
}
