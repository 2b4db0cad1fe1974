/**
 * How far the wall clock is believed. It is right as long as it advances with the monotonic clock, also across restarts
 * of the gateway within one boot of the host. A clock that steps ahead, or is ahead after a boot, is believed only
 * after it has stayed there for a while; until then time passes at the rate of the monotonic clock. A clock below the
 * floor, the newest time ever believed, is wrong until it returns or a person accepts it (`latchkey clock`). Order and
 * durations never use this time. Read next: decisions/008-steps-of-the-clock.md, control/host/clock.ts.
 */
import type { ClockState } from './entry.ts'
import { DAY_MS, type Moment, NS_PER_MS } from './moment.ts'

/** A wall clock that has moved this far against the monotonic clock has stepped, ms. */
export const STEP_MS = 1000
/** A clock that is ahead is believed after it has stayed there this long, ms. */
export const BELIEVE_MS = 15 * 60_000
/**
 * The time in which a host boots, ms. After a boot, a clock that is not further than this ahead of the newest entry is
 * believed at once.
 */
export const BOOT_MS = 2 * 60_000
/** A clock that is further than this below the floor is wrong, ms. */
const FLOOR_SLACK_MS = 2000
/** How long a step that was believed can be taken back, ms. */
const UNDO_MS = DAY_MS
/** 2025-01-01: no gateway existed before, so a clock below it has not been set. */
export const EPOCH_FLOOR_MS = 1_735_689_600_000

export type WallTime = {
  /** Wall ms minus monotonic ms, as believed. */
  readonly offsetMs: number
  /** A clock that is less than this ahead of the offset is believed at once, ms. */
  readonly aheadMs: number
  /** No trusted time is below it, UTC ms. */
  readonly floorMs: number
  /** The floor rises only from this moment on; before it, nothing has confirmed the clock. */
  readonly provenNs: bigint
  /** Present while the clock shows another time than the believed one: its offset, and since when. */
  readonly stepped?: { readonly offsetMs: number; readonly sinceNs: bigint }
  /** What was believed before a step that was believed. A clock that returns to it was right before the step. */
  readonly before?: Pick<WallTime, 'offsetMs' | 'aheadMs' | 'floorMs' | 'provenNs'> & { readonly untilNs: bigint }
}

/** What the ledger knows of the time. */
export type KnownTime = {
  /** Absent when nothing was written yet. */
  readonly floorMs?: number
  /** The newest entry whose time was believed. */
  readonly newest?: { readonly wallMs: number; readonly monoNs: string; readonly bootId: string }
}

/** The first look after a start. It counts as a step, unless the clock agrees with what is known from before. */
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
  if (isOpen(before, now) && agrees(before, offsetMs)) return follow(before, offsetMs, now)
  const isAhead = offsetMs > wall.offsetMs
  // It went back, but not below what is proven: nothing had confirmed the earlier time either. Until the new one is
  // confirmed, a return is worth as much as the earlier time was.
  if (!isAhead && now.ms + FLOOR_SLACK_MS >= floorMs) {
    const provenNs = later(now)
    const kept = isOpen(before, now) ? before : beforeStep(wall, provenNs, provenNs)
    return follow({ ...wall, provenNs, before: kept }, offsetMs, now)
  }
  const stayed = stepped !== undefined && Math.abs(offsetMs - stepped.offsetMs) < STEP_MS
  const sinceNs = stayed ? stepped.sinceNs : now.ns
  if (!isAhead || now.ns - sinceNs < BigInt(BELIEVE_MS) * NS_PER_MS) return { ...wall, stepped: { offsetMs, sinceNs } }
  const kept = isOpen(before, now) ? before : beforeStep(wall, 0n, now.ns + BigInt(UNDO_MS) * NS_PER_MS)
  return follow({ ...wall, before: kept }, offsetMs, now)
}

/** How far the wall clock is trusted at a moment that was observed. */
export function clockState({ floorMs, stepped }: WallTime, now: Moment): ClockState {
  if (now.ms + FLOOR_SLACK_MS < floorMs) return 'relative'
  return stepped === undefined ? 'synchronised' : 'informative'
}

/** The believed time, UTC ms. Decisions that a person cannot undo use it. */
export const passedMs = ({ offsetMs }: WallTime, now: Moment): number => monoMs(now) + offsetMs

/**
 * The earliest time that may still turn out to be right, UTC ms: also what the wall clock shows below the floor, since
 * a person may find it right. What is dropped for good uses it.
 */
export function leastMs({ offsetMs, before }: WallTime, now: Moment): number {
  const provenMs = monoMs(now) + (isOpen(before, now) ? Math.min(offsetMs, before.offsetMs) : offsetMs)
  return Math.min(now.ms, provenMs)
}

type Before = NonNullable<WallTime['before']>

const isOpen = (before: Before | undefined, now: Moment): before is Before =>
  before !== undefined && now.ns < before.untilNs

const beforeStep = ({ offsetMs, aheadMs, floorMs }: WallTime, provenNs: bigint, untilNs: bigint): Before => ({
  offsetMs,
  aheadMs,
  floorMs,
  provenNs,
  untilNs,
})

const later = ({ ns }: Moment) => ns + BigInt(BELIEVE_MS) * NS_PER_MS

const monoMs = ({ ns }: Moment) => Number(ns / NS_PER_MS)

const agrees = (wall: Pick<WallTime, 'offsetMs' | 'aheadMs'>, offsetMs: number) =>
  offsetMs - wall.offsetMs > -STEP_MS && offsetMs - wall.offsetMs < wall.aheadMs

/** Follows the clock; one that is slewed moves in small steps. */
function follow({ before, provenNs, floorMs }: Omit<WallTime, 'offsetMs' | 'aheadMs'>, offsetMs: number, now: Moment) {
  return {
    offsetMs,
    aheadMs: STEP_MS,
    floorMs: now.ns >= provenNs ? Math.max(floorMs, now.ms) : floorMs,
    provenNs,
    ...(before === undefined ? {} : { before }),
  }
}
