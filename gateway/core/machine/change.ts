/**
 * Changes of durable state: the core produces them, and the ledger writes those of one commit in one transaction. Plain
 * data.
 * Read next: gateway/ledger/message.ts.
 */

import type { Booking } from '../booking/booking.ts'
import type { Block } from '../booking/plan.ts'
import type { Tombstone } from '../booking/tombstone.ts'
import type { Drilled } from '../drill/commissioning.ts'
import type { Contact } from '../ground/contact.ts'
import type { EntryDraft } from '../ground/entry.ts'
import type { Certificate } from '../meter/certificate.ts'
import type { MeterState } from '../meter/meter.ts'
import type { RevocationList } from '../permission/revocation-list.ts'
import type { Subscription } from '../permission/subscription.ts'
import type { Answers } from '../session/answers.ts'
import type { Report } from '../session/report.ts'
import type { LastUse, Session } from '../session/session.ts'

/** When a service was last done, or began to count. */
export type Served = {
  /** The total of its meter then, decimal text, and in which unit. */
  readonly total: string
  readonly unit?: string
  readonly atMs: number
  /** How often it was done. */
  readonly times: number
  /** That it is due was reported; and that it is overdue. */
  readonly reported?: true
  readonly overdue?: true
  /** Of a calibration: number and day of the certificate. */
  readonly certificate?: Certificate
}

/** Durable facts of a machine that no other row holds. */
export type MachineRow = {
  readonly machine: string
  readonly maintenance?: { readonly by: string; readonly reason: string; readonly sinceMs: number }
  /** Times that the owner has blocked. */
  readonly blocks?: readonly Block[]
  /** What people have reported and nobody has closed. */
  readonly reports?: readonly Report[]
  /** What was answered after a use; of the last one alone. */
  readonly answered?: { readonly session: string; readonly answers: Answers }
  /** By the id of the service. */
  readonly services?: Readonly<Record<string, Served>>
  /** The last fencing counter used; a token is counter × 16 + fencingId. */
  readonly fencingCounter: number
  /** The last use, and the inspection that is open after it. */
  readonly lastUse?: LastUse
  readonly inspection?: 'due' | 'failed'
  /** The availability that was recorded last, so that a restart does not record it again. */
  readonly availability?: string
  /** The last drill that was completed. */
  readonly drill?: Drilled
}

export type KeyRow = {
  readonly id: string
  readonly role: 'owner' | 'technician' | 'auditor'
  readonly name: string
  readonly hash: string
  readonly owner?: string
  /** The machines for which the key of a technician or owner is valid; absent: all. */
  readonly machines?: readonly string[]
  readonly addedAtMs: number
  readonly revokedAtMs?: number
}

export type Change =
  | { readonly kind: 'entry'; readonly entry: EntryDraft }
  | { readonly kind: 'meter'; readonly state: MeterState }
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'booking'; readonly booking: Booking }
  | { readonly kind: 'booking-snapshot'; readonly version: number }
  /** All bookings that were cancelled before they arrived. */
  | { readonly kind: 'tombstones'; readonly tombstones: readonly Tombstone[] }
  | { readonly kind: 'contact'; readonly contact: Contact }
  | { readonly kind: 'revocations'; readonly list: RevocationList }
  | { readonly kind: 'token-used'; readonly jti: string; readonly session: string; readonly expMs: number }
  | { readonly kind: 'token-released'; readonly jti: string }
  /** The ledger was taken up from a backup; tokens that were issued before may have been spent. */
  | { readonly kind: 'restored'; readonly atMs: number }
  | { readonly kind: 'machine'; readonly row: MachineRow }
  | { readonly kind: 'key'; readonly row: KeyRow }
  | { readonly kind: 'subscription'; readonly subscription: Subscription }
  | { readonly kind: 'subscription-gone'; readonly id: string }
  /** From here on entries of these machines are marked as simulated, and of no other. */
  | { readonly kind: 'simulated'; readonly machines: readonly string[] }
  /** The random name of a tenant in entries. */
  | { readonly kind: 'pseudonym'; readonly tenant: string; readonly ref: string }
  /** Removes from every table who the tenant was; entries never contain it. */
  | { readonly kind: 'tenant-erased'; readonly tenant: string }
