/**
 * Reading what the booking platform sent, and who its tenants are: bookings, revocations, tokens that were used, when
 * the platform was last heard of, pseudonyms.
 * Read next: reader.ts, write-rows.ts.
 */
import type { Booking } from '../../core/booking/booking.ts'
import type { Tombstone } from '../../core/booking/tombstone.ts'
import type { Contact } from '../../core/ground/contact.ts'
import { ERASED } from '../../core/permission/erasure.ts'
import type { RevocationList } from '../../core/permission/revocation-list.ts'
import { readFact } from '../log/fact.ts'
import type { Sql } from './database.ts'
import { fromJson, readRows } from './json.ts'

export function platformReads(sql: Sql) {
  return {
    booking(id: string): Booking | undefined {
      return readRows<Booking>(sql, 'SELECT body FROM booking WHERE id = ?', id)[0]
    },
    /** Bookings that end after a time, by end. */
    bookings(endsAfterMs: number, limit: number): Booking[] {
      const text = 'SELECT body FROM booking WHERE end_at > ? ORDER BY end_at, id LIMIT ?'
      return readRows<Booking>(sql, text, endsAfterMs, limit)
    },
    /**
     * At a machine, begun by one time and not over before another, by end. With `nowMs` also those that begin later and
     * may be used by then, by their terms.
     */
    bookingsAt(machine: string, begunByMs: number, endsAfterMs: number, limit: number, nowMs = 0): Booking[] {
      const text = `SELECT body FROM booking WHERE end_at > ? AND machine = ?
        AND start_at <= MAX(?, ? + 60000 * IFNULL(json_extract(body, '$.terms.earlyStartMinutes'), 0))
        ORDER BY end_at, id LIMIT ?`
      return readRows<Booking>(sql, text, endsAfterMs, machine, begunByMs, nowMs, limit)
    },
    /** 0: no snapshot has been taken. */
    snapshotVersion(): number {
      return Number(readFact(sql, 'booking-snapshot') ?? 0)
    },
    /** Bookings that were cancelled before they came. */
    tombstones(): Tombstone[] {
      return fromJson<Tombstone[]>(readFact(sql, 'tombstones') ?? '[]')
    },
    /** When the platform was last heard of, as far as it was written down. */
    contact(): Contact | undefined {
      const stored = readFact(sql, 'contact')
      return stored === undefined ? undefined : fromJson<Contact>(stored)
    },
    /** One per issuer. */
    revocations(): RevocationList[] {
      const rows = sql(`SELECT value FROM fact WHERE name GLOB 'revocations:*' ORDER BY name`).all()
      return (rows as { value: string }[]).map(({ value }) => fromJson<RevocationList>(value))
    },
    usedToken(jti: string): { session: string } | undefined {
      return sql('SELECT session FROM used_token WHERE jti = ?').get(jti) as { session: string } | undefined
    },
    usedTokens(): { jti: string; session: string; exp: number }[] {
      return sql('SELECT jti, session, exp FROM used_token').all() as { jti: string; session: string; exp: number }[]
    },
    /** When the ledger was taken up from a backup; undefined: never. */
    restoredAtMs(): number | undefined {
      const stored = readFact(sql, 'restored')
      return stored === undefined ? undefined : Number(stored)
    },
    pseudonyms(): { tenant: string; ref: string }[] {
      return sql('SELECT tenant, ref FROM pseudonym').all() as { tenant: string; ref: string }[]
    },
    /** Tenants that bookings and sessions name and that have no pseudonym. */
    tenants(): string[] {
      const rows = sql(
        `SELECT tenant FROM (SELECT tenant FROM session UNION SELECT json_extract(body, '$.tenant') FROM booking)
         WHERE tenant <> ? AND tenant NOT IN (SELECT tenant FROM pseudonym)`,
      ).all(ERASED)
      return (rows as { tenant: string }[]).map(({ tenant }) => tenant)
    },
  }
}
