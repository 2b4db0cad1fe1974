/**
 * The PLC of a simulated machine: it applies the rules of the lease on the clock of the works, keeps what must survive
 * a power cut, and writes every effect into the journal.
 * Next: lease.ts (the rules), machine.ts (the machine around it).
 */
import { randomInt } from 'node:crypto'
import { type Cause, type LeaseAct, powerUp, type Stepped, step } from './lease.ts'
import { type Lease, type Mode, permissionOf, safetyOk } from './lease-state.ts'
import type { Conditions } from './physics.ts'
import { type Logic, momentOf, type Works } from './works.ts'

/** `lease`: a start needs a lease. `free`: there is no lease block; anybody may start unless in maintenance. */
export type Permission = 'lease' | 'free'

type Plc = Logic &
  Readonly<{
    lease(): Lease
    mayStart(): boolean
    apply(act: LeaseAct): void
    /** Loses and regains power; the buttons and the key stay as they are. */
    restart(): void
  }>

export function createPlc(works: Works, permission: Permission): Plc {
  const { retentive, journal } = works
  let { retained } = retentive
  let lease = boot('remote')

  function boot(mode: Mode): Lease {
    return absorb(powerUp(retained, mode, works.atMs, randomInt(2 ** 32)), 'power-up', undefined)
  }

  /** Takes over what a step brought: memory first, then the journal. */
  function absorb(stepped: Stepped, cause: Cause, before: Lease | undefined): Lease {
    for (const effect of stepped.effects) {
      if (effect.kind === 'retain') {
        retained = effect.retained
        retentive.keepPlc(retained)
      }
      if (permission === 'lease' || effect.kind !== 'permission') journal.effect(effect, momentOf(works))
    }
    const on = mayStart(stepped.lease)
    if (permission === 'free' && (!before || mayStart(before) !== on)) journal.edge(on, cause, 0, momentOf(works))
    return stepped.lease
  }

  function mayStart(of: Lease): boolean {
    if (permission === 'lease') return permissionOf(of)
    return of.powered && safetyOk(of) && !of.fault && of.mode !== 'maintenance'
  }

  function apply(act: LeaseAct): void {
    lease = absorb(step(lease, { ...act, atMs: works.atMs }), causeOf(act), lease)
  }

  return {
    lease: () => lease,
    mayStart: () => mayStart(lease),
    apply,
    tick: () => apply({ kind: 'tick' }),
    conditions: () => ({ powered: lease.powered, halt: haltOf(lease), startPermission: mayStart(lease) }),
    sees(running) {
      if (running === lease.cycleRunning) return false
      apply({ kind: 'cycle', running })
      return true
    },
    restart() {
      const { mode, emergencyStop, guardOpen, powered } = lease
      lease = boot(mode === 'local' ? 'remote' : mode)
      if (!powered) apply({ kind: 'power', on: false })
      if (guardOpen) apply({ kind: 'guard', open: true })
      if (emergencyStop) apply({ kind: 'emergency-stop', pressed: true })
      if (mode === 'local') apply({ kind: 'mode', mode })
    },
  }
}

function haltOf(lease: Lease): Conditions['halt'] {
  if (lease.emergencyStop || lease.fault) return 'error'
  return lease.guardOpen ? 'guard' : 'none'
}

function causeOf(act: LeaseAct): Cause {
  switch (act.kind) {
    case 'emergency-stop':
      return 'estop'
    case 'tick':
    case 'write':
    case 'cycle':
      return 'lapse'
    default:
      return act.kind
  }
}
