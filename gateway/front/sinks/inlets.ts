/**
 * The two inlets of a sink: entries, in order and never dropped, and samples, of which the newest win. Each moves the
 * cursor after acceptance, never before, and counts what became of the items.
 * Read next: inlet.ts (halving and setting aside), cursor.ts (what is durable), sink-loop.ts (the caller).
 */
import type { LedgerClient } from '../../ledger/client.ts'
import type { Reader, Sample } from '../../ledger/store/reader.ts'
import { withPrevious } from './chain.ts'
import type { Cursor } from './cursor.ts'
import { createBatches, type NextBatch } from './inlet.ts'
import type { Delivery, Sink } from './sink.ts'

export type Counts = {
  /** Entries and samples accepted since the start. */
  delivered: number
  samples: number
  /** Samples never delivered: passed over by newer ones, or refused. */
  skipped: number
  /** Entries refused for good, ever. */
  parked: number
}

export type InletDeps = {
  readonly sink: Sink
  readonly reader: Pick<Reader, 'entries' | 'previousOf' | 'samples'>
  readonly ledger: Pick<LedgerClient, 'park'>
  readonly cursor: Cursor
  readonly counts: Counts
  /** Waits for one call of the sink. */
  call(work: Promise<void>): Promise<void>
  /** An item was refused for good, the `times`-th of its kind. */
  refused(text: string, fields: { readonly reason: string; readonly [name: string]: unknown }, times: number): void
}

export function entryBatches({ sink, reader, ledger, cursor, counts, call, refused }: InletDeps): NextBatch {
  return createBatches<Delivery>(
    {
      read: (limit) => withPrevious(reader, reader.entries(cursor.next, limit)),
      deliver: (items) => call(sink.deliver(items)),
      accept(items) {
        cursor.advance(items.at(-1)!.entry.seq + 1)
        counts.delivered += items.length
      },
      async setAside({ entry }, reason) {
        await ledger.park(sink.name, String(entry.seq), reason)
        cursor.advance(entry.seq + 1)
        counts.parked += 1
        refused('an entry was refused for good and set aside', { seq: entry.seq, reason }, counts.parked)
      },
    },
    sink.batch,
  )
}

/** `nextSample`: one above the newest sample that is stored. */
export function sampleBatches(deps: InletDeps, nextSample: () => number): NextBatch {
  const { sink, reader, cursor, counts, call, refused } = deps
  const skipTo = (n: number) => {
    if (n <= cursor.nextSample) return
    counts.skipped += n - cursor.nextSample
    cursor.advanceSamples(n)
  }
  return createBatches<Sample>(
    {
      read(limit) {
        skipTo(nextSample() - sink.sampleBacklog)
        const items = reader.samples(cursor.nextSample, limit)
        if (items[0] !== undefined) skipTo(items[0].n)
        return items
      },
      deliver: (items) => call(sink.deliverSamples(items)),
      accept(items) {
        cursor.advanceSamples(items.at(-1)!.n + 1)
        counts.samples += items.length
      },
      async setAside(sample, reason) {
        skipTo(sample.n + 1)
        refused('a sample was refused for good', { id: sample.id, reason }, counts.skipped)
      },
    },
    sink.batch,
  )
}
