/**
 * When a machine takes no new unlock by plan: maintenance windows and the blocks of its owner. A session that runs goes
 * on. From these and the bookings comes when the machine is free, and until when.
 * Read next: windows.ts, machine/availability.ts.
 */

import { type Refusal, refuse } from '../ground/error.ts'
import type { MachineRow } from '../machine/change.ts'
import type { MachineState } from '../machine/turn.ts'
import { isBlockedBy, isHolding } from './booking.ts'
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

const DAY_MS = 86_400_000
/** Windows are looked up this far ahead at least; what is closed until there has no end that is known. */
const HORIZON_MS = 8 * DAY_MS
/** Bookings and plans that follow each other without a gap; more, and no end is told. */
const MOST_IN_A_ROW = 1000

/** Windows near a moment; they are made once a day, since the calendar of a zone is slow to ask. */
export type KnownWindows = { readonly atMs: number; readonly spans: readonly Span[] }

function windowsOf(m: MachineState, nowMs: number): readonly Span[] {
  const { windows } = m.config
  if (windows === undefined) return []
  if (m.windows === undefined || Math.abs(nowMs - m.windows.atMs) > DAY_MS)
    m.windows = { atMs: nowMs, spans: windowsAround(windows, nowMs) }
  return m.windows.spans
}

function everyClosed(m: MachineState, nowMs: number): Closed[] {
  const closed = (kind: Closed['kind'], spans: readonly Span[]) => spans.map((span): Closed => ({ kind, span }))
  return [...closed('owner-block', m.row.blocks ?? []), ...closed('maintenance-window', windowsOf(m, nowMs))]
}

/** What closes the machine now, the owner's word first. */
export function closedNow(m: MachineState, nowMs: number): Closed | undefined {
  return everyClosed(m, nowMs).find(({ span }) => span.fromMs <= nowMs && nowMs < span.untilMs)
}

export function refuseClosed(m: MachineState, nowMs: number): Refusal | undefined {
  const closed = closedNow(m, nowMs)
  if (closed === undefined) return undefined
  const { kind, span } = closed
  const what = kind === 'owner-block' ? 'blocked by its owner' : 'maintenance window'
  const freeAtMs = freeAt(m, nowMs)
  return refuse('machine-blocked', span.reason === undefined ? what : `${what}: ${span.reason}`, {
    reason: kind,
    ...(freeAtMs === undefined ? {} : { freeAt: new Date(freeAtMs).toISOString() }),
  })
}

/** The first moment from `fromMs` on that no booking, clean-down or plan holds; undefined when none is known. */
export function freeAt(m: MachineState, fromMs: number): number | undefined {
  const closed = everyClosed(m, fromMs)
  const { cleanDownMs } = m.config.afterUse
  let freeMs = fromMs
  for (let passes = 0; passes < MOST_IN_A_ROW; passes++) {
    const before = freeMs
    for (const { span } of closed) if (span.fromMs <= freeMs && freeMs < span.untilMs) freeMs = span.untilMs
    for (const booking of m.bookings)
      if (isHolding(booking) && booking.endMs > fromMs && booking.startMs <= freeMs)
        freeMs = Math.max(freeMs, booking.endMs + cleanDownMs)
    if (freeMs === before) return isBeyond(m, freeMs) ? undefined : freeMs
  }
  return undefined
}

/** Behind the last window that was looked up there may be another. */
function isBeyond({ windows }: MachineState, ms: number): boolean {
  return windows !== undefined && ms >= windows.atMs + HORIZON_MS && windows.spans.some(({ untilMs }) => untilMs >= ms)
}

/** When the next plan begins, or the clean-down for the next booking; undefined when none is known. */
export function freeUntil(m: MachineState, nowMs: number): number | undefined {
  let untilMs = Number.POSITIVE_INFINITY
  const begins = (ms: number) => {
    if (ms > nowMs && ms < untilMs) untilMs = ms
  }
  for (const { span } of everyClosed(m, nowMs)) begins(span.fromMs)
  for (const { startMs } of m.bookings.filter(isHolding)) {
    begins(startMs - m.config.afterUse.cleanDownMs)
    begins(startMs)
  }
  return untilMs === Number.POSITIVE_INFINITY ? undefined : untilMs
}

/** Blocks are forgotten here a day after they are over; the ledger keeps them. */
export function forgetBlocks(row: MachineRow, nowMs: number): MachineRow {
  if (!row.blocks?.some(({ untilMs }) => untilMs <= nowMs - DAY_MS)) return row
  return { ...row, blocks: row.blocks.filter(({ untilMs }) => untilMs > nowMs - DAY_MS) }
}

export type BlockDecision =
  | { readonly kind: 'unchanged'; readonly block: Block }
  | { readonly kind: 'put'; readonly block: Block; readonly created: boolean; readonly blocks: readonly Block[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** What is booked stays booked: a block may not take it, so the platform has to release it first. */
export function decideBlock(m: MachineState, block: Block, nowMs: number, most: number): BlockDecision {
  const blocks = m.row.blocks ?? []
  const known = blocks.find(({ id }) => id === block.id)
  const refused = (refusal: Refusal): BlockDecision => ({ kind: 'refused', refusal })
  if (block.untilMs <= block.fromMs) return refused(refuse('bad-request', 'end must be after start'))
  if (block.untilMs <= nowMs) return refused(refuse('bad-request', 'the time is over'))
  if (known?.fromMs === block.fromMs && known.untilMs === block.untilMs && known.reason === block.reason)
    return { kind: 'unchanged', block: known }
  if (known === undefined && blocks.length >= most) return refused(refuse('too-many-blocks', `${most} are held`))
  const clash = m.bookings.some((booking) => isHolding(booking) && isBlockedBy(booking, block))
  if (clash) return refused(refuse('booking-conflict', 'part of this time is booked; the platform has to release it'))
  const others = blocks.filter(({ id }) => id !== block.id)
  return { kind: 'put', block, created: known === undefined, blocks: [...others, block] }
}
