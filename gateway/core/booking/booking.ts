/**
 * Bookings: who may use which machine, from when until when. The platform owns them; the gateway keeps a copy and
 * decides with it. Times are UTC ms; no time zone matters here.
 */
import type { Limits } from '../ground/config.ts'
import { DAY_MS, MINUTE_MS } from '../ground/moment.ts'

/** `held`: may be used; `used`: a session began; `cancelled`, `released` (no-show), `ended`: may not. */
export type BookingStatus = 'held' | 'used' | 'cancelled' | 'released' | 'ended'

/** The most that terms may allow before the start. */
export const MOST_EARLY_MINUTES = 1_440

/**
 * What the platform has agreed with the tenant, in minutes; absent: as the site has it. The gateway holds to the first
 * three. Until when a tenant may change or cancel is for people to see, and for the platform to hold to.
 */
export type Terms = {
  readonly earlyStartMinutes?: number
  readonly noShowMinutes?: number
  /** By how much the tenant may extend it, as long as nobody else needs the time. */
  readonly lateStopMinutes?: number
  readonly changeUntilMinutes?: number
  readonly cancelUntilMinutes?: number
}

export type Booking = {
  readonly id: string
  readonly version: number
  readonly machine: string
  /** The platform's id of the tenant. It is never part of availability, and entries carry a pseudonym instead. */
  readonly tenant: string
  readonly startMs: number
  readonly endMs: number
  readonly limits: Limits
  readonly status: BookingStatus
  /** `push` by the platform, or `token` when a signed token came first. */
  readonly source: 'push' | 'token'
  /** What its ended sessions have used; absent until one has ended. */
  readonly spent?: Spent
  /** Qualifications of the tenant, as the platform states them; sorted. */
  readonly qualifications?: readonly string[]
  /** `id@version` of the tariff that holds for it: named, or the one its machine had when it was put. */
  readonly tariff?: string
  /** Class of the tenant, by which prices differ. */
  readonly class?: string
  /** Salted scrypt hash of the tenant's PIN. It is never shown, and a put without a PIN keeps it. */
  readonly pin?: string
  readonly terms?: Terms
  /** The end that the platform put, when `endMs` was moved here since: by an extension, or by giving back the rest. */
  readonly putEndMs?: number
  /** When the platform cancelled it, if that is known. */
  readonly cancelledAtMs?: number
  /** Why, in words, and who wanted it, if that was said. */
  readonly cancellation?: Cancellation
}

export type Cancellation = { readonly reason?: string; readonly by?: 'tenant' | 'owner' | 'platform' }

export type BookingInput = Omit<Booking, 'status' | 'source' | 'spent' | 'putEndMs' | 'cancelledAtMs' | 'cancellation'>

export const MAX_BOOKING_MS = 31 * DAY_MS

/** The booking reserves its time: no other booking may have it. */
export const isHolding = (booking: Booking) => booking.status === 'held' || booking.status === 'used'
type Times = Pick<Booking, 'startMs' | 'endMs'>
export const overlaps = (a: Times, b: Times) => a.startMs < b.endMs && b.startMs < a.endMs
/** Whether a block of the owner and a booking overlap. */
export const isBlockedBy = (
  booking: Times,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
) => overlaps(booking, { startMs: fromMs, endMs: untilMs })

/** The booking that holds at a time and the next one after it, of those that may still be used. */
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

/** How long before its start it may be used, when the site allows `siteMs`. */
export const earlyStartMs = ({ terms }: Pick<Booking, 'terms'>, siteMs: number) =>
  terms?.earlyStartMinutes === undefined ? siteMs : terms.earlyStartMinutes * MINUTE_MS

/** How long it waits for its tenant after its start, when those of the site wait for `siteMs`. */
export const noShowMs = ({ terms }: Pick<Booking, 'terms'>, siteMs: number) =>
  terms?.noShowMinutes === undefined ? siteMs : terms.noShowMinutes * MINUTE_MS

/** Whether a booking is to be released because nobody came. `openMs` is when its tenant could first have come in. */
export function isNoShow(booking: Booking, nowMs: number, siteMs: number, openMs = 0): boolean {
  const missedMs = Math.max(booking.startMs, openMs) + noShowMs(booking, siteMs)
  return booking.status === 'held' && nowMs >= Math.min(missedMs, booking.endMs)
}

/** The id that stands in place of a booking's. No platform can put a booking with this id. */
export const OVERRIDE = 'override'

/** What the ended sessions of a booking have used. */
export type Spent = { readonly ms: number; readonly energyWh: number; readonly pieces: number }
