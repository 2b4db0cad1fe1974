/**
 * Reading the ledger: a read-only connection of its own, usable from any thread. Short reads only, so that the
 * write-ahead log can be checkpointed; every list has a limit.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Booking } from '../core/booking.ts'
import type { Contact } from '../core/contact.ts'
import type { Entry, EntryBody, EntryKind } from '../core/entry.ts'
import { ERASED } from '../core/erasure.ts'
import type { MeterState } from '../core/meter.ts'
import type { RevocationList } from '../core/revocation-list.ts'
import type { Session } from '../core/session.ts'
import { openReader } from './database.ts'
import { fromJson } from './json.ts'
import type { KeyRow, MachineRow, SampleDraft } from './ledger.ts'
import type { LogKey } from './log-keys.ts'
import { TILE_WIDTH } from './tile.ts'

export type Sample = SampleDraft & {
  readonly n: number
  /** InfluxDB timestamp: wall ms × 10^6 + n mod 10^6, decimal text. */
  readonly timeNs: string
}

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

/** Left to itself the planner walks through everything that happened to the machine. */
const readingEntry = 'entry INDEXED BY entry_reading'
const readingKinds = `kind IN ('UnlockIntended', 'SessionFinishing', 'SessionEnded', 'MeterSampled', 'MeterChanged')`

const problemWhen = `(kind = 'UnlockUnconfirmed'
  OR (kind = 'SessionEnded' AND json_extract(CAST(body AS TEXT), '$.data.incomplete'))
  OR (kind = 'SessionFinishing' AND json_extract(CAST(body AS TEXT), '$.data.overrun'))
  OR (kind = 'InspectionRecorded' AND NOT json_extract(CAST(body AS TEXT), '$.data.passed'))
  OR (kind = 'MeterChanged' AND json_extract(CAST(body AS TEXT), '$.data.change') IN ('exchange', 'regress', 'out-of-range')))`
const byHandKinds = `kind IN ('Correction', 'ManualEntry')`
const corrected = `EXISTS (SELECT 1 FROM entry AS correction INDEXED BY entry_correction WHERE correction.kind = 'Correction'
  AND CAST(json_extract(CAST(correction.body AS TEXT), '$.data.original') AS INTEGER) = entry.seq)`

export type Reader = ReturnType<typeof createReader>

