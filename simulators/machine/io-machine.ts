/**
 * A machine behind an I/O module, in time: physics, the module and the buttons on the monotonic clock, and their journal.
 * The output of the module is the permission to start; a cycle that runs goes on without it. Everything asks `advance`
 * first, so that a watchdog is over by the time that really passed before a write that waited is looked at.
 * Next: io-module.ts, simulators/edge-bander.ts (its faces).
 */
import { contactOf, feedbackOf, type Module, type ModuleEvent, newModule, step as stepModule } from './io-module.ts'
import { createJournal, type Journal, type Moment } from './journal.ts'
import type { MachineFault, Operator } from './machine.ts'
import {
  energyWhText,
  type Physics,
  type Plant,
  presetCounter,
  pressStart,
  produce,
  step as stepPhysics,
} from './physics.ts'
import type { Retentive } from './retentive.ts'

/** What somebody does to the module, or to its setting. */
export type ModuleAct = ModuleEvent extends infer E ? (E extends ModuleEvent ? Omit<E, 'atMs'> : never) : never

export type IoMachine = Readonly<{
  journal: Journal
  moment(): Moment
  advance(): void
  view(): Readonly<{ physics: Physics; module: Module; feedback: boolean; emergencyStop: boolean; fault: boolean }>
  act(act: ModuleAct): void
  operate(act: Operator): void
  suffer(fault: MachineFault): void
  /** Stops the module, its watchdog too; the machine goes on. */
  holdLogic(held: boolean): void
  judge(): Record<string, unknown>
}>

export type IoMachineOptions = Readonly<{
  name: string
  plant: Plant
  watchdogMs: number
  retentive: Retentive
  /** Monotonic whole milliseconds. */
  nowMs: () => number
}>

const tickMs = 20

export function createIoMachine(options: IoMachineOptions): IoMachine {
  const { retentive, nowMs } = options
  const journal = createJournal()
  const buttons = { emergencyStop: false, guardOpen: false, powered: true, fault: false }
  let atMs = nowMs()
  let physics = retentive.physics
  let held = false
  const bootId = retentive.retained.bootId + 1
  retentive.keepPlc({ ...retentive.retained, bootId })
  let module: Module = { ...newModule, bootId, watchdogMs: options.watchdogMs, fedAtMs: atMs }
  journal.edge(false, 'power-up', 0, moment())

  function apply(act: ModuleAct): void {
    const before = contactOf(module)
    module = stepModule(module, { ...act, atMs } as ModuleEvent)
    const on = contactOf(module)
    if (on !== before) journal.edge(on, act.kind === 'tick' ? 'watchdog' : act.kind, 0, moment())
    if (act.kind === 'restart') retentive.keepPlc({ ...retentive.retained, bootId: module.bootId })
  }

  function pass(dtMs: number): void {
    const { powered, emergencyStop, fault, guardOpen } = buttons
    const halt = emergencyStop || fault ? 'error' : guardOpen ? 'guard' : 'none'
    physics = stepPhysics(options.plant, physics, { powered, halt, startPermission: contactOf(module) }, dtMs)
    retentive.keepCounters(physics)
  }

  function advance(): void {
    const now = nowMs()
    while (atMs < now) {
      const dtMs = Math.min(tickMs, now - atMs)
      atMs += dtMs
      if (!held) apply({ kind: 'tick' })
      pass(dtMs)
    }
  }

  function moment(): Moment {
    return { at: new Date(Date.now() - (nowMs() - atMs)).toISOString(), atMs }
  }

  function operate(act: Operator): void {
    advance()
    if (act.kind === 'press-start') physics = pressStart(physics)
    else if (act.kind === 'auto-start') physics = { ...physics, autoStart: act.on }
    else if (act.kind === 'produce') physics = produce(physics, act.units)
    else if (act.kind === 'emergency-stop') buttons.emergencyStop = act.pressed
    else if (act.kind === 'guard') buttons.guardOpen = act.open
    else if (act.kind === 'power') buttons.powered = act.on
    pass(0)
  }

  function suffer(fault: MachineFault): void {
    advance()
    if (fault.kind === 'reset-counter') physics = presetCounter(physics, fault.to)
    else if (fault.kind === 'machine-fault') buttons.fault = fault.active
    else apply({ kind: 'restart' })
    pass(0)
  }

  return {
    journal,
    moment() {
      advance()
      return moment()
    },
    advance,
    view() {
      advance()
      const { emergencyStop, fault } = buttons
      return { physics, module, feedback: feedbackOf(module), emergencyStop, fault }
    },
    act(act) {
      advance()
      apply(act)
      pass(0)
    },
    operate,
    suffer,
    holdLogic(now) {
      advance()
      held = now
    },
    judge() {
      advance()
      const { leaseFacts: _, ...facts } = journal.view()
      return {
        machine: options.name,
        ...moment(),
        state: physics.state,
        producedUnits: physics.producedUnits,
        partCounter: physics.partCounter,
        energyWh: energyWhText(physics.energyMWh),
        powerW: physics.powerW,
        startPermission: contactOf(module),
        cycleRunning: physics.cycleLeftMs > 0,
        autoStart: physics.autoStart,
        ...buttons,
        module: { ...module, feedback: feedbackOf(module) },
        ...facts,
      }
    },
  }
}
