/**
 * The state of a machine at one moment, and what it knows of the gateway. Only turn.ts assigns to it.
 *
 *   config      how the site configures it
 *   seen        the newest readings and what follows from them alone
 *   meters · bookings · row · session · access · withdrawal · drill     what is durable, or derived from that
 *   shown       what was last shown to others
 *   wire        what is under way to the link and the ledger
 *   pace        what follows from the passing of time
 *
 * Read next: access-state.ts (who may use it), event.ts (what can happen), turn.ts (how it changes).
 */
import type { Tariff } from '../billing/tariff.ts'
import type { Booking } from '../booking/booking.ts'
import type { Calendar, KnownWindows } from '../booking/plan.ts'
import type { Outcome } from '../command/outcome.ts'
import type { Reserve } from '../drill/drill.ts'
import type { InterlockConfig, MachineConfig } from '../ground/config.ts'
import { lesserOf, type Stamp } from '../ground/entry.ts'
import { assert } from '../ground/failure.ts'
import { type Moment, NS_PER_MS } from '../ground/moment.ts'
import type { Quota } from '../ground/quota.ts'
import type { Lock } from '../interlock/interlock.ts'
import type { MeterState } from '../meter/meter.ts'
import type { Condition } from '../reading/condition.ts'
import type { Reading } from '../reading/reading.ts'
import { isOpen, type Session, type TrailPoint } from '../session/session.ts'
import { type Access, type AccessWord, initialAccess, type Withdrawal } from './access-state.ts'
import type { Availability } from './availability.ts'
import type { MachineRow } from './change.ts'

export type MachineState = {
  readonly config: MachineConfig
  readonly seen: Seen
  readonly meters: ReadonlyMap<string, MeterState>
  readonly bookings: readonly Booking[]
  readonly row: MachineRow
  /** The open session; a machine has at most one. */
  readonly session: Session | undefined
  readonly access: Access
  /** An output that must be off and has not been read off. */
  readonly withdrawal: Withdrawal | undefined
  /** The drill under way; everything that the interlock does is caused by it. */
  readonly drill: Drilling | undefined
  readonly shown: LastShown
  readonly wire: Wire
  readonly pace: Pace
}

export type Seen = {
  /** The newest reading of each point. */
  readonly readings: ReadonlyMap<string, Reading>
  /** When each point was last read with a quality other than good, monotonic ns. */
  readonly lostNs: ReadonlyMap<string, bigint>
  readonly condition: Condition
  readonly lock: Lock | undefined
  /**
   * Whether the machine runs without a token now, or until when it did: the first reading that showed that this is
   * over, monotonic ns.
   */
  readonly ownerless: 'now' | bigint | undefined
}

export type LastShown = {
  readonly availability: Availability | undefined
  /** What of it is in the ledger, and what may still go there in this hour. */
  readonly recorded: Pick<Availability, 'state' | 'reason'> | undefined
  readonly quota: Quota | undefined
  /** Changes since then that are not. */
  readonly unrecorded: number
  /** Whether the use of a stranger was recorded and is not over. */
  readonly foreign: boolean
  /** Meters that did not count at some time since the start: whether they still do not, and when that was recorded. */
  readonly silent: readonly { readonly meter: string; readonly silent: boolean; readonly recordedNs: bigint }[]
  /** The quarter hour in which the meters were last recorded. */
  readonly quarter: number
}

export type Wire = {
  readonly nextRef: number
  /** The write under way; there is at most one. */
  readonly writing: number | undefined
  /** Replies that wait for a commit. */
  readonly replies: ReadonlyMap<number, { readonly command: number; readonly outcome: Outcome }>
}

export type Pace = {
  /** When the first tick was, monotonic ns. */
  readonly startedNs: bigint | undefined
  /** When nobody could last begin a use, because the machine was in use, closed or of unknown state, monotonic ns. */
  readonly shutNs: bigint | undefined
  /** What the open session has used, with one point per minute. */
  readonly trail: readonly TrailPoint[]
  /** Maintenance windows around now. */
  readonly windows: KnownWindows | undefined
  /** When it has to be stepped again if nothing happens before, monotonic ns. */
  readonly dueNs: bigint
}

/** Who runs the drill and why, and the fencing counters reserved for it. */
export type Drilling = { readonly by: string; readonly reason: string; readonly reserve: Reserve }

