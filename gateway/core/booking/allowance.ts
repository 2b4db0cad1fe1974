/**
 * What is left of a booking's limits: what it allows, less what its ended sessions have used. A session that begins
 * offline is also capped, since a revocation may arrive late. Read next: session/deadline.ts (until when a session may
 * go).
 */

import type { Limits } from '../ground/config.ts'
import { MINUTE_MS } from '../ground/moment.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import type { Booking } from './booking.ts'

/** What is left of each limit, or the cap where that is lower. */
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

/** The status with which a booking holds: `used` once a session of it has ended. */
export const heldAs = ({ spent }: Pick<Booking, 'spent'>) => (spent === undefined ? 'held' : 'used')

/** A refusal when one of the limits of a booking is used up. */
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
