/**
 * A technician uses a machine under their own name, without a booking. Bookings, commissioning, maintenance, plans and
 * inspections do not hold them back; safety, fresh readings, the ledger, the clock and the lock do, as for everybody.
 * It is a session like any other, metered, and on nobody's bill. Read next: access/unlock.ts.
 */

import type { JsonObject } from '../ground/entry.ts'
import { type Booking, OVERRIDE } from './booking.ts'

export type Override = { readonly reason: string; readonly by: JsonObject }

/** Who is meant, in place of the platform's id of a tenant. No tenant of a platform can be called so. */
export const personOf = (key: string) => `(key ${key})`

/** What stands for the booking: from now on, for `mostMs`. */
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

/** It begins with its intent: a clock that was set since it was asked for makes it neither longer nor shorter. */
export function overrideFrom(booking: Booking, nowMs: number): Booking {
  return { ...booking, startMs: nowMs, endMs: nowMs + booking.endMs - booking.startMs }
}
