/**
 * A simulated machine in time: physics and lease on the monotonic clock, its memory and its journal.
 * Everything asks `advance` first, so after a pause of any length (a stopped process, a busy computer) a lease has
 * lapsed by the time that really passed before a write that waited is looked at. Next: physics.ts, lease.ts.
 */
import { randomInt } from 'node:crypto'
import { createJournal, type Journal, type Moment } from './journal.ts'
import { type Cause, type LeaseEvent, powerUp, type Stepped, step as stepLease } from './lease.ts'
import { toPlcLength, type Words } from './lease-block.ts'
import { accessOf, fromPlc, type Lease, leaseLeftMs, type Mode, permissionOf, safetyOk } from './lease-state.ts'
import {
  type Conditions,
  energyWhText,
  type Physics,
  type Plant,
  presetCounter,
  pressStart,
  produce,
  step as stepPhysics,
} from './physics.ts'
import type { Retentive } from './retentive.ts'

/** What the person at the machine does. */
export type Operator = Readonly<
  | { kind: 'press-start' }
  | { kind: 'auto-start'; on: boolean }
  | { kind: 'emergency-stop'; pressed: boolean }
  | { kind: 'guard'; open: boolean }
  | { kind: 'mode'; mode: Mode }
  | { kind: 'power'; on: boolean }
  | { kind: 'produce'; units: number }
>

/** What goes wrong inside the machine; what goes wrong on the wire is in simulators/faces/door.ts. */
export type MachineFault = Readonly<
  { kind: 'reset-counter'; to: number } | { kind: 'machine-fault'; active: boolean } | { kind: 'plc-restart' }
>

export type MachineOptions = Readonly<{
  name: string
  plant: Plant
  /** `lease`: starts need a lease. `free`: no lease block; anybody may start unless in maintenance. */
  permission: 'lease' | 'free'
  retentive: Retentive
  /** Monotonic whole milliseconds. */
  nowMs: () => number
}>

/** What the faces show at one instant. `toPlc` and `fromPlc` are the words of the two blocks. */
export type MachineView = Readonly<{
  physics: Physics
  lease: Lease
  startPermission: boolean
  toPlc: Words
  fromPlc: Words
}>

export type Machine = Readonly<{
  journal: Journal
  /** Now, for the journal entries of the faces. */
  moment(): Moment
  advance(): void
  view(): MachineView
  /** The whole ToPlc block, as it stands after a write. */
  takeBlock(words: Words): void
  operate(act: Operator): void
  suffer(fault: MachineFault): void
  /** Stops the PLC program while the machine and the hardwired circuits go on; on release real time counts. */
  holdLogic(held: boolean): void
  judge(): Record<string, unknown>
}>

const tickMs = 20

