/** What machines need to know of the gateway they are in: time, contact, disk, and whether it is stopping. */
import type { SiteConfig } from '../../config/site.ts'
import type { Tariff } from '../core/billing/tariff.ts'
import type { Env } from '../core/machine/state.ts'
import type { AnchorCheck } from './host/anchor.ts'
import type { Clock } from './host/clock.ts'
import type { PlatformContact } from './host/contact.ts'
import type { Disk } from './host/disk.ts'
import type { Resources } from './host/resources.ts'

export type Surroundings = {
  /** As they are now. */
  now(): Env
  /** From now on no session begins. */
  stop(): void
}

type SurroundingsDeps = {
  readonly config: SiteConfig
  readonly clock: Clock
  readonly contact: PlatformContact
  readonly anchor: AnchorCheck
  readonly disk: Disk
  readonly resources: Resources
  readonly tariffs: ReadonlyMap<string, Tariff>
  tenantRef(tenant: string): string | undefined
}

export function createSurroundings(deps: SurroundingsDeps): Surroundings {
  const { config, clock, contact, anchor, disk, resources, tariffs, tenantRef } = deps
  let stopping = false
  return {
    now() {
      const now = clock.now()
      const state = clock.state(now)
      return {
        now,
        stamp: clock.stamp(now),
        fencingId: config.fencingId,
        earlyStartMs: config.bookings.earlyStartMs,
        noShowMs: config.bookings.noShowMs,
        tariffs,
        tenantRef,
        acceptSigned: config.bookings.unknown === 'accept-signed',
        flapsPerHour: config.bounds.flapsPerHour,
        ...clock.believed(now),
        timeTrusted: state === 'synchronised' || state === 'informative',
        offline: contact.isOffline(now),
        ledgerProven: anchor.isProven(),
        diskOk: disk.isOk(),
        ...shortOf(resources),
        stopping,
      }
    },
    stop() {
      stopping = true
    },
  }
}

function shortOf(resources: Resources): { readonly short?: string } {
  const short = resources.short()
  return short === undefined ? {} : { short }
}
