/**
 * Who may use the machine: the states of the unlock protocol, what each of them knows, and every move between them.
 *
 *              stranger                          unlock               resume
 *   Foreign ◄──────────── Locked ───────────────────────► Unlocking ◄─────────── Suspended
 *      │  ▲                 ▲ ▲  refused, abandoned           │ │  refused (resume) ▲ │ ▲
 *      │  │    adopt        │ └───────────────────────────────┤ └──────────────────┘ │ │
 *      │  └─── Unknown ─────┤                       read back │  silent              │ │ lapse, cut, stop
 *      │         │  │       │                                 ▼    └► Unconfirmed ───┤ │
 *      │ close   │  │ take  │ ended    ┌───────────────── Unlocked ─────────────────┼─┘
 *      │         │  └─ up ──┼──────────┼──►  end, limit, revoked                    │
 *      └───────► └─ adopt ──┼─ Finishing ◄───────────── close ─────────────────────┘
 *
 * The picture shows the usual ways; the table below is complete. From every state but `Unlocking` a stranger
 * leads to `Foreign`, and the end of that use back. Unlocking: `checking` (read afresh) → `committing` (intent)
 * → `writing` (one enable) → `confirming` (separate reads). Finishing: `cycle` (no new start) → `revoking` → `reading`.
 * Record, then act: no enable is written before its intent is durable, and none is ever written twice.
 * Read next: turn.ts `become` (which checks each move against the table), access/access.ts (the rules).
 */

import type { Booking } from '../booking/booking.ts'
import type { Override } from '../booking/override.ts'
import type * as interlock from '../interlock/interlock.ts'
import type { Principal } from '../permission/principal.ts'
import type { Given } from '../session/answers.ts'
import { isOpen, type Session, type StoppedReason } from '../session/session.ts'

export type Access =
  /** The interlock has not been read since the start. */
  | { readonly kind: 'Unknown' }
  | { readonly kind: 'Locked' }
  | Unlocking
  | { readonly kind: 'Unlocked'; readonly hold: Hold }
  /** The session is open, and the machine is not held for it any more. */
  | { readonly kind: 'Suspended' }
  | Finishing
  /**
   * An enable of ours may still take effect. `attempt` is absent after a restart; `held` is present once it was seen to
   * hold.
   */
  | { readonly kind: 'Unconfirmed'; readonly attempt: Attempt | undefined; readonly held?: true }
  /** Somebody uses the machine without a session of ours. */
  | { readonly kind: 'Foreign' }

export type AccessWord = Access['kind']

type Unlocking =
  | { readonly kind: 'Unlocking'; readonly phase: 'checking'; readonly ref: number; readonly asked: Asked }
  | {
      readonly kind: 'Unlocking'
      readonly phase: 'committing' | 'writing' | 'confirming'
      readonly ref: number
      readonly attempt: Attempt
    }

/** A request to unlock or resume while interlock and meters are read afresh for it. */
export type Asked = {
  readonly command: number
  /** Absent when the open session is to be resumed. */
  readonly request: UnlockRequest | undefined
  /** The readings must have been taken at `checkFromNs` or later, and have arrived by `checkUntilNs`. */
  readonly checkFromNs: bigint
  readonly checkUntilNs: bigint
}

/** A request whose intent is recorded. */
export type Attempt = {
  readonly command: number
  readonly request: UnlockRequest | undefined
  readonly token: number
  readonly tag: number
  readonly seq: number
  readonly challenge: number
  readonly plcBootId: number
  /** By when the read-back must have arrived. */
  readonly confirmUntilNs: bigint
}

/** A permission of this gateway, and the block that renews it. */
export type Hold = interlock.Block & {
  readonly command: 'enable' | 'finish'
  /** When it was last renewed; 0 to renew it at once. */
  readonly beatNs: bigint
}

export type Finishing = Held | ReadingEnd

type Ending = {
  readonly kind: 'Finishing'
  readonly reason: StoppedReason
  /** When this phase began. */
  readonly sinceNs: bigint
  /** Commands that wait for the end, answered by `replyByNs` at the latest. */
  readonly waiting: readonly Waiting[]
}

/** The machine is still held for the session that is ending. */
export type Held = Ending & {
  readonly phase: 'cycle' | 'revoking'
  readonly hold: Hold
  /** How many revokes were tried. */
  readonly tries: number
  readonly alarmed: boolean
}

/** The permission is over; only the end reading is missing. */
export type ReadingEnd = Ending & { readonly phase: 'reading'; readonly ref: number }

export type Waiting = { readonly command: number; readonly replyByNs: bigint }

/** An output that is being turned off. */
export type Withdrawal = {
  readonly token: number
  readonly sinceNs: bigint
  /** When off was last written; 0 if it was not written yet. */
  readonly wroteNs: bigint
  readonly tries: number
  readonly alarmed: boolean
}

