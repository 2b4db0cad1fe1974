/**
 * When the platform was last heard from. Within one boot the monotonic clock measures how long ago that was, so that
 * neither a stepped wall clock nor a restart of the gateway counts as contact. Across a reboot of the host only the
 * wall clock is left.
 */
import { type Moment, NS_PER_MS } from './moment.ts'

export type Contact = {
  readonly atMs: number
  /** Monotonic ns of `bootId`, decimal text. */
  readonly monoNs: string
  readonly bootId: string
}

/** Infinity when the platform was never heard from. */
export function contactAgeMs(contact: Contact | undefined, now: Moment, bootId: string): number {
  if (contact === undefined) return Number.POSITIVE_INFINITY
  if (contact.bootId === bootId) return Number((now.ns - BigInt(contact.monoNs)) / NS_PER_MS)
  return Math.max(0, now.ms - contact.atMs)
}
