/**
 * Who calls, once authenticated: the platform, a tenant with a verified booking token, or a person of the site with a
 * key. What each may do is decided in permission.ts; nothing here checks a credential.
 */
import type { Limits } from '../ground/config.ts'

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
