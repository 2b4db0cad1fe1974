/**
 * The bookings of all machines, since that is where they meet: put, changed, cancelled, as core/booking/booking.ts
 * decides. A machine is told of each, and sees to its own session. Nothing is answered before it is durable.
 * Read next: booking-snapshot.ts (all of them at once), revocations.ts, core/booking/booking.ts.
 */

import type { Booking, BookingInput } from '../../core/booking/booking.ts'
import { decidePut } from '../../core/booking/decide.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Change } from '../../core/machine/change.ts'
import type { RecordEntry } from '../journal.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'

/** Bookings taken or cancelled between two flushes; the control thread is free in between. */
export const SLICE = 20

export type BookingsDeps = {
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
  const { machines } = deps
  const all = () => [...machines.values()].flatMap((machine) => machine.state.bookings)
  const find = (id: string) =>
    [...machines.values()].flatMap(({ state }) => state.bookings.find((booking) => booking.id === id) ?? [])[0]
  const hasRoom = () => all().filter(({ status }) => status === 'held' || status === 'used').length < deps.maxBookings

  async function put(input: BookingInput): Promise<Outcome> {
    const outcome = decide(input)
    await deps.flush()
    return outcome
  }

  function decide(input: BookingInput): Outcome {
    const machine = machines.get(input.machine)
    if (machine === undefined) return refused(refuse('not-found', `there is no machine ${input.machine} here`))
    const known = find(input.id) ?? deps.recall(input.id)
    const others = machine.state.bookings.filter((booking) => booking.id !== input.id)
    const decision = decidePut(
      known === undefined ? others : [...others, known],
      input,
      'push',
      hasRoom(),
      machine.state.row.blocks,
    )
    if (decision.kind === 'refused') return refused(decision.refusal)
    if (decision.kind === 'unchanged') return { kind: 'booking', booking: decision.booking, created: false }
    apply(decision.booking)
    recordBooking(decision.booking)
    return { kind: 'booking', booking: decision.booking, created: decision.created }
  }

  function apply(booking: Booking): void {
    const machine = machines.get(booking.machine)!
    deps.append({ kind: 'booking', booking })
    const others = machine.state.bookings.filter((item) => item.id !== booking.id)
    machine.dispatch({ kind: 'bookings', bookings: [...others, booking] })
  }

  function recordBooking(booking: Booking): void {
    const { id, version, startMs, endMs, source, limits, qualifications } = booking
    deps.record(
      'BookingPut',
      {
        booking: id,
        version,
        tenant: deps.tenantRef(booking.tenant),
        start: new Date(startMs).toISOString(),
        end: new Date(endMs).toISOString(),
        source,
        limits: { ...limits },
        ...(qualifications === undefined ? {} : { qualifications: [...qualifications] }),
      },
      booking.machine,
    )
  }

  async function cancel(id: string, issuedAtMs = deps.nowMs()): Promise<Outcome> {
    const booking = find(id)
    if (booking === undefined) return deps.recall(id) === undefined ? refused(refuse('not-found')) : { kind: 'done' }
    revoke(booking, 'cancelled', issuedAtMs)
    await deps.flush()
    return { kind: 'done' }
  }

  function revoke(booking: Booking, reason: string, issuedAtMs: number): void {
    if (booking.status === 'cancelled' || booking.status === 'ended') return
    const cancelledAtMs = Math.min(issuedAtMs, deps.nowMs())
    apply({ ...booking, status: 'cancelled', cancelledAtMs })
    const { id, version, machine } = booking
    const issuedAt = new Date(cancelledAtMs).toISOString()
    deps.record('BookingCancelled', { booking: id, version, reason, issuedAt }, machine)
  }

  return { all, find, hasRoom, put, cancel, decide, revoke }
}
