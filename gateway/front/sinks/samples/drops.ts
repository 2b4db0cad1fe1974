/**
 * The samples that a sink never gets, counted by signal and reason. What is taken is delivered, waits, or is counted
 * here. Read next: waiting.ts, kept.ts (who count).
 */
import type { LivePoint } from '../../../live/point.ts'

/**
 * `ring`: the front did not take it in time. `full`, `old`: a bound of the ring on disk. `disk`: it could not be
 * written there. `unreadable`: it could not be read back. `refused`: the receiver will never take it.
 */
export type DropReason = 'ring' | 'full' | 'old' | 'disk' | 'unreadable' | 'refused'

export type Drop = { readonly signal: string; readonly reason: DropReason; readonly count: number }

export type Drops = {
  /** `point`: undefined where it cannot be known any more. */
  add(reason: DropReason, point: LivePoint | undefined, count?: number): void
  total(): number
  /** By reason, and within one the largest counts first. */
  list(): readonly Drop[]
}

/** What stands for a signal that cannot be known any more. */
const UNKNOWN_SIGNAL = 'unknown'

/** `inRing`: those that never came out of the ring of both threads, by the number of their point. */
export function createDrops(points: readonly LivePoint[], inRing: Readonly<Uint32Array>): Drops {
  const counts = new Map<DropReason, Map<string, number>>()
  let own = 0
  return {
    add(reason, point, count = 1) {
      const signal = point?.id ?? UNKNOWN_SIGNAL
      const ofReason = counts.get(reason) ?? new Map<string, number>()
      counts.set(reason, ofReason)
      ofReason.set(signal, (ofReason.get(signal) ?? 0) + count)
      own += count
    },
    total: () => own + inRing.reduce((sum, count) => sum + count, 0),
    list() {
      const lost = points.flatMap(({ id }, number): [string, number][] => {
        const count = inRing[number]!
        return count === 0 ? [] : [[id, count]]
      })
      return [['ring', lost] as const, ...counts].flatMap(([reason, ofReason]) =>
        [...ofReason].map(([signal, count]) => ({ signal, reason, count })).sort((a, b) => b.count - a.count),
      )
    },
  }
}
