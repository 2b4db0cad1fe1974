/**
 * Reading calendar addresses, and the bookings that one shows with how often each was changed.
 * Read next: reader.ts, core/permission/subscription.ts.
 */
import type { Booking } from '../../core/booking/booking.ts'
import type { Subscription } from '../../core/permission/subscription.ts'
import type { Sql } from './database.ts'
import { readRows } from './json.ts'

/** In the words of the index `entry_booking`. */
const revisionWhen = `kind IN ('BookingPut', 'BookingCancelled', 'BookingRestored')`

/** `tenant` absent: of everybody. */
type Wanted = { readonly machines: readonly string[]; readonly tenant: string | undefined; readonly atMs: number }

export function subscriptionReads(sql: Sql) {
  return {
    subscriptions(): Subscription[] {
      return readRows<Subscription>(sql, 'SELECT body FROM subscription ORDER BY id')
    },
    subscription(id: string): Subscription | undefined {
      return readRows<Subscription>(sql, 'SELECT body FROM subscription WHERE id = ?', id)[0]
    },
    /** Those that end after a time, next ones first; then those that ended before it, back to another, newest first. */
    calendarBookings({ machines, tenant = '', atMs }: Wanted, sinceMs: number, limit: number): Booking[] {
      const within = `machine IN (SELECT value FROM json_each(?)) AND (? = '' OR json_extract(body, '$.tenant') = ?)`
      const ids = JSON.stringify(machines)
      const ahead = `SELECT body FROM booking WHERE end_at > ? AND ${within} ORDER BY end_at, id LIMIT ?`
      const coming = readRows<Booking>(sql, ahead, atMs, ids, tenant, tenant, limit)
      const back = `SELECT body FROM booking WHERE end_at <= ? AND end_at > ? AND ${within} ORDER BY end_at DESC, id LIMIT ?`
      return [...coming, ...readRows<Booking>(sql, back, atMs, sinceMs, ids, tenant, tenant, limit - coming.length)]
    },
    /** How often a booking was put, cancelled or restored, and when last, UTC ms. */
    revisionOf(booking: string): { times: number; lastAtMs: number | null } {
      const text = `SELECT count(*) AS times, max(at) AS lastAtMs FROM entry
        WHERE ${revisionWhen} AND json_extract(CAST(body AS TEXT), '$.data.booking') = ?`
      return sql(text).get(booking) as { times: number; lastAtMs: number | null }
    },
  }
}
