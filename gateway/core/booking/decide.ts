/**
 * Whether a booking may be put, and whether it may be used now. It changes nothing. Times are UTC ms.
 * Read next: booking.ts (what a booking is), allowance.ts (what is left of it), plan.ts (what closes the machine).
 */

import { type Refusal, refuse } from '../ground/refusal.ts'
import { heldAs, usedUp } from './allowance.ts'
import {
  type Booking,
  type BookingInput,
  earlyStartMs,
  isBlockedBy,
  isHolding,
  MAX_BOOKING_MS,
  OVERRIDE,
  overlaps,
} from './booking.ts'
import type { Diary } from './diary.ts'
import type { Span } from './windows.ts'

type PutDecision =
  | { readonly kind: 'unchanged'; readonly booking: Booking }
  | { readonly kind: 'put'; readonly booking: Booking; readonly created: boolean }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

type PutGround = {
  readonly source: Booking['source']
  /** There is room for one more. */
  readonly room: boolean
  /** Times that the owner of the machine has blocked. */
  readonly blocked?: readonly Span[]
  /** Absent when no time is to count as over. */
  readonly nowMs?: number
  /** Present when it was cancelled before it arrived. */
  readonly cancelledAtMs?: number
}

/** Upsert by id and version. The same version with the same content is unchanged; a lower version is refused. */
export function decidePut(diary: Diary, input: BookingInput, ground: PutGround): PutDecision {
  const { source, room, blocked = [] } = ground
  const known = diary.find(input.id)
  if (input.id === OVERRIDE) return refused('bad-request', 'this id is reserved for overrides')
  if (input.endMs <= input.startMs) return refused('bad-request', 'end must be after start')
  if (input.endMs - input.startMs > MAX_BOOKING_MS) return refused('bad-request', 'a booking lasts 31 days at most')
  // A booking that came with a token belongs to the platform once it is put: the next snapshot decides about it.
  if (known && sameContent(known, input))
    return known.source === source || source === 'token'
      ? { kind: 'unchanged', booking: known }
      : { kind: 'put', created: false, booking: { ...known, ...keepPin(input), source } }
  if (ground.cancelledAtMs !== undefined && input.version > (known?.version ?? -1))
    return {
      kind: 'put',
      created: known === undefined,
      booking: { ...keepPin(known), ...input, status: 'cancelled', source, cancelledAtMs: ground.cancelledAtMs },
    }
  const refusal =
    (known ? refuseChange(known, input) : room ? undefined : refuse('too-many-bookings')) ??
    refuseTime(diary, known, input, blocked, ground.nowMs)
  if (refusal) return { kind: 'refused', refusal }
  const status = known === undefined ? 'held' : statusOf(known)
  return {
    kind: 'put',
    created: known === undefined,
    booking: {
      ...keepPin(known),
      ...keepTariff(known),
      ...input,
      status,
      source,
      ...(known?.spent ? { spent: known.spent } : {}),
    },
  }
}

/** A refusal when a put changes what may not change in a known booking. */
function refuseChange(known: Booking, input: BookingInput): Refusal | undefined {
  if (input.version <= known.version) return refuse('booking-version', `version ${known.version} is known already`)
  if (known.machine !== input.machine || known.tenant !== input.tenant)
    return refuse(
      'booking-conflict',
      'the machine and the tenant of a booking cannot change; cancel it and put one with another id',
    )
  if (statusOf(known) === 'used' && known.startMs !== input.startMs)
    return refuse('booking-in-use', 'only the end of a booking in use can change')
  const isUsedUp = known.status === 'ended' && usedUp(known) !== undefined
  return isUsedUp ? refuse('booking-in-use', 'the booking has been used') : undefined
}

/** The status that a put gives it: a new version can extend a booking that has ended by time alone. */
const statusOf = (known: Booking) =>
  known.status === 'ended' ? heldAs(known) : known.status === 'used' ? 'used' : 'held'

/**
 * A refusal of a time that is over or that somebody else holds. Only the end of a known booking may move into the past,
 * which ends it.
 */
function refuseTime(
  diary: Diary,
  known: Booking | undefined,
  input: BookingInput,
  blocked: readonly Span[],
  nowMs: number | undefined,
): Refusal | undefined {
  if (nowMs !== undefined && input.endMs <= nowMs && known?.startMs !== input.startMs)
    return refuse('bad-request', `the booking is over: it ends ${toText(input.endMs)}; check the year and the zone`)
  const clash = diary.clash(input)
  if (clash)
    return refuse('booking-conflict', `another booking holds ${toText(clash.startMs)} to ${toText(clash.endMs)}`)
  const block = blocked.find((each) => isBlockedBy(input, each))
  return (
    block && refuse('booking-conflict', `the owner has blocked ${toText(block.fromMs)} to ${toText(block.untilMs)}`)
  )
}

const toText = (ms: number) => new Date(ms).toISOString()

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

/** A put that names no tariff leaves the booking at the one it has. */
const keepTariff = (known: BookingInput | undefined) => (known?.tariff === undefined ? {} : { tariff: known.tariff })

const keepPin = (known: BookingInput | undefined) => (known?.pin === undefined ? {} : { pin: known.pin })

/** Whether a put says nothing new. So a cancelled booking stays cancelled when the same version is put again. */
function sameContent(known: Booking, input: BookingInput): boolean {
  return (
    known.version === input.version &&
    known.machine === input.machine &&
    known.tenant === input.tenant &&
    known.startMs === input.startMs &&
    (known.putEndMs ?? known.endMs) === input.endMs &&
    (input.tariff === undefined || known.tariff === input.tariff) &&
    known.class === input.class &&
    (input.pin === undefined || input.pin === known.pin || known.source === 'token') &&
    JSON.stringify(known.limits) === JSON.stringify(input.limits) &&
    JSON.stringify(known.terms ?? {}) === JSON.stringify(input.terms ?? {}) &&
    JSON.stringify(known.qualifications ?? []) === JSON.stringify(input.qualifications ?? [])
  )
}

/**
 * Whether this booking may be used now. An early start is allowed only while no other booking holds the time until it
 * begins.
 */
export function decideUse(
  bookings: Iterable<Booking>,
  booking: Booking,
  nowMs: number,
  siteEarlyStartMs: number,
): Refusal | undefined {
  if (booking.status === 'cancelled') return refuse('booking-cancelled')
  if (booking.status === 'released') return refuse('booking-released')
  if (booking.status === 'ended') return refuse('session-ended', 'the booking has been used')
  if (nowMs >= booking.endMs) return refuse('wrong-time', 'the booking has ended')
  if (nowMs < booking.startMs - earlyStartMs(booking, siteEarlyStartMs))
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
