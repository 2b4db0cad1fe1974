/**
 * All bookings of the platform at once, as a numbered whole. Taken in slices, so that heartbeats go on meanwhile; one
 * at a time, and none that is not younger than the last. Read next: bookings.ts.
 */

import { type Booking, type BookingInput, isHolding } from '../../core/booking/booking.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import type { Change } from '../../core/machine/change.ts'
import { type Bookings, SLICE } from './bookings.ts'

export type BookingSnapshotDeps = {
  readonly bookings: Bookings
  /** Of the last one that was taken. */
  readonly version: number
  nowMs(): number
  append(change: Change): void
  flush(): Promise<void>
}

export type BookingSnapshot = { take(version: number, inputs: readonly BookingInput[]): Promise<Outcome> }

export function createBookingSnapshot(deps: BookingSnapshotDeps): BookingSnapshot {
  const { bookings } = deps
  let known = deps.version
  let running = false

  /**
   * The whole truth of the platform: what is not in it and not over is cancelled, also while it is in use; only what
   * came with a token stays, which may be younger. The order of the list does not matter: what stands in the way of
   * another only because it is yet to be moved is tried again. Heartbeats go on meanwhile.
   */
  async function take(version: number, inputs: readonly BookingInput[]): Promise<Outcome> {
    if (running) return refused(refuse('busy', 'another snapshot is being taken'))
    if (version <= known) return refused(refuse('booking-version', `snapshot ${known} is known`))
    running = true
    try {
      const ids = new Set(inputs.map((input) => input.id))
      const gone = bookings
        .all()
        .filter((booking) => !ids.has(booking.id) && isHolding(booking) && booking.source === 'push')
      for (const [index, booking] of gone.entries()) {
        bookings.revoke(booking, 'not in the snapshot', deps.nowMs())
        if (index % SLICE === 0) await deps.flush()
      }
      let failed = await putEach(inputs)
      for (let before = inputs.length; failed.length > 0 && failed.length < before; ) {
        before = failed.length
        failed = await putEach(failed.map(({ input }) => input))
      }
      // Those that only exchange their times hold each other up: none of them is where it was any more.
      const moved = failed.flatMap(({ input, code }) => (code === 'booking-conflict' ? (heldAt(input) ?? []) : []))
      if (moved.length > 0) {
        for (const booking of moved) bookings.revoke(booking, 'moved by the snapshot', deps.nowMs())
        failed = await putEach(failed.map(({ input }) => input))
      }
      deps.append({ kind: 'booking-snapshot', version })
      await deps.flush()
      known = version
      const not = failed.map(({ input, code }) => ({ id: input.id, code }))
      return { kind: 'bookings', version, put: inputs.length - not.length, cancelled: gone.length, refused: not }
    } finally {
      running = false
    }
  }

  /** Those that were refused. */
  async function putEach(inputs: readonly BookingInput[]): Promise<{ input: BookingInput; code: Refusal['code'] }[]> {
    const failed: { input: BookingInput; code: Refusal['code'] }[] = []
    for (const [index, input] of inputs.entries()) {
      const outcome = bookings.decide(input)
      if (outcome.kind === 'refused') failed.push({ input, code: outcome.refusal.code })
      if (index % SLICE === 0) await deps.flush()
    }
    return failed
  }

  /** The booking as it is held, if the snapshot would move it. */
  function heldAt({ id, version }: BookingInput): Booking | undefined {
    const booking = bookings.find(id)
    return booking?.status === 'held' && booking.version < version ? booking : undefined
  }

  return { take }
}
