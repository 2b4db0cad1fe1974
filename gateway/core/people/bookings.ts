/**
 * What becomes of bookings as time passes: one that nobody used is released, and one that is over ends. A day later it
 * is dropped from memory; the ledger keeps it. A step of the wall clock is believed only after a while, since none of
 * this can be undone.
 * Read next: booking/booking.ts `isNoShow`.
 */
import { type Booking, isHolding, isNoShow } from '../booking/booking.ts'
import { DAY_MS } from '../ground/moment.ts'
import { passedMs } from '../ground/wall.ts'
import { holdBookings, putBooking, record, type Turn } from '../machine/turn.ts'

/** How long a booking that is over is kept in memory, ms. */
export const FORGOTTEN_AFTER_MS = DAY_MS

export function settleBookings(turn: Turn): void {
  const { m, env } = turn
  const nowMs = m.pace.time === undefined ? env.now.ms : passedMs(m.pace.time, env.now)
  const isInUse = ({ id }: Booking) => m.session?.booking === id
  const isForgotten = (booking: Booking) => booking.endMs <= nowMs - FORGOTTEN_AFTER_MS && !isInUse(booking)
  if (m.bookings.some(isForgotten))
    holdBookings(
      turn,
      m.bookings.filter((booking) => !isForgotten(booking)),
    )
  for (const booking of m.bookings) {
    if (isNoShow(booking, nowMs, env.noShowMs, m.pace.shutMs) && booking.endMs > nowMs) {
      putBooking(turn, { ...booking, status: 'released' })
      record(turn, 'BookingCancelled', { booking: booking.id, version: booking.version, reason: 'no-show' }, null)
    } else if (booking.endMs <= nowMs && isHolding(booking) && !isInUse(booking))
      putBooking(turn, { ...booking, status: 'ended' })
  }
}
