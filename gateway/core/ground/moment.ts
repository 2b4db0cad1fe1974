/**
 * One moment on both clocks: order comes from the sequence of the ledger, durations from `ns`, dates from `ms`.
 * Nothing here reads a clock. Read next: wall.ts (a wall clock that steps), day.ts (days of a zone).
 */

/** UTC ms of the wall clock, and ns of the monotonic clock since the boot of the host. */
export type Moment = { readonly ms: number; readonly ns: bigint }

export const NS_PER_MS = 1_000_000n

export const MINUTE_MS = 60_000

export const DAY_MS = 86_400_000
