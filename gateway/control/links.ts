/**
 * The links of the site: opened, ticked, changed and stopped together. What one reads goes to the machine it belongs
 * to. A loss and the return are recorded once each. Read next: loops/link-loop.ts (one of them), loops/machine-loop.ts.
 */
import type { Adapter, Logger, Point } from '../../adapters/adapter.ts'
import { protocols } from '../../adapters/registry.ts'
import type { LinkConfig, SiteConfig } from '../../config/site.ts'
import type { LinkRow } from '../core/board/message.ts'
import { type Moment, NS_PER_MS } from '../core/ground/moment.ts'
import type { Reading } from '../core/reading/reading.ts'
import type { Clock } from './host/clock.ts'
import type { DataDir } from './host/data-dir.ts'
import { packageThatThrew } from './host/stray.ts'
import type { RecordEntry } from './journal.ts'
import type { Live } from './live.ts'
import { createLinkLoop, type LinkLoop } from './loops/link-loop.ts'
import { found, isUnheard, type Losses, noLosses, takeEntry } from './loops/losses.ts'
import type { MachineLoop } from './loops/machine-loop.ts'
import { pointsByLink, pointsOf } from './loops/points.ts'
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
  readonly show: Live['show']
  record: RecordEntry
  fatal(error: Error): void
}

type Machines = ReadonlyMap<string, MachineLoop>

