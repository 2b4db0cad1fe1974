/**
 * One step of a machine under way: the state it may change, what it knows of the gateway, and what follows.
 * Types and the four things a turn can bring about; the rules are in step.ts, access/access.ts, access/ending/ending.ts and metering/metering.ts.
 */
import type { MachineConfig } from '../../../config/site.ts'
import type { Access } from '../access/access.ts'
import type { TrailPoint } from '../access/ending/revocation.ts'
import type { Withdrawal } from '../access/hold/withdraw.ts'
import type { Booking } from '../booking/booking.ts'
import type { Override } from '../booking/override.ts'
import type { Block, KnownWindows } from '../booking/plan.ts'
import type { Outcome, Principal } from '../command/command.ts'
import type { EntryDraft, EntryKind, JsonObject, Stamp } from '../ground/entry.ts'
import type { WallTime } from '../ground/wall.ts'
import type { Shown } from '../interlock/interlock.ts'
import type { MeterState } from '../meter/meter.ts'
import type { Inspection } from '../people/after-use.ts'
import type { Correction } from '../people/correction.ts'
import type { DrillEvent, Drilling } from '../people/drilling.ts'
import type { Condition } from '../reading/condition.ts'
import type { Moment, Reading } from '../reading/reading.ts'
import type { Session } from '../session/session.ts'
import type { Availability } from './availability.ts'
import type { Change, MachineRow } from './change.ts'

/** The point id under which the interlock is read; further parts of it have this as their prefix. */
export const INTERLOCK_POINT = '#interlock'

export type MachineState = {
  readonly config: MachineConfig
  readonly readings: Map<string, Reading>
  readonly meters: Map<string, MeterState>
  /** When each point was last read and not good, monotonic ns. */
  readonly lostNs: Map<string, bigint>
  bookings: Booking[]
  condition: Condition
  /** What the interlock last showed, when, and since when nobody can have used it unseen, monotonic ns. */
  plc: { readonly block: Shown; readonly reading: Reading; readonly sinceNs: bigint } | undefined
  /** An output that must be off and is not known to be. */
  withdrawal: Withdrawal | undefined
  access: Access
  session: Session | undefined
  /** A drill is under way: what the interlock does is its doing. */
  drill: Drilling | undefined
  row: MachineRow
  availability: Availability | undefined
  foreign: boolean
  /** The machine ran without a token: still, or until a reading first showed that it is over, monotonic ns. */
  ownerless: 'now' | bigint | undefined
  /** When each sample was last taken, monotonic ns, with its value. */
  readonly sampled: Map<string, { atNs: bigint; value: string | undefined }>
  quarter: number
  /** Maintenance windows around now. */
  windows: KnownWindows | undefined
  /** What the open session had used, minute by minute. */
  trail: readonly TrailPoint[]
  /** How the wall clock stands to the monotonic one, as far as it has proven itself. */
  time: WallTime | undefined
  /** When it was last in use, closed or not known, so that nobody could begin, UTC ms. */
  shutMs: number
  nextRef: number
  /** The write under way; there is never a second. */
  writing: number | undefined
  /** Replies that wait for a commit. */
  readonly replies: Map<number, { command: number; outcome: Outcome }>
}

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

export type UnlockRequest = {
  readonly command: number
  readonly principal: Principal
  readonly booking: Booking
  /** The booking came with the token and is to be recorded with the intent. */
  readonly newBooking: boolean
  readonly jti?: string
  /** Of the token, beside those of the booking. */
  readonly qualifications?: readonly string[]
  readonly jtiExpMs?: number
  readonly idempotencyKey?: string
  /** Fresh ids, made outside: a UUIDv7 and a random u32. */
  readonly sessionId: string
  readonly tag: number
  /** A person of the site asks under their own name, without a booking. */
  readonly override?: Override
  /** Pseudonym of the tenant, for entries. */
  readonly tenantRef: string
}

export type MachineEvent =
  | { readonly kind: 'readings'; readonly readings: readonly Reading[]; readonly ref?: number }
  | { readonly kind: 'read-failed'; readonly ref: number; readonly detail: string }
  | {
      readonly kind: 'written'
      readonly ref: number
      readonly result: 'accepted' | 'refused' | 'unsent' | 'unknown'
      readonly detail?: string
    }
  | { readonly kind: 'committed'; readonly ref: number }
  | { readonly kind: 'tick' }
  | { readonly kind: 'unlock'; readonly request: UnlockRequest }
  | { readonly kind: 'resume'; readonly command: number; readonly by: string }
  | { readonly kind: 'end'; readonly command: number; readonly by: 'tenant' | 'platform' | 'owner' | 'technician' }
  | {
      readonly kind: 'maintenance'
      readonly command: number
      readonly on: boolean
      readonly by: string
      readonly reason: string
    }
  | { readonly kind: 'inspection'; readonly inspection: Inspection }
  | { readonly kind: 'bookings'; readonly bookings: Booking[] }
  | { readonly kind: 'block'; readonly command: number; readonly block: Block; readonly most: number }
  | { readonly kind: 'unblock'; readonly command: number; readonly id: string; readonly by: string }
  /** Tokens revoked by the platform; their session, if it runs, has no right any more. */
  | { readonly kind: 'revoked'; readonly jtis: readonly string[]; readonly issuedAtMs: number }
  | { readonly kind: 'correct'; readonly command: number; readonly correction: Correction }
  | DrillEvent

export type Effect =
  | { readonly kind: 'change'; readonly change: Change }
  /** Make everything durable now and answer with `committed`. */
  | { readonly kind: 'commit'; readonly ref: number }
  /** Read before polls, after a pause, and answer with `readings` or `read-failed`. */
  | {
      readonly kind: 'read'
      readonly ref: number
      readonly what: 'interlock' | 'interlock+meters'
      readonly afterMs?: number
    }
  /** Write one block, once, and answer with `written`. */
  | { readonly kind: 'write'; readonly ref: number; readonly words: readonly number[] }
  | { readonly kind: 'reply'; readonly command: number; readonly outcome: Outcome }

/** One step under way. */
export type Turn = { readonly m: MachineState; readonly env: Env; readonly effects: Effect[] }

export function change(turn: Turn, item: Change): void {
  turn.effects.push({ kind: 'change', change: item })
}

/** Of the open session, unless told otherwise; `null`: of the machine alone, and not for the tenant who happens to use it. */
export function record(
  turn: Turn,
  kind: EntryKind,
  data: JsonObject,
  session: string | null | undefined = turn.m.session?.id,
): void {
  const entry: EntryDraft = {
    kind,
    version: 1,
    machine: turn.m.config.id,
    ...(session === undefined || session === null ? {} : { session }),
    at: turn.env.stamp,
    data,
  }
  change(turn, { kind: 'entry', entry })
}

/** Makes everything so far durable; `outcome` is answered only then. */
export function commit(turn: Turn, command?: number, outcome?: Outcome): number {
  const ref = turn.m.nextRef++
  if (command !== undefined && outcome !== undefined) turn.m.replies.set(ref, { command, outcome })
  turn.effects.push({ kind: 'commit', ref })
  return ref
}

export function reply(turn: Turn, command: number | undefined, outcome: Outcome): void {
  if (command !== undefined) turn.effects.push({ kind: 'reply', command, outcome })
}
