/**
 * Reading entries: in order, by session, by machine. An entry comes out as it was written, and never changes.
 * Read next: reader.ts, read-readings.ts, read-problems.ts, core/ground/entry.ts.
 */
import type { Entry, EntryBody, EntryKind } from '../../core/ground/entry.ts'
import type { KnownTime } from '../../core/ground/wall.ts'
import type { Sql } from './database.ts'

/** A ledger that never recorded the floor of its clock: the latest time among so many of its newest entries. */
const LAST_ENTRIES = 100_000

/** In the words of the index, or it is not used. */
const timelineKinds = `kind IN ('UnlockIntended', 'UnlockRefused', 'SessionEnded', 'ForeignUse', 'AvailabilityChanged', 'InspectionRecorded', 'ReportMade', 'ReportChanged', 'MaintenanceStarted', 'MaintenanceEnded', 'Override', 'LockUnconfirmed', 'AnswersGiven', 'ServiceDone')`

/** Above every sequence. */
export const ALL = Number.MAX_SAFE_INTEGER

export function entryReads(sql: Sql) {
  return {
    /** Entries from a sequence on, in order. */
    entries(from: number, limit: number): Entry[] {
      return listEntries(sql, FROM_ON, from, limit)
    },
    /** The same, each made into something else at once: what is not kept of it burdens the collector no longer. */
    mapEntries<T>(from: number, limit: number, make: (entry: Entry) => T): T[] {
      return mapEntries(sql, from, limit, make)
    },
    sessionEntries(session: string, limit: number): Entry[] {
      return listEntries(sql, 'entry WHERE session = ? ORDER BY seq LIMIT ?', session, limit)
    },
    /** The entry with the begin readings of a session, and the one with its end readings, of those below a sequence. */
    sessionEnds(session: string, below = ALL): { first?: number; last?: number } {
      const row = sql(
        `SELECT min(seq) FILTER (WHERE kind = 'UnlockIntended') AS first, max(seq) FILTER (WHERE kind = 'SessionEnded') AS last FROM entry WHERE session = ? AND seq < ?`,
      ).get(session, below) as { first: number | null; last: number | null }
      return {
        ...(row.first === null ? {} : { first: row.first }),
        ...(row.last === null ? {} : { last: row.last }),
      }
    },
    /** Corrections of entries of a session. */
    corrections(session: string): Entry[] {
      return listEntries(sql, `entry WHERE session = ? AND kind = 'Correction' ORDER BY seq`, session)
    },
    /** What happened at a machine at or after `fromMs` and before `toMs`, in order. */
    timelineEntries(machine: string, fromMs: number, toMs: number, limit: number): Entry[] {
      const when = `${timelineKinds} AND machine = ? AND at >= ? AND at < ?`
      const found = `entry INDEXED BY entry_timeline WHERE ${when} ORDER BY at, seq LIMIT ?`
      return listEntries(sql, found, machine, fromMs, toMs, limit).sort((a, b) => a.seq - b.seq)
    },
    /** Inspections after a session. */
    inspections(session: string): Entry[] {
      return listEntries(sql, `entry WHERE session = ? AND kind = 'InspectionRecorded' ORDER BY seq`, session)
    },
    /** The sequence of the last entry before this one about the same machine; undefined `machine`: about none. */
    previousOf(machine: string | undefined, seq: number): number | undefined {
      const row =
        machine === undefined
          ? sql('SELECT max(seq) AS n FROM entry WHERE machine IS NULL AND seq < ?').get(seq)
          : sql('SELECT max(seq) AS n FROM entry WHERE machine = ? AND seq < ?').get(machine, seq)
      return (row as { n: number | null }).n ?? undefined
    },
    /** The newest entries of a kind that are about no machine, newest first. */
    newestOf(kind: EntryKind, limit: number): Entry[] {
      return listEntries(sql, 'entry WHERE machine IS NULL AND kind = ? ORDER BY seq DESC LIMIT ?', kind, limit)
    },
    /** The newest entry of a kind below a sequence, of those that are about no machine. */
    lastOf(kind: EntryKind, below: number): number | undefined {
      const row = sql('SELECT max(seq) AS n FROM entry WHERE machine IS NULL AND kind = ? AND seq < ?').get(kind, below)
      return (row as { n: number | null }).n ?? undefined
    },
    lastTime: () => lastTime(sql),
  }
}

