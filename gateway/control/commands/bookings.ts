/**
 * The bookings of all machines, since that is where they meet: put, changed, cancelled, as core/booking/decide.ts
 * decides. Each machine gets its own, and sees to its session. Nothing is answered before it is durable.
 * Read next: booking-snapshot.ts (all of them at once), revocations.ts, core/booking/booking.ts.
 */

import type { Booking, BookingInput } from '../../core/booking/booking.ts'
import { decidePut } from '../../core/booking/decide.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import type { JsonObject } from '../../core/ground/entry.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Change } from '../../core/machine/change.ts'
import type { RecordEntry } from '../journal.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'

/** Bookings taken or cancelled between two flushes; the control thread is free in between. */
export const SLICE = 20

type BookingsDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  /** Held and used ones in memory; more are refused. */
  readonly maxBookings: number
  tenantRef(tenant: string): string
  nowMs(): number
  append(change: Change): void
  record: RecordEntry
  flush(): Promise<void>
  /** A booking that is no longer in memory. */
  recall(id: string): Booking | undefined
}

export type Bookings = {
  all(): Booking[]
  find(id: string): Booking | undefined
  hasRoom(): boolean
  put(input: BookingInput): Promise<Outcome>
  cancel(id: string, issuedAtMs?: number): Promise<Outcome>
  /** Decided and applied; durable with the next flush. */
  decide(input: BookingInput): Outcome
  /** Cancelled and applied; durable with the next flush. */
  revoke(booking: Booking, reason: string, issuedAtMs: number): void
}

export function createBookings(deps: BookingsDeps): Bookings {
  const { machines, record, flush, recall } = deps
  const all = () => [...machines.values()].flatMap(({ state }) => state.bookings)
  const find = (id: string) =>
    [...machines.values()].flatMap(({ state }) => state.bookings.find((booking) => booking.id === id) ?? [])[0]
  const hasRoom = () => all().filter(({ status }) => status === 'held' || status === 'used').length < deps.maxBookings

  function decide(input: BookingInput): Outcome {
    const machine = machines.get(input.machine)
    if (machine === undefined) return refused(refuse('not-found', `there is no machine ${input.machine} here`))
    const { bookings, row } = machine.state
    const known = find(input.id) ?? recall(input.id)
    const others = bookings.filter(({ id }) => id !== input.id)
    const decision = decidePut(known ? [...others, known] : others, input, 'push', hasRoom(), row.blocks)
    if (decision.kind === 'refused') return refused(decision.refusal)
    const { booking } = decision
    if (decision.kind === 'unchanged') return { kind: 'booking', booking, created: false }
    apply(booking)
    record('BookingPut', putData(booking, deps.tenantRef(booking.tenant)), booking.machine)
    return { kind: 'booking', booking, created: decision.created }
  }

  function apply(booking: Booking): void {
    const { state, dispatch } = machines.get(booking.machine)!
    deps.append({ kind: 'booking', booking })
    dispatch({ kind: 'bookings', bookings: [...state.bookings.filter(({ id }) => id !== booking.id), booking] })
  }

  function revoke(booking: Booking, reason: string, issuedAtMs: number): void {
    if (booking.status === 'cancelled' || booking.status === 'ended') return
    const cancelledAtMs = Math.min(issuedAtMs, deps.nowMs())
    apply({ ...booking, status: 'cancelled', cancelledAtMs })
    const { id, version, machine } = booking
    const issuedAt = new Date(cancelledAtMs).toISOString()
    record('BookingCancelled', { booking: id, version, reason, issuedAt }, machine)
  }

  return {
    all,
    find,
    hasRoom,
    decide,
    revoke,
    async put(input) {
      const outcome = decide(input)
      await flush()
      return outcome
    },
    async cancel(id, issuedAtMs = deps.nowMs()) {
      const booking = find(id)
      if (booking === undefined) return recall(id) === undefined ? refused(refuse('not-found')) : { kind: 'done' }
      revoke(booking, 'cancelled', issuedAtMs)
      await flush()
      return { kind: 'done' }
    },
  }
}

function putData(booking: Booking, tenant: string): JsonObject {
  const { id, version, startMs, endMs, source, limits, qualifications } = booking
  return {
    booking: id,
    version,
    tenant,
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
    source,
    limits: { ...limits },
    ...(qualifications === undefined ? {} : { qualifications: [...qualifications] }),
  }
}
