/**
 * The order in which many bookings are put, so that each finds its time free: a booking that moves to the time of
 * another is put after that other. So a whole season can move by an hour in one pass, in whatever order it is listed.
 * Pure.
 * Read next: diary.ts, gateway/control/commands/booking-snapshot.ts (which puts them).
 */
import { type Booking, type BookingInput, isHolding } from './booking.ts'
import { firstWithin } from './diary.ts'

/** The same inputs, reordered. Bookings that exchange their times conflict in any order; the put refuses them. */
export function inPutOrder(held: Iterable<Booking>, inputs: readonly BookingInput[]): BookingInput[] {
  const inputOf = new Map(inputs.map((input) => [input.id, input]))
  const lanes = lanesOf(held, inputOf)
  const order: BookingInput[] = []
  const seen = new Set<string>()
  for (const input of inputs) {
    if (seen.has(input.id)) continue
    seen.add(input.id)
    // An explicit stack: a whole season may be one chain.
    for (const stack = [input]; stack.length > 0; ) {
      const there = takeFirst(lanes, stack.at(-1)!)
      if (there === undefined) order.push(stack.pop()!)
      else if (!seen.has(there.id)) {
        seen.add(there.id)
        stack.push(inputOf.get(there.id)!)
      }
    }
  }
  return order
}

/** Per machine, the known bookings that hold a time and are put again, by their begin. */
function lanesOf(held: Iterable<Booking>, inputOf: ReadonlyMap<string, BookingInput>): Map<string, Booking[]> {
  const lanes = new Map<string, Booking[]>()
  for (const booking of held) {
    if (!isHolding(booking) || !inputOf.has(booking.id)) continue
    const lane = lanes.get(booking.machine)
    if (lane === undefined) lanes.set(booking.machine, [booking])
    else lane.push(booking)
  }
  for (const lane of lanes.values()) lane.sort((a, b) => a.startMs - b.startMs)
  return lanes
}

/** Each booking is taken from its lane once; a later request for its time finds that it is dealt with already. */
function takeFirst(lanes: ReadonlyMap<string, Booking[]>, wanted: BookingInput): Booking | undefined {
  const lane = lanes.get(wanted.machine)
  const there = lane && firstWithin(lane, wanted)
  if (lane === undefined || there === undefined) return undefined
  lane.splice(lane.indexOf(there), 1)
  return there
}
