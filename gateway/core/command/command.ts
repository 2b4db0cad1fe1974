/**
 * What the front may ask of the control thread. The front has parsed and authenticated the request; the control thread
 * authorises and decides. Plain data: it crosses threads. Read next: outcome.ts (the answer).
 */

import type { Proposal } from '../billing/credit.ts'
import type { IssuedStatement } from '../billing/statement.ts'
import type { HandOver } from '../booking/amendment.ts'
import type { BookingInput, Cancellation } from '../booking/booking.ts'
import type { Block } from '../booking/plan.ts'
import type { Acceptance } from '../drill/acceptance.ts'
import type { Refusal } from '../ground/refusal.ts'
import type { Certificate } from '../meter/certificate.ts'
import type { Principal } from '../permission/principal.ts'
import type { RevocationList } from '../permission/revocation-list.ts'
import type { SubscriptionInput } from '../permission/subscription.ts'
import type { Answers } from '../session/answers.ts'
import type { CorrectionInput, ManualInput } from '../session/correction.ts'
import type { Photo, ReportChange, Severity } from '../session/report.ts'

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
      /** Cancels this version and older ones; absent: whatever version is known. */
      readonly version?: number
      /** When the platform cancelled it; absent: now. */
      readonly issuedAtMs?: number
      readonly cancellation?: Cancellation
    }
  | { readonly kind: 'hand-over'; readonly principal: Principal; readonly handOver: HandOver }
  /**
   * A verified revocation list: bookings are cancelled, sessions opened by one of the tokens end, and bookings that are
   * not known here are refused when they arrive. It counts as contact with the platform.
   */
  | { readonly kind: 'put-revocations'; readonly principal: Principal; readonly list: RevocationList }
  | {
      readonly kind: 'unlock'
      readonly principal: Principal
      readonly machine: string
      readonly booking?: string
      readonly idempotencyKey?: string
      /** To the questions before a use. */
      readonly answers?: Answers
    }
  /** `release`: the rest of the booking is given back. */
  | { readonly kind: 'end'; readonly principal: Principal; readonly session: string; readonly release?: true }
  /** To the questions after a use. */
  | { readonly kind: 'answer'; readonly principal: Principal; readonly session: string; readonly answers: Answers }
  | { readonly kind: 'extend'; readonly principal: Principal; readonly session: string; readonly untilMs: number }
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
  /** The progress of the drill of a machine, or the result of its last one. */
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
  | {
      readonly kind: 'report'
      readonly principal: Principal
      readonly machine: string
      readonly severity: Severity
      readonly text: string
      /** Their bytes are kept already. */
      readonly photos: readonly Photo[]
    }
  | {
      readonly kind: 'service-done'
      readonly principal: Principal
      readonly machine: string
      readonly service: string
      readonly text: string
      readonly parts: readonly string[]
      readonly certificate?: Certificate & { readonly fromMs: number }
    }
  | ({
      readonly kind: 'change-report'
      readonly principal: Principal
      readonly machine: string
    } & Omit<ReportChange, 'by'>)
  | { readonly kind: 'correct'; readonly principal: Principal; readonly correction: CorrectionInput }
  | {
      readonly kind: 'manual-entry'
      readonly principal: Principal
      readonly machine: string
      readonly entry: ManualInput
    }
  /** What a machine is, reads and was shown to do, as a technician found it. */
  | {
      readonly kind: 'accept'
      readonly principal: Principal
      readonly machine: string
      readonly acceptance: Acceptance
      readonly reason: string
    }
  /** Whom the links trust; with `change` after it was made. */
  | { readonly kind: 'trust'; readonly principal: Principal; readonly change?: TrustChange }
  /** A person has decided what becomes of an entry that a sink has set aside. */
  | {
      readonly kind: 'handle-parked'
      readonly principal: Principal
      readonly parked: ParkedHandling
      readonly reason: string
    }
  /** What a node of the device on this link has below it. */
  | {
      readonly kind: 'browse'
      readonly principal: Principal
      readonly link: string
      readonly node?: string
    }
  /** A person at the bench looks into registers of a device on this link. */
  | {
      readonly kind: 'read-registers'
      readonly principal: Principal
      readonly link: string
      readonly unit: number
      readonly blocks: readonly RegisterBlock[]
    }
  /** `bill`: the id that it has in a statement. */
  | ({
      readonly kind: 'propose-credit'
      readonly principal: Principal
      readonly bill: string
    } & Omit<Proposal, 'id' | 'original' | 'by'>)
  | { readonly kind: 'approve-credit'; readonly principal: Principal; readonly id: string }
  /** A statement was made, and its hash goes into the log. */
  | { readonly kind: 'issue-statement'; readonly principal: Principal; readonly issued: IssuedStatement }
  /** The core never looks into `proposal`: config/site.ts says what it is. */
  | { readonly kind: 'apply'; readonly principal: Principal; readonly proposal: object; readonly dryRun: boolean }
  /** Of a pair: the other box is to be the gateway from now on. */
  | { readonly kind: 'switch-over'; readonly principal: Principal; readonly reason: string }
  | { readonly kind: 'subscribe'; readonly principal: Principal; readonly subscription: SubscriptionInput }
  | { readonly kind: 'unsubscribe'; readonly principal: Principal; readonly id: string }
  | { readonly kind: 'erase-tenant'; readonly principal: Principal; readonly tenant: string }
  /** An authentication failed. It is recorded, and the records are rate-limited. */
  | {
      readonly kind: 'denied'
      readonly code: Refusal['code']
      readonly machine?: string
      readonly what: string
      /** How many denials before this one were not recorded one by one. */
      readonly untold?: number
    }

type ParkedHandling = {
  readonly sink: string
  /** Its sequence. */
  readonly entry: number
  readonly what: 'release' | 'mend' | 'drop'
  /** Why it was set aside. */
  readonly refused: string
  /** What was sent in its place. */
  readonly lines?: string
}

export type TrustChange = {
  readonly link: string
  readonly what: 'approve' | 'reject' | 'renew'
  /** Of the certificate of the server. */
  readonly thumbprint?: string
  /** Faults of it that are accepted. */
  readonly despite?: readonly string[]
  readonly reason: string
}

/** Registers that follow one another. */
export type RegisterBlock = {
  readonly table: 'holding' | 'input'
  readonly start: number
  readonly count: number
}
