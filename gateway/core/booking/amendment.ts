/**
 * What is changed of a booking between two puts of the platform: more time for a session that runs, the rest given back
 * after it, another tenant. Pure; who may ask for it is decided in permission/ and by the commands. What the platform
 * has put is kept beside it, so that the same put again changes nothing, and its next version counts as it is.
 * Read next: booking.ts, decide.ts (a put), gateway/control/commands/amendments.ts (the caller).
 */
import { MINUTE_MS } from '../ground/moment.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import { type Booking, isHolding, MAX_BOOKING_MS } from './booking.ts'
import type { Calendar } from './plan.ts'

type Taken = Pick<Calendar, 'bookings' | 'blocks' | 'cleanDownMs'>

/** Who asks for more time: a tenant has what the terms of the booking allow. */
type Extender = 'tenant' | 'platform'

/**
 * The latest end that a booking can have: before the next booking with its clean-down, and before a block of the owner.
 * It is the end that it has when nothing can be added.
 */
export function latestEnd(booking: Booking, { bookings, blocks, cleanDownMs }: Taken, by: Extender): number {
  const { id, tenant, startMs, endMs, putEndMs = endMs, terms } = booking
  const allowedMs = by === 'tenant' ? putEndMs + (terms?.lateStopMinutes ?? 0) * MINUTE_MS : Number.POSITIVE_INFINITY
  const next = bookings.filter((other) => other.id !== id && isHolding(other) && other.startMs >= startMs)
  const needed = next.map((other) => other.startMs - (other.tenant === tenant ? 0 : cleanDownMs))
  const blocked = blocks.filter(({ fromMs }) => fromMs >= startMs).map(({ fromMs }) => fromMs)
  return Math.max(endMs, Math.min(startMs + MAX_BOOKING_MS, allowedMs, ...needed, ...blocked))
}

/** With the end moved; the one that was put is remembered. */
export const withEnd = (booking: Booking, endMs: number): Booking => ({
  ...booking,
  endMs,
  putEndMs: booking.putEndMs ?? booking.endMs,
})

export type HandOver = {
  readonly id: string
  readonly version: number
  readonly tenant: string
  readonly qualifications?: readonly string[]
  readonly pin?: string
}

type HandOverDecision =
  | { readonly kind: 'unchanged'; readonly booking: Booking }
  | { readonly kind: 'handed-over'; readonly booking: Booking }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/**
 * Time, limits and what is used of them stay; PIN and qualifications were those of the tenant before. A session of that
 * tenant is ended first.
 */
export function decideHandOver(known: Booking | undefined, asked: HandOver, inUse: boolean): HandOverDecision {
  const refused = (...what: Parameters<typeof refuse>): HandOverDecision => ({
    kind: 'refused',
    refusal: refuse(...what),
  })
  if (known === undefined) return refused('not-found')
  if (known.version === asked.version && known.tenant === asked.tenant) return { kind: 'unchanged', booking: known }
  if (asked.version <= known.version) return refused('booking-version', `version ${known.version} is known already`)
  if (known.status === 'cancelled') return refused('booking-cancelled')
  if (known.status === 'released') return refused('booking-released')
  if (!isHolding(known)) return refused('session-ended', 'the booking is over')
  if (inUse) return refused('booking-in-use', 'end its session first')
  const { pin: _, qualifications: __, ...kept } = known
  return { kind: 'handed-over', booking: { ...kept, ...asked } }
}
