/**
 * When the platform was last heard of, and whether that makes us offline. It is durable, but written at most every few
 * seconds: what a crash loses makes us offline sooner, never later. Read next: core/ground/contact.ts.
 */

import { type Contact, contactAgeMs } from '../../core/ground/contact.ts'
import type { Moment } from '../../core/ground/moment.ts'
import type { Change } from '../../core/machine/change.ts'
import type { Clock } from './clock.ts'

const WRITE_EVERY_NS = 5_000_000_000n

type PlatformContactDeps = {
  /** As it was stored. */
  readonly heard: Contact | undefined
  /** Offline after this long. */
  readonly contactMs: number
  readonly clock: Clock
  append(change: Change): void
}

export type PlatformContact = {
  /** The platform has been heard of. */
  take(): void
  isOffline(now: Moment): boolean
  /** Undefined: never. */
  ageMs(now: Moment): number | undefined
  /** What people should look at, for health. */
  notes(now: Moment): string[]
}

export function createPlatformContact({ heard, contactMs, clock, append }: PlatformContactDeps): PlatformContact {
  let contact = heard
  let writtenNs: bigint | undefined
  const ageMs = (now: Moment) => contactAgeMs(contact, now, clock.bootId)
  const isOffline = (now: Moment) => ageMs(now) >= contactMs

  return {
    take() {
      const now = clock.now()
      const due = isOffline(now) || writtenNs === undefined || now.ns - writtenNs >= WRITE_EVERY_NS
      contact = { atMs: now.ms, monoNs: now.ns.toString(), bootId: clock.bootId }
      if (!due) return
      writtenNs = now.ns
      append({ kind: 'contact', contact })
    },
    isOffline,
    ageMs: (now) => (contact === undefined ? undefined : ageMs(now)),
    notes(now) {
      if (!isOffline(now)) return []
      const last =
        contact === undefined
          ? 'the platform was never heard of'
          : `the platform was last heard of at ${new Date(contact.atMs).toISOString()}`
      return [`offline: ${last}`]
    },
  }
}
