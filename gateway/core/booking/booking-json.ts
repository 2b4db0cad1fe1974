/** A booking as an entry holds it: with the pseudonym of its tenant. Pure. Read next: booking.ts. */
import type { JsonObject } from '../ground/entry.ts'
import type { Booking } from './booking.ts'

/** Why a booking is recorded when the platform has not put it. */
type Amended = 'extended' | 'released' | 'handed-over'

/** `by`: whose wish it was. */
type Why = { readonly because: Amended; readonly by: string }

export function bookingJson(booking: Booking, tenantRef: string, why?: Why): JsonObject {
  const { id, version, startMs, endMs, source, limits, qualifications, terms } = booking
  return {
    booking: id,
    version,
    tenant: tenantRef,
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
    source,
    limits: { ...limits },
    ...(booking.tariff === undefined ? {} : { tariff: booking.tariff }),
    ...(booking.class === undefined ? {} : { class: booking.class }),
    ...(qualifications === undefined ? {} : { qualifications: [...qualifications] }),
    ...(terms === undefined ? {} : { terms: { ...terms } }),
    ...why,
  }
}
