/**
 * What the control thread does by the clock: it starts polls and steps machines, commits what has gathered, and looks
 * after keys, clock and disk. A tick never waits; what it throws is fatal.
 * Read next: loops/link-loop.ts (polls), core/step.ts (what a tick of a machine is), journal.ts.
 */
import type { Logger } from '../../adapters/adapter.ts'
import type { SiteConfig } from '../../config/site.ts'
import { type Moment, NS_PER_MS } from '../core/ground/moment.ts'
import type { Clock } from './host/clock.ts'
import type { Disk } from './host/disk.ts'
import type { KeysFile, LogKeysFile } from './host/keys-file.ts'
import type { RecordEntry } from './journal.ts'
import type { Links } from './links.ts'
import type { MachineLoop } from './loops/machine-loop.ts'

/** Machines are stepped this often, ms: the grain of heartbeats, deadlines and availability. */
const MACHINE_TICK_MS = 100
/** A timer may be early by this, ms. */
const EARLY_MS = 5
const HOUSEKEEPING_MS = 1000

type TicksDeps = {
  readonly config: SiteConfig
  readonly clock: Clock
  readonly links: Links
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly keys: KeysFile
  readonly logKeys: LogKeysFile
  readonly disk: Disk
  readonly log: Logger
  record: RecordEntry
  flush(): void
  fatal(error: Error): void
}

export type Ticks = { stop(): void }

export function startTicks({ config, clock, links, machines, fatal, ...deps }: TicksDeps): Ticks {
  const every = (ms: number, work: (now: Moment) => void) =>
    setInterval(() => {
      try {
        work(clock.now())
      } catch (error) {
        fatal(error as Error)
      }
    }, ms)
  let machinesDueNs = 0n

  function tick(now: Moment): void {
    links.tick(now)
    if (now.ns < machinesDueNs) return
    machinesDueNs = now.ns + BigInt(MACHINE_TICK_MS - EARLY_MS) * NS_PER_MS
    recordClock(now)
    for (const machine of machines.values()) machine.dispatch({ kind: 'tick' })
  }

  function recordClock(now: Moment): void {
    const change = clock.takeChange(now)
    if (change === undefined) return
    const { stepMs, state, floorMs, text } = change
    deps.record('ClockChanged', { stepMs, state, floor: new Date(floorMs).toISOString() })
    if (state === 'synchronised') deps.log.info({ stepMs, clock: state }, text)
    else deps.log.warn({ stepMs, clock: state }, text)
  }

  function keepHouse(): void {
    deps.keys.check()
    void deps.logKeys.check().catch(fatal)
    void deps.disk.look()
  }

  const timers = [
    every(Math.round(1000 / config.bounds.ticksPerSecond), tick),
    every(config.bounds.commitEveryMs, () => deps.flush()),
    every(HOUSEKEEPING_MS, keepHouse),
  ]
  return {
    stop() {
      for (const timer of timers) clearInterval(timer)
    },
  }
}
