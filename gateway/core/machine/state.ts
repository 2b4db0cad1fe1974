/**
 * What a machine is at one moment, and what it knows of the gateway. Nobody assigns to it but turn.ts.
 *
 *   config      what the site says of it
 *   seen        the newest readings and what follows from them alone
 *   meters · bookings · row · session · access · withdrawal · drill     what is durable, or rests on what is
 *   shown       what others were told last
 *   wire        what is under way to the link and the ledger
 *   pace        what time has done to it
 *
 * Read next: access-state.ts (who may use it), event.ts (what can happen), turn.ts (the hands).
 */
import type { Booking } from '../booking/booking.ts'
import type { Calendar, KnownWindows } from '../booking/plan.ts'
import type { Outcome } from '../command/outcome.ts'
import type { Reserve } from '../drill/drill.ts'
import type { InterlockConfig, MachineConfig } from '../ground/config.ts'
import type { Stamp } from '../ground/entry.ts'
import { assert } from '../ground/failure.ts'
import type { Moment } from '../ground/moment.ts'
import type { WallTime } from '../ground/wall.ts'
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
  /** The session in its one slot; a machine never has a second. */
  readonly session: Session | undefined
  readonly access: Access
  /** An output that must be off and is not known to be. */
  readonly withdrawal: Withdrawal | undefined
  /** A drill is under way: what the interlock does is its doing. */
  readonly drill: Drilling | undefined
  readonly shown: LastShown
  readonly wire: Wire
  readonly pace: Pace
}

export type Seen = {
  /** The newest reading of each point. */
  readonly readings: ReadonlyMap<string, Reading>
  /** When each point was last read and not good, monotonic ns. */
  readonly lostNs: ReadonlyMap<string, bigint>
  readonly condition: Condition
  readonly lock: Lock | undefined
  /** The machine ran without a token: still, or until a reading first showed that it is over, monotonic ns. */
  readonly ownerless: 'now' | bigint | undefined
}

export type LastShown = {
  readonly availability: Availability | undefined
  /** A use by a stranger was named and is not over. */
  readonly foreign: boolean
  /** When each sample was last taken, monotonic ns, with its value. */
  readonly sampled: ReadonlyMap<string, { readonly atNs: bigint; readonly value: string | undefined }>
  /** Meters that were found not to count since the start: whether they still do not, and when that was recorded. */
  readonly silent: readonly { readonly meter: string; readonly silent: boolean; readonly recordedNs: bigint }[]
  /** The quarter hour in which the meters were last recorded. */
  readonly quarter: number
}

export type Wire = {
  readonly nextRef: number
  /** The write under way; there is never a second. */
  readonly writing: number | undefined
  /** Replies that wait for a commit. */
  readonly replies: ReadonlyMap<number, { readonly command: number; readonly outcome: Outcome }>
}

export type Pace = {
  /** The first tick, monotonic ns. */
  readonly startedNs: bigint | undefined
  /** How the wall clock stands to the monotonic one, as far as it has proven itself. */
  readonly time: WallTime | undefined
  /** When it was last in use, closed or not known, so that nobody could begin, UTC ms. */
  readonly shutMs: number
  /** What the open session had used, minute by minute. */
  readonly trail: readonly TrailPoint[]
  /** Maintenance windows around now. */
  readonly windows: KnownWindows | undefined
}

/** Who drills, why, and the fencing counters set aside for it. */
export type Drilling = { readonly by: string; readonly reason: string; readonly reserve: Reserve }

/** What the machine needs to know of the gateway at one moment. */
export type Env = {
  readonly now: Moment
  readonly stamp: Stamp
  readonly fencingId: number
  readonly earlyStartMs: number
  readonly noShowMs: number
  /** What a token says of a booking that has not arrived is taken. */
  readonly acceptSigned: boolean
  readonly sampleEveryMs: number
  /** The clock may begin a session. */
  readonly timeTrusted: boolean
  /** The ledger does not contradict what it once signed; false also while that is being looked up. */
  readonly ledgerProven: boolean
  /** The disk reserve is intact. */
  readonly diskOk: boolean
  readonly stopping: boolean
  /** The platform has not been heard of for `bookings.contact`. */
  readonly offline: boolean
}

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
      // What was made since the meters were last durable may be a stranger's, seen before the restart.
      ownerless: wasWithStranger(session) ? 'now' : undefined,
    },
    meters: new Map(meters.map((meter) => [meter.meter, meter])),
    bookings,
    row: row ?? { machine: config.id, fencingCounter: 0 },
    session,
    access: initialAccess(config.interlock !== undefined, session),
    withdrawal: undefined,
    drill: undefined,
    shown: { availability: undefined, foreign: false, sampled: new Map(), silent: [], quarter: 0 },
    wire: { nextRef: 1, writing: undefined, replies: new Map() },
    pace: { startedNs: undefined, time: undefined, shutMs: 0, trail: [], windows: undefined },
  }
}

function wasWithStranger(session: Session | undefined): boolean {
  if (session === undefined || !isOpen(session)) return false
  return session.suspendedReason === 'local' || session.suspendedReason === 'foreign'
}

/** The access state as others see it. */
export function accessWord({ drill, withdrawal, access }: MachineState): AccessWord {
  if (drill !== undefined) return 'Unknown'
  // An output that must be off and is not known to be is nobody's, and not free.
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

/* What a state of access guarantees, so that no rule has to hope for it. */

/** The open session; there is one in every state but `Unknown`, `Locked` and `Foreign`. */
export function sessionOf({ session, access, config }: MachineState): Session {
  assert(session !== undefined, 'access', `${config.id} is ${access.kind} and has no session`)
  return session
}

/** The interlock as it was last seen; nothing is decided about a permission before it was read. */
export function lockOf({ seen, config }: MachineState): Lock {
  assert(seen.lock !== undefined, 'access', `the interlock of ${config.id} has not been read`)
  return seen.lock
}

/** A machine without an interlock is `Locked` for ever. */
export function interlockOf({ config }: MachineState): InterlockConfig {
  assert(config.interlock !== undefined, 'access', `${config.id} has no interlock`)
  return config.interlock
}