/**
 * What is known of the time. The newest `ClockChanged` names the floor that held then; after it, only entries
 * whose time was believed raise it.
 */
function lastTime(sql: Sql): KnownTime {
  const change = listEntries(sql, `entry WHERE machine IS NULL AND kind = 'ClockChanged' ORDER BY seq DESC LIMIT 1`)[0]
  const floorMs = Date.parse(String(change?.body.data.floor))
  const from = Number.isNaN(floorMs) ? 0 : change!.seq
  const believed = `(SELECT * FROM entry WHERE seq >= ? ORDER BY seq DESC LIMIT ${LAST_ENTRIES}) WHERE instr(body, CAST('"clock":"synchronised"' AS BLOB))`
  const row = sql(`SELECT max(at) AS at FROM ${believed}`).get(from) as { at: number | null }
  const floors = [floorMs, row.at ?? Number.NaN].filter((ms) => !Number.isNaN(ms))
  const newest = listEntries(sql, `${believed} ORDER BY seq DESC LIMIT 1`, from)[0]
  return {
    ...(floors.length === 0 ? {} : { floorMs: Math.max(...floors) }),
    ...(newest === undefined
      ? {}
      : { newest: { wallMs: newest.atMs, monoNs: newest.body.mono, bootId: newest.body.boot } }),
  }
}

function mapEntries<T>(sql: Sql, from: number, limit: number, make: (entry: Entry) => T): T[] {
  const made: T[] = []
  for (;;) {
    const size = Math.min(SLICE, limit - made.length)
    const rows = size > 0 ? rowsOf(sql, FROM_ON, from + made.length, size) : []
    for (const row of rows) made.push(make(toEntry(row)))
    if (rows.length < SLICE) return made
  }
}

/** `from`: what follows FROM in the statement. */
export function listEntries(sql: Sql, from: string, ...values: (string | number)[]): Entry[] {
  return rowsOf(sql, from, ...values).map(toEntry)
}

/** Rows that are there at once while entries are made into something else. */
const SLICE = 100

const FROM_ON = 'entry WHERE seq >= ? ORDER BY seq LIMIT ?'

type EntryRow = { readonly at: number; readonly text: string }

/** As text, which SQLite hands over at once: a BLOB would be an array with memory of its own for each row. */
function rowsOf(sql: Sql, from: string, ...values: (string | number)[]): EntryRow[] {
  return sql(`SELECT at, CAST(body AS TEXT) AS text FROM ${from}`).all(...values) as EntryRow[]
}

/** The columns beside the body are there to be searched; what they hold is in the body too. */
function toEntry({ at, text }: EntryRow): Entry {
  const body = JSON.parse(text) as EntryBody
  const { seq, kind, machine, session } = body
  return {
    seq,
    kind,
    atMs: at,
    timeNs: timeNs(at, seq),
    ...(machine === undefined ? {} : { machine }),
    ...(session === undefined ? {} : { session }),
    body,
  }
}

/**
 * ns as decimal text, which may pass 2^53. The same entry always has the same time, so that a repeat overwrites it, and
 * two of one kind never collide.
 */
export function timeNs(atMs: number, number: number): string {
  const rest = number % 1_000_000
  if (Number.isInteger(atMs) && atMs > 0) return `${atMs}${String(rest).padStart(6, '0')}`
  return (BigInt(atMs) * 1_000_000n + BigInt(rest)).toString()
}
