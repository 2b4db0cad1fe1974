/**
 * When a machine takes no new unlock by plan: maintenance windows and the blocks of its owner. A session that runs goes
 * on. From these and the bookings follows when the machine is free, and until when. Queries only read the calendar; a
 * tick of the machine keeps its windows current. Read next: windows.ts, machine/availability.ts.
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

export type Closed = { readonly kind: 'maintenance-window' | 'owner-block'; readonly span: Span }

/** Windows near a moment; they are made once a day, since the calendar of a zone is slow to ask. */
export type KnownWindows = { readonly atMs: number; readonly spans: readonly Span[] }

/** Everything that is planned for one machine. */
export type Calendar = {
  readonly bookings: readonly Booking[]
  readonly blocks: readonly Block[]
  readonly windows: KnownWindows | undefined
  /** The time that follows each booking before the machine is free again. */
  readonly cleanDownMs: number
}

/** Windows are looked up this far ahead at least; what is closed until there has no known end. */
const HORIZON_MS = 8 * DAY_MS
/** The most bookings and plans without a gap between them that are followed; behind more, no end is known. */
const MOST_IN_A_ROW = 1000

/** The windows to go by at a moment: those that are known, or new ones when these are a day old. */
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

/** What closes the machine now, the owner's word first. */
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

/** The first moment from `fromMs` on that no booking, clean-down or plan holds; undefined when none is known. */
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

/** Behind the last window that was looked up there may be another. */
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

/** Blocks are forgotten here a day after they are over; the ledger keeps them. The same list when none is. */
export function remainingBlocks(blocks: readonly Block[], nowMs: number): readonly Block[] {
  const isKept = ({ untilMs }: Block) => untilMs > nowMs - DAY_MS
  return blocks.every(isKept) ? blocks : blocks.filter(isKept)
}

export type BlockDecision =
  | { readonly kind: 'unchanged'; readonly block: Block }
  | { readonly kind: 'put'; readonly block: Block; readonly created: boolean; readonly blocks: readonly Block[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** What is booked stays booked: a block may not take it, so the platform has to release it first. */
export function decideBlock({ blocks, bookings }: Calendar, block: Block, nowMs: number, most: number): BlockDecision {
  const known = blocks.find(({ id }) => id === block.id)
  const refused = (refusal: Refusal): BlockDecision => ({ kind: 'refused', refusal })
  if (block.untilMs <= block.fromMs) return refused(refuse('bad-request', 'end must be after start'))
  if (block.untilMs <= nowMs) return refused(refuse('bad-request', 'the time is over'))
  if (known?.fromMs === block.fromMs && known.untilMs === block.untilMs && known.reason === block.reason)
    return { kind: 'unchanged', block: known }
  if (known === undefined && blocks.length >= most) return refused(refuse('too-many-blocks', `${most} are held`))
  const clash = bookings.some((booking) => isHolding(booking) && isBlockedBy(booking, block))
  if (clash) return refused(refuse('booking-conflict', 'part of this time is booked; the platform has to release it'))
  const others = blocks.filter(({ id }) => id !== block.id)
  return { kind: 'put', block, created: known === undefined, blocks: [...others, block] }
}