/** What the machine needs to know of the gateway at one moment. */
export type Env = {
  readonly now: Moment
  readonly stamp: Stamp
  readonly fencingId: number
  readonly earlyStartMs: number
  readonly noShowMs: number
  /** By `id@version`; every version that was ever published. Absent: none. */
  readonly tariffs?: ReadonlyMap<string, Tariff>
  /** The pseudonym of a tenant, if an entry ever named them. Absent: none is known. */
  tenantRef?(tenant: string): string | undefined
  /** Whether a booking is taken from a token when the platform has not put it yet. */
  readonly acceptSigned: boolean
  /** Changes of availability to and from Unknown that are recorded at once, and in each hour. */
  readonly flapsPerHour: number
  /** The believed time, UTC ms. What ends or is released by time alone uses it. */
  readonly believedMs: number
  /** The earliest time that may still turn out to be right, UTC ms. What is dropped for good uses it. */
  readonly leastMs: number
  /** Whether the clock is trusted enough to begin a session. */
  readonly timeTrusted: boolean
  /** Whether the ledger agrees with what it has signed before; false also while that is being checked. */
  readonly ledgerProven: boolean
  /** The disk reserve is intact. */
  readonly diskOk: boolean
  /** What the computer is short of, in words; absent: nothing. */
  readonly short?: string
  readonly stopping: boolean
  /** Whether the platform has not been heard from for `bookings.contact`. */
  readonly offline: boolean
}

/**
 * Whether the wall clock shows the believed time; if not, it has stepped, or is below the newest time ever believed.
 */
export const isClockBelieved = ({ stamp }: Env): boolean => stamp.clock === 'synchronised'

/** How far the times of a session are to be trusted once one more is set. Absent in sessions of older gateways. */
export const clockOf = ({ stamp }: Env, { clock }: Session): Pick<Session, 'clock'> =>
  clock === undefined ? {} : { clock: lesserOf(clock, stamp.clock) }

/** When nobody could last begin a use, by the believed time, UTC ms: it moves with that time. */
export const shutMs = ({ now, believedMs }: Env, { shutNs }: Pace): number =>
  shutNs === undefined ? 0 : believedMs - Number((now.ns - shutNs) / NS_PER_MS)

type Restored = {
  readonly meters: readonly MeterState[]
  readonly bookings: readonly Booking[]
  readonly session?: Session
  readonly row?: MachineRow
}

export function newMachine(config: MachineConfig, { meters, bookings, session, row }: Restored): MachineState {
  return {
    config,
    seen: {
      readings: new Map(),
      lostNs: new Map(),
      condition: { itemState: 'Unknown', mode: 'Unknown', fault: false, emergencyStop: false },
      lock: undefined,
      // A stranger was seen before the restart: what was made since the meters were last durable may be theirs.
      ownerless: wasWithStranger(session) ? 'now' : undefined,
    },
    meters: new Map(meters.map((meter) => [meter.meter, meter])),
    bookings,
    row: row ?? { machine: config.id, fencingCounter: 0 },
    session,
    access: initialAccess(config.interlock !== undefined, session),
    withdrawal: undefined,
    drill: undefined,
    shown: {
      availability: undefined,
      recorded: undefined,
      quota: undefined,
      unrecorded: 0,
      foreign: false,
      silent: [],
      quarter: 0,
    },
    wire: { nextRef: 1, writing: undefined, replies: new Map() },
    pace: { startedNs: undefined, shutNs: undefined, trail: [], windows: undefined, dueNs: 0n },
  }
}

function wasWithStranger(session: Session | undefined): boolean {
  if (session === undefined || !isOpen(session)) return false
  return session.suspendedReason === 'local' || session.suspendedReason === 'foreign'
}

/** The access state as others see it. */
export function accessWord({ drill, withdrawal, access }: MachineState): AccessWord {
  if (drill !== undefined) return 'Unknown'
  // While an output must be off and has not been read off, the machine is nobody's and not free.
  if (withdrawal !== undefined && access.kind !== 'Finishing') return 'Unconfirmed'
  return access.kind
}

/** Everything that is planned for it. */
export function calendarOf({
  bookings,
  row,
  pace,
  config,
}: Pick<MachineState, 'bookings' | 'row' | 'pace' | 'config'>): Calendar {
  const { cleanDownMs } = config.afterUse
  return { bookings, blocks: row.blocks ?? [], windows: pace.windows, cleanDownMs }
}

/* What a state of access guarantees; a rule that relies on it asks through these. */

/** The open session; there is one in every state but `Unknown`, `Locked` and `Foreign`. */
export function sessionOf({ session, access, config }: MachineState): Session {
  assert(session !== undefined, 'access', `${config.id} is ${access.kind} and has no session`)
  return session
}

/** The interlock as it was last seen. Nothing is decided about a permission before it has been read. */
export function lockOf({ seen, config }: MachineState): Lock {
  assert(seen.lock !== undefined, 'access', `the interlock of ${config.id} has not been read`)
  return seen.lock
}

/** The interlock of a machine that has one; a machine without one is always `Locked`. */
export function interlockOf({ config }: MachineState): InterlockConfig {
  assert(config.interlock !== undefined, 'access', `${config.id} has no interlock`)
  return config.interlock
}
