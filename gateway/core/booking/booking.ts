/**
 * Bookings: who may use which machine from when to when. The platform owns them; the gateway keeps a copy and decides
 * with it. Times are UTC ms; nothing here knows a time zone.
 */
import type { Limits } from '../ground/config.ts'
import { DAY_MS } from '../ground/moment.ts'

/** `held`: may be used; `used`: a session began; `cancelled`, `released` (no-show), `ended`: may not. */
export type BookingStatus = 'held' | 'used' | 'cancelled' | 'released' | 'ended'

export type Booking = {
  readonly id: string
  readonly version: number
  readonly machine: string
  /** The platform's id of the tenant; never part of availability, pseudonymous in entries. */
  readonly tenant: string
  readonly startMs: number
  readonly endMs: number
  readonly limits: Limits
  readonly status: BookingStatus
  /** `push` by the platform, or `token` when a signed token came first. */
  readonly source: 'push' | 'token'
  /** What its ended sessions have used; absent: none has ended. */
  readonly spent?: Spent
  /** What the platform says the tenant may do; sorted. */
  readonly qualifications?: readonly string[]
  /** Salted scrypt of the PIN of its tenant; never shown, and kept when a put does not name one. */
  readonly pin?: string
  /** When the platform cancelled it, as far as it is known. */
  readonly cancelledAtMs?: number
}

export type BookingInput = Omit<Booking, 'status' | 'source' | 'spent' | 'cancelledAtMs'>

export const MAX_BOOKING_MS = 31 * DAY_MS

/** It takes its time from others. */
export const isHolding = (booking: Booking) => booking.status === 'held' || booking.status === 'used'
type Times = Pick<Booking, 'startMs' | 'endMs'>
export const overlaps = (a: Times, b: Times) => a.startMs < b.endMs && b.startMs < a.endMs
/** A block of the owner and a booking want the same time. */
export const isBlockedBy = (
  booking: Times,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
) => overlaps(booking, { startMs: fromMs, endMs: untilMs })

/** The booking that holds at a time, and the next one after it; both only if they may still be used. */
export function around(bookings: Iterable<Booking>, nowMs: number): { now?: Booking; next?: Booking } {
  let now: Booking | undefined
  let next: Booking | undefined
  for (const booking of bookings) {
    if (!isHolding(booking) || booking.endMs <= nowMs) continue
    if (booking.startMs <= nowMs) now = booking
    else if (next === undefined || booking.startMs < next.startMs) next = booking
  }
  return { ...(now ? { now } : {}), ...(next ? { next } : {}) }
}

/** A booking nobody used in time is released; `openMs`: since when its tenant could have come in. */
export function isNoShow(booking: Booking, nowMs: number, noShowMs: number, openMs = 0): boolean {
  const missedMs = Math.max(booking.startMs, openMs) + noShowMs
  return booking.status === 'held' && nowMs >= Math.min(missedMs, booking.endMs)
}

/** In place of a booking; no platform can give a booking this id. */
export const OVERRIDE = 'override'

/** What ended sessions of a booking have used. */
export type Spent = { readonly ms: number; readonly energyWh: number; readonly pieces: number }
