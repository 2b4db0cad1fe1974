/**
 * How far the wall clock is to be believed. The monotonic clock vouches for it: while both go on together, and from
 * entry to entry within one boot of the host, it is right. A clock that steps ahead, or is ahead after a boot, has to
 * stay there for a while first; until then time passes as the monotonic clock counts it. One below the floor, the
 * newest time that was ever believed, is wrong until it comes back or a person accepts it (`latchkey clock`).
 * Order and durations never use any of this. Read next: decisions/008-steps-of-the-clock.md, control/host/clock.ts.
 */
import type { ClockState } from './entry.ts'
import { DAY_MS, type Moment, NS_PER_MS } from './moment.ts'

/** A wall clock that moved this far from the monotonic one has stepped, ms. */
export const STEP_MS = 1000
/** A clock that is ahead is believed after this, ms. */
export const BELIEVE_MS = 15 * 60_000
/** A host boots within this: a clock no further ahead of the newest entry is believed at once, ms. */
export const BOOT_MS = 2 * 60_000
/** A clock that is below the floor by more than this is wrong, ms. */
const FLOOR_SLACK_MS = 2000
/** A step that was believed can be taken back for so long, ms. */
const UNDO_MS = DAY_MS
/** 2025-01-01: no gateway existed before, so a clock below it has not been set. */
const EPOCH_FLOOR_MS = 1_735_689_600_000

export type WallTime = {
  /** Wall ms less monotonic ms, as believed. */
  readonly offsetMs: number
  /** The clock is believed at once when it is less than this ahead of the offset, ms. */
  readonly aheadMs: number
  /** No trusted time is below it, UTC ms. */
  readonly floorMs: number
  /** The floor rises from then on; before, nothing had vouched for the clock. */
  readonly provenNs: bigint
  /** Where the clock is instead, and since when. */
  readonly stepped?: { readonly offsetMs: number; readonly sinceNs: bigint }
  /** How it was before a step that has been believed; a clock that goes back to it was right then. */
  readonly before?: Pick<WallTime, 'offsetMs' | 'aheadMs' | 'floorMs'> & { readonly untilNs: bigint }
}

/** What the ledger knows of the time. */
export type KnownTime = {
  /** Absent: nothing was written yet. */
  readonly floorMs?: number
  /** The newest entry whose time was believed. */
  readonly newest?: { readonly wallMs: number; readonly monoNs: string; readonly bootId: string }
}

/** The first look after a start: a step like any other, unless it agrees with what is known from before. */
export function firstWall({ floorMs, newest }: KnownTime, now: Moment, bootId: string): WallTime {
  const floor = Math.max(floorMs ?? 0, EPOCH_FLOOR_MS)
  if (newest?.bootId === bootId) {
    const offsetMs = newest.wallMs - Number(BigInt(newest.monoNs) / NS_PER_MS)
    return observeWall({ offsetMs, aheadMs: STEP_MS, floorMs: floor, provenNs: 0n }, now)
  }
  const offsetMs = floor - monoMs(now)
  const aheadMs = floorMs === undefined ? Number.POSITIVE_INFINITY : BOOT_MS
  return observeWall({ offsetMs, aheadMs, floorMs: floor, provenNs: later(now) }, now)
}

export function observeWall(wall: WallTime, now: Moment): WallTime {
  const { before, stepped, floorMs } = wall
  const offsetMs = now.ms - monoMs(now)
  if (agrees(wall, offsetMs)) return follow(wall, offsetMs, now)
  if (before !== undefined && now.ns < before.untilNs && agrees(before, offsetMs))
    return follow({ ...before, provenNs: 0n }, offsetMs, now)
  const isAhead = offsetMs > wall.offsetMs
  // Back, and still not below what is proven: the clock from before had nothing to vouch for it either.
  if (!isAhead && now.ms + FLOOR_SLACK_MS >= floorMs) return follow({ ...wall, provenNs: later(now) }, offsetMs, now)
  const stayed = stepped !== undefined && Math.abs(offsetMs - stepped.offsetMs) < STEP_MS
  const sinceNs = stayed ? stepped.sinceNs : now.ns
  if (!isAhead || now.ns - sinceNs < BigInt(BELIEVE_MS) * NS_PER_MS) return { ...wall, stepped: { offsetMs, sinceNs } }
  const untilNs = now.ns + BigInt(UNDO_MS) * NS_PER_MS
  return follow(
    { ...wall, before: { offsetMs: wall.offsetMs, aheadMs: wall.aheadMs, floorMs, untilNs } },
    offsetMs,
    now,
  )
}

/** Of a moment that has been observed. */
export function clockState({ floorMs, stepped }: WallTime, now: Moment): ClockState {
  if (now.ms + FLOOR_SLACK_MS < floorMs) return 'relative'
  return stepped === undefined ? 'synchronised' : 'informative'
}

/** The time as believed, UTC ms. What cannot be taken back by a person goes by it. */
export const passedMs = ({ offsetMs }: WallTime, now: Moment): number => monoMs(now) + offsetMs

/** No belief that can still come back is earlier, UTC ms. What is forgotten for good goes by it. */
export function leastMs({ offsetMs, before }: WallTime, now: Moment): number {
  const isOpen = before !== undefined && now.ns < before.untilNs
  return monoMs(now) + (isOpen ? Math.min(offsetMs, before.offsetMs) : offsetMs)
}

const later = ({ ns }: Moment) => ns + BigInt(BELIEVE_MS) * NS_PER_MS

const monoMs = ({ ns }: Moment) => Number(ns / NS_PER_MS)

const agrees = (wall: Pick<WallTime, 'offsetMs' | 'aheadMs'>, offsetMs: number) =>
  offsetMs - wall.offsetMs > -STEP_MS && offsetMs - wall.offsetMs < wall.aheadMs

/** A clock that is slewed is followed as it comes. */
function follow({ before, provenNs, floorMs }: Omit<WallTime, 'offsetMs' | 'aheadMs'>, offsetMs: number, now: Moment) {
  return {
    offsetMs,
    aheadMs: STEP_MS,
    floorMs: now.ns >= provenNs ? Math.max(floorMs, now.ms) : floorMs,
    provenNs,
    ...(before === undefined ? {} : { before }),
  }
}
