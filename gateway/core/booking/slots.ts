/**
 * Times at which a machine may be booked: what no booking with its clean-down, no block and no maintenance window
 * takes. It is the plan alone, and says nothing of the state in which the machine is. Pure.
 * Read next: plan.ts (until when a machine is free now), windows.ts.
 */
import type { WindowsConfig } from '../ground/config.ts'
import { type Booking, isHolding } from './booking.ts'
import type { Calendar } from './plan.ts'
import { windowsBetween } from './windows.ts'

/** UTC ms. */
export type Slot = { readonly fromMs: number; readonly untilMs: number }

type Planned = Pick<Calendar, 'bookings' | 'blocks' | 'cleanDownMs'> & { readonly windows: WindowsConfig | undefined }

/** The free times within a span that last at least so long, in order. */
export function freeSlots(planned: Planned, within: Slot, leastMs: number): Slot[] {
  const slots: Slot[] = []
  let fromMs = within.fromMs
  const end = { fromMs: within.untilMs, untilMs: within.untilMs }
  for (const taken of [...takenWithin(planned, within), end]) {
    const untilMs = Math.min(taken.fromMs, within.untilMs)
    if (untilMs - fromMs >= leastMs) slots.push({ fromMs, untilMs })
    fromMs = Math.max(fromMs, taken.untilMs)
  }
  return slots
}

/** By their begin; they may overlap. */
function takenWithin({ bookings, blocks, cleanDownMs, windows }: Planned, { fromMs, untilMs }: Slot): Slot[] {
  // The clean-down is due after each booking: also after one that would be put into the free time, before the next.
  const ofBooking = ({ startMs, endMs }: Booking): Slot => ({
    fromMs: startMs - cleanDownMs,
    untilMs: endMs + cleanDownMs,
  })
  const closed = windows === undefined ? [] : windowsBetween(windows, fromMs, untilMs)
  return [...bookings.filter(isHolding).map(ofBooking), ...blocks, ...closed].sort((a, b) => a.fromMs - b.fromMs)
}
