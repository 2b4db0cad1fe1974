/**
 * Reading entries: in order, by session, by machine, and what somebody should look at. An entry comes out as it was
 * written, and never changes. Read next: reader.ts, core/ground/entry.ts.
 */
import type { Entry, EntryBody, EntryKind } from '../../core/ground/entry.ts'
import type { Sql } from './database.ts'

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

export function entryReads(sql: Sql) {
  const list = (rest: string, ...values: (string | number)[]): Entry[] =>
    (sql(`SELECT seq, kind, at, machine, session, body FROM ${rest}`).all(...values) as EntryRow[]).map(toEntry)

  return {
    /** Entries from a sequence on, in order. */
    entries(from: number, limit: number): Entry[] {
      return list('entry WHERE seq >= ? ORDER BY seq LIMIT ?', from, limit)
    },
    sessionEntries(session: string, limit: number): Entry[] {
      return list('entry WHERE session = ? ORDER BY seq LIMIT ?', session, limit)
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
      return list(
        `${readingEntry} WHERE machine = ? AND ${readingKinds} AND seq > ? AND at >= ? AND at < ? ORDER BY seq LIMIT ?`,
        machine,
        after,
        fromMs ?? 0,
        toMs ?? Number.MAX_SAFE_INTEGER,
        limit,
      )
    },
    /** The same backwards, from before a sequence. */
    readingEntriesBefore(machine: string, seq: number, limit: number): Entry[] {
      return list(
        `${readingEntry} WHERE machine = ? AND ${readingKinds} AND seq < ? ORDER BY seq DESC LIMIT ?`,
        machine,
        seq,
        limit,
      )
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
      return list(
        `entry INDEXED BY entry_problem WHERE ${problemWhen} AND seq > ? AND machine IN (SELECT value FROM json_each(?)) AND NOT ${corrected} ORDER BY seq LIMIT ?`,
        after,
        JSON.stringify(machines),
        limit,
      )
    },
    /** Corrections and manual entries of these machines, in order. */
    byHandEntries(machines: readonly string[], after: number, limit: number): Entry[] {
      return list(
        `entry INDEXED BY entry_by_hand WHERE ${byHandKinds} AND seq > ? AND machine IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?`,
        after,
        JSON.stringify(machines),
        limit,
      )
    },
    /** Corrections of entries of a session. */
    corrections(session: string): Entry[] {
      return list(`entry WHERE session = ? AND kind = 'Correction' ORDER BY seq`, session)
    },
    /** What was found after a session. */
    inspections(session: string): Entry[] {
      return list(`entry WHERE session = ? AND kind = 'InspectionRecorded' ORDER BY seq`, session)
    },
    /** The sequence of the entry before this one: of the same machine, or of none. */
    previousOf(machine: string | undefined, seq: number): number | undefined {
      const row =
        machine === undefined
          ? sql('SELECT max(seq) AS n FROM entry WHERE machine IS NULL AND seq < ?').get(seq)
          : sql('SELECT max(seq) AS n FROM entry WHERE machine = ? AND seq < ?').get(machine, seq)
      return (row as { n: number | null }).n ?? undefined
    },
    /** The newest entry of a kind below a sequence. */
    lastOf(kind: EntryKind, below: number): number | undefined {
      const row = sql('SELECT max(seq) AS n FROM entry WHERE machine IS NULL AND kind = ? AND seq < ?').get(kind, below)
      return (row as { n: number | null }).n ?? undefined
    },
    /** The latest wall time among the newest entries: no trusted clock is below it. */
    lastAtMs(): number | undefined {
      const row = sql('SELECT max(at) AS at FROM (SELECT at FROM entry ORDER BY seq DESC LIMIT 100000)').get()
      return (row as { at: number | null }).at ?? undefined
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

/** ns as decimal text, beyond 2^53: a repeat overwrites, and two of one kind never collide. */
export function timeNs(atMs: number, number: number): string {
  return (BigInt(atMs) * 1_000_000n + BigInt(number % 1_000_000)).toString()
}
