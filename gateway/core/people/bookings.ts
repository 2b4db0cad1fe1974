/**
 * What becomes of bookings as time passes: one that nobody used is released, and one that is over ends. A day later it
 * is dropped from memory; the ledger keeps it. All of this uses the believed time; when that goes back, a booking that
 * has ended or was released by time alone holds again.
 * Read next: booking/booking.ts `isNoShow`, decisions/008-steps-of-the-clock.md.
 */
import { heldAs, usedUp } from '../booking/allowance.ts'
import { type Booking, isBlockedBy, isHolding, isNoShow, noShowMs } from '../booking/booking.ts'
import { clashOf } from '../booking/decide.ts'
import { DAY_MS } from '../ground/moment.ts'
import { shutMs } from '../machine/state.ts'
import { holdBookings, putBooking, record, type Turn } from '../machine/turn.ts'
import { missedJson } from '../session/missed.ts'

/** How long a booking that is over is kept in memory, ms. */
export const FORGOTTEN_AFTER_MS = DAY_MS

export function settleBookings(turn: Turn): void {
  const { m, env } = turn
  const isInUse = ({ id }: Booking) => m.session?.booking === id
  // Not before its end is kept, or it would hold again after a restart with another clock.
  const isForgotten = (booking: Booking) =>
    booking.endMs <= env.leastMs - FORGOTTEN_AFTER_MS && !isHolding(booking) && !isInUse(booking)
  if (m.bookings.some(isForgotten))
    holdBookings(
      turn,
      m.bookings.filter((booking) => !isForgotten(booking)),
    )
  for (const booking of m.bookings) settle(turn, booking, isInUse(booking))
}

function settle(turn: Turn, booking: Booking, inUse: boolean): void {
  const { m, env } = turn
  const { id, version, status } = booking
  if (booking.endMs <= env.believedMs) {
    if (isHolding(booking) && !inUse) putBooking(turn, { ...booking, status: 'ended' })
  } else if (isNoShow(booking, env.believedMs, env.noShowMs, shutMs(env, m.pace))) {
    putBooking(turn, { ...booking, status: 'released' })
    const missed = missedJson(
      booking,
      { when: 'no-show' },
      {
        config: m.config,
        tariffs: env.tariffs,
        tenantRef: env.tenantRef?.(booking.tenant),
      },
    )
    record(turn, 'BookingCancelled', { booking: id, version, reason: 'no-show', ...missed }, null)
  } else if (status === 'ended' || status === 'released') restore(turn, booking, inUse)
}

/** After the believed time went back, a booking holds again, unless it is used up or its time was taken meanwhile. */
function restore(turn: Turn, booking: Booking, inUse: boolean): void {
  const { m, env } = turn
  const wasMissed = booking.status === 'released'
  if (wasMissed && env.believedMs >= booking.startMs + noShowMs(booking, env.noShowMs)) return
  if (usedUp(booking) || clashOf(m.bookings, booking)) return
  if (m.row.blocks?.some((block) => isBlockedBy(booking, block))) return
  putBooking(turn, { ...booking, status: inUse ? 'used' : heldAs(booking) })
  if (wasMissed)
    record(turn, 'BookingRestored', { booking: booking.id, version: booking.version, reason: 'clock' }, null)
}
