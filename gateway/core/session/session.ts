/**
 * A session: one use of one machine, with its begin and end readings. Opened by an intent, closed by an end reading.
 */

import type { Limits, Share } from '../ground/config.ts'
import type { MeterPoint, MeterUse } from '../meter/point.ts'

/** OCPP 2.0.1 ReasonEnumType; the words that can apply here. */
export type StoppedReason =
  | 'Local'
  | 'Remote'
  | 'DeAuthorized'
  | 'EmergencyStop'
  | 'TimeLimitReached'
  | 'EnergyLimitReached'
  | 'MasterPass'
  | 'PowerLoss'
  | 'Reboot'
  | 'Timeout'
  | 'Other'

/** What a session cost from the moment it was revoked to its end. `countedFromMs`: of the last known use before. */
export type LateRevocation = {
  readonly revokedAtMs: number
  readonly countedFromMs: number
  readonly ms: number
  readonly units: readonly MeterUse[]
}

export type SessionStatus =
  | 'intended'
  | 'open'
  | 'suspended'
  | 'finishing'
  | 'unconfirmed'
  | 'ended'
  | 'refused'
  | 'lapsed'

export type Session = {
  /** UUIDv7. */
  readonly id: string
  readonly machine: string
  readonly booking: string
  readonly tenant: string
  readonly owner: string
  /** Whose the usage is, as it was when the session began. */
  readonly shares?: readonly Share[]
  readonly simulated: boolean
  /** Losing the gateway does not lock the machine. */
  readonly failSafe?: false
  readonly status: SessionStatus
  /** Fencing token of the latest unlock or resume, decimal text of a u32. */
  readonly token: string
  /** Token of an intent that is not confirmed yet; after a restart it may turn out to hold. */
  readonly pendingToken?: string
  /** When that was intended, on the monotonic clock of `bootId`. */
  readonly pendingNs?: string
  /** Session tag, u32. */
  readonly tag: number
  /** Last block confirmed, so that a restart can go on renewing the lease. */
  readonly lease?: { readonly seq: number; readonly challenge: number }
  /** `jti` of the booking token that opened it; absent when the platform did. */
  readonly jti?: string
  readonly idempotencyKey?: string
  /** Pseudonym of the tenant, as in entries. */
  readonly tenantRef: string
  /** Boot id of the PLC under which the token was confirmed. */
  readonly plcBootId?: number
  readonly intendedAtMs: number
  readonly startedAtMs?: number
  readonly endedAtMs?: number
  /** Start of the booking, UTC ms. */
  readonly bookedFromMs?: number
  /** End of the booking, UTC ms, and on the monotonic clock of `bootId`. */
  readonly bookedUntilMs: number
  readonly deadlineNs: string
  readonly bootId: string
  /** What it may use at most; minutes are in `bookedUntilMs` already. */
  readonly limits: Limits
  /** Begun while the platform was out of contact: capped. */
  readonly offline?: true
  /** When it was intended, on the monotonic clock of `bootId`. */
  readonly beganNs?: string
  /** End of the booking itself, on both clocks; `bookedUntilMs` may be earlier. */
  readonly bookingEnd?: { readonly ms: number; readonly ns: string }
  /** Its booking or token was revoked; `use`: what had been used when that was said. */
  readonly revoked?: {
    readonly atMs: number
    readonly countedFromMs: number
    readonly use: readonly MeterUse[]
    readonly lateMs: number
    readonly learnedMs: number
    readonly learnedNs: string
    readonly bootId: string
  }
  readonly lateRevocation?: LateRevocation
  readonly begin: readonly MeterPoint[]
  /** Meters that did not count when it was intended. */
  readonly notMetered?: readonly string[]
  readonly end?: readonly MeterPoint[]
  readonly use: readonly MeterUse[]
  /** From the first time the machine was unlocked. */
  readonly clocks?: Clocks
  /** Used by a person of the site without a booking. */
  readonly override?: true
  /** What was said of its end before it came. */
  readonly warned?: Warned
  /** When its end began, on both clocks: the grace goes on over a restart. */
  readonly finishingSince?: { readonly ms: number; readonly ns: string }
  /** A person other than the tenant has said that it may end. */
  readonly released?: true
  /** A technician or the owner ended it at an output: the permission is taken without waiting for a cycle. */
  readonly withdrawn?: true
  /** The machine is locked by then, UTC ms: the last instant of an end that is under way. */
  readonly lockedByMs?: number
  /** The cycle went on after the grace. */
  readonly overrun?: Overrun
  readonly suspendedReason?: string
  readonly stoppedReason?: StoppedReason
  /** The end readings could not be taken within the bound; the last good ones stand and later units are disputed. */
  readonly incomplete?: true
}

export const isOpen = (session: Session) =>
  session.status !== 'ended' && session.status !== 'refused' && session.status !== 'lapsed'

/** Decimal text of ns, and how it stood at the last look: on the monotonic clock of `bootId`. */
export type Clocks = {
  readonly occupiedNs: string
  readonly poweredNs: string
  readonly executingNs: string
  readonly atNs: string
  readonly bootId: string
  readonly occupied: boolean
  readonly powered: boolean
  readonly executing: boolean
}

/** What had been used when the grace was over. */
type Overrun = { readonly sinceMs: number; readonly use: readonly MeterUse[] }

export type Warned = { readonly atMs: number; readonly endsAtMs: number; readonly nextBookingAtMs?: number }

export type TrailPoint = { readonly session: string; readonly atMs: number; readonly use: readonly MeterUse[] }

/** The last use of a machine. */
export type LastUse = {
  readonly session: string
  /** Pseudonym: whoever is forgotten is forgotten here too. */
  readonly tenantRef: string
  readonly endedAtMs: number
  /** The same on the monotonic clock of `bootId`. */
  readonly endedNs: string
  readonly bootId: string
}

/** The session once its intent is answered: nothing is pending any more. */
export function withoutIntent({ pendingToken: _, pendingNs: __, ...session }: Session): Session {
  return session
}
