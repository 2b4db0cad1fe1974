/**
 * Wall time for what cannot be taken back. After a step forward the clock is followed only when it has stayed where it
 * is for a while; until then time passes as the monotonic clock counts it. A step backward is followed at once: it
 * makes nothing come to its end. Order and durations never use any of this.
 */
import { type Moment, NS_PER_MS } from './moment.ts'

/** A wall clock that moved this far from the monotonic one has stepped, ms. */
const STEP_MS = 1000
/** A step forward is believed after this, ms. */
export const BELIEVE_MS = 15 * 60_000

export type WallTime = {
  /** Wall ms less monotonic ms, as believed. */
  readonly offsetMs: number
  /** A step forward that is not believed yet, and since when it holds, monotonic ns. */
  readonly stepped?: { readonly offsetMs: number; readonly sinceNs: bigint }
}

export function observeWall(before: WallTime | undefined, now: Moment): WallTime {
  const offsetMs = now.ms - Number(now.ns / NS_PER_MS)
  // Slewing is followed as it comes.
  if (before === undefined || offsetMs - before.offsetMs < STEP_MS) return { offsetMs }
  const { stepped } = before
  if (stepped === undefined || Math.abs(offsetMs - stepped.offsetMs) >= STEP_MS)
    return { offsetMs: before.offsetMs, stepped: { offsetMs, sinceNs: now.ns } }
  if (now.ns - stepped.sinceNs >= BigInt(BELIEVE_MS) * NS_PER_MS) return { offsetMs }
  return { offsetMs: before.offsetMs, stepped: { ...stepped, offsetMs } }
}

/** UTC ms. */
export const passedMs = ({ offsetMs }: WallTime, now: Moment): number => Number(now.ns / NS_PER_MS) + offsetMs
