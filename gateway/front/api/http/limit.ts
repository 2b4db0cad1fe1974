/**
 * How often something may happen per key within a window of time, which begins with the first of them. What is over is
 * counted too. Bounded: of too many keys the one that was seen longest ago is forgotten.
 */

const MAX_KEYS = 5_000

/** Counts one more of this key; with one too many, after how many seconds to try again. */
type Limit = (key: string) => number | undefined

type Count = { sinceMs: number; count: number }

export function createLimit(most: number, windowMs: number, nowMs: () => number): Limit {
  const counts = new Map<string, Count>()
  return (key) => {
    const now = nowMs()
    const known = counts.get(key)
    const count = known !== undefined && now - known.sinceMs < windowMs ? known : { sinceMs: now, count: 0 }
    count.count += 1
    // Put last: it was seen latest.
    counts.delete(key)
    if (counts.size >= MAX_KEYS) counts.delete(counts.keys().next().value!)
    counts.set(key, count)
    return count.count > most ? Math.ceil((count.sinceMs + windowMs - now) / 1000) : undefined
  }
}
