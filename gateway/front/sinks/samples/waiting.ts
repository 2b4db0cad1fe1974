/**
 * The samples that wait for one sink, oldest first: those it was handed, then those on disk, then those in memory.
 *
 *   put ─► fresh ──────────────────────────► held ─► the sink
 *            └─ it is away, or too slow ─► kept (disk) ─┘
 *
 * A sample that was handed out stays in `held` until it is accepted, so nothing newer overtakes it and nothing is sent
 * twice but what the sink did not accept. Everything is bounded; what does not fit is dropped, the oldest first.
 * Read next: kept.ts (the ring on disk), drops.ts, front/sinks/inlets.ts (who reads).
 */
import type { LivePoint } from '../../../live/point.ts'
import { type Batch, pointAt, readAtMs, type Sample, sampleAt } from '../../../live/sample.ts'
import type { Drops } from './drops.ts'
import { join } from './join.ts'
import type { Kept } from './kept.ts'

export type Waiting = {
  put(batch: Batch): void
  /** The oldest, at most `limit`; the same again until they are accepted or refused. */
  read(limit: number): readonly Sample[]
  /** So many from the start have reached the receiver. */
  accept(count: number): void
  /** The first will never be accepted. */
  refuse(): void
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

type Held = { readonly batch: Batch; readonly points: readonly LivePoint[]; at: number; readonly isKept: boolean }
type State = {
  readonly points: readonly LivePoint[]
  readonly most: number
  readonly kept: Kept
  readonly drops: Drops
  held: Held[]
  fresh: Batch[]
  freshCount: number
}

/** `most`: samples in memory. */
export function createWaiting(points: readonly LivePoint[], most: number, kept: Kept, drops: Drops): Waiting {
  const state: State = { points, most, kept, drops, held: [], fresh: [], freshCount: 0 }
  return {
    drops,
    put(batch) {
      state.fresh.push(batch)
      state.freshCount += batch.count
    },
    read(limit) {
      if (state.held.length === 0) hold(state, limit)
      return readHeld(state, limit)
    },
    accept: (count) => accept(state, count),
    refuse() {
      const [first] = state.held
      if (first === undefined) return
      drops.add('refused', pointOf(first, first.at))
      accept(state, 1)
    },
    settle(isUp, nowMs) {
      kept.expire(nowMs)
      const oldest = state.fresh[0]
      const isOld = !isUp && oldest !== undefined && nowMs - readAtMs(oldest, 0) > FRESH_MS
      if (isOld || state.freshCount > state.most / 2) keepFresh(state)
      dropBeyond(state)
    },
    close() {
      const handed = state.held.filter(({ isKept }) => !isKept)
      const parts = [...handed.map(({ batch, at }) => ({ batch, from: at })), ...state.fresh.map(whole)]
      for (const batch of join(parts, BLOCK)) kept.put(batch)
      state.held = []
      state.fresh = []
      state.freshCount = 0
      kept.close()
    },
    count: () => state.freshCount + kept.count + state.held.reduce((sum, { batch, at }) => sum + batch.count - at, 0),
  }
}

const whole = (batch: Batch) => ({ batch, from: 0 })
const pointOf = ({ batch, points }: Held, index: number) => points[pointAt(batch, index)]

/** Takes the next from the disk, or from memory as many batches as hold `limit`. */
function hold(state: State, limit: number): void {
  const { kept, points, held } = state
  const block = kept.take()
  if (block !== undefined) {
    held.push({ ...block, isKept: true })
    return
  }
  let count = 0
  while (count < limit && state.fresh.length > 0) {
    const batch = state.fresh.shift()!
    count += batch.count
    held.push({ batch, points, at: 0, isKept: false })
  }
  state.freshCount -= count
}

function readHeld(state: State, limit: number): Sample[] {
  const samples: Sample[] = []
  for (const { batch, points, at } of state.held)
    for (let index = at; index < batch.count && samples.length < limit; index += 1)
      samples.push(sampleAt(batch, index, points))
  return samples
}

function accept(state: State, count: number): void {
  for (let left = count; left > 0; ) {
    const [first] = state.held
    if (first === undefined) return
    const some = Math.min(left, first.batch.count - first.at)
    first.at += some
    left -= some
    if (first.isKept) state.kept.delivered(some)
    if (first.at === first.batch.count) state.held.shift()
  }
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