export function createMachine(options: MachineOptions): Machine {
  const { retentive, nowMs } = options
  const journal = createJournal()
  let atMs = nowMs()
  let physics = retentive.physics
  let toPlc: Words = new Array<number>(toPlcLength).fill(0)
  let retained = retentive.retained
  let logicHeld = false
  let lease = boot('remote')

  function boot(mode: Mode): Lease {
    const booted = powerUp(retained, mode, atMs, randomInt(2 ** 32))
    return absorb(booted, 'power-up', undefined)
  }

  /** Takes over what a step brought: memory first, then the journal. */
  function absorb(stepped: Stepped, cause: Cause, before: Lease | undefined): Lease {
    for (const effect of stepped.effects) {
      if (effect.kind === 'retain') {
        retained = effect.retained
        retentive.keepPlc(retained)
      }
      if (options.permission === 'lease' || effect.kind !== 'permission') journal.effect(effect, moment())
    }
    if (options.permission === 'free' && (!before || mayStart(before) !== mayStart(stepped.lease))) {
      journal.edge(mayStart(stepped.lease), cause, 0, moment())
    }
    return stepped.lease
  }

  function apply(event: LeaseEvent): void {
    lease = absorb(stepLease(lease, event), causeOf(event), lease)
  }

  function mayStart(of: Lease): boolean {
    if (options.permission === 'lease') return permissionOf(of)
    return of.powered && safetyOk(of) && !of.fault && of.mode !== 'maintenance'
  }

  function pass(dtMs: number): void {
    const conditions = {
      powered: lease.powered,
      halt: haltOf(lease),
      startPermission: mayStart(lease),
    }
    physics = stepPhysics(options.plant, physics, conditions, dtMs)
    const running = physics.cycleLeftMs > 0
    if (!logicHeld && running !== lease.cycleRunning) {
      apply({ kind: 'cycle', running, atMs })
      pass(0)
    }
    retentive.keepCounters(physics)
  }

  function advance(): void {
    const now = nowMs()
    while (atMs < now) {
      const dtMs = Math.min(tickMs, now - atMs)
      atMs += dtMs
      if (!logicHeld) apply({ kind: 'tick', atMs })
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
    else apply({ ...act, atMs })
    pass(0)
  }

  function suffer(fault: MachineFault): void {
    advance()
    if (fault.kind === 'reset-counter') physics = presetCounter(physics, fault.to)
    else if (fault.kind === 'machine-fault') apply({ kind: 'fault', active: fault.active, atMs })
    else restartPlc()
    pass(0)
  }

  /** The PLC loses power, the buttons and the key stay as they are. */
  function restartPlc(): void {
    const { mode, emergencyStop, guardOpen, powered } = lease
    physics = { ...physics, cycleLeftMs: 0 }
    toPlc = toPlc.map(() => 0)
    lease = boot(mode === 'local' ? 'remote' : mode)
    if (!powered) apply({ kind: 'power', on: false, atMs })
    if (guardOpen) apply({ kind: 'guard', open: true, atMs })
    if (emergencyStop) apply({ kind: 'emergency-stop', pressed: true, atMs })
    if (mode === 'local') apply({ kind: 'mode', mode, atMs })
  }

  function view(): MachineView {
    advance()
    const words = fromPlc(lease, atMs, physics.producedUnits)
    return { physics, lease, startPermission: mayStart(lease), toPlc, fromPlc: words }
  }

  return {
    journal,
    moment() {
      advance()
      return moment()
    },
    advance,
    view,
    takeBlock(words) {
      advance()
      toPlc = words
      apply({ kind: 'write', words, atMs })
      pass(0)
    },
    operate,
    suffer,
    holdLogic(held) {
      advance()
      logicHeld = held
      if (held) return
      apply({ kind: 'tick', atMs })
      pass(0)
    },
    judge() {
      const seen = view()
      return judgeView(options, seen, journal, moment())
    },
  }
}

function judgeView(
  options: MachineOptions,
  seen: MachineView,
  journal: Journal,
  moment: Moment,
): Record<string, unknown> {
  const { physics, lease } = seen
  const { leaseFacts, ...facts } = journal.view()
  return {
    machine: options.name,
    ...moment,
    state: physics.state,
    mode: lease.mode,
    producedUnits: physics.producedUnits,
    partCounter: physics.partCounter,
    energyWh: energyWhText(physics.energyMWh),
    powerW: physics.powerW,
    runningMs: physics.runningMs,
    poweredMs: physics.poweredMs,
    startPermission: seen.startPermission,
    cycleRunning: physics.cycleLeftMs > 0,
    autoStart: physics.autoStart,
    powered: lease.powered,
    emergencyStop: lease.emergencyStop,
    guardOpen: lease.guardOpen,
    fault: lease.fault,
    ...facts,
    lease: options.permission === 'lease' ? { ...leaseView(lease, moment.atMs), ...leaseFacts } : null,
  }
}

function leaseView(lease: Lease, atMs: number): Record<string, unknown> {
  return {
    state: accessOf(lease),
    ownerToken: lease.owner?.token ?? 0,
    ownerTag: lease.owner?.tag ?? 0,
    highestToken: lease.highestToken,
    bootId: lease.bootId,
    leaseLeftMs: leaseLeftMs(lease, atMs),
    acknowledgedSeq: lease.lastSeq ?? 0,
    rejectReason: lease.rejectReason,
    challenge: lease.challenge,
    previousChallenge: lease.previousChallenge,
  }
}

function haltOf(lease: Lease): Conditions['halt'] {
  if (lease.emergencyStop || lease.fault) return 'error'
  return lease.guardOpen ? 'guard' : 'none'
}

function causeOf(event: LeaseEvent): Cause {
  switch (event.kind) {
    case 'emergency-stop':
      return 'estop'
    case 'tick':
    case 'write':
    case 'cycle':
      return 'lapse'
    default:
      return event.kind
  }
}
