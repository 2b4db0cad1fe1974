/**
 * Takes samples out of the ring of both threads and gives them to each sink. While some come it looks by itself, every
 * `EVERY_MS`, so that they come in batches and the control thread has nothing to say; when none come it rests until it
 * is told. Read next: live/ring.ts, waiting.ts (where they go).
 */
import type { RingReader } from '../../../live/ring.ts'
import type { Batch } from '../../../live/sample.ts'

type Taker = {
  /** There are samples. */
  told(): void
  stop(): void
}

/** Between two looks, ms: a share of what a value may be late by. */
const EVERY_MS = 10
/** Looks in vain before it rests: longer than from one tick of polls to the next. */
const PATIENCE = 8
/** Samples taken at a time, and times in a row before others have a turn. */
const MOST = 8192
const IN_A_ROW = 8

export function createTaker(ring: RingReader, give: (batch: Batch) => void): Taker {
  let timer: NodeJS.Timeout | undefined
  let inVain = 0

  /** Whether there was anything. */
  function take(): boolean {
    for (let round = 0; round < IN_A_ROW; round += 1) {
      const batch = ring.take(MOST)
      if (batch === undefined) return round > 0
      give(batch)
    }
    return true
  }

  function look(): void {
    timer = undefined
    inVain = take() ? 0 : inVain + 1
    if (inVain >= PATIENCE) {
      ring.rest()
      if (!take()) return
    }
    told()
  }

  function told(): void {
    timer ??= setTimeout(look, EVERY_MS)
  }

  return {
    told,
    stop() {
      clearTimeout(timer)
      take()
    },
  }
}
