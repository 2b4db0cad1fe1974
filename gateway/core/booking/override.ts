/**
 * An override: a technician uses a machine under their own name, without a booking. Bookings, commissioning,
 * maintenance, plans and inspections do not refuse it; safety, fresh readings, the ledger, the clock and the lock do,
 * as for everybody. It is metered like any other session, and nobody is billed for it. Read next: access/unlock.ts.
 */

import type { JsonObject } from '../ground/entry.ts'
import { type Booking, OVERRIDE } from './booking.ts'

export type Override = { readonly reason: string; readonly by: JsonObject }

/** Stands in place of the platform's tenant id. No tenant of a platform can have this id. */
export const personOf = (key: string) => `(key ${key})`

/** Stands in place of the booking: from now, for `mostMs`. */
export function overrideBooking(machine: string, key: string, nowMs: number, mostMs: number): Booking {
  return {
    id: OVERRIDE,
    version: 0,
    machine,
    tenant: personOf(key),
    startMs: nowMs,
    endMs: nowMs + mostMs,
    limits: {},
    status: 'used',
    source: 'push',
  }
}

/**
 * The override begins with its intent: a clock that is set between the request and the intent makes it neither longer
 * nor shorter.
 */
export function overrideFrom(booking: Booking, nowMs: number): Booking {
  return { ...booking, startMs: nowMs, endMs: nowMs + booking.endMs - booking.startMs }
}
