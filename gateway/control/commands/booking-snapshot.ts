/**
 * All bookings of the platform at once, as a numbered whole: what is not in it and not over is cancelled, even while it
 * is in use; only what came with a token stays, which may be younger. One at a time, each younger than the last or the
 * same again, and in slices, so that heartbeats go on meanwhile. Read next: bookings.ts, core/booking/moves.ts.
 */
import { type Booking, type BookingInput, isHolding } from '../../core/booking/booking.ts'
import { inPutOrder } from '../../core/booking/moves.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import type { Change } from '../../core/machine/change.ts'
import type { Bookings } from './bookings.ts'

type BookingSnapshotDeps = {
  readonly bookings: Bookings
  /** Of the last snapshot that was taken. */
  readonly version: number
  nowMs(): number
  append(change: Change): void
  flush(): Promise<void>
}

type BookingSnapshot = { take(version: number, inputs: readonly BookingInput[]): Promise<Outcome> }
type Failed = { readonly input: BookingInput; readonly refusal: Refusal }

export function createBookingSnapshot(deps: BookingSnapshotDeps): BookingSnapshot {
  const { bookings, nowMs } = deps
  let known = deps.version
  let running = false

  async function takeNow(version: number, inputs: readonly BookingInput[]): Promise<Outcome> {
    const gone = othersThan(bookings, inputs)
    if (version === known && (gone.length > 0 || bookings.wouldChange(inputs)))
      return refused(refuse('booking-version', `snapshot ${known} is known, with other content`))
    await bookings.revokeAll(gone, { reason: 'not in the snapshot', issuedAtMs: nowMs() })
    const failed = await putAll(deps, inputs)
    if (version > known) deps.append({ kind: 'booking-snapshot', version })
    await deps.flush()
    known = version
    const not = failed.map(({ input: { id }, refusal: { code, detail } }) => ({
      id,
      code,
      ...(detail === undefined ? {} : { detail }),
    }))
    return { kind: 'bookings', version, put: inputs.length - not.length, cancelled: gone.length, refused: not }
  }

  return {
    async take(version, inputs) {
      if (running) return refused(refuse('busy', 'another snapshot is being taken'))
      if (version < known) return refused(refuse('booking-version', `snapshot ${known} is known`))
      running = true
      try {
        return await takeNow(version, inputs)
      } finally {
        running = false
      }
    },
  }
}

function othersThan(bookings: Bookings, inputs: readonly BookingInput[]): string[] {
  const ids = new Set(inputs.map(({ id }) => id))
  const isGone = (booking: Booking) => !ids.has(booking.id) && isHolding(booking) && booking.source === 'push'
  return bookings
    .all()
    .filter(isGone)
    .map(({ id }) => id)
}

/**
 * Those that were refused. Those that only exchange their times are in each other's way in any order: all of them leave
 * their old times, and are put once more.
 */
async function putAll({ bookings, nowMs }: BookingSnapshotDeps, inputs: readonly BookingInput[]): Promise<Failed[]> {
  const failed = await putEach(bookings, inPutOrder(bookings.all(), inputs))
  const held = new Map(bookings.all().map((booking) => [booking.id, booking]))
  const moved = failed.filter(
    ({ input, refusal }) => refusal.code === 'booking-conflict' && isMovable(held.get(input.id), input),
  )
  if (moved.length === 0) return failed
  await bookings.revokeAll(
    moved.map(({ input }) => input.id),
    { reason: 'moved by the snapshot', issuedAtMs: nowMs() },
  )
  return putEach(
    bookings,
    failed.map(({ input }) => input),
  )
}

async function putEach(bookings: Bookings, inputs: readonly BookingInput[]): Promise<Failed[]> {
  const outcomes = await bookings.putAll(inputs)
  return outcomes.flatMap((outcome, index) =>
    outcome.kind === 'refused' ? [{ input: inputs[index]!, refusal: outcome.refusal }] : [],
  )
}

/** It is held as it was, and the snapshot would move it. */
const isMovable = (booking: Booking | undefined, { version }: BookingInput) =>
  booking?.status === 'held' && booking.version < version
