/**
 * The authenticated caller: the platform, a tenant with a verified booking token or a PIN, or a person of the site with
 * a key. Credentials are not checked here. Read next: permission.ts (what each may do).
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
      /** Present when the tenant used the PIN of a known booking: nothing is signed, and no token is spent. */
      readonly pin?: true
    }
  | {
      readonly role: 'owner' | 'technician' | 'auditor'
      readonly id: string
      readonly key: string
      /** The machines for which the key is valid; absent: all that the role may reach. */
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
  /** Absent: it stands for a PIN, which is no token. */
  readonly issuedAtMs?: number
  readonly limits: Limits
  /** Sorted. */
  readonly qualifications?: readonly string[]
}
