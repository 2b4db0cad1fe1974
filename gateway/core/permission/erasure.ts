/**
 * Forgetting who a tenant was. In entries a tenant is a random pseudonym; who it is stands in the tables beside them,
 * and can be taken out, so that nobody who has the disk can tell any more. What was used stays, and stays provable.
 * Read next: gateway/control/commands/pseudonyms.ts.
 */
import type { Booking } from '../booking/booking.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import { isOpen, type Session } from '../session/session.ts'

/** In place of the platform's id. No tenant of a platform can be called so. */
export const ERASED = '(erased)'

/**
 * Who still holds a booking or uses a machine cannot be forgotten: nobody could use it, and nobody would pay for it.
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
