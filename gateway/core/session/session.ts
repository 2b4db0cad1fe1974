/** A session: one use of one machine, with its begin and end readings. An intent opens it, an end reading closes it. */

import type { Billing } from '../billing/entry.ts'
import type { Limits, Share } from '../ground/config.ts'
import type { ClockState } from '../ground/entry.ts'
import type { Loss } from '../interlock/interlock.ts'
import type { MeterPoint, MeterUse } from '../meter/point.ts'

/** The words of OCPP 2.0.1 ReasonEnumType that can apply here. */
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

/** Why a session lost its permission: as the machine shows it, or because the gateway let it go. */
export type SuspendedReason = Loss | 'cut' | 'gates'

/**
 * What a session used from the moment it was revoked to its end. It counts from `countedFromMs`, when the use before
 * the revocation was last known.
 */
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
  /** How the usage is divided among owners, as it was when the session began. */
  readonly shares?: readonly Share[]
  readonly simulated: boolean
  /** Present when losing the gateway does not lock the machine. */
  readonly failSafe?: false
  readonly status: SessionStatus
  /** Fencing token of the latest unlock or resume, decimal text of a u32. */
  readonly token: string
  /** Token of an intent that is not confirmed yet. After a restart it may turn out to hold. */
  readonly pendingToken?: string
  /** When that intent was made, on the monotonic clock of `bootId`. */
  readonly pendingNs?: string
  /** Session tag, u32. */
  readonly tag: number
  /** The block that was confirmed last, so that the lease can be renewed after a restart. */
  readonly lease?: { readonly seq: number; readonly challenge: number }
  /** `jti` of the booking token that opened it; absent when the platform opened it. */
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
  /** The most that it may use. Minutes are already part of `bookedUntilMs`. */
  readonly limits: Limits
  /** Present when it began while the platform was out of contact; its limits are capped. */
  readonly offline?: true
  /** When its first intent was made, on the monotonic clock of `bootId`. */
  readonly beganNs?: string
  /** End of the booking itself, on both clocks; `bookedUntilMs` may be earlier. */
  readonly bookingEnd?: { readonly ms: number; readonly ns: string }
  /** How far its times are to be trusted: the least that the clock was worth at its intent, begin or end. */
  readonly clock?: ClockState
  /**
   * Present when its end was computed by a clock that was not believed: when it `began`, or when it was `moved` to
   * another boot.
   */
  readonly unsure?: 'began' | 'moved'
  /** Present when its booking or token was revoked. `use` is what had been used at `countedFromMs`. */
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
  /** They run from the first time that the machine was unlocked. */
  readonly clocks?: Clocks
  /** `id@version` of the tariff, and the class of the tenant, as they were when it began. */
  readonly tariff?: string
  readonly class?: string
  /** Readings at each change of prices, and which prices have held since the last. */
  readonly trace?: Billing['trace']
  readonly band?: string
  /** Present when a person of the site uses the machine without a booking. */
  readonly override?: true
  /** The last warning of its end. */
  readonly warned?: Warned
  /** When its end began, on both clocks, so that the grace goes on after a restart. */
  readonly finishingSince?: { readonly ms: number; readonly ns: string }
  /** Present when a person other than the tenant has asked for its end. */
  readonly released?: true
  /** Present when the rest of the booking is given back at its end, and by whom. */
  readonly givenBackBy?: 'tenant' | 'platform'
  /**
   * Present when a technician or the owner has ended it at an output: the permission is taken without waiting for the
   * cycle.
   */
  readonly withdrawn?: true
  /** By when the machine is locked, UTC ms, while the session is ending. */
  readonly lockedByMs?: number
  /** Present when the cycle went on after the grace. */
  readonly overrun?: Overrun
  readonly suspendedReason?: SuspendedReason
  readonly stoppedReason?: StoppedReason
  /**
   * Present when the end readings could not be taken in time: the last good ones count, and later units are disputed.
   */
  readonly incomplete?: true
}

export const isOpen = (session: Session) =>
  session.status !== 'ended' && session.status !== 'refused' && session.status !== 'lapsed'

/** The clocks as decimal text of ns, and the last look at the machine, on the monotonic clock of `bootId`. */
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
  /** Pseudonym of the tenant, so that erasing the tenant erases them here too. */
  readonly tenantRef: string
  readonly endedAtMs: number
  /** The same on the monotonic clock of `bootId`. */
  readonly endedNs: string
  readonly bootId: string
}

/** The session without its pending intent, once that is answered. */
export function withoutIntent({ pendingToken: _, pendingNs: __, ...session }: Session): Session {
  return session
}
