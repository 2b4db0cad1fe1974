/**
 * The ring on disk of one sink: the samples of the time in which it was away, in files of blocks that are written one
 * after the other and never synced. The oldest go when there are too many, or they are too old. No entry depends on it:
 * a file that is torn, corrupt or gone costs the samples in it, counted, and the gateway starts all the same.
 *
 *   0000000012-<points>.samples   blocks; `points` names the list that its numbers are of
 *   <points>.json                 that list
 *   position.json                 the first sample that was not delivered yet; a second old at most
 *
 * Read next: block.ts (the bytes), segments.ts (the files), waiting.ts (the caller).
 */
import type { LivePoint } from '../../../live/point.ts'
import { type Batch, pointAt } from '../../../live/sample.ts'
import { encodeBlock } from './block.ts'
import { type Block, type KeptOptions, openSegments, type Segments } from './segments.ts'

export type Kept = {
  /** Appends them; false when the disk does not take them now. */
  put(batch: Batch): boolean
  /** The oldest block, of which nothing is dropped any more. Taken one at a time. */
  take(): { readonly batch: Batch; readonly points: readonly LivePoint[]; at: number } | undefined
  /** So many more of the block that was taken. */
  delivered(count: number): void
  /** Drops what is too old. */
  expire(nowMs: number): void
  close(): void
  /** Samples in it, without the block that was taken. */
  readonly count: number
}

/** After a failure the disk is tried again, ms; as often the position is written down. */
const AGAIN_MS = 1000
const TEXT_BYTES_EACH = 32

type State = KeptOptions & {
  readonly segments: Segments
  /** Oldest first. */
  readonly blocks: Block[]
  taken: Block | undefined
  count: number
  textBytes: number
  brokenUntilMs: number
  isBroken: boolean
  savedMs: number
}

export function openKept(options: KeptOptions): Kept {
  const { segments, blocks } = openSegments(options)
  const state: State = {
    ...options,
    segments,
    blocks,
    taken: undefined,
    count: sum(blocks, left),
    textBytes: sum(blocks, ({ textBytes }) => textBytes),
    brokenUntilMs: 0,
    isBroken: false,
    savedMs: Number.NEGATIVE_INFINITY,
  }
  dropBeyond(state)
  return {
    put: (batch) => put(state, batch),
    take: () => take(state),
    delivered: (count) => delivered(state, count),
    expire(nowMs) {
      while (state.blocks[0] !== undefined && state.blocks[0].newestAtMs < nowMs - options.maxAgeMs)
        drop(state, state.blocks[0], 'old')
    },
    close() {
      attempt(state, () => segments.close(state.taken ?? state.blocks[0]))
    },
    get count() {
      return state.count
    },
  }
}

const left = ({ count, skip }: Block): number => count - skip
const sum = (blocks: readonly Block[], of: (block: Block) => number) => blocks.reduce((all, each) => all + of(each), 0)

function put(state: State, batch: Batch): boolean {
  const block = attempt(state, () => state.segments.append(encodeBlock(batch)))
  if (block === undefined) return false
  state.blocks.push(block)
  state.count += left(block)
  state.textBytes += block.textBytes
  dropBeyond(state)
  return true
}

function take(state: State): ReturnType<Kept['take']> {
  for (;;) {
    const block = state.blocks[0]
    if (block === undefined) return undefined
    const batch = readBlock(state, block)
    if (batch === undefined) {
      drop(state, block, 'unreadable')
      continue
    }
    forget(state)
    state.taken = block
    return { batch, points: block.segment.points, at: block.skip }
  }
}

function delivered(state: State, count: number): void {
  const { taken: block, segments } = state
  if (block === undefined) return
  block.skip += count
  if (left(block) === 0) {
    state.taken = undefined
    segments.done(block)
  }
  const nowMs = performance.now()
  if (nowMs - state.savedMs < AGAIN_MS) return
  state.savedMs = nowMs
  attempt(state, () => segments.save(state.taken ?? state.blocks[0]))
}

/* ── what has no room ── */

function dropBeyond(state: State): void {
  while (state.count > state.most) drop(state, state.blocks[0]!, 'full', state.count - state.most)
  while (state.textBytes > state.most * TEXT_BYTES_EACH) drop(state, state.blocks[0]!, 'full')
}

/** The first `most` of the oldest block, counted at their points as far as it can be read. */
function drop(
  state: State,
  block: Block,
  reason: 'full' | 'old' | 'unreadable',
  most = Number.POSITIVE_INFINITY,
): void {
  const batch = reason === 'unreadable' ? undefined : readBlock(state, block)
  const count = batch === undefined ? left(block) : Math.min(most, left(block))
  if (batch === undefined) state.drops.add('unreadable', undefined, count)
  else
    for (let index = block.skip; index < block.skip + count; index += 1)
      state.drops.add(reason, block.segment.points[pointAt(batch, index)])
  if (count === left(block)) {
    forget(state)
    state.segments.done(block)
    return
  }
  block.skip += count
  state.count -= count
}

function readBlock({ segments }: State, block: Block): Batch | undefined {
  try {
    return segments.read(block)
  } catch {
    return undefined
  }
}

/** The oldest block counts no more. */
function forget(state: State): void {
  const block = state.blocks.shift()!
  state.count -= left(block)
  state.textBytes -= block.textBytes
}

/** Undefined when the disk fails: logged when it begins, and tried again a second later. */
function attempt<T>(state: State, work: () => T): T | undefined {
  const nowMs = performance.now()
  if (nowMs < state.brokenUntilMs) return undefined
  try {
    const result = work()
    state.isBroken = false
    return result
  } catch (cause) {
    if (!state.isBroken)
      state.log.warn({ err: cause, folder: state.folder }, 'samples cannot be kept on disk; some are lost')
    state.isBroken = true
    state.brokenUntilMs = nowMs + AGAIN_MS
    return undefined
  }
}