export function createReader(path: string) {
  const db = openReader(path)
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  const sql = (text: string) => {
    let statement = prepared.get(text)
    if (statement === undefined) {
      statement = db.prepare(text)
      prepared.set(text, statement)
    }
    return statement
  }
  const bodies = <T>(text: string, ...values: (string | number)[]): T[] =>
    (sql(text).all(...values) as { body: string }[]).map((row) => fromJson<T>(row.body))

  return {
    /** The next sequence and sample number, as committed. */
    head(): { nextSeq: number; nextSample: number } {
      return {
        nextSeq: (sql('SELECT coalesce(max(seq) + 1, 0) AS n FROM entry').get() as { n: number }).n,
        nextSample: (sql('SELECT coalesce(max(n) + 1, 0) AS n FROM sample').get() as { n: number }).n,
      }
    },
    /** Entries from a sequence on, in order. */
    entries(from: number, limit: number): Entry[] {
      return (
        sql('SELECT seq, kind, at, machine, session, body FROM entry WHERE seq >= ? ORDER BY seq LIMIT ?').all(
          from,
          limit,
        ) as EntryRow[]
      ).map(toEntry)
    },
    sessionEntries(session: string, limit: number): Entry[] {
      return (
        sql('SELECT seq, kind, at, machine, session, body FROM entry WHERE session = ? ORDER BY seq LIMIT ?').all(
          session,
          limit,
        ) as EntryRow[]
      ).map(toEntry)
    },
    /** The entry with the begin readings of a session, and the one with its end readings. */
    sessionEnds(session: string): { first?: number; last?: number } {
      const row = sql(
        `SELECT min(seq) FILTER (WHERE kind = 'UnlockIntended') AS first, max(seq) FILTER (WHERE kind = 'SessionEnded') AS last FROM entry WHERE session = ?`,
      ).get(session) as { first: number | null; last: number | null }
      return {
        ...(row.first === null ? {} : { first: row.first }),
        ...(row.last === null ? {} : { last: row.last }),
      }
    },
    /** Entries of a machine that hold readings of its meters, in order, recorded within a time, UTC ms. */
    readingEntries(
      machine: string,
      { after, fromMs, toMs, limit }: { after: number; fromMs?: number; toMs?: number; limit: number },
    ): Entry[] {
      return (
        sql(
          `SELECT seq, kind, at, machine, session, body FROM ${readingEntry} WHERE machine = ? AND ${readingKinds} AND seq > ? AND at >= ? AND at < ? ORDER BY seq LIMIT ?`,
        ).all(machine, after, fromMs ?? 0, toMs ?? Number.MAX_SAFE_INTEGER, limit) as EntryRow[]
      ).map(toEntry)
    },
    /** The same backwards, from before a sequence. */
    readingEntriesBefore(machine: string, seq: number, limit: number): Entry[] {
      return (
        sql(
          `SELECT seq, kind, at, machine, session, body FROM ${readingEntry} WHERE machine = ? AND ${readingKinds} AND seq < ? ORDER BY seq DESC LIMIT ?`,
        ).all(machine, seq, limit) as EntryRow[]
      ).map(toEntry)
    },
    /** The first and the last of them recorded within a time, UTC ms. */
    readingRange(machine: string, fromMs: number, toMs: number): { first: number; last: number } | undefined {
      const row = sql(
        `SELECT min(seq) AS first, max(seq) AS last FROM ${readingEntry} WHERE machine = ? AND ${readingKinds} AND at >= ? AND at < ?`,
      ).get(machine, fromMs, toMs) as { first: number | null; last: number | null }
      return row.first === null || row.last === null ? undefined : { first: row.first, last: row.last }
    },
    /** Entries of these machines that somebody should look at and nobody has corrected, in order. */
    problemEntries(machines: readonly string[], after: number, limit: number): Entry[] {
      return (
        sql(
          `SELECT seq, kind, at, machine, session, body FROM entry INDEXED BY entry_problem WHERE ${problemWhen} AND seq > ? AND machine IN (SELECT value FROM json_each(?)) AND NOT ${corrected} ORDER BY seq LIMIT ?`,
        ).all(after, JSON.stringify(machines), limit) as EntryRow[]
      ).map(toEntry)
    },
    /** Corrections and manual entries of these machines, in order. */
    byHandEntries(machines: readonly string[], after: number, limit: number): Entry[] {
      return (
        sql(
          `SELECT seq, kind, at, machine, session, body FROM entry INDEXED BY entry_by_hand WHERE ${byHandKinds} AND seq > ? AND machine IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?`,
        ).all(after, JSON.stringify(machines), limit) as EntryRow[]
      ).map(toEntry)
    },
    /** Corrections of entries of a session. */
    corrections(session: string): Entry[] {
      return (
        sql(
          `SELECT seq, kind, at, machine, session, body FROM entry WHERE session = ? AND kind = 'Correction' ORDER BY seq`,
        ).all(session) as EntryRow[]
      ).map(toEntry)
    },
    /** What was found after a session. */
    inspections(session: string): Entry[] {
      return (
        sql(
          `SELECT seq, kind, at, machine, session, body FROM entry WHERE session = ? AND kind = 'InspectionRecorded' ORDER BY seq`,
        ).all(session) as EntryRow[]
      ).map(toEntry)
    },
    /** The sequence of the entry before this one: of the same machine, or of none. */
    previousOf(machine: string | undefined, seq: number): number | undefined {
      const row =
        machine === undefined
          ? sql('SELECT max(seq) AS n FROM entry WHERE machine IS NULL AND seq < ?').get(seq)
          : sql('SELECT max(seq) AS n FROM entry WHERE machine = ? AND seq < ?').get(machine, seq)
      return (row as { n: number | null }).n ?? undefined
    },
    /** The latest wall time among the newest entries: no trusted clock is below it. */
    lastAtMs(): number | undefined {
      const row = sql('SELECT max(at) AS at FROM (SELECT at FROM entry ORDER BY seq DESC LIMIT 100000)').get()
      return (row as { at: number | null }).at ?? undefined
    },
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
    /** Samples from a number on; fewer than asked when the ring has passed over them. */
    samples(from: number, limit: number): Sample[] {
      return (
        sql('SELECT n, kind, machine, id, at, quality, unit, value FROM sample WHERE n >= ? ORDER BY n LIMIT ?').all(
          from,
          limit,
        ) as SampleRow[]
      ).map(toSample)
    },
    /** The newest checkpoint, a signed note; undefined before the first. */
    checkpoint(): { readonly size: number; readonly note: string } | undefined {
      return sql('SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1').get() as
        | { size: number; note: string }
        | undefined
    },
    /** Checkpoints above a size, oldest first. */
    checkpoints(above: number, limit: number): { readonly size: number; readonly note: string }[] {
      return sql('SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?').all(above, limit) as {
        size: number
        note: string
      }[]
    },
    /** The bytes that were hashed, of entries from ≤ seq < to. */
    bodies(from: number, to: number): Uint8Array[] {
      const rows = sql('SELECT body FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq').all(from, to)
      return (rows as { body: Uint8Array }[]).map(({ body }) => body)
    },
    /** Hashes of a tile (C2SP tlog-tiles): leaves at level 0, roots of full tiles above. Shorter than asked: not there. */
    tile(level: number, index: number, width: number): Uint8Array {
      const [from, to] = [index * TILE_WIDTH, index * TILE_WIDTH + width]
      const rows =
        level === 0
          ? sql('SELECT leaf AS hash FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq').all(from, to)
          : sql('SELECT hash FROM tree_node WHERE level = ? AND n >= ? AND n < ? ORDER BY n').all(level, from, to)
      return Buffer.concat((rows as { hash: Uint8Array }[]).map(({ hash }) => hash))
    },
    /** The newest entry of a kind below a sequence. */
    lastOf(kind: EntryKind, below: number): number | undefined {
      const row = sql('SELECT max(seq) AS n FROM entry WHERE machine IS NULL AND kind = ? AND seq < ?').get(kind, below)
      return (row as { n: number | null }).n ?? undefined
    },
    logOrigin(): string | undefined {
      return (sql(`SELECT value FROM fact WHERE name = 'log-origin'`).get() as { value: string } | undefined)?.value
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
    /** Who signs this log at which size. */
    logKeys(): LogKey[] {
      const row = sql(`SELECT value FROM fact WHERE name = 'log-keys'`).get() as { value: string } | undefined
      return row === undefined ? [] : (JSON.parse(row.value) as LogKey[])
    },
    cursors(): { sink: string; next: number }[] {
      return sql('SELECT sink, next FROM cursor').all() as { sink: string; next: number }[]
    },
    parked(sink: string): number {
      return (sql('SELECT count(*) AS n FROM parked WHERE sink = ?').get(sink) as { n: number }).n
    },
    close(): void {
      prepared.clear()
      db.close()
    },
  }
}

type EntryRow = {
  seq: number
  kind: EntryKind
  at: number
  machine: string | null
  session: string | null
  body: Uint8Array
}
type SampleRow = {
  n: number
  kind: 'signal' | 'meter'
  machine: string
  id: string
  at: number
  quality: Sample['quality']
  unit: string | null
  value: string | null
}

function toEntry(row: EntryRow): Entry {
  return {
    seq: row.seq,
    kind: row.kind,
    atMs: row.at,
    timeNs: timeNs(row.at, row.seq),
    ...(row.machine === null ? {} : { machine: row.machine }),
    ...(row.session === null ? {} : { session: row.session }),
    body: JSON.parse(Buffer.from(row.body).toString('utf8')) as EntryBody,
  }
}

function toSample(row: SampleRow): Sample {
  return {
    n: row.n,
    kind: row.kind,
    machine: row.machine,
    id: row.id,
    atMs: row.at,
    quality: row.quality,
    timeNs: timeNs(row.at, row.n),
    ...(row.unit === null ? {} : { unit: row.unit }),
    ...(row.value === null ? {} : { value: row.value }),
  }
}

/** ns as decimal text, beyond 2^53: a repeat overwrites, and two of one kind never collide. */
export function timeNs(atMs: number, number: number): string {
  return (BigInt(atMs) * 1_000_000n + BigInt(number % 1_000_000)).toString()
}
