/**
 * Reading the entries that hold readings of meters, by machine and time.
 * Read next: reader.ts, read-entries.ts.
 */
import type { Entry } from '../../core/ground/entry.ts'
import type { Sql } from './database.ts'
import { listEntries } from './read-entries.ts'

/** The index is named because the planner would walk through everything that happened to the machine. */
const readingEntry = 'entry INDEXED BY entry_reading'
/** In the words of the index, or it is not used. */
const readingKinds = `kind IN ('UnlockIntended', 'SessionFinishing', 'SessionEnded', 'MeterSampled', 'MeterChanged')`

export function readingReads(sql: Sql) {
  return {
    /** In order, recorded within a time, UTC ms. */
    readingEntries(
      machine: string,
      { after, fromMs, toMs, limit }: { after: number; fromMs?: number; toMs?: number; limit: number },
    ): Entry[] {
      return listEntries(
        sql,
        `${readingEntry} WHERE machine = ? AND ${readingKinds} AND seq > ? AND at >= ? AND at < ? ORDER BY seq LIMIT ?`,
        machine,
        after,
        fromMs ?? 0,
        toMs ?? Number.MAX_SAFE_INTEGER,
        limit,
      )
    },
    /** Backwards, from before a sequence. */
    readingEntriesBefore(machine: string, seq: number, limit: number): Entry[] {
      return listEntries(
        sql,
        `${readingEntry} WHERE machine = ? AND ${readingKinds} AND seq < ? ORDER BY seq DESC LIMIT ?`,
        machine,
        seq,
        limit,
      )
    },
    /** The first and the last sequence recorded within a time, UTC ms. */
    readingRange(machine: string, fromMs: number, toMs: number): { first: number; last: number } | undefined {
      const row = sql(
        `SELECT min(seq) AS first, max(seq) AS last FROM ${readingEntry} WHERE machine = ? AND ${readingKinds} AND at >= ? AND at < ?`,
      ).get(machine, fromMs, toMs) as { first: number | null; last: number | null }
      return row.first === null || row.last === null ? undefined : { first: row.first, last: row.last }
    },
  }
}
