/**
 * All bookings of the platform at once, as a numbered whole: what is not in it and not over is cancelled, even while it
 * is in use; only what came with a token stays, which may be younger. One at a time, each younger than the last, and in
 * slices, so that heartbeats go on meanwhile. Read next: bookings.ts.
 */
import { type Booking, type BookingInput, isHolding } from '../../core/booking/booking.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import type { Change } from '../../core/machine/change.ts'
import { type Bookings, SLICE } from './bookings.ts'

type BookingSnapshotDeps = {
  readonly bookings: Bookings
  /** Of the last snapshot that was taken. */
  readonly version: number
  nowMs(): number
  append(change: Change): void
  flush(): Promise<void>
}

type BookingSnapshot = { take(version: number, inputs: readonly BookingInput[]): Promise<Outcome> }
type Failed = { readonly input: BookingInput; readonly code: Refusal['code'] }

export function createBookingSnapshot(deps: BookingSnapshotDeps): BookingSnapshot {
  let known = deps.version
  let running = false
  return {
    async take(version, inputs) {
      if (running) return refused(refuse('busy', 'another snapshot is being taken'))
      if (version <= known) return refused(refuse('booking-version', `snapshot ${known} is known`))
      running = true
      try {
        const cancelled = await cancelOthers(deps, inputs)
        const failed = await putAll(deps, inputs)
        deps.append({ kind: 'booking-snapshot', version })
        await deps.flush()
        known = version
        const not = failed.map(({ input, code }) => ({ id: input.id, code }))
        return { kind: 'bookings', version, put: inputs.length - not.length, cancelled, refused: not }
      } finally {
        running = false
      }
    },
  }
}

/** How many were cancelled. */
async function cancelOthers({ bookings, nowMs, flush }: BookingSnapshotDeps, inputs: readonly BookingInput[]) {
  const ids = new Set(inputs.map((input) => input.id))
  const gone = bookings
    .all()
    .filter((booking) => !ids.has(booking.id) && isHolding(booking) && booking.source === 'push')
  for (const [index, booking] of gone.entries()) {
    bookings.revoke(booking, 'not in the snapshot', nowMs())
    if (index % SLICE === 0) await flush()
  }
  return gone.length
}

/**
 * Those that were refused. The order of the list does not matter: one that is in the way of another only because it is
 * still to be moved is tried again.
 */
async function putAll(deps: BookingSnapshotDeps, inputs: readonly BookingInput[]): Promise<Failed[]> {
  const { bookings, nowMs } = deps
  let failed = await putEach(deps, inputs)
  for (let before = inputs.length; failed.length > 0 && failed.length < before; ) {
    before = failed.length
    failed = await putEach(
      deps,
      failed.map(({ input }) => input),
    )
  }
  // Those that only exchange their times are in each other's way: first all of them leave their old times.
  const moved = failed.flatMap(({ input, code }) =>
    code === 'booking-conflict' ? (movable(bookings, input) ?? []) : [],
  )
  if (moved.length === 0) return failed
  for (const booking of moved) bookings.revoke(booking, 'moved by the snapshot', nowMs())
  return putEach(
    deps,
    failed.map(({ input }) => input),
  )
}

async function putEach({ bookings, flush }: BookingSnapshotDeps, inputs: readonly BookingInput[]): Promise<Failed[]> {
  const failed: Failed[] = []
  for (const [index, input] of inputs.entries()) {
    const outcome = bookings.decide(input)
    if (outcome.kind === 'refused') failed.push({ input, code: outcome.refusal.code })
    if (index % SLICE === 0) await flush()
  }
  return failed
}

/** The booking as it is held, if the snapshot would move it. */
function movable(bookings: Bookings, { id, version }: BookingInput): Booking | undefined {
  const booking = bookings.find(id)
  return booking?.status === 'held' && booking.version < version ? booking : undefined
}
