/**
 * A simulated machine with a PLC: its works, the lease that permits a start, and the words of the two lease blocks.
 * Next: works.ts (time), plc.ts (the lease).
 */
import { toPlcLength, type Words } from './lease-block.ts'
import { accessOf, fromPlc, type Lease, leaseLeftMs } from './lease-state.ts'
import type { Physics } from './physics.ts'
import { createPlc, type Permission } from './plc.ts'
import { type Simulated, simulate } from './simulated.ts'
import { drive, newWorks, type WorksOptions } from './works.ts'

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
  const plc = createPlc(works, options.permission)
  const motion = drive(works, plc)
  let toPlc: Words = new Array<number>(toPlcLength).fill(0)

  const simulated = simulate(works, motion, {
    operate: plc.apply,
    suffer(fault) {
      if (fault.kind === 'machine-fault') return plc.apply({ kind: 'fault', active: fault.active })
      works.physics = { ...works.physics, cycleLeftMs: 0 }
      toPlc = toPlc.map(() => 0)
      plc.restart()
    },
    startPermission: plc.mayStart,
    facts() {
      const { leaseFacts, ...facts } = works.journal.view()
      const lease = plc.lease()
      const { mode, powered, emergencyStop, guardOpen, fault } = lease
      const shown = options.permission === 'lease' ? { ...leaseView(lease, works.atMs), ...leaseFacts } : null
      return { mode, powered, emergencyStop, guardOpen, fault, ...facts, lease: shown }
    },
  })

  return {
    ...simulated,
    takeBlock: (words) =>
      motion.during(() => {
        toPlc = words
        plc.apply({ kind: 'write', words })
      }),
    view() {
      motion.advance()
      const { atMs, physics } = works
      const lease = plc.lease()
      return { physics, lease, toPlc, fromPlc: fromPlc(lease, atMs, physics.producedUnits) }
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
