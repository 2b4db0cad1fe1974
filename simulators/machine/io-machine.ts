/**
 * A simulated machine behind an I/O module: its works, the module and the buttons. The output of the module permits a
 * start; a running cycle completes without it.
 * Next: io-module.ts (the module), works.ts (time), simulators/edge-bander.ts (the program).
 */
import { contactOf, feedbackOf, type Module, type ModuleAct, newModule, step } from './io-module.ts'
import type { Physics } from './physics.ts'
import { type Simulated, simulate } from './simulated.ts'
import { drive, type Logic, momentOf, newWorks, type Works, type WorksOptions } from './works.ts'

type IoMachineView = Readonly<{
  physics: Physics
  module: Module
  feedback: boolean
  emergencyStop: boolean
  fault: boolean
}>

export type IoMachine = Simulated &
  Readonly<{
    view(): IoMachineView
    /** What somebody does to the module, or to its setting. */
    act(act: ModuleAct): void
  }>

type IoMachineOptions = WorksOptions & Readonly<{ watchdogMs: number }>

export function createIoMachine(options: IoMachineOptions): IoMachine {
  const works = newWorks(options)
  const { journal } = works
  const { buttons, module, apply, ...logic } = createModuleLogic(works, options.watchdogMs)
  const motion = drive(works, logic)

  const simulated = simulate(works, motion, {
    operate(act) {
      switch (act.kind) {
        case 'emergency-stop':
          buttons.emergencyStop = act.pressed
          return
        case 'guard':
          buttons.guardOpen = act.open
          return
        case 'power':
          buttons.powered = act.on
          return
        case 'mode': // This machine has no key switch.
          return
      }
    },
    suffer(fault) {
      if (fault.kind === 'machine-fault') buttons.fault = fault.active
      else apply({ kind: 'restart' })
    },
    startPermission: () => contactOf(module()),
    facts() {
      const { leaseFacts: _, ...facts } = journal.view()
      return { ...buttons, module: { ...module(), feedback: feedbackOf(module()) }, ...facts }
    },
  })

  return {
    ...simulated,
    request(kind) {
      journal.request(kind)
      motion.during(() => apply({ kind: 'request' }))
    },
    act: (act) => motion.during(() => apply(act)),
    view() {
      motion.advance()
      const { emergencyStop, fault } = buttons
      return { physics: works.physics, module: module(), feedback: feedbackOf(module()), emergencyStop, fault }
    },
  }
}

type ModuleLogic = Logic &
  Readonly<{
    module(): Module
    apply(act: ModuleAct): void
    /** Their present positions. */
    buttons: { emergencyStop: boolean; guardOpen: boolean; powered: boolean; fault: boolean }
  }>

function createModuleLogic(works: Works, watchdogMs: number): ModuleLogic {
  const { journal, retentive } = works
  const buttons = { emergencyStop: false, guardOpen: false, powered: true, fault: false }
  const bootId = retentive.retained.bootId + 1
  let module: Module = { ...newModule, bootId, watchdogMs, fedAtMs: works.atMs }
  const keepBootId = () => retentive.keepPlc({ ...retentive.retained, bootId: module.bootId })
  keepBootId()
  journal.edge(false, 'power-up', 0, momentOf(works))

  function apply(act: ModuleAct): void {
    const before = contactOf(module)
    module = step(module, { ...act, atMs: works.atMs })
    const on = contactOf(module)
    if (on !== before) journal.edge(on, act.kind === 'tick' ? 'watchdog' : act.kind, 0, momentOf(works))
    if (act.kind === 'restart') keepBootId()
  }

  return {
    buttons,
    module: () => module,
    apply,
    tick: () => apply({ kind: 'tick' }),
    conditions() {
      const { powered, emergencyStop, fault, guardOpen } = buttons
      const halt = emergencyStop || fault ? 'error' : guardOpen ? 'guard' : 'none'
      return { powered, halt, startPermission: contactOf(module) }
    },
  }
}
