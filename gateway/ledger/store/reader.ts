/**
 * Reading the ledger: a read-only connection of its own, usable from any thread. Reads are short, so that the
 * write-ahead log can be checkpointed. Lists that grow with the log have a limit.
 * Read next: read-entries.ts and the other read-*.ts, one noun each.
 */
import { openReader, type Sql } from './database.ts'
import { entryReads } from './read-entries.ts'
import { logReads } from './read-log.ts'
import { moneyReads } from './read-money.ts'
import { platformReads } from './read-platform.ts'
import { problemReads } from './read-problems.ts'
import { readingReads } from './read-readings.ts'
import { rowReads } from './read-rows.ts'
import { sessionReads } from './read-sessions.ts'
import { subscriptionReads } from './read-subscriptions.ts'

/** A sample that an older gateway has stored. None is written any more. */
export type StoredSample = {
  readonly n: number
  readonly kind: 'signal' | 'meter'
  readonly machine: string
  /** `machine/alias.name` */
  readonly id: string
  readonly atMs: number
  readonly quality: 'good' | 'uncertain' | 'bad'
  readonly unit?: string
  /** JSON text, integers of meters as decimal text; absent when bad. */
  readonly value?: string
}

export type Reader = ReturnType<typeof createReader>

export function createReader(path: string) {
  const db = openReader(path)
  const prepared = new Map<string, ReturnType<Sql>>()
  const sql: Sql = (text) => {
    let statement = prepared.get(text)
    if (statement === undefined) {
      statement = db.prepare(text)
      prepared.set(text, statement)
    }
    return statement
  }

  return {
    ...entryReads(sql),
    ...moneyReads(sql),
    ...readingReads(sql),
    ...problemReads(sql),
    ...sessionReads(sql),
    ...platformReads(sql),
    ...subscriptionReads(sql),
    ...rowReads(sql),
    ...logReads(sql),
    /** The next sequence and sample number, as committed. */
    head(): { nextSeq: number; nextSample: number } {
      return {
        nextSeq: (sql('SELECT coalesce(max(seq) + 1, 0) AS n FROM entry').get() as { n: number }).n,
        nextSample: (sql('SELECT coalesce(max(n) + 1, 0) AS n FROM sample').get() as { n: number }).n,
      }
    },
    /** Stored samples from a number on. */
    samples(from: number, limit: number): StoredSample[] {
      return (
        sql('SELECT n, kind, machine, id, at, quality, unit, value FROM sample WHERE n >= ? ORDER BY n LIMIT ?').all(
          from,
          limit,
        ) as SampleRow[]
      ).map(toSample)
    },
    close(): void {
      prepared.clear()
      db.close()
    },
  }
}

type SampleRow = {
  n: number
  kind: 'signal' | 'meter'
  machine: string
  id: string
  at: number
  quality: StoredSample['quality']
  unit: string | null
  value: string | null
}

function toSample(row: SampleRow): StoredSample {
  return {
    n: row.n,
    kind: row.kind,
    machine: row.machine,
    id: row.id,
    atMs: row.at,
    quality: row.quality,
    ...(row.unit === null ? {} : { unit: row.unit }),
    ...(row.value === null ? {} : { value: row.value }),
  }
}