export type UnlockRequest = {
  readonly command: number
  readonly principal: Principal
  readonly booking: Booking
  /** The booking came with the token and is to be recorded with the intent. */
  readonly newBooking: boolean
  readonly jti?: string
  /** Qualifications stated by the token, in addition to those of the booking. */
  readonly qualifications?: readonly string[]
  readonly jtiExpMs?: number
  readonly idempotencyKey?: string
  /** Fresh ids, made by the caller: a UUIDv7 and a random u32. */
  readonly sessionId: string
  readonly tag: number
  /** Answers to the questions before a use. */
  readonly given?: Given
  /** Present when a person of the site asks under their own name, without a booking. */
  readonly override?: Override
  /** Pseudonym of the tenant, for entries. */
  readonly tenantRef: string
}

/** A state of access, with its phase where it has phases. */
export type Word =
  | Exclude<AccessWord, 'Unlocking' | 'Finishing'>
  | `Unlocking:${Unlocking['phase']}`
  | `Finishing:${Finishing['phase']}`

export const wordOf = (access: Access): Word =>
  access.kind === 'Unlocking'
    ? `Unlocking:${access.phase}`
    : access.kind === 'Finishing'
      ? `Finishing:${access.phase}`
      : access.kind

type Moves = Readonly<Record<Word, Partial<Readonly<Record<Word, string>>>>>

/** Every possible move and its cause. */
export const moves: Moves = {
  Unknown: {
    Locked: 'adopt: no session was open; or its intent is without an answer, and the interlock is gone',
    Unlocked: 'take up: the permission is still ours',
    Suspended: 'adopt: the session was suspended, or lapsed meanwhile',
    Foreign: 'adopt: a stranger holds it',
    'Finishing:reading': 'close: the permission is not ours any more, or its interlock is gone',
  },
  Locked: {
    'Unlocking:checking': 'unlock',
    Foreign: 'a stranger was enabled, or the key switch turned',
  },
  'Unlocking:checking': {
    'Unlocking:checking': 'not all readings have arrived: they are asked for again',
    'Unlocking:committing': 'every gate holds: the intent is being recorded',
    Locked: 'abandoned: refused before the intent',
    Suspended: 'abandoned: a resume refused before the intent',
  },
  'Unlocking:committing': {
    'Unlocking:writing': 'the intent is durable',
    Locked: 'refused: a gate closed while the intent was written',
    Suspended: 'refused: a resume',
  },
  'Unlocking:writing': {
    'Unlocking:confirming': 'the one write was answered, or not',
    Locked: 'refused: the write never left, or was rejected',
    Suspended: 'refused: a resume',
  },
  'Unlocking:confirming': {
    'Unlocking:confirming': 'not seen yet: read again',
    Unlocked: 'read back under our token',
    Locked: 'refused by the machine',
    Suspended: 'refused by the machine: a resume',
    Unconfirmed: 'silent for too long',
  },
  Unlocked: {
    Unlocked: 'a heartbeat',
    Suspended: 'lapse, cut, stop, or a gate of our own',
    Foreign: 'a stranger, or the key switch',
    'Finishing:cycle': 'end, limit, end of the booking, revoked',
  },
  Suspended: {
    'Unlocking:checking': 'resume',
    Foreign: 'a stranger',
    'Finishing:reading': 'close',
  },
  'Finishing:cycle': {
    'Finishing:cycle': 'a heartbeat while the cycle runs, or one more request waits',
    'Finishing:revoking': 'the cycle is done, or may not go on',
    'Finishing:reading': 'it locked by itself, or cannot be reached for longer than the lease',
  },
  'Finishing:revoking': {
    'Finishing:revoking': 'revoked again, an alarm, or one more request waits',
    'Finishing:reading': 'locked',
  },
  'Finishing:reading': {
    'Finishing:reading': 'not all end readings have arrived, or one more request waits',
    Locked: 'ended',
    Foreign: 'ended while a stranger is on',
  },
  Unconfirmed: {
    Unconfirmed: 'the enable is seen to hold after all',
    Locked: 'it never came true',
    Suspended: 'it came true late, or a resume never did',
    Foreign: 'it never came true, and a stranger is on',
  },
  Foreign: {
    Locked: 'that use is over',
    Suspended: 'that use is over, and the session is still open',
    'Finishing:reading': 'close',
  },
}

export const mayBecome = (from: Access, to: Access): boolean => moves[wordOf(from)][wordOf(to)] !== undefined

/**
 * The state after a start, before anything is read. If an enable may have been on its way, it is waited for until it
 * cannot take effect any more. A machine whose interlock was taken out of the configuration closes its session.
 */
export function initialAccess(hasInterlock: boolean, session: Session | undefined): Access {
  const isSessionOpen = session !== undefined && isOpen(session)
  if (!hasInterlock) return isSessionOpen ? { kind: 'Unknown' } : { kind: 'Locked' }
  return isSessionOpen && session.pendingToken !== undefined
    ? { kind: 'Unconfirmed', attempt: undefined }
    : { kind: 'Unknown' }
}
