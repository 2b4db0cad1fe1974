/**
 * What a booking allows, what of it has been used, and until when and how far one session of it may go. A session begun
 * offline is capped besides, since a revocation may come late. Minutes go by the monotonic clock, as does the end of
 * the booking once a session runs: what moves is how far the end was moved, whatever the wall clock says by then.
 */

import type { Limits } from '../ground/config.ts'
import { MINUTE_MS } from '../ground/moment.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import type { Booking } from './booking.ts'

/** What is left of the booking, or the cap if that is less. */
export function allowedNow({ limits, spent }: Pick<Booking, 'limits' | 'spent'>, caps: Limits = {}): Limits {
  const left = (limit: number | undefined, used: number, cap: number | undefined) => {
    if (limit === undefined) return cap
    return Math.max(0, Math.min(limit - used, cap ?? Number.POSITIVE_INFINITY))
  }
  const minutes = left(limits.minutes, (spent?.ms ?? 0) / MINUTE_MS, caps.minutes)
  const energyWh = left(limits.energyWh, spent?.energyWh ?? 0, caps.energyWh)
  const pieces = left(limits.pieces, spent?.pieces ?? 0, caps.pieces)
  return {
    ...(minutes === undefined ? {} : { minutes }),
    ...(energyWh === undefined ? {} : { energyWh }),
    ...(pieces === undefined ? {} : { pieces }),
  }
}

/** Nothing is left of a booking that was limited. */
export function usedUp(booking: Booking): Refusal | undefined {
  const { minutes, energyWh, pieces } = allowedNow(booking)
  const gone =
    minutes !== undefined && Math.floor(minutes * MINUTE_MS) <= 0
      ? 'minutes'
      : energyWh === 0
        ? 'energy'
        : pieces === 0
          ? 'pieces'
          : undefined
  return gone === undefined ? undefined : refuse('limit-used', `the booking has no ${gone} left`)
}
