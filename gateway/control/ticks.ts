/**
 * What the control thread does by the clock: it starts polls, steps machines when they are due, commits what has
 * gathered, and looks after keys, clock and disk. A tick never waits; what it throws is fatal.
 * Read next: loops/link-loop.ts (polls), agenda.ts (who is due), core/step.ts (what a tick does), journal.ts.
 */
import type { Logger } from '../../adapters/adapter.ts'
import type { SiteConfig } from '../../config/site.ts'
import type { Moment } from '../core/ground/moment.ts'
import type { Agenda } from './agenda.ts'
import type { Clock } from './host/clock.ts'
import type { Disk } from './host/disk.ts'
import type { KeysFile, LogKeysFile } from './host/keys-file.ts'
import { KEEP_EVERY_MS } from './host/lock.ts'
import { LOOK_EVERY_MS, type Resources } from './host/resources.ts'
import type { RecordEntry } from './journal.ts'
import { type Links, tickNsOf } from './links.ts'
import type { MachineLoop } from './loops/machine-loop.ts'
import { inRhythm } from './rhythm.ts'

/** How often the clocks are held against each other, ms. */
const CLOCK_MS = 100
const HOUSEKEEPING_MS = KEEP_EVERY_MS

type TicksDeps = {
  readonly config: SiteConfig
  readonly clock: Clock
  readonly links: Links
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly agenda: Agenda
  readonly keys: KeysFile
  readonly logKeys: LogKeysFile
  readonly disk: Disk
  readonly resources: Resources
  readonly log: Logger
  record: RecordEntry
  flush(): void
  keepLock(): boolean
  fatal(error: Error): void
}

export type Ticks = { stop(): void }

export function startTicks({ config, clock, links, machines, agenda, fatal, ...deps }: TicksDeps): Ticks {
  const guarded = (work: () => void) => {
    try {
      work()
    } catch (error) {
      fatal(error as Error)
    }
  }
  const every = (ms: number, work: (now: Moment) => void) => setInterval(() => guarded(() => work(clock.now())), ms)
  const step = (id: string) => machines.get(id)?.dispatch({ kind: 'tick' })

  function recordClock(now: Moment): void {
    const change = clock.takeChange(now)
    if (change === undefined) return
    const { stepMs, state, floorMs, text } = change
    deps.record('ClockChanged', { stepMs, state, floor: new Date(floorMs).toISOString() })
    if (state === 'synchronised') deps.log.info({ code: 'clock', stepMs, clock: state }, text)
    else deps.log.warn({ code: 'clock', stepMs, clock: state }, text)
    // Each machine waits for moments of the clock that was.
    for (const id of machines.keys()) agenda.put(id, now.ns)
  }

  function keepHouse(): void {
    if (deps.keepLock())
      deps.log.warn({}, 'the lock of the data folder was deleted while this gateway holds it; it is there again')
    deps.keys.check()
    void deps.logKeys.check().catch(fatal)
    void deps.disk.look()
  }

  for (const id of machines.keys()) agenda.put(id, 0n)
  agenda.start((id) => guarded(() => step(id)))
  const polls = inRhythm(
    tickNsOf(config),
    () => clock.now().ns,
    () => guarded(() => links.tick(clock.now())),
  )
  const timers = [
    every(CLOCK_MS, recordClock),
    every(config.bounds.commitEveryMs, () => deps.flush()),
    every(HOUSEKEEPING_MS, keepHouse),
    every(LOOK_EVERY_MS, ({ ns }) => deps.resources.look(ns)),
  ]
  return {
    stop() {
      polls.stop()
      for (const timer of timers) clearInterval(timer)
      agenda.stop()
    },
  }
}
