/**
 * Takes samples out of the ring of both threads, soon after the control thread has said that there are some, and gives
 * them to each sink. Never more often than every `EVERY_MS`, so that they come in batches.
 * Read next: live/ring.ts, waiting.ts (where they go).
 */
import type { RingReader } from '../../../live/ring.ts'
import type { Batch } from '../../../live/sample.ts'

type Taker = {
  /** There are samples. */
  told(): void
  stop(): void
}

/** Between two takes, ms: a share of what a value may be late by. */
const EVERY_MS = 10
/** Samples taken at a time, and times in a row before others have a turn. */
const MOST = 8192
const IN_A_ROW = 8

export function createTaker(ring: RingReader, give: (batch: Batch) => void): Taker {
  let timer: NodeJS.Timeout | undefined
  let tookMs = 0

  function take(): void {
    timer = undefined
    tookMs = performance.now()
    for (let round = 0; round < IN_A_ROW; round += 1) {
      const batch = ring.take(MOST)
      if (batch === undefined) return
      give(batch)
    }
    told()
  }

  function told(): void {
    timer ??= setTimeout(take, Math.max(0, tookMs + EVERY_MS - performance.now()))
  }

  return {
    told,
    stop() {
      clearTimeout(timer)
      take()
      clearTimeout(timer)
    },
  }
}
