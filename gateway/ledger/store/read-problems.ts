/**
 * Reading the entries that a person should look at, and those that a person made.
 * Read next: reader.ts, read-entries.ts.
 */
import type { Entry } from '../../core/ground/entry.ts'
import type { Sql } from './database.ts'
import { listEntries } from './read-entries.ts'

/** These three in the words of the indexes, or those are not used. */
const problemWhen = `(kind = 'UnlockUnconfirmed'
  OR (kind = 'SessionEnded' AND json_extract(CAST(body AS TEXT), '$.data.incomplete'))
  OR (kind = 'SessionFinishing' AND json_extract(CAST(body AS TEXT), '$.data.overrun'))
  OR (kind = 'InspectionRecorded' AND NOT json_extract(CAST(body AS TEXT), '$.data.passed'))
  OR (kind = 'MeterChanged' AND json_extract(CAST(body AS TEXT), '$.data.change') IN ('exchange', 'regress', 'out-of-range')))`
const byHandKinds = `kind IN ('Correction', 'ManualEntry')`
const corrected = `EXISTS (SELECT 1 FROM entry AS correction INDEXED BY entry_correction WHERE correction.kind = 'Correction'
  AND CAST(json_extract(CAST(correction.body AS TEXT), '$.data.original') AS INTEGER) = entry.seq)`

/** Entries of a machine that are looked through for its acceptance: some seven months of a busy one. */
const LOOK_THROUGH = 20_000

export function problemReads(sql: Sql) {
  return {
    /** The newest acceptance of a machine below a sequence, among its last entries. */
    acceptanceOf(machine: string, below: number): number | undefined {
      const last = `(SELECT seq, kind FROM entry WHERE machine = ? AND seq < ? ORDER BY seq DESC LIMIT ${LOOK_THROUGH})`
      const row = sql(`SELECT max(seq) AS n FROM ${last} WHERE kind = 'AcceptanceRecorded'`).get(machine, below)
      return (row as { n: number | null }).n ?? undefined
    },
    /** Problems of these machines that nobody has corrected, in order. */
    problemEntries(machines: readonly string[], after: number, limit: number): Entry[] {
      return listEntries(
        sql,
        `entry INDEXED BY entry_problem WHERE ${problemWhen} AND seq > ? AND machine IN (SELECT value FROM json_each(?)) AND NOT ${corrected} ORDER BY seq LIMIT ?`,
        after,
        JSON.stringify(machines),
        limit,
      )
    },
    /** Corrections and manual entries of these machines, in order. */
    byHandEntries(machines: readonly string[], after: number, limit: number): Entry[] {
      return listEntries(
        sql,
        `entry INDEXED BY entry_by_hand WHERE ${byHandKinds} AND seq > ? AND machine IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?`,
        after,
        JSON.stringify(machines),
        limit,
      )
    },
  }
}
