/**
 * Cancellations that came before their bookings, durable with the next flush. Read next:
 * core/booking/tombstone.ts (the rule), bookings.ts (the only caller).
 */
import type { Booking } from '../../core/booking/booking.ts'
import { isBuried, type Tombstone, withTombstone } from '../../core/booking/tombstone.ts'
import type { Change } from '../../core/machine/change.ts'

export type Tombstones = {
  all(): readonly Tombstone[]
  /** The cancellation that holds against this version. */
  against(booking: { readonly id: string; readonly version: number }): Tombstone | undefined
  add(tombstone: Tombstone, nowMs: number): void
  /** One that names no version has done its work on the first that arrived. */
  settle(arrived: readonly Booking[]): void
}

export function createTombstones(kept: readonly Tombstone[], append: (change: Change) => void): Tombstones {
  let tombstones = kept
  function become(next: readonly Tombstone[]): void {
    tombstones = next
    append({ kind: 'tombstones', tombstones })
  }
  return {
    all: () => tombstones,
    against: ({ id, version }) => tombstones.find((each) => each.id === id && isBuried(each, version)),
    add: (tombstone, nowMs) => become(withTombstone(tombstones, tombstone, nowMs)),
    settle(arrived) {
      const ids = new Set(arrived.map(({ id }) => id))
      const isDone = ({ id, version }: Tombstone) => version === undefined && ids.has(id)
      if (tombstones.some(isDone)) become(tombstones.filter((each) => !isDone(each)))
    },
  }
}
