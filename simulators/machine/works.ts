/**
 * The works of a simulated machine, whatever permits a start: its physics on the monotonic clock, its memory and its
 * journal. `drive` moves them in short slices, together with the logic that permits the start.
 * The machine is brought to the present before anything is read or written: after a pause of any length (a stopped
 * process, a busy computer) a permission has lapsed at its own time before a write that waited takes effect.
 * Next: physics.ts, plc.ts (the logic of a lease), io-machine.ts (the logic of an output).
 */
import { createJournal, type Journal, type Moment } from './journal.ts'
import {
  type Conditions,
  energyWhText,
  type Physics,
  type Plant,
  presetCounter,
  pressStart,
  produce,
  step,
} from './physics.ts'
import type { Retentive } from './retentive.ts'

export type WorksOptions = Readonly<{
  name: string
  plant: Plant
  retentive: Retentive
  /** Monotonic whole milliseconds. */
  nowMs: () => number
}>

export type Works = WorksOptions & {
  readonly journal: Journal
  /** The moment the machine has reached. */
  atMs: number
  physics: Physics
}

/** What decides whether a cycle may start. */
export type Logic = Readonly<{
  /** Called once per slice, so that the logic can look at the clock. */
  tick(): void
  conditions(): Conditions
  /** Learns whether a cycle runs; true when that changed the conditions. */
  sees?(running: boolean): boolean
}>

export type Drive = Readonly<{
  advance(): void
  /** Brings the machine to the present, calls `act`, and lets the physics follow at once. */
  during(act: () => void): void
  /** Stops the logic, or lets it run again. */
  hold(held: boolean): void
}>

/** Longest slice, and so the latest that the logic looks at the clock. */
const tickMs = 20

export function newWorks(options: WorksOptions): Works {
  const { name, plant, retentive, nowMs } = options
  return { name, plant, retentive, nowMs, journal: createJournal(), atMs: nowMs(), physics: retentive.physics }
}

export function drive(works: Works, logic: Logic): Drive {
  let held = false

  function pass(dtMs: number): void {
    works.physics = step(works.plant, works.physics, logic.conditions(), dtMs)
    if (!held && logic.sees?.(works.physics.cycleLeftMs > 0)) pass(0)
    works.retentive.keepCounters(works.physics)
  }

  function advance(): void {
    const now = works.nowMs()
    while (works.atMs < now) {
      const dtMs = Math.min(tickMs, now - works.atMs)
      works.atMs += dtMs
      if (!held) logic.tick()
      pass(dtMs)
    }
  }

  return {
    advance,
    during(act) {
      advance()
      act()
      pass(0)
    },
    hold(next) {
      advance()
      held = next
      if (held) return
      logic.tick()
      pass(0)
    },
  }
}

/** The moment the machine has reached, by both clocks. */
export function momentOf({ nowMs, atMs }: Works): Moment {
  return { at: new Date(Date.now() - (nowMs() - atMs)).toISOString(), atMs }
}

/** An act or a fault that concerns nothing but the physics. */
export type Touch = Readonly<
  | { kind: 'press-start' }
  | { kind: 'auto-start'; on: boolean }
  | { kind: 'produce'; units: number }
  | { kind: 'reset-counter'; to: number }
>

export function touch(works: Works, act: Touch): void {
  works.physics = touched(works.physics, act)
}

function touched(physics: Physics, act: Touch): Physics {
  switch (act.kind) {
    case 'press-start':
      return pressStart(physics)
    case 'auto-start':
      return { ...physics, autoStart: act.on }
    case 'produce':
      return produce(physics, act.units)
    case 'reset-counter':
      return presetCounter(physics, act.to)
  }
}

/** What the judge knows of any machine. */
export function factsOf(works: Works, startPermission: boolean): Record<string, unknown> {
  const { name, physics } = works
  return {
    machine: name,
    ...momentOf(works),
    state: physics.state,
    producedUnits: physics.producedUnits,
    partCounter: physics.partCounter,
    energyWh: energyWhText(physics.energyMWh),
    powerW: physics.powerW,
    runningMs: physics.runningMs,
    poweredMs: physics.poweredMs,
    startPermission,
    cycleRunning: physics.cycleLeftMs > 0,
    autoStart: physics.autoStart,
  }
}
