/**
 * One machine of the fleet: what it is, its plan, and what it does. Pure: chance and time are given. It is no model of
 * a machine; it changes as often as one does, and in its words.
 * Read next: payloads.ts (how it is told), history.ts (what is remembered of it).
 */
import type { Chance } from './chance.ts'

export type Slot = Readonly<{ fromMs: number; untilMs: number }>
export type Booking = Slot & Readonly<{ id: string; version: number }>

/** What it would be without a booking. */
type Base = 'Available' | 'InUse' | 'OutOfOrder' | 'Blocked' | 'Unknown'
export type ShownState = Base | 'Reserved'

export type Machine = {
  readonly site: string
  readonly id: string
  readonly kind: string
  readonly latitude: number
  readonly longitude: number
  base: Base
  bookings: readonly Booking[]
  /** Sequence of its newest event. */
  lastSeq: number | null
  /** By the clock of its gateway. */
  changeAtMs: number
  planAtMs: number
}

const STEP_MS = 30 * 60_000
/** Bookings are made within this. */
const AHEAD_MS = 2 * 24 * 3_600_000
const FIRST_BOOKINGS = 6
const MOST_BOOKINGS = 12
const BASES: readonly (readonly [Base, number])[] = [
  ['Available', 60],
  ['InUse', 28],
  ['OutOfOrder', 4],
  ['Blocked', 4],
  ['Unknown', 4],
]

export const nextBase = (chance: Chance): Base => chance.oneOf(BASES)

export function firstBookings(chance: Chance, nowMs: number): Booking[] {
  let bookings: readonly Booking[] = []
  for (let count = 0; count < FIRST_BOOKINGS; count += 1) bookings = [...bookings, ...booked(chance, bookings, nowMs)]
  return [...bookings]
}

/** One booking more or one less: what it is called, and the plan after it. */
export function changePlan(chance: Chance, { bookings }: Machine, nowMs: number) {
  const current = bookings.filter(({ untilMs }) => untilMs > nowMs)
  const isCancelled = current.length > 0 && (current.length >= MOST_BOOKINGS || chance.below(2) === 0)
  if (isCancelled) {
    const gone = current[chance.below(current.length)]!
    return { kind: 'BookingCancelled', booking: gone, bookings: current.filter((one) => one !== gone) } as const
  }
  const [booking] = booked(chance, current, nowMs)
  return booking && ({ kind: 'BookingPut', booking, bookings: [...current, booking] } as const)
}

export function shownState({ base, bookings }: Machine, nowMs: number): ShownState {
  return base === 'Available' && bookings.some((slot) => slot.fromMs <= nowMs && nowMs < slot.untilMs)
    ? 'Reserved'
    : base
}

/** What no booking takes. */
export function freeSlots(bookings: readonly Slot[], within: Slot): Slot[] {
  const slots: Slot[] = []
  let { fromMs } = within
  for (const booking of bookings.toSorted((one, other) => one.fromMs - other.fromMs)) {
    if (booking.fromMs > fromMs) slots.push({ fromMs, untilMs: Math.min(booking.fromMs, within.untilMs) })
    fromMs = Math.max(fromMs, booking.untilMs)
  }
  if (fromMs < within.untilMs) slots.push({ fromMs, untilMs: within.untilMs })
  return slots.filter((slot) => slot.untilMs > slot.fromMs)
}

/** Nothing, when the place that chance names is taken. */
function booked(chance: Chance, others: readonly Slot[], nowMs: number): Booking[] {
  const fromMs = (Math.ceil(nowMs / STEP_MS) + chance.below(AHEAD_MS / STEP_MS)) * STEP_MS
  const untilMs = fromMs + (1 + chance.below(6)) * STEP_MS
  if (others.some((other) => other.fromMs < untilMs && fromMs < other.untilMs)) return []
  return [{ id: `b${chance.below(1e9)}`, version: 1, fromMs, untilMs }]
}
