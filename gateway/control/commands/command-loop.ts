/**
 * Commands from the front: each goes to the noun it is for, is authorised there, carried out by the machine it is for,
 * and answered once. What ranges over all machines is decided beside it. No command touches a link.
 * Read next: sessions.ts (unlock, end, resume), bookings.ts, revocations.ts, people.ts, corrections.ts, drills.ts.
 */

import type { SiteConfig } from '../../../config/site.ts'
import type { Booking } from '../../core/booking/booking.ts'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import type { Entry, Stamp } from '../../core/ground/entry.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Change } from '../../core/machine/change.ts'
import { ERASED, refuseErasure } from '../../core/permission/erasure.ts'
import { authoriseTechnician } from '../../core/permission/permission.ts'
import type { Principal } from '../../core/permission/principal.ts'
import type { RevocationList } from '../../core/permission/revocation-list.ts'
import type { Adjustment } from '../../core/session/correction.ts'
import type { Session } from '../../core/session/session.ts'
import { recordTo } from '../journal.ts'
import type { LinkLoop } from '../loops/link-loop.ts'
import type { Ask, MachineLoop } from '../loops/machine-loop.ts'
import { createBookingSnapshot } from './booking-snapshot.ts'
import { createBookings } from './bookings.ts'
import { createCorrections } from './corrections.ts'
import { createDenials } from './denials.ts'
import { createDrills } from './drills.ts'
import { onPeople, type PeopleDeps } from './people.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import { createRevocations } from './revocations.ts'
import { createSessions } from './sessions.ts'

export type CommandLoop = {
  /** Once, before a machine is read: what was taken back before stays so. */
  start(): Promise<void>
  take(command: Command): Promise<Outcome>
  /** For every change on its way to the ledger: which tokens are spent. */
  note(change: Change): void
  settle(command: number, outcome: Outcome): void
  /** What to look at, for health. */
  notes(): string[]
  /** Breaks off a drill that is under way. */
  stop(): Promise<void>
}

export type CommandLoopDeps = {
  readonly config: SiteConfig
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly links: ReadonlyMap<string, LinkLoop>
  readonly spent: Map<string, string>
  readonly pseudonyms: Pseudonyms
  readonly snapshotVersion: number
  /** One an issuer, as they were kept. */
  readonly revocations: readonly RevocationList[]
  /** Settles once the ledger has been held against the outside, or that took too long; an unlock waits for it. */
  readonly anchorKnown: Promise<void>
  stamp(): Stamp
  nowMs(): number
  nowNs(): bigint
  onFailure(error: Error): void
  append(change: Change): void
  flush(): Promise<void>
  /** The platform has been heard of. */
  contacted(): void
  /** It has not been for `bookings.contact`. */
  offline(): boolean
  /** A booking or session that is no longer in memory. */
  recall: {
    booking(id: string): Booking | undefined
    session(id: string): Session | undefined
    entry(seq: number): Entry | undefined
    /** What corrections have moved to and from a session. */
    adjustments(session: string): Adjustment[]
  }
}

