/**
 * The samples that wait for one sink, in two queues: live ones in memory, and kept ones on disk, each oldest first.
 *
 *   put ─► fresh ──────────────────────────► live ─► the sink
 *            └─ it is away, or too slow ─► disk ─► kept ─┘
 *
 * A sample that was handed out stays in its queue until it is accepted, so nothing is sent twice but what the sink did
 * not accept. Everything is bounded; what does not fit is dropped, the oldest first.
 * Read next: kept.ts (the ring on disk), drops.ts, front/sinks/inlets.ts (who reads, and lets live ones go first).
 */
import type { LivePoint } from '../../../live/point.ts'
import { type Batch, pointAt, readAtMs, type Sample, sampleAt } from '../../../live/sample.ts'
import type { Drops } from './drops.ts'
import { join } from './join.ts'
import type { Kept } from './kept.ts'

/** Oldest first. */
export type Queue = {
  /** The oldest, at most `limit`; the same again until they are accepted or refused. */
  read(limit: number): readonly Sample[]
  /** So many from the start have reached the receiver. */
  accept(count: number): void
  /** The first will never be accepted. */
  refuse(): void
}

export type Waiting = {
  put(batch: Batch): void
  readonly live: Queue
  /** What has waited on disk: newer ones may have gone before it. */
  readonly kept: Queue
  /** Moves to the disk what cannot stay in memory. `isUp`: the sink takes samples. */
  settle(isUp: boolean, nowMs: number): void
  /** Moves all that it can to the disk. */
  close(): void
  count(): number
  readonly drops: Drops
}

/** In memory while a sink is away, ms: a broker that is started again loses no order and costs no file. */
const FRESH_MS = 5000
/** Samples of a block on disk. */
const BLOCK = 8192

type Held = { readonly batch: Batch; readonly points: readonly LivePoint[]; at: number }
type State = {
  readonly points: readonly LivePoint[]
  readonly most: number
  readonly kept: Kept
  readonly drops: Drops
  /** Handed out and not accepted. */
  readonly live: Held[]
  readonly old: Held[]
  fresh: Batch[]
  freshCount: number
}

/** `most`: samples in memory. */
export function createWaiting(points: readonly LivePoint[], most: number, kept: Kept, drops: Drops): Waiting {
  const state: State = { points, most, kept, drops, live: [], old: [], fresh: [], freshCount: 0 }
  return {
    drops,
    put(batch) {
      state.fresh.push(batch)
      state.freshCount += batch.count
    },
    live: queueOf(state.live, drops, (limit) => takeFresh(state, limit)),
    kept: queueOf(
      state.old,
      drops,
      () => {
        const block = kept.take()
        if (block !== undefined) state.old.push(block)
      },
      (count) => kept.delivered(count),
    ),
    settle(isUp, nowMs) {
      kept.expire(nowMs)
      const oldest = state.fresh[0]
      const isOld = !isUp && oldest !== undefined && nowMs - readAtMs(oldest, 0) > FRESH_MS
      if (isOld || state.freshCount > state.most / 2) keepFresh(state)
      dropBeyond(state)
    },
    close() {
      const handed = state.live.map(({ batch, at }) => ({ batch, from: at }))
      for (const batch of join([...handed, ...state.fresh.map(whole)], BLOCK)) kept.put(batch)
      state.live.splice(0)
      state.old.splice(0)
      state.fresh = []
      state.freshCount = 0
      kept.close()
    },
    count: () => state.freshCount + kept.count + left(state.live) + left(state.old),
  }
}

const left = (held: readonly Held[]) => held.reduce((sum, { batch, at }) => sum + batch.count - at, 0)

/** `more` puts what comes next into `held`. */
function queueOf(held: Held[], drops: Drops, more: (limit: number) => void, accepted = (_: number) => {}): Queue {
  function accept(count: number): void {
    for (let rest = count; rest > 0; ) {
      const [first] = held
      if (first === undefined) return
      const some = Math.min(rest, first.batch.count - first.at)
      first.at += some
      rest -= some
      accepted(some)
      if (first.at === first.batch.count) held.shift()
    }
  }
  return {
    read(limit) {
      if (held.length === 0) more(limit)
      return readHeld(held, limit)
    },
    accept,
    refuse() {
      const [first] = held
      if (first === undefined) return
      drops.add('refused', first.points[pointAt(first.batch, first.at)])
      accept(1)
    },
  }
}

const whole = (batch: Batch) => ({ batch, from: 0 })

/** As many batches from memory as hold `limit`. */
function takeFresh(state: State, limit: number): void {
  let count = 0
  while (count < limit && state.fresh.length > 0) {
    const batch = state.fresh.shift()!
    count += batch.count
    state.live.push({ batch, points: state.points, at: 0 })
  }
  state.freshCount -= count
}

function readHeld(held: readonly Held[], limit: number): Sample[] {
  const samples: Sample[] = []
  for (const { batch, points, at } of held)
    for (let index = at; index < batch.count && samples.length < limit; index += 1)
      samples.push(sampleAt(batch, index, points))
  return samples
}

/** What the disk does not take stays in memory. */
function keepFresh(state: State): void {
  const batches = join(state.fresh.map(whole), BLOCK)
  let written = 0
  while (written < batches.length && state.kept.put(batches[written]!)) written += 1
  state.fresh = batches.slice(written)
  state.freshCount = state.fresh.reduce((sum, { count }) => sum + count, 0)
}

/** Whole batches from the oldest, and of the last one as much as is too much. */
function dropBeyond(state: State): void {
  while (state.freshCount > state.most) {
    const batch = state.fresh.shift()!
    const count = Math.min(batch.count, state.freshCount - state.most)
    for (let index = 0; index < count; index += 1) state.drops.add('disk', state.points[pointAt(batch, index)])
    state.freshCount -= count
    if (count < batch.count) state.fresh.unshift(...join([{ batch, from: count }], BLOCK))
  }
}
