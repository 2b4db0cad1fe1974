/**
 * The links of the site: opened, ticked and stopped together. What one reads goes to the machine it belongs to. A loss
 * and the return are recorded once each. Read next: loops/link-loop.ts (one of them), loops/machine-loop.ts.
 */
import type { Logger } from '../../adapters/adapter.ts'
import { protocols } from '../../adapters/registry.ts'
import type { SiteConfig } from '../../config/site.ts'
import type { LinkRow } from '../core/board/message.ts'
import type { Moment } from '../core/ground/moment.ts'
import type { Reading } from '../core/reading/reading.ts'
import type { Clock } from './host/clock.ts'
import type { DataDir } from './host/data-dir.ts'
import type { RecordEntry } from './journal.ts'
import { createLinkLoop, type LinkLoop, type LinkState } from './loops/link-loop.ts'
import type { MachineLoop } from './loops/machine-loop.ts'
import { pointsOf } from './loops/points.ts'

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
  stop(): Promise<void>
}

/** Loads the adapters that the site uses. */
export async function createLinks(deps: LinksDeps): Promise<Links> {
  const { config, record } = deps
  const loops = new Map<string, LinkLoop>()
  for (const link of config.links) loops.set(link.id, await createLoop(link, deps))
  /** As they were last reported. */
  const states = new Map<string, LinkState>()

  function onState(id: string, next: LinkState): void {
    const before = states.get(id)
    states.set(id, next)
    if (next.state === before?.state) return
    if (next.state === 'down') record('LinkLost', { link: id, cause: next.cause ?? 'unknown' })
    else if (next.state === 'up' && before !== undefined)
      record('LinkRestored', { link: id, downMs: next.sinceMs - before.sinceMs })
  }

  const rows = () =>
    config.links.map(
      ({ id, protocol }): LinkRow => ({ id, protocol, ...(states.get(id) ?? { state: 'connecting', sinceMs: 0 }) }),
    )

  return {
    loops,
    start(machines) {
      const onReadings = (readings: readonly Reading[]) => route(readings, machines, deps.fatal)
      for (const [id, loop] of loops) loop.start({ onReadings, onState: (state) => onState(id, state) })
    },
    tick(now) {
      for (const loop of loops.values()) loop.tick(now)
    },
    rows,
    counters: () => countersOf([...loops.values()]),
    notes: () =>
      rows().flatMap(({ id, state, cause }) => (state === 'down' ? [`link ${id} is down: ${cause ?? ''}`] : [])),
    async stop() {
      await Promise.all([...loops.values()].map((loop) => loop.stop()))
    },
  }
}

async function createLoop({ id, protocol, options }: SiteConfig['links'][number], deps: LinksDeps): Promise<LinkLoop> {
  const { config, dir, clock, log } = deps
  const adapter = await protocols[protocol].load()
  const pointsOn = (which: 'gating' | 'display') =>
    config.machines.flatMap((machine) => pointsOf(machine, which).get(id) ?? [])
  return createLinkLoop({
    id,
    link: adapter.createLink(options, { now: clock.now, log, stateDir: dir.stateDirOf(id) }),
    points: pointsOn('gating'),
    display: pointsOn('display'),
    now: clock.now,
    log,
    maxBackoffMs: config.bounds.reconnectMaxMs,
  })
}

/** Inside a library's callback a broken invariant would be swallowed, so it goes to `fatal`. */
function route(readings: readonly Reading[], machines: Machines, fatal: (error: Error) => void): void {
  const byMachine = Map.groupBy(readings, ({ point }) => point.slice(0, point.indexOf('/')))
  try {
    for (const [machine, list] of byMachine) machines.get(machine)?.take(list)
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