export function createCommandLoop(deps: CommandLoopDeps): CommandLoop {
  const { config, machines, recall } = deps
  const waiting = new Map<number, (outcome: Outcome) => void>()
  let nextCommand = 1
  const ask: Ask = (machine, event) => {
    const command = nextCommand++
    return new Promise((resolve) => {
      waiting.set(command, resolve)
      machine.dispatch(event(command))
    })
  }

  const tenantRef = deps.pseudonyms.of
  const record = recordTo(deps.append, deps.stamp)
  const acceptsSigned = ({ state }: MachineLoop) =>
    deps.offline() ? state.config.offline.policy === 'accept-signed' : config.bookings.unknown === 'accept-signed'
  const shared = { ...deps, ask, tenantRef, record, acceptsSigned }
  const bookings = createBookings({ ...shared, maxBookings: config.bounds.maxBookings, recall: recall.booking })
  const snapshot = createBookingSnapshot({ ...shared, bookings, version: deps.snapshotVersion })
  const revocations = createRevocations({ ...shared, bookings })
  const denials = createDenials(shared)
  const sessions = createSessions({ ...shared, bookings, revocations, denials, recall: recall.session })
  const corrections = createCorrections(shared)
  const drills = createDrills(shared)
  const people: PeopleDeps = {
    ...shared,
    maxOverrideMs: config.bounds.maxOverrideMs,
    maxBlocks: config.bounds.maxBlocks,
    earlyStartMs: config.bookings.earlyStartMs,
  }

  async function take(command: Command): Promise<Outcome> {
    switch (command.kind) {
      case 'put-booking':
        return ofPlatform(command, () => bookings.put(command.booking))
      case 'put-bookings':
        return ofPlatform(command, () => snapshot.take(command.version, command.bookings))
      case 'cancel-booking':
        return ofPlatform(command, () => bookings.cancel(command.id, command.issuedAtMs))
      case 'put-revocations':
        return ofPlatform(command, () => revocations.put(command.list))
      case 'erase-tenant':
        return ofPlatform(command, () => erase(command.tenant))
      case 'unlock':
        return sessions.unlock(command)
      case 'end':
      case 'resume':
        return sessions.endOrResume(command)
      case 'maintenance':
      case 'override':
      case 'inspect':
      case 'put-block':
      case 'remove-block': {
        const machine = machines.get(command.machine)
        return machine === undefined ? refused(refuse('not-found')) : onPeople(command, machine, people)
      }
      case 'drill':
      case 'drill-view':
        return onDrill(command)
      case 'correct':
        return corrections.correct(command)
      case 'manual-entry':
        return corrections.enterByHand(command)
      case 'denied':
        denials.note(command.code, () => command.what, command.machine, command.untold)
        return { kind: 'done' }
    }
  }

  async function onDrill(command: Extract<Command, { kind: 'drill' | 'drill-view' }>): Promise<Outcome> {
    const machine = machines.get(command.machine)
    if (machine === undefined) return refused(refuse('not-found'))
    const refusal = authoriseTechnician(command.principal, command.machine)
    if (refusal) return refused(refusal)
    if (command.kind === 'drill') return drills.begin(machine, command.principal.id, command.reason)
    const drill = drills.view(command.machine)
    return drill === undefined ? refused(refuse('not-found', 'no drill since the start')) : { kind: 'drill', drill }
  }

  async function erase(tenant: string): Promise<Outcome> {
    const inUse = [...machines.values()].flatMap(({ state }) => state.session ?? [])
    const refusal = refuseErasure(tenant, bookings.all(), inUse, deps.nowMs())
    if (refusal) return refused(refusal)
    const ref = deps.pseudonyms.known(tenant)
    if (ref === undefined) return refused(refuse('not-found', 'nothing here is of such a tenant'))
    for (const machine of machines.values()) {
      const { bookings: kept } = machine.state
      if (kept.every((booking) => booking.tenant !== tenant)) continue
      const forgotten = kept.map((booking) => (booking.tenant === tenant ? { ...booking, tenant: ERASED } : booking))
      machine.dispatch({ kind: 'bookings', bookings: forgotten })
    }
    sessions.forget(tenant)
    deps.pseudonyms.erase(tenant)
    record('TenantErased', { tenant: ref, by: 'platform' })
    await deps.flush()
    return { kind: 'done' }
  }

  return {
    take,
    start: revocations.start,
    notes: revocations.notes,
    note(change) {
      if (change.kind === 'token-used') deps.spent.set(change.jti, change.session)
      else if (change.kind === 'token-released') deps.spent.delete(change.jti)
    },
    stop: () => drills.stop(),
    settle(command, outcome) {
      waiting.get(command)?.(outcome)
      waiting.delete(command)
    },
  }
}

async function ofPlatform(
  { principal }: { readonly principal: Principal },
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  return principal.role === 'platform' ? work() : refused(refuse('forbidden'))
}
