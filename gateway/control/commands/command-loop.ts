/**
 * Commands from the front: each goes to the noun it is for, is authorised there, carried out by the machine it is for,
 * and answered once. What concerns all machines is decided beside it. No command touches a link.
 * Read next: sessions.ts (unlock, end, resume), bookings.ts, revocations.ts, people.ts, corrections.ts, drills.ts.
 */
import type { SiteConfig } from '../../../config/site.ts'
import type { Tariff } from '../../core/billing/tariff.ts'
import type { Tombstone } from '../../core/booking/tombstone.ts'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import type { Moment } from '../../core/ground/moment.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Change } from '../../core/machine/change.ts'
import type { Principal } from '../../core/permission/principal.ts'
import type { RevocationList } from '../../core/permission/revocation-list.ts'
import type { Subscription } from '../../core/permission/subscription.ts'
import type { RecordEntry } from '../journal.ts'
import type { LinkLoop } from '../loops/link-loop.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import type { AskMachine } from '../loops/replies.ts'
import { amend } from './amendments.ts'
import { isOfBench, onBench } from './bench.ts'
import { createBookingSnapshot } from './booking-snapshot.ts'
import { createBookings } from './bookings.ts'
import { createCorrections } from './corrections.ts'
import { createCredits } from './credits.ts'
import { createDenials, type Denials } from './denials.ts'
import { createDrills } from './drills.ts'
import { eraseTenant } from './erasure.ts'
import { refuseUnfit } from './fit.ts'
import { isOfPeople, onPeople } from './people.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import type { Recall } from './recall.ts'
import { createRevocationLists } from './revocations.ts'
import { createSessions } from './sessions.ts'
import { issueStatement } from './statements.ts'
import { createSubscriptions } from './subscriptions.ts'

export type CommandLoop = {
  /** Called once, before a machine is read: what was revoked before is in force. */
  start(): Promise<void>
  take(command: Command): Promise<Outcome>
  /** What people should look at, for health. */
  notes(): string[]
  /** Records the denials that were only counted, and breaks off a drill that is under way. */
  stop(): Promise<void>
}

type CommandLoopDeps = {
  readonly config: SiteConfig
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly links: ReadonlyMap<string, LinkLoop>
  readonly pseudonyms: Pseudonyms
  /** Of the last snapshot of bookings. */
  readonly snapshotVersion: number
  /** Bookings that were cancelled before they came, as they were stored. */
  readonly tombstones: readonly Tombstone[]
  /** One per issuer, as they were stored. */
  readonly revocations: readonly RevocationList[]
  /** Calendar addresses, as they were stored. */
  readonly subscriptions: readonly Subscription[]
  readonly recall: Recall
  /** Resolves once the ledger has been held against the outside, or that took too long; an unlock waits for it. */
  readonly anchorKnown: Promise<void>
  ask: AskMachine
  /** The session that a token was spent on. */
  spentBy(jti: string): string | undefined
  /** As in `Known`: after a restore. */
  readonly tokensFromMs?: number | undefined
  /** By `id@version`: those that a booking may name. */
  readonly tariffs: ReadonlyMap<string, Tariff>
  now(): Moment
  /** No time that may still turn out to be right is earlier, UTC ms. */
  leastMs(): number
  /** Applies a configuration while the gateway runs. */
  apply(command: Extract<Command, { kind: 'apply' }>): Promise<Outcome>
  /** Leaves the site to the other box of a pair. */
  switchOver(command: Extract<Command, { kind: 'switch-over' }>): Promise<Outcome>
  /** The platform has been heard of. */
  contacted(): void
  /** It has not been for `bookings.contact`. */
  offline(): boolean
  append(change: Change): void
  record: RecordEntry
  flush(): Promise<void>
  fatal(error: Error): void
}

export function createCommandLoop(deps: CommandLoopDeps): CommandLoop {
  const { machines, recall } = deps
  const shared = sharedOf(deps)
  const bookings = createBookings({ ...shared, recall: recall.booking })
  const snapshot = createBookingSnapshot({ ...shared, bookings, version: deps.snapshotVersion })
  const revocations = createRevocationLists({ ...shared, bookings })
  const denials = createDenials(shared)
  const sessions = createSessions({ ...shared, bookings, revocations, denials, recall: recall.session })
  const corrections = createCorrections(shared)
  const credits = createCredits(shared)
  const drills = createDrills(shared)
  const subscriptions = createSubscriptions(shared)

  async function take(command: Command): Promise<Outcome> {
    const unfit = refuseUnfit(command)
    if (unfit) return refused(unfit)
    if (isOfBench(command)) return onBench(command, deps)
    if (isOfPeople(command)) return atMachine(command, machines, (machine) => onPeople(command, machine, shared))
    switch (command.kind) {
      case 'put-booking':
        return ofPlatform(command, () => bookings.put(command.booking))
      case 'put-bookings':
        return ofPlatform(command, () => snapshot.take(command.version, command.bookings))
      case 'cancel-booking':
        return ofPlatform(command, () => bookings.cancel(command))
      case 'put-revocations':
        return ofPlatform(command, () => revocations.put(command.list))
      case 'erase-tenant':
        return ofPlatform(command, () => eraseTenant(command.tenant, { ...shared, bookings, sessions, subscriptions }))
      case 'unlock':
        return sessions.unlock(command)
      case 'end':
      case 'resume':
        return sessions.endOrResume(command)
      case 'answer':
        return sessions.answer(command)
      case 'extend':
      case 'hand-over':
        return amend(command, { machines, bookings })
      case 'drill':
      case 'drill-view':
        return atMachine(command, machines, (machine) => drills.take(command, machine))
      case 'apply':
        return deps.apply(command)
      case 'switch-over':
        return deps.switchOver(command)
      case 'subscribe':
      case 'unsubscribe':
        return subscriptions.take(command)
      case 'issue-statement':
        return issueStatement(command, deps)
      case 'correct':
        return corrections.correct(command)
      case 'propose-credit':
      case 'approve-credit':
        return credits.take(command)
      case 'manual-entry':
        return atMachine(command, machines, (machine) => corrections.enterByHand(command, machine))
      case 'denied':
        denials.note(command.code, () => command.what, command.machine, command.untold)
        return { kind: 'done' }
    }
  }

  return { take, start: revocations.start, notes: revocations.notes, stop: () => stop(denials, drills) }
}

async function stop(denials: Denials, drills: { stop(): Promise<void> }): Promise<void> {
  denials.flush()
  await drills.stop()
}

/** What the nouns are given besides what is their own. */
function sharedOf(deps: CommandLoopDeps) {
  const { bounds, bookings } = deps.config
  const own = { nowMs: () => deps.now().ms, tenantRef: deps.pseudonyms.of, acceptsSigned: acceptsSigned(deps) }
  return { ...bounds, ...bookings, ...deps, ...own }
}

/** Whether a signed token opens a machine when its booking is not known here. */
const acceptsSigned =
  ({ offline, config }: Pick<CommandLoopDeps, 'offline' | 'config'>) =>
  ({ state }: MachineLoop) =>
    (offline() ? state.config.offline.policy : config.bookings.unknown) === 'accept-signed'

async function ofPlatform(
  { principal }: { readonly principal: Principal },
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  return principal.role === 'platform' ? work() : refused(refuse('forbidden'))
}

async function atMachine(
  command: { readonly machine: string },
  machines: ReadonlyMap<string, MachineLoop>,
  work: (machine: MachineLoop) => Promise<Outcome>,
): Promise<Outcome> {
  const machine = machines.get(command.machine)
  return machine === undefined ? refused(refuse('not-found')) : work(machine)
}
