/**
 * When a machine takes no new unlock by plan: maintenance windows and blocks of its owner. A session that is open goes
 * on. From these and the bookings follow when the machine is free, and until when. Queries only read the calendar; each
 * step of the machine first brings its windows up to date. Read next: windows.ts, machine/availability.ts.
 */

import type { WindowsConfig } from '../ground/config.ts'
import { DAY_MS } from '../ground/moment.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import { type Booking, isBlockedBy, isHolding } from './booking.ts'
import { type Span, windowsAround } from './windows.ts'

/** Set by the owner, a technician or the platform. */
export type Block = {
  readonly id: string
  readonly fromMs: number
  readonly untilMs: number
  readonly reason: string
  /** Name of the key, or id of the platform. */
  readonly by: string
}

type Closed = { readonly kind: 'maintenance-window' | 'owner-block'; readonly span: Span }

/** Windows near a moment. They are computed once a day, since calendar queries of a zone are slow. */
export type KnownWindows = { readonly atMs: number; readonly spans: readonly Span[] }

/** Everything that is planned for one machine. */
export type Calendar = {
  readonly bookings: readonly Booking[]
  readonly blocks: readonly Block[]
  readonly windows: KnownWindows | undefined
  /** How long the machine is cleaned down after each booking before it is free. */
  readonly cleanDownMs: number
}

/** Windows are known at least this far ahead; a machine that is closed until then has no known end. */
const HORIZON_MS = 8 * DAY_MS
/** At most this many bookings and plans without a gap between them are followed; after more, no end is known. */
const MOST_IN_A_ROW = 1000

/** The windows that apply at a moment: the known ones, or new ones when those are a day old. */
export function windowsNear(
  known: KnownWindows | undefined,
  windows: WindowsConfig | undefined,
  nowMs: number,
): KnownWindows | undefined {
  if (windows === undefined) return undefined
  if (known !== undefined && Math.abs(nowMs - known.atMs) <= DAY_MS) return known
  return { atMs: nowMs, spans: windowsAround(windows, nowMs) }
}

function everyClosed({ blocks, windows }: Calendar): Closed[] {
  const closed = (kind: Closed['kind'], spans: readonly Span[]) => spans.map((span): Closed => ({ kind, span }))
  return [...closed('owner-block', blocks), ...closed('maintenance-window', windows?.spans ?? [])]
}

/** What closes the machine now; a block of the owner comes first. */
export function closedNow(calendar: Calendar, nowMs: number): Closed | undefined {
  return everyClosed(calendar).find(({ span }) => span.fromMs <= nowMs && nowMs < span.untilMs)
}

export function refuseClosed(calendar: Calendar, nowMs: number): Refusal | undefined {
  const closed = closedNow(calendar, nowMs)
  if (closed === undefined) return undefined
  const { kind, span } = closed
  const what = kind === 'owner-block' ? 'blocked by its owner' : 'maintenance window'
  const freeAtMs = freeAt(calendar, nowMs)
  return refuse('machine-blocked', span.reason === undefined ? what : `${what}: ${span.reason}`, {
    reason: kind,
    ...(freeAtMs === undefined ? {} : { freeAt: new Date(freeAtMs).toISOString() }),
  })
}

/**
 * The first moment from `fromMs` on at which no booking, clean-down or plan holds the machine; undefined when none is
 * known.
 */
export function freeAt(calendar: Calendar, fromMs: number): number | undefined {
  const closed = everyClosed(calendar)
  let freeMs = fromMs
  for (let passes = 0; passes < MOST_IN_A_ROW; passes++) {
    const before = freeMs
    for (const { span } of closed) if (span.fromMs <= freeMs && freeMs < span.untilMs) freeMs = span.untilMs
    for (const booking of calendar.bookings)
      if (isHolding(booking) && booking.endMs > fromMs && booking.startMs <= freeMs)
        freeMs = Math.max(freeMs, booking.endMs + calendar.cleanDownMs)
    if (freeMs === before) return isBeyond(calendar, freeMs) ? undefined : freeMs
  }
  return undefined
}

/** After the last known window there may be another. */
function isBeyond({ windows }: Calendar, ms: number): boolean {
  return windows !== undefined && ms >= windows.atMs + HORIZON_MS && windows.spans.some(({ untilMs }) => untilMs >= ms)
}

/** When the next plan begins, or the clean-down for the next booking; undefined when none is known. */
export function freeUntil(calendar: Calendar, nowMs: number): number | undefined {
  let untilMs = Number.POSITIVE_INFINITY
  const begins = (ms: number) => {
    if (ms > nowMs && ms < untilMs) untilMs = ms
  }
  for (const { span } of everyClosed(calendar)) begins(span.fromMs)
  for (const { startMs } of calendar.bookings.filter(isHolding)) {
    begins(startMs - calendar.cleanDownMs)
    begins(startMs)
  }
  return untilMs === Number.POSITIVE_INFINITY ? undefined : untilMs
}

/**
 * The blocks that are kept here: each is dropped a day after it is over, and the ledger keeps it. Returns the same list
 * when none is dropped.
 */
export function remainingBlocks(blocks: readonly Block[], nowMs: number): readonly Block[] {
  const isKept = ({ untilMs }: Block) => untilMs > nowMs - DAY_MS
  return blocks.every(isKept) ? blocks : blocks.filter(isKept)
}

type BlockDecision =
  | { readonly kind: 'unchanged'; readonly block: Block }
  | { readonly kind: 'put'; readonly block: Block; readonly created: boolean; readonly blocks: readonly Block[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Whether a block may be put. It may not take booked time: the platform has to release that first. */
export function decideBlock({ blocks, bookings }: Calendar, block: Block, nowMs: number, most: number): BlockDecision {
  const known = blocks.find(({ id }) => id === block.id)
  const refused = (refusal: Refusal): BlockDecision => ({ kind: 'refused', refusal })
  if (block.untilMs <= block.fromMs) return refused(refuse('bad-request', 'end must be after start'))
  if (block.untilMs <= nowMs) return refused(refuse('bad-request', 'end must be in the future'))
  if (known?.fromMs === block.fromMs && known.untilMs === block.untilMs && known.reason === block.reason)
    return { kind: 'unchanged', block: known }
  if (known === undefined && blocks.length >= most)
    return refused(refuse('too-many-blocks', `the machine has ${most} blocks, the most that it may have`))
  const clash = bookings.some((booking) => isHolding(booking) && isBlockedBy(booking, block))
  if (clash)
    return refused(refuse('booking-conflict', 'part of this time is booked; the platform has to release it first'))
  const others = blocks.filter(({ id }) => id !== block.id)
  return { kind: 'put', block, created: known === undefined, blocks: [...others, block] }
}
