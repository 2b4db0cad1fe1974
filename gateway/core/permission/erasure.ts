/**
 * Erasing who a tenant was. Entries name a tenant by a random pseudonym only. Who it is stands in other tables and can
 * be removed, so that even the disk no longer reveals it. The usage stays, and stays provable.
 * Read next: gateway/control/commands/pseudonyms.ts.
 */
import type { Booking } from '../booking/booking.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import { isOpen, type Session } from '../session/session.ts'

/** Stands in place of the platform's tenant id. No tenant of a platform can have this id. */
export const ERASED = '(erased)'

/**
 * A tenant with an open session or a booking that has not ended cannot be erased: the booking could not be used, and
 * the session not be billed.
 */
export function refuseErasure(
  tenant: string,
  bookings: Iterable<Booking>,
  sessions: Iterable<Session>,
  nowMs: number,
): Refusal | undefined {
  for (const session of sessions)
    if (session.tenant === tenant && isOpen(session)) return refuse('booking-in-use', 'the tenant has an open session')
  for (const { tenant: holder, status, endMs } of bookings)
    if (holder === tenant && endMs > nowMs && (status === 'held' || status === 'used'))
      return refuse('booking-in-use', 'the tenant has bookings that have not ended; cancel them first')
  return undefined
}