export type Links = {
  readonly loops: ReadonlyMap<string, LinkLoop>
  /** Begins to connect; readings go to `machines` from then on. */
  start(machines: Machines): void
  /** Loads what the links of another configuration need. */
  prepare(config: SiteConfig): Promise<void>
  /**
   * Opens, closes and reads links as another configuration has them, once it is prepared. A link that is opened anew
   * waits until the one before is closed. Readings go to `machines` as they are by now.
   */
  change(config: SiteConfig, plan: LinkPlan, machines: Machines): void
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

type LinkPlan = Readonly<Record<'opened' | 'closed' | 'reopened' | 'reread', readonly string[]>>

type State = LinksDeps & {
  config: SiteConfig
  readonly adapters: Map<string, Adapter>
  readonly loops: Map<string, LinkLoop>
  readonly losses: Map<string, Losses>
  /** Takes the readings of each link to its machines; none before the start. */
  routes: ReadonlyMap<string, Route>
  rows: Map<string, LinkRow>
  /** By link that is being closed: when all its connections are over. */
  readonly closing: Map<string, Promise<unknown>>
  /** In the order of the links: each, and when its first poll is due, monotonic ms; where each has its place there. */
  inTurn: readonly LinkLoop[]
  dueMs: Float64Array
  readonly slots: Map<string, { index: number }>
}

/** Loads the adapters that the site uses. */
export async function createLinks(deps: LinksDeps): Promise<Links> {
  const state: State = {
    ...deps,
    ...{ adapters: new Map(), loops: new Map(), losses: new Map(), routes: new Map(), rows: new Map() },
    ...{ closing: new Map(), inTurn: [], dueMs: new Float64Array(), slots: new Map() },
  }
  const { clock, log, adapters, loops, losses } = state
  await loadAdapters(state, deps.config)
  const turns = turnsOf(deps.config)
  takeTurns(state)
  for (const link of deps.config.links) make(state, link, turns)
  seat(state)
  let unheardMs = 0
  let strays = 0

  return {
    loops,
    start(machines) {
      state.routes = routesOf(state, machines)
      for (const id of loops.keys()) begin(state, id)
    },
    prepare: (config) => loadAdapters(state, config),
    change: (config, plan, machines) => change(state, config, plan, machines),
    tick(now) {
      const nowMs = msOf(now.ns)
      const { inTurn, dueMs } = state
      // 20 times a second: entries would make an object for each link that is not due.
      for (let index = 0; index < inTurn.length; index += 1) if (dueMs[index]! <= nowMs) inTurn[index]!.tick(now)
      if (nowMs - unheardMs < UNHEARD_EVERY_MS) return
      unheardMs = nowMs
      for (const [id, known] of losses) if (isUnheard(known)) recordLosses(state, id, known, now.ns)
    },
    rows: () => [...state.rows.values()],
    counters: () => ({ ...countersOf([...loops.values()]), link_strays: strays }),
    notes: () => [...loops.values()].flatMap((loop) => notesOf(loop, clock.now().ms)),
    takeStray(error) {
      const thrower = packageThatThrew(error)
      if (thrower === undefined) return false
      const isTheirs = ({ protocol }: LinkConfig) =>
        adapters.get(protocol)!.packages.some((begin) => thrower.startsWith(begin))
      const theirs = state.config.links.filter(isTheirs).map(({ id }) => id)
      if (theirs.length === 0) return false
      strays += 1
      log.error({ err: error, links: theirs }, 'a library failed on what a device sent: its links are lost')
      for (const id of theirs)
        loops.get(id)?.drop(`${thrower} failed on what a device sent: ${(error as Error).message}`)
      return true
    },
    async stop() {
      await Promise.all([...[...loops.values()].map((loop) => loop.stop()), ...state.closing.values()])
    },
  }
}

async function loadAdapters({ adapters }: State, { links }: SiteConfig): Promise<void> {
  for (const protocol of new Set(links.map((link) => link.protocol)))
    if (!adapters.has(protocol)) adapters.set(protocol, await protocols[protocol].load())
}

function make(state: State, link: LinkConfig, turns: Turns): void {
  const { config, clock, loops, losses } = state
  loops.set(link.id, createLoop(state, link, turns))
  losses.set(link.id, losses.get(link.id) ?? noLosses(config.bounds.flapsPerHour, clock.now().ns))
}

/** What a loop that was replaced still brings is passed over. */
function begin(state: State, id: string): void {
  const { loops, losses, clock } = state
  const loop = loops.get(id)!
  const isCurrent = () => loops.get(id) === loop
  loop.start({
    onReadings: (readings) => isCurrent() && state.routes.get(id)?.(readings),
    onValue: (point, value, at, everyMs, sourceAtMs) =>
      !isCurrent() || state.show(point, value, at, everyMs, sourceAtMs),
    onState(known) {
      if (!isCurrent()) return
      const { protocol } = state.rows.get(id)!
      state.rows.set(id, { id, protocol, ...known })
      recordLosses(state, id, found(losses.get(id)!, known), clock.now().ns)
    },
  })
}

function recordLosses({ losses, record }: State, id: string, before: Losses, nowNs: bigint): void {
  const { losses: after, entry } = takeEntry(before, nowNs)
  losses.set(id, after)
  if (entry === undefined) return
  const { kind, ...data } = entry
  record(kind, { link: id, ...data })
}

function change(state: State, config: SiteConfig, plan: LinkPlan, machines: Machines): void {
  const { loops, losses, closing } = state
  state.config = config
  for (const id of [...plan.closed, ...plan.reopened]) close(state, id)
  for (const id of plan.closed) losses.delete(id)
  const turns = turnsOf(config)
  takeTurns(state)
  for (const link of config.links.filter(({ id }) => !loops.has(id))) {
    make(state, link, turns)
    const loop = loops.get(link.id)
    void Promise.resolve(closing.get(link.id)).then(() => loops.get(link.id) === loop && begin(state, link.id))
  }
  seat(state)
  state.routes = routesOf(state, machines)
  for (const id of plan.reread) loops.get(id)?.repoint(turns.gating.get(id) ?? [], turns.display.get(id) ?? [])
}

function close({ loops, closing, dueMs, slots }: State, id: string): void {
  const closed: Promise<unknown> = Promise.all([closing.get(id), loops.get(id)!.stop()]).finally(() => {
    if (closing.get(id) === closed) closing.delete(id)
  })
  closing.set(id, closed)
  loops.delete(id)
  dueMs[slots.get(id)!.index] = Number.POSITIVE_INFINITY
}

/* ── the order of the links ── */

/** Each link has its place in the order of the site file; what it waits for goes there with it. */
function takeTurns(state: State): void {
  const { config, slots, dueMs } = state
  const { links } = config
  const moved = new Float64Array(links.length).fill(Number.POSITIVE_INFINITY)
  for (const [index, { id }] of links.entries()) {
    const slot = slots.get(id) ?? { index: -1 }
    moved[index] = dueMs[slot.index] ?? Number.POSITIVE_INFINITY
    slot.index = index
    slots.set(id, slot)
  }
  const ids = new Set(links.map(({ id }) => id))
  for (const id of slots.keys()) if (!ids.has(id)) slots.delete(id)
  state.dueMs = moved
}

/** Loops and rows in the order of the links; the row of one that is opened anew stays until it says something else. */
function seat(state: State): void {
  const { links } = state.config
  state.inTurn = links.map(({ id }) => state.loops.get(id)!)
  state.rows = new Map(
    links.map(({ id, protocol }): [string, LinkRow] => [
      id,
      state.rows.get(id) ?? { id, protocol, state: 'connecting', sinceMs: 0 },
    ]),
  )
}

/** What is read on each link, and when it has its turn. */
type Turns = Readonly<Record<'gating' | 'display', ReadonlyMap<string, readonly Point[]>>> & {
  readonly places: ReadonlyMap<string, Place>
}

function turnsOf(config: SiteConfig): Turns {
  const { links, machines } = config
  const tickNs = tickNsOf(config)
  return {
    gating: pointsByLink(machines, 'gating'),
    display: pointsByLink(machines, 'display'),
    places: new Map(links.map(({ id }, index) => [id, { share: index / links.length, tickNs }])),
  }
}

function createLoop(state: State, { id, protocol, options }: LinkConfig, { gating, display, places }: Turns): LinkLoop {
  const { config, adapters, dir, clock, log } = state
  const slot = state.slots.get(id)!
  const loop: LinkLoop = createLinkLoop({
    id,
    link: adapters.get(protocol)!.createLink(options, { now: clock.now, log, stateDir: dir.stateDirOf(id) }),
    points: gating.get(id) ?? [],
    display: display.get(id) ?? [],
    place: places.get(id)!,
    wait(dueNs) {
      if (state.loops.get(id) === loop) state.dueMs[slot.index] = msOf(dueNs)
    },
    now: clock.now,
    log,
    maxBackoffMs: config.bounds.reconnectMaxMs,
  })
  return loop
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
type Route = (readings: readonly Reading[]) => void

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

function routesOf({ config, fatal }: State, machines: Machines): ReadonlyMap<string, Route> {
  return new Map([...ownersByLink(config, machines)].map(([link, owners]) => [link, routeTo(owners, fatal)]))
}

/** Inside a library's callback a broken invariant would be swallowed, so it goes to `fatal`. */
function routeTo(owners: Owners, fatal: (error: Error) => void): Route {
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
  const sum = { link_polls: 0, link_readings: 0, link_bad: 0, link_reconnects: 0 }
  for (const { counters } of loops) {
    sum.link_polls += counters.polls
    sum.link_readings += counters.readings
    sum.link_bad += counters.bad
    sum.link_reconnects += counters.reconnects
  }
  return loops.length === 0 ? {} : sum
}
