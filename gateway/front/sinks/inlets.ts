/**
 * The two inlets of a sink: entries, in order and never dropped, and samples, which may be. Each moves on after
 * acceptance, never before, and counts what became of the items.
 * Read next: inlet.ts (halving and setting aside), cursor.ts (what is durable), samples/waiting.ts, sink-loop.ts (the
 * caller).
 */
import type { LedgerClient } from '../../ledger/client.ts'
import type { Reader, StoredSample } from '../../ledger/store/reader.ts'
import type { Sample } from '../../live/sample.ts'
import { createChain } from './chain.ts'
import type { Cursor } from './cursor.ts'
import { type Batches, createBatches, type Pace } from './inlet.ts'
import { sampleValue } from './payload.ts'
import type { DropReason } from './samples/drops.ts'
import type { Queue, Waiting } from './samples/waiting.ts'
import { type Sink, SinkError } from './sink.ts'

export type Counts = {
  /** Entries and samples accepted since the start. */
  delivered: number
  samples: number
  /** Samples refused for good since the start. */
  refused: number
  /** Entries refused for good, ever. */
  parked: number
}

export type InletDeps = {
  readonly sink: Sink
  readonly reader: Pick<Reader, 'mapEntries' | 'previousOf' | 'samples'>
  readonly ledger: Pick<LedgerClient, 'park'>
  readonly cursor: Cursor
  readonly waiting: Waiting
  readonly counts: Counts
  /** Of what is live, and of what has waited. */
  readonly pace: Pace
  readonly livePace: Pace
  /** One above the newest entry that is known to be committed. */
  nextSeq(): number
  /** Waits for one call of the sink. */
  call(work: Promise<void>): Promise<void>
  /** An item was refused for good, the `times`-th of its kind. */
  refused(text: string, fields: { readonly reason: string; readonly [name: string]: unknown }, times: number): void
}

/** What is sent of an entry, or why nothing can be made of it. */
type Parcel = { readonly seq: number; readonly made?: unknown; readonly unfit?: Error }

export function entryBatches(deps: InletDeps): Batches {
  const { sink, reader, ledger, cursor, counts, nextSeq, refused } = deps
  function readFrom(from: number, limit: number): Parcel[] {
    if (from >= nextSeq()) return []
    const chained = createChain(reader)
    return reader.mapEntries(from, limit, (entry): Parcel => {
      const { seq } = entry
      try {
        return { seq, made: sink.make(chained(entry)) }
      } catch (cause) {
        return { seq, unfit: cause as Error }
      }
    })
  }
  return createBatches<Parcel>(
    {
      read: (limit) => readFrom(cursor.next, limit),
      readAfter: ({ seq }, limit) => readFrom(seq + 1, limit),
      deliver: (items) => deliverFit(deps, items),
      accept(items) {
        cursor.advance(items.at(-1)!.seq + 1)
        counts.delivered += items.length
      },
      async setAside({ seq }, reason) {
        await ledger.park(sink.name, String(seq), reason)
        cursor.advance(seq + 1)
        counts.parked += 1
        refused('an entry was refused for good and set aside', { seq, reason }, counts.parked)
      },
    },
    sink.batch,
    deps.pace,
  )
}

/** Up to the first of which nothing can be made, which is refused like one that the receiver will never take. */
async function deliverFit({ sink, call }: InletDeps, items: readonly Parcel[]): Promise<void> {
  const at = items.findIndex(({ unfit }) => unfit !== undefined)
  const fit = at < 0 ? items : items.slice(0, at)
  if (fit.length > 0) await call(sink.deliver(fit.map(({ made }) => made)))
  if (at < 0) return
  const cause = items[at]!.unfit!
  throw new SinkError('bad', cause.message, { cause, accepted: at })
}

/** What has just been read. */
export const liveBatches = (deps: InletDeps): Batches => sampleBatches(deps, deps.waiting.live, deps.livePace, false)

/** What has waited on disk. */
export const keptBatches = (deps: InletDeps): Batches => sampleBatches(deps, deps.waiting.kept, deps.pace, true)

function sampleBatches(deps: InletDeps, queue: Queue, pace: Pace, isLate: boolean): Batches {
  const { sink, counts, call, refused } = deps
  return createBatches<Sample>(
    {
      read: (limit) => queue.read(limit),
      deliver: (items) => call(sink.deliverSamples(items, isLate)),
      accept(items) {
        queue.accept(items.length)
        counts.samples += items.length
      },
      async setAside(sample, reason) {
        queue.refuse()
        counts.refused += 1
        refused('a sample was refused for good', { id: sample.id, reason }, counts.refused)
      },
    },
    sink.sampleBatch,
    pace,
  )
}

/**
 * Samples that an older gateway has left in the ledger, once. `nextSample`: one above the newest that is stored.
 */
export function olderSampleBatches(deps: InletDeps, nextSample: number): Batches {
  const { sink, reader, waiting, cursor, counts, call, refused } = deps
  const passTo = (n: number, reason: DropReason) => {
    if (n <= cursor.nextSample) return
    waiting.drops.add(reason, undefined, n - cursor.nextSample)
    cursor.advanceSamples(n)
  }
  return createBatches<StoredSample>(
    {
      read(limit) {
        if (cursor.nextSample >= nextSample) return []
        const items = reader.samples(cursor.nextSample, limit)
        passTo(items[0]?.n ?? nextSample, 'full')
        return items
      },
      deliver: (items) => call(sink.deliverSamples(items.map(asSample), true)),
      accept(items) {
        cursor.advanceSamples(items.at(-1)!.n + 1)
        counts.samples += items.length
      },
      async setAside(sample, reason) {
        passTo(sample.n + 1, 'refused')
        counts.refused += 1
        refused('a sample was refused for good', { id: sample.id, reason }, counts.refused)
      },
    },
    sink.sampleBatch,
    deps.pace,
  )
}

function asSample({ value, ...stored }: StoredSample): Sample {
  return value === undefined ? stored : { ...stored, value: sampleValue(value) }
}
