/**
 * Wall time for decisions that cannot be undone. A step forward is believed only after the clock has stayed there for a
 * while; until then time passes at the rate of the monotonic clock. A step backward is followed at once, since it ends
 * nothing. Order and durations never use this time.
 */
import { type Moment, NS_PER_MS } from './moment.ts'

/** A wall clock that has moved this far against the monotonic clock has stepped, ms. */
const STEP_MS = 1000
/** A step forward is believed after this, ms. */
export const BELIEVE_MS = 15 * 60_000

export type WallTime = {
  /** Wall ms minus monotonic ms, as believed. */
  readonly offsetMs: number
  /** A step forward that is not believed yet, and the monotonic ns since which it has held. */
  readonly stepped?: { readonly offsetMs: number; readonly sinceNs: bigint }
}

export function observeWall(before: WallTime | undefined, now: Moment): WallTime {
  const offsetMs = now.ms - Number(now.ns / NS_PER_MS)
  // A clock that is slewed moves in small steps, which are followed at once.
  if (before === undefined || offsetMs - before.offsetMs < STEP_MS) return { offsetMs }
  const { stepped } = before
  if (stepped === undefined || Math.abs(offsetMs - stepped.offsetMs) >= STEP_MS)
    return { offsetMs: before.offsetMs, stepped: { offsetMs, sinceNs: now.ns } }
  if (now.ns - stepped.sinceNs >= BigInt(BELIEVE_MS) * NS_PER_MS) return { offsetMs }
  return { offsetMs: before.offsetMs, stepped: { ...stepped, offsetMs } }
}

/** The wall time as believed, UTC ms. */
export const passedMs = ({ offsetMs }: WallTime, now: Moment): number => Number(now.ns / NS_PER_MS) + offsetMs
