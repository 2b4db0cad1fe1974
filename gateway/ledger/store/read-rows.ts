/**
 * Reading the rows of the house: meters, machines, access keys, and how far each sink has come. These rows change; what
 * they were is in the entries.
 * Read next: reader.ts, write-rows.ts.
 */
import type { KeyRow, MachineRow } from '../../core/machine/change.ts'
import type { MeterState } from '../../core/meter/meter.ts'
import type { Sql } from './database.ts'
import { readRows } from './json.ts'

export function rowReads(sql: Sql) {
  return {
    meters(): MeterState[] {
      return readRows<MeterState>(sql, 'SELECT body FROM meter ORDER BY meter')
    },
    meter(id: string): MeterState | undefined {
      return readRows<MeterState>(sql, 'SELECT body FROM meter WHERE meter = ?', id)[0]
    },
    machines(): MachineRow[] {
      return readRows<MachineRow>(sql, 'SELECT body FROM machine')
    },
    keys(): KeyRow[] {
      return readRows<KeyRow>(sql, 'SELECT body FROM access_key')
    },
    /** What a sink has delivered; undefined for a sink that never ran. */
    cursor(sink: string): { next: number; nextSample: number } | undefined {
      const row = sql('SELECT next, next_sample FROM cursor WHERE sink = ?').get(sink) as
        | { next: number; next_sample: number }
        | undefined
      return row && { next: row.next, nextSample: row.next_sample }
    },
    cursors(): { sink: string; next: number }[] {
      return sql('SELECT sink, next FROM cursor').all() as { sink: string; next: number }[]
    },
    /** The entries that sinks have set aside, by sink and sequence. `atMs`: when. */
    parkedItems(): { sink: string; seq: number; reason: string; atMs: number }[] {
      const text = 'SELECT sink, CAST(item AS INTEGER) AS seq, reason, at AS atMs FROM parked ORDER BY sink, seq'
      return sql(text).all() as { sink: string; seq: number; reason: string; atMs: number }[]
    },
    /** How many items a sink has set aside. */
    parked(sink: string): number {
      return (sql('SELECT count(*) AS n FROM parked WHERE sink = ?').get(sink) as { n: number }).n
    },
  }
}
