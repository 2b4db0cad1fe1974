/**
 * Who calls, and what the check of a credential answers with. Types only; they cross no thread.
 * Read next: auth.ts (who it is), policy.ts (what they may do).
 */

import type { Refusal } from '../../../core/ground/refusal.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import type { RevocationList } from '../../../core/permission/revocation-list.ts'

/** UTC ms, and `process.hrtime` ns as the control thread counts them. */
export type Clock = { nowMs(): number; nowNs(): bigint }

/**
 * A principal, and until when its credential holds, UTC ms. `untilMs` is Infinity for a key: it holds until revoked.
 */
export type Caller = { readonly principal: Principal; readonly untilMs: number }

export type Authentication =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Reads a revocation list as its issuer signed it. */
export type ListVerifier = (
  token: string,
) => Promise<
  { readonly kind: 'verified'; readonly list: RevocationList } | { readonly kind: 'refused'; readonly refusal: Refusal }
>
