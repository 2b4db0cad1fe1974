/**
 * A simulated machine with a PLC: its works, the lease that permits a start, and the words of the two lease blocks.
 * Next: works.ts (time), plc.ts (the lease).
 */
import { toPlcLength, type Words } from './lease-block.ts'
import { accessOf, fromPlc, type Lease, leaseLeftMs } from './lease-state.ts'
import type { Physics } from './physics.ts'
import { createPlc, type Permission } from './plc.ts'
import type { MachineFault, Operator, Simulated } from './simulated.ts'
import { drive, factsOf, momentOf, newWorks, touch, type WorksOptions } from './works.ts'

type MachineOptions = WorksOptions & Readonly<{ permission: Permission }>

/** What the faces show at one instant. `toPlc` and `fromPlc` are the words of the two blocks. */
export type MachineView = Readonly<{ physics: Physics; lease: Lease; toPlc: Words; fromPlc: Words }>

export type Machine = Simulated &
  Readonly<{
    view(): MachineView
    /** Hands the PLC the whole ToPlc block, as it stands after a write. */
    takeBlock(words: Words): void
  }>

export function createMachine(options: MachineOptions): Machine {
  const works = newWorks(options)
  const { journal } = works
  const plc = createPlc(works, options.permission)
  const { advance, during, hold } = drive(works, plc)
  let toPlc: Words = new Array<number>(toPlcLength).fill(0)

  function operate(act: Operator): void {
    switch (act.kind) {
      case 'press-start':
      case 'auto-start':
      case 'produce':
        return touch(works, act)
      default:
        return plc.apply(act)
    }
  }

  function suffer(fault: MachineFault): void {
    switch (fault.kind) {
      case 'reset-counter':
        return touch(works, fault)
      case 'machine-fault':
        return plc.apply({ kind: 'fault', active: fault.active })
      case 'plc-restart':
        works.physics = { ...works.physics, cycleLeftMs: 0 }
        toPlc = toPlc.map(() => 0)
        return plc.restart()
    }
  }

  return {
    advance,
    operate: (act) => during(() => operate(act)),
    suffer: (fault) => during(() => suffer(fault)),
    holdLogic: hold,
    request: journal.request,
    wrote(frame) {
      advance()
      journal.write(frame, momentOf(works))
    },
    takeBlock: (words) =>
      during(() => {
        toPlc = words
        plc.apply({ kind: 'write', words })
      }),
    view() {
      advance()
      const { atMs, physics } = works
      const lease = plc.lease()
      return { physics, lease, toPlc, fromPlc: fromPlc(lease, atMs, physics.producedUnits) }
    },
    judge() {
      advance()
      const { leaseFacts, ...facts } = journal.view()
      const lease = plc.lease()
      const { mode, powered, emergencyStop, guardOpen, fault } = lease
      return {
        ...factsOf(works, plc.mayStart()),
        ...{ mode, powered, emergencyStop, guardOpen, fault },
        ...facts,
        lease: options.permission === 'lease' ? { ...leaseView(lease, works.atMs), ...leaseFacts } : null,
      }
    },
  }
}

function leaseView(lease: Lease, atMs: number): Record<string, unknown> {
  const { owner, highestToken, bootId, lastSeq, rejectReason, challenge, previousChallenge } = lease
  return {
    state: accessOf(lease),
    ownerToken: owner?.token ?? 0,
    ownerTag: owner?.tag ?? 0,
    highestToken,
    bootId,
    leaseLeftMs: leaseLeftMs(lease, atMs),
    acknowledgedSeq: lastSeq ?? 0,
    rejectReason,
    challenge,
    previousChallenge,
  }
}
