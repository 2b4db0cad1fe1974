/**
 * What the front may ask of the control thread, and what it gets back. The front has parsed and authenticated;
 * the control thread authorises and decides. Plain data: it crosses a thread.
 */

import type { Booking, BookingInput, Limits } from '../booking/booking.ts'
import type { Block } from '../booking/plan.ts'
import type { DrillStep } from '../drill/drill.ts'
import type { Refusal } from '../ground/error.ts'
import type { BoardRow } from '../machine/availability.ts'
import type { CorrectionInput, ManualInput } from '../people/correction.ts'
import type { RevocationList } from '../permission/revocation-list.ts'
import type { Quality, Value } from '../reading/reading.ts'
import type { Session } from '../session/session.ts'

export type Role = 'platform' | 'tenant' | 'owner' | 'technician' | 'auditor'

/** Who calls. */
export type Principal =
  | { readonly role: 'platform'; readonly id: string; readonly issuer: string }
  | {
      readonly role: 'tenant'
      readonly id: string
      readonly issuer: string
      readonly claims: BookingClaims
      /** By the PIN of a booking that is known here; nothing is signed, and no token is spent. */
      readonly pin?: true
    }
  | {
      readonly role: 'owner' | 'technician' | 'auditor'
      readonly id: string
      readonly key: string
      /** Only these machines; absent: all that the role reaches. */
      readonly machines?: readonly string[]
    }

/** A verified booking token (`typ: latchkey-booking+jwt`). */
export type BookingClaims = {
  readonly issuer: string
  readonly tenant: string
  readonly jti: string
  readonly booking: string
  readonly version: number
  readonly machine: string
  readonly startMs: number
  readonly endMs: number
  readonly expMs: number
  readonly limits: Limits
  /** Sorted. */
  readonly qualifications?: readonly string[]
}

export type Command =
  | { readonly kind: 'put-booking'; readonly principal: Principal; readonly booking: BookingInput }
  | {
      readonly kind: 'put-bookings'
      readonly principal: Principal
      readonly version: number
      readonly bookings: readonly BookingInput[]
    }
  | {
      readonly kind: 'cancel-booking'
      readonly principal: Principal
      readonly id: string
      /** When the platform cancelled it; absent: now. */
      readonly issuedAtMs?: number
    }
  /**
   * A verified revocation list: bookings are cancelled, sessions opened by one of the tokens end, and what is not known
   * here is refused when it comes. It is a contact.
   */
  | { readonly kind: 'put-revocations'; readonly principal: Principal; readonly list: RevocationList }
  | {
      readonly kind: 'unlock'
      readonly principal: Principal
      readonly machine: string
      readonly booking?: string
      readonly idempotencyKey?: string
    }
  | { readonly kind: 'end'; readonly principal: Principal; readonly session: string }
  | { readonly kind: 'resume'; readonly principal: Principal; readonly session: string }
  | {
      readonly kind: 'maintenance'
      readonly principal: Principal
      readonly machine: string
      readonly on: boolean
      readonly reason: string
    }
  | {
      readonly kind: 'put-block'
      readonly principal: Principal
      readonly machine: string
      readonly block: Omit<Block, 'by'>
    }
  | { readonly kind: 'remove-block'; readonly principal: Principal; readonly machine: string; readonly id: string }
  | { readonly kind: 'drill'; readonly principal: Principal; readonly machine: string; readonly reason: string }
  /** How the drill of a machine goes, or went. */
  | { readonly kind: 'drill-view'; readonly principal: Principal; readonly machine: string }
  | {
      readonly kind: 'override'
      readonly principal: Principal
      readonly machine: string
      readonly reason: string
    }
  | {
      readonly kind: 'inspect'
      readonly principal: Principal
      readonly machine: string
      readonly passed: boolean
      readonly note: string
    }
  | { readonly kind: 'correct'; readonly principal: Principal; readonly correction: CorrectionInput }
  | {
      readonly kind: 'manual-entry'
      readonly principal: Principal
      readonly machine: string
      readonly entry: ManualInput
    }
  | { readonly kind: 'erase-tenant'; readonly principal: Principal; readonly tenant: string }
  /** An authentication failed; recorded, rate-limited. */
  | {
      readonly kind: 'denied'
      readonly code: Refusal['code']
      readonly machine?: string
      readonly what: string
      /** So many before it were not told one by one. */
      readonly untold?: number
    }

export type Outcome =
  | { readonly kind: 'booking'; readonly booking: Booking; readonly created: boolean }
  | {
      readonly kind: 'bookings'
      readonly version: number
      readonly put: number
      readonly cancelled: number
      readonly refused: readonly { readonly id: string; readonly code: Refusal['code'] }[]
    }
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'block'; readonly block: Block; readonly created: boolean }
  /** An entry of a person, by its own id. */
  | { readonly kind: 'recorded'; readonly id: string }
  | { readonly kind: 'drill'; readonly drill: DrillView }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export const refused = (refusal: Refusal): Outcome => ({ kind: 'refused', refusal })

/** A drill under way, or the last one since the start. */
export type DrillView = {
  readonly machine: string
  /** `broken-off` proves nothing, and is not recorded. */
  readonly state: 'running' | 'passed' | 'failed' | 'broken-off'
  readonly by: string
  readonly startedAtMs: number
  readonly endedAtMs?: number
  /** The step under way. */
  readonly step?: string
  readonly steps: readonly DrillStep[]
  readonly relockMs?: number
  readonly failSafe?: boolean
}

/** A live value for a technician. */
export type SignalRow = {
  readonly id: string
  readonly machine: string
  readonly unit?: string
  readonly title?: string
  readonly quality: Quality
  readonly value?: Value
  readonly cause?: string
  readonly detail?: string
  readonly readAtMs: number
  readonly readAtNs: bigint
}

export type LinkRow = {
  readonly id: string
  readonly protocol: string
  readonly state: 'connecting' | 'up' | 'down'
  readonly cause?: string
  readonly sinceMs: number
}

/** Control → front. */
export type ToFront =
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: Outcome }
  /** Whole rows, newest wins. Sent after the commit that holds the change, and at least once a second. */
  | {
      readonly kind: 'board'
      readonly rows: readonly BoardRow[]
      readonly signals: readonly SignalRow[]
      readonly links: readonly LinkRow[]
      readonly health: Health
    }
  | { readonly kind: 'stop' }

export type Health = {
  readonly ready: boolean
  /** Why not, or what to look at. */
  readonly notes: readonly string[]
  readonly clock: string
  /** Since the platform was last heard of; absent: never. */
  readonly contactAgeMs?: number
  readonly counters: Readonly<Record<string, number>>
}

/** Front → control. */
export type ToControl =
  | { readonly kind: 'command'; readonly id: number; readonly command: Command }
  | { readonly kind: 'listening'; readonly url: string }
  /** The platform has been heard of: it called with a good token, or answered a pull. */
  | { readonly kind: 'contact' }
  /** What the ledger was held against; sent once, within 6 s of the start. */
  | { readonly kind: 'anchor'; readonly state: 'anchored' | 'unanchored' | 'contradicted'; readonly why: string }
  | { readonly kind: 'stopped' }
