/**
 * The links of the site: opened, ticked and stopped together. What they read goes to the machine it is of; that one is
 * lost, and that it is back, is recorded once each. Read next: control/loops/link-loop.ts (one of them),
 * control/loops/machine-loop.ts.
 */

import type { Log } from '../../adapters/adapter.ts'
import { protocols } from '../../adapters/registry.ts'
import type { SiteConfig } from '../../config/site.ts'
import type { LinkRow } from '../core/board/message.ts'
import type { Moment } from '../core/ground/moment.ts'
import type { Reading } from '../core/reading/reading.ts'
import type { Clock } from './host/clock.ts'
import type { DataDir } from './host/data-dir.ts'
import type { RecordEntry } from './journal.ts'
import { createLinkLoop, type LinkLoop, type LinkState } from './loops/link-loop.ts'
import { type MachineLoop, pointsOf } from './loops/machine-loop.ts'

export type LinksDeps = {
  readonly config: SiteConfig
  readonly dir: DataDir
  readonly clock: Clock
  readonly log: Log
  readonly machines: ReadonlyMap<string, MachineLoop>
  record: RecordEntry
  fatal(error: Error): void
}

export type Links = {
  /** Empty until they are opened. */
  readonly loops: ReadonlyMap<string, LinkLoop>
  open(): Promise<void>
  tick(now: Moment): void
  rows(): LinkRow[]
  counters(): Record<string, number>
  /** What to look at, for health. */
  notes(): string[]
  stop(): Promise<void>
}

export function createLinks({ config, dir, clock, log, machines, record, fatal }: LinksDeps): Links {
  const loops = new Map<string, LinkLoop>()
  const states = new Map<string, LinkState>()

  async function open(): Promise<void> {
    const pointsOn = (link: string, which: 'gating' | 'display') =>
      config.machines.flatMap((machine) => pointsOf(machine, which).get(link) ?? [])
    for (const { id, protocol, options } of config.links) {
      const adapter = await protocols[protocol].load()
      const link = adapter.createLink(options, { now: clock.now, log, stateDir: dir.stateDirOf(id) })
      loops.set(
        id,
        createLinkLoop({
          id,
          link,
          points: pointsOn(id, 'gating'),
          display: pointsOn(id, 'display'),
          now: clock.now,
          log,
          maxBackoffMs: config.bounds.reconnectMaxMs,
          onReadings: (readings) => {
            // Inside a library's callback a broken invariant would be swallowed.
            try {
              route(readings)
            } catch (error) {
              fatal(error as Error)
            }
          },
          onState: (state) => onState(id, state),
        }),
      )
    }
  }

  function route(readings: readonly Reading[]): void {
    const byMachine = new Map<string, Reading[]>()
    for (const reading of readings) {
      const machine = reading.point.slice(0, reading.point.indexOf('/'))
      const list = byMachine.get(machine)
      if (list) list.push(reading)
      else byMachine.set(machine, [reading])
    }
    for (const [machine, list] of byMachine) machines.get(machine)?.take(list)
  }

  function onState(id: string, next: LinkState): void {
    const before = states.get(id)
    states.set(id, next)
    if (next.state === before?.state) return
    if (next.state === 'down') record('LinkLost', { link: id, cause: next.cause ?? 'unknown' })
    else if (next.state === 'up' && before !== undefined)
      record('LinkRestored', { link: id, downMs: next.sinceMs - before.sinceMs })
  }

  function rows(): LinkRow[] {
    return config.links.map(({ id, protocol }) => ({
      id,
      protocol,
      ...(states.get(id) ?? { state: 'connecting', sinceMs: 0 }),
    }))
  }

  return {
    loops,
    open,
    tick(now) {
      for (const link of loops.values()) link.tick(now)
    },
    rows,
    counters() {
      const sum: Record<string, number> = {}
      for (const link of loops.values())
        for (const [name, value] of Object.entries(link.counters))
          sum[`link_${name}`] = (sum[`link_${name}`] ?? 0) + value
      return sum
    },
    notes: () =>
      rows().flatMap(({ id, state, cause }) => (state === 'down' ? [`link ${id} is down: ${cause ?? ''}`] : [])),
    async stop() {
      await Promise.all([...loops.values()].map((link) => link.stop()))
    },
  }
}
