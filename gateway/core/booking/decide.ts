/**
 * What may be done with a booking: put it, use it now. Decides and changes nothing; times are UTC ms.
 * Read next: booking.ts (what a booking is), allowance.ts (what is left of it), plan.ts (what closes the machine).
 */

import { type Refusal, refuse } from '../ground/refusal.ts'
import { usedUp } from './allowance.ts'
import {
  type Booking,
  type BookingInput,
  isBlockedBy,
  isHolding,
  MAX_BOOKING_MS,
  OVERRIDE,
  overlaps,
} from './booking.ts'

type PutDecision =
  | { readonly kind: 'unchanged'; readonly booking: Booking }
  | { readonly kind: 'put'; readonly booking: Booking; readonly created: boolean }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Upsert by id and version. The same version with the same content is unchanged; a lower one is refused. */
export function decidePut(
  bookings: Iterable<Booking>,
  input: BookingInput,
  source: Booking['source'],
  room: boolean,
  blocked: readonly { readonly fromMs: number; readonly untilMs: number }[] = [],
): PutDecision {
  const all = [...bookings]
  const known = all.find((booking) => booking.id === input.id)
  if (input.id === OVERRIDE) return refused('bad-request', 'the id is taken for overrides')
  if (input.endMs <= input.startMs) return refused('bad-request', 'end must be after start')
  if (input.endMs - input.startMs > MAX_BOOKING_MS) return refused('bad-request', 'a booking lasts 31 days at most')
  if (known) {
    // What came with a token is the platform's own once it is put: the next snapshot speaks of it.
    if (sameContent(known, input))
      return known.source === source || source === 'token'
        ? { kind: 'unchanged', booking: known }
        : { kind: 'put', created: false, booking: { ...known, ...keepPin(input), source } }
    if (input.version <= known.version) return refused('booking-version', `version ${known.version} is known`)
    if (known.machine !== input.machine || known.tenant !== input.tenant)
      return refused('booking-conflict', 'machine and tenant of a booking stay; cancel it and put another id')
    if (known.status === 'used' && known.startMs !== input.startMs)
      return refused('booking-in-use', 'only the end of a booking in use can change')
    if (known.status === 'ended') return refused('booking-in-use', 'the booking has been used')
  } else if (!room) return refused('too-many-bookings')
  if (clashOf(all, input)) return refused('booking-conflict', 'another booking holds part of this time')
  if (blocked.some((block) => isBlockedBy(input, block)))
    return refused('booking-conflict', 'the owner has blocked part of this time')
  const status = known?.status === 'used' ? 'used' : 'held'
  return {
    kind: 'put',
    created: known === undefined,
    booking: { ...keepPin(known), ...input, status, source, ...(known?.spent ? { spent: known.spent } : {}) },
  }
}

/** Another booking that holds part of this time. */
export function clashOf(
  bookings: Iterable<Booking>,
  wanted: Pick<Booking, 'id' | 'machine' | 'startMs' | 'endMs'>,
): Booking | undefined {
  for (const booking of bookings)
    if (
      booking.id !== wanted.id &&
      booking.machine === wanted.machine &&
      isHolding(booking) &&
      overlaps(booking, wanted)
    )
      return booking
  return undefined
}

function refused(code: Refusal['code'], detail?: string): PutDecision {
  return { kind: 'refused', refusal: refuse(code, detail) }
}

const keepPin = (known: BookingInput | undefined) => (known?.pin === undefined ? {} : { pin: known.pin })

/** A version that was cancelled stays cancelled; the same content under the same version changes nothing. */
function sameContent(known: Booking, input: BookingInput): boolean {
  return (
    known.version === input.version &&
    known.machine === input.machine &&
    known.tenant === input.tenant &&
    known.startMs === input.startMs &&
    known.endMs === input.endMs &&
    (input.pin === undefined || input.pin === known.pin || known.source === 'token') &&
    JSON.stringify(known.limits) === JSON.stringify(input.limits) &&
    JSON.stringify(known.qualifications ?? []) === JSON.stringify(input.qualifications ?? [])
  )
}

/** May this booking be used now? An early start only while nobody else holds the time until it begins. */
export function decideUse(
  bookings: Iterable<Booking>,
  booking: Booking,
  nowMs: number,
  earlyStartMs: number,
): Refusal | undefined {
  if (booking.status === 'cancelled') return refuse('booking-cancelled')
  if (booking.status === 'released') return refuse('booking-released')
  if (booking.status === 'ended') return refuse('session-ended', 'the booking has been used')
  if (nowMs >= booking.endMs) return refuse('wrong-time', 'the booking has ended')
  if (nowMs < booking.startMs - earlyStartMs)
    return refuse('wrong-time', 'the booking has not begun', { startsAt: new Date(booking.startMs).toISOString() })
  const gone = usedUp(booking)
  if (gone) return gone
  if (nowMs < booking.startMs) {
    const early = { startMs: nowMs, endMs: booking.startMs }
    for (const other of bookings) {
      if (other.id !== booking.id && isHolding(other) && overlaps(other, early))
        return refuse('wrong-time', 'another booking holds until this one begins')
    }
  }
  return undefined
}
