/**
 * Bookings, indexed by id and by the time they hold at a machine. It relies on what `decidePut` ensures: no two
 * bookings hold the same moment at one machine. So a search and a put take O(log n) comparisons.
 * Read next: decide.ts (who asks), moves.ts (many puts at once).
 */
import { type Booking, isHolding, overlaps } from './booking.ts'

type Wanted = Pick<Booking, 'id' | 'machine' | 'startMs' | 'endMs'>

export type Diary = {
  find(id: string): Booking | undefined
  /** Another booking that holds part of this time. */
  clash(wanted: Wanted): Booking | undefined
  /** The number of bookings that hold a time, over all machines. */
  holding(): number
  /** Puts a booking; it replaces a known one with the same id. */
  put(booking: Booking): void
}

export function openDiary(bookings: Iterable<Booking>): Diary {
  const byId = new Map<string, Booking>()
  /** The bookings of each machine that hold a time, by their begin. */
  const lanes = new Map<string, Booking[]>()
  let holding = 0
  const laneOf = (machine: string): Booking[] => {
    const lane = lanes.get(machine) ?? []
    lanes.set(machine, lane)
    return lane
  }

  for (const booking of bookings) {
    byId.set(booking.id, booking)
    if (!isHolding(booking)) continue
    laneOf(booking.machine).push(booking)
    holding++
  }
  for (const lane of lanes.values()) lane.sort((a, b) => a.startMs - b.startMs)

  function leave(booking: Booking): void {
    const lane = laneOf(booking.machine)
    for (let at = firstThat(lane, ({ startMs }) => startMs >= booking.startMs); at < lane.length; at++)
      if (lane[at]!.id === booking.id) {
        lane.splice(at, 1)
        holding--
        return
      }
  }

  return {
    find: (id) => byId.get(id),
    clash: (wanted) => firstWithin(laneOf(wanted.machine), wanted),
    holding: () => holding,
    put(booking) {
      const known = byId.get(booking.id)
      if (known !== undefined && isHolding(known)) leave(known)
      byId.set(booking.id, booking)
      if (!isHolding(booking)) return
      const lane = laneOf(booking.machine)
      lane.splice(
        firstThat(lane, ({ startMs }) => startMs >= booking.startMs),
        0,
        booking,
      )
      holding++
    },
  }
}

/** The first other booking of a lane that holds part of this time. A lane is sorted by begin and has no overlaps. */
export function firstWithin<T extends Wanted>(lane: readonly T[], wanted: Wanted): T | undefined {
  for (let at = firstThat(lane, ({ endMs }) => endMs > wanted.startMs); at < lane.length; at++) {
    const there = lane[at]!
    if (!overlaps(there, wanted)) return undefined
    if (there.id !== wanted.id) return there
  }
  return undefined
}

/**
 * The index of the first row for which `holds` is true. It must be false for all rows before and true for all rows
 * after.
 */
function firstThat<T>(rows: readonly T[], holds: (row: T) => boolean): number {
  let low = 0
  for (let high = rows.length; low < high; ) {
    const middle = (low + high) >>> 1
    if (holds(rows[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}
