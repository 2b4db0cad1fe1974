/** Capped exponential backoff with full jitter on its upper half. Pure: the caller passes the random number. */

type Backoff = { readonly firstMs: number; readonly maxMs: number }

/** The wait before attempt number `tries` (counted from 1), ms; `random` is in [0, 1). */
export function backoffMs({ firstMs, maxMs }: Backoff, tries: number, random: number): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(tries - 1, 30))
  return Math.round(ceiling * (0.5 + random / 2))
}
