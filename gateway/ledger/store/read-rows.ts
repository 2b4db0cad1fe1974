/**
 * Reading what stands beside the entries: sessions, bookings, meters, machines, keys, tokens, facts, pseudonyms,
 * cursors. These rows change; what they were is in the entries. Read next: reader.ts, writer.ts (who changes them).
 */
import type { Booking } from '../../core/booking/booking.ts'
import type { Contact } from '../../core/ground/contact.ts'
import type { KeyRow, MachineRow } from '../../core/machine/change.ts'
import type { MeterState } from '../../core/meter/meter.ts'
import { ERASED } from '../../core/permission/erasure.ts'
import type { RevocationList } from '../../core/permission/revocation-list.ts'
import type { Session } from '../../core/session/session.ts'
import type { Sql } from './database.ts'
import { fromJson } from './json.ts'

export type SessionFilter = {
  readonly machine?: string
  readonly tenant?: string
  readonly owner?: string
  /** Sessions that began at or after / before, UTC ms. */
  readonly fromMs?: number
  readonly toMs?: number
  /** Only sessions with ids after this one (UUIDv7: in order of intent). */
  readonly after?: string
  readonly onlyOpen?: boolean
  readonly limit: number
}

export function rowReads(sql: Sql) {
  const bodies = <T>(text: string, ...values: (string | number)[]): T[] =>
    (sql(text).all(...values) as { body: string }[]).map((row) => fromJson<T>(row.body))

  return {
    meters(): MeterState[] {
      return bodies<MeterState>('SELECT body FROM meter ORDER BY meter')
    },
    meter(id: string): MeterState | undefined {
      return bodies<MeterState>('SELECT body FROM meter WHERE meter = ?', id)[0]
    },
    session(id: string): Session | undefined {
      return bodies<Session>('SELECT body FROM session WHERE id = ?', id)[0]
    },
    sessions(filter: SessionFilter): Session[] {
      const where: string[] = ['id > ?']
      const values: (string | number)[] = [filter.after ?? '']
      const add = (clause: string, value: string | number | undefined) => {
        if (value === undefined) return
        where.push(clause)
        values.push(value)
      }
      add('machine = ?', filter.machine)
      add('tenant = ?', filter.tenant)
      add('owner = ?', filter.owner)
      add('intended_at >= ?', filter.fromMs)
      add('intended_at < ?', filter.toMs)
      if (filter.onlyOpen) where.push(`status NOT IN ('ended', 'refused', 'lapsed')`)
      return bodies<Session>(
        `SELECT body FROM session WHERE ${where.join(' AND ')} ORDER BY id LIMIT ?`,
        ...values,
        filter.limit,
      )
    },
    booking(id: string): Booking | undefined {
      return bodies<Booking>('SELECT body FROM booking WHERE id = ?', id)[0]
    },
    /** Bookings that end after a time, by end. */
    bookings(endsAfterMs: number, limit: number): Booking[] {
      return bodies<Booking>(
        'SELECT body FROM booking WHERE end_at > ? ORDER BY end_at, id LIMIT ?',
        endsAfterMs,
        limit,
      )
    },
    snapshotVersion(): number {
      return Number(
        (sql(`SELECT value FROM fact WHERE name = 'booking-snapshot'`).get() as { value: string } | undefined)?.value ??
          0,
      )
    },
    /** When the platform was last heard of, as far as it was written down. */
    contact(): Contact | undefined {
      const row = sql(`SELECT value FROM fact WHERE name = 'contact'`).get() as { value: string } | undefined
      return row && fromJson<Contact>(row.value)
    },
    /** One an issuer. */
    revocations(): RevocationList[] {
      const rows = sql(`SELECT value FROM fact WHERE name GLOB 'revocations:*' ORDER BY name`).all() as {
        value: string
      }[]
      return rows.map(({ value }) => fromJson<RevocationList>(value))
    },
    machines(): MachineRow[] {
      return bodies<MachineRow>('SELECT body FROM machine')
    },
    keys(): KeyRow[] {
      return bodies<KeyRow>('SELECT body FROM access_key')
    },
    usedToken(jti: string): { session: string } | undefined {
      return sql('SELECT session FROM used_token WHERE jti = ?').get(jti) as { session: string } | undefined
    },
    usedTokens(): { jti: string; session: string; exp: number }[] {
      return sql('SELECT jti, session, exp FROM used_token').all() as { jti: string; session: string; exp: number }[]
    },
    /** What a sink has delivered; undefined for a sink that never ran. */
    cursor(sink: string): { next: number; nextSample: number } | undefined {
      const row = sql('SELECT next, next_sample FROM cursor WHERE sink = ?').get(sink) as
        | { next: number; next_sample: number }
        | undefined
      return row && { next: row.next, nextSample: row.next_sample }
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
    cursors(): { sink: string; next: number }[] {
      return sql('SELECT sink, next FROM cursor').all() as { sink: string; next: number }[]
    },
    parked(sink: string): number {
      return (sql('SELECT count(*) AS n FROM parked WHERE sink = ?').get(sink) as { n: number }).n
    },
  }
}
