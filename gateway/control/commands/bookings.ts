/**
 * The bookings of all machines, since that is where they meet: put, changed, cancelled, as core/booking/decide.ts
 * decides. Each machine gets its own, and sees to its session. Nothing is answered before it is durable.
 * Read next: booking-snapshot.ts (all of them at once), revocations.ts, core/booking/booking.ts.
 */

import { isValidOn } from '../../core/billing/hours.ts'
import type { Tariff } from '../../core/billing/tariff.ts'
import { type Booking, type BookingInput, type Cancellation, isHolding } from '../../core/booking/booking.ts'
import { bookingJson } from '../../core/booking/booking-json.ts'
import { decidePut } from '../../core/booking/decide.ts'
import { type Diary, openDiary } from '../../core/booking/diary.ts'
import type { Tombstone } from '../../core/booking/tombstone.ts'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import type { JsonObject } from '../../core/ground/entry.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import type { Change } from '../../core/machine/change.ts'
import { missedJson, tariffOf } from '../../core/session/missed.ts'
import type { RecordEntry } from '../journal.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import { createTombstones, type Tombstones } from './tombstones.ts'

/** Bookings put or cancelled between two flushes; the control thread is free in between. */
const SLICE = 200

type BookingsDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  /** Held and used ones in memory; more are refused. */
  readonly maxBookings: number
  /** By `id@version`: those that a booking may name. */
  readonly tariffs: ReadonlyMap<string, Tariff>
  readonly tombstones: readonly Tombstone[]
  tenantRef(tenant: string): string
  nowMs(): number
  /** No time that may still turn out to be right is earlier, UTC ms. */
  leastMs(): number
  append(change: Change): void
  record: RecordEntry
  flush(): Promise<void>
  /** A booking that is no longer in memory. */
  recall(id: string): Booking | undefined
}

/** Why bookings are cancelled here, when that was decided, and what the platform says of it. */
type Revocation = { readonly reason: string; readonly issuedAtMs: number; readonly cancellation?: Cancellation }
type Cancel = Pick<Extract<Command, { kind: 'cancel-booking' }>, 'id' | 'version' | 'issuedAtMs' | 'cancellation'>

export type Bookings = {
  all(): Booking[]
  find(id: string): Booking | undefined
  hasRoom(): boolean
  tombstones(): readonly Tombstone[]
  put(input: BookingInput): Promise<Outcome>
  cancel(what: Cancel): Promise<Outcome>
  /** A known one, changed without a put; durable when it resolves. */
  amend(booking: Booking, why: NonNullable<Parameters<typeof bookingJson>[2]>): Promise<void>
  /** One outcome per input, in slices; durable when it resolves. */
  putAll(inputs: readonly BookingInput[]): Promise<Outcome[]>
  /** Whether every input is as it is known, or would be refused. */
  wouldChange(inputs: readonly BookingInput[]): boolean
  /** Cancelled and applied; durable with the next flush. */
  revoke(id: string, revocation: Revocation): void
  /** In slices; durable when it resolves. */
  revokeAll(ids: readonly string[], revocation: Revocation): Promise<void>
}

export function createBookings(deps: BookingsDeps): Bookings {
  const running: Running = { ...deps, buried: createTombstones(deps.tombstones, deps.append) }
  const { buried, flush, recall } = running
  const find = (id: string) => allOf(running).find((booking) => booking.id === id)

  async function inSlices<T>(items: readonly T[], work: (slice: readonly T[]) => void): Promise<void> {
    for (let from = 0; from < items.length; from += SLICE) {
      work(items.slice(from, from + SLICE))
      await flush()
    }
  }

  return {
    all: () => allOf(running),
    find,
    hasRoom: () => allOf(running).filter(isHolding).length < deps.maxBookings,
    tombstones: buried.all,
    async put(input) {
      const [outcome] = put(running, [input])
      await flush()
      return outcome!
    },
    async putAll(inputs) {
      const outcomes: Outcome[] = []
      await inSlices(inputs, (slice) => outcomes.push(...put(running, slice)))
      return outcomes
    },
    wouldChange: (inputs) => decide(running, inputs).put.length > 0,
    revoke: (id, revocation) => revoke(running, [id], revocation),
    revokeAll: (ids, revocation) => inSlices(ids, (slice) => revoke(running, slice, revocation)),
    async amend(booking, why) {
      apply(running, [booking])
      running.record('BookingPut', bookingJson(booking, running.tenantRef(booking.tenant), why), booking.machine)
      await flush()
    },
    async cancel({ id, version, issuedAtMs = deps.nowMs(), cancellation }) {
      const known = find(id) ?? recall(id)
      if (known !== undefined && version !== undefined && known.version > version)
        return refused(refuse('booking-version', `version ${known.version} is known; cancel that one`))
      const cancelledAtMs = Math.min(issuedAtMs, deps.nowMs())
      if (known === undefined || (version ?? 0) > known.version)
        buried.add({ id, cancelledAtMs, ...(version === undefined ? {} : { version }) }, deps.leastMs())
      revoke(running, [id], { reason: 'cancelled', issuedAtMs, ...(cancellation && { cancellation }) })
      await flush()
      return { kind: 'done' }
    },
  }
}

type Running = Omit<BookingsDeps, 'tombstones'> & { readonly buried: Tombstones }

const allOf = ({ machines }: Running) => [...machines.values()].flatMap(({ state }) => state.bookings)

/** One outcome per input, each decided with those before it put, and what has to be put for that. */
function decide(running: Running, inputs: readonly BookingInput[]): { outcomes: Outcome[]; put: Booking[] } {
  const diary = openDiary(allOf(running))
  const put: Booking[] = []
  const outcomes = inputs.map((input) => {
    const outcome = decideOne(running, diary, input)
    if (outcome.kind !== 'booking' || diary.find(input.id) === outcome.booking) return outcome
    diary.put(outcome.booking)
    put.push(outcome.booking)
    return outcome
  })
  return { outcomes, put }
}

function decideOne(running: Running, diary: Diary, input: BookingInput): Outcome {
  const machine = running.machines.get(input.machine)
  if (machine === undefined) return refused(refuse('not-found', `there is no machine ${input.machine} here`))
  const unpriced = refuseTariff(running, input)
  if (unpriced) return refused(unpriced)
  const forgotten = diary.find(input.id) === undefined ? running.recall(input.id) : undefined
  if (forgotten) diary.put(forgotten)
  const { blocks } = machine.state.row
  const tombstone = running.buried.against(input)
  const decision = decidePut(diary, input, {
    source: 'push',
    room: diary.holding() < running.maxBookings,
    ...(blocks ? { blocked: blocks } : {}),
    nowMs: running.leastMs(),
    ...(tombstone ? { cancelledAtMs: tombstone.cancelledAtMs } : {}),
  })
  if (decision.kind === 'refused') return refused(decision.refusal)
  if (decision.kind === 'unchanged') return { kind: 'booking', booking: decision.booking, created: false }
  const { booking, created } = decision
  // Whoever books knows the prices: they hold, whatever the machine costs when the use begins.
  const tariff = tariffOf(booking, booking.startMs, machine.state.config, running.tariffs)
  const priced = tariff === undefined || tariff === booking.tariff ? booking : { ...booking, tariff }
  return { kind: 'booking', booking: priced, created }
}

function refuseTariff({ tariffs }: Running, { tariff: pin, startMs }: BookingInput): Refusal | undefined {
  if (pin === undefined) return undefined
  const tariff = tariffs.get(pin)
  if (tariff === undefined) return refuse('bad-request', `there is no tariff ${pin}`)
  return isValidOn(tariff, startMs) ? undefined : refuse('bad-request', `${pin} is not valid on the day it begins`)
}

function put(running: Running, inputs: readonly BookingInput[]): Outcome[] {
  const decided = decide(running, inputs)
  apply(running, decided.put)
  for (const booking of decided.put) {
    running.record('BookingPut', bookingJson(booking, running.tenantRef(booking.tenant)), booking.machine)
    if (booking.status === 'cancelled') recordCancelled(running, booking, 'cancelled before it came')
  }
  running.buried.settle(decided.put)
  return decided.outcomes
}

function revoke(running: Running, ids: readonly string[], { reason, issuedAtMs, cancellation }: Revocation): void {
  const wanted = new Set(ids)
  const cancelledAtMs = Math.min(issuedAtMs, running.nowMs())
  const before = allOf(running).filter(
    ({ id, status }) => wanted.has(id) && status !== 'cancelled' && status !== 'ended',
  )
  const said = { cancelledAtMs, ...(cancellation && { cancellation }) }
  apply(
    running,
    before.map((booking) => ({ ...booking, status: 'cancelled', ...said })),
  )
  for (const booking of before) {
    const missed = BILLED.has(reason) ? missedOf(running, booking, cancelledAtMs) : {}
    recordCancelled(running, { ...booking, ...said }, reason, missed)
  }
}

/** One event per machine, however many of its bookings have changed. */
function apply({ machines, append }: Running, changed: readonly Booking[]): void {
  for (const booking of changed) append({ kind: 'booking', booking })
  for (const [machine, bookings] of Map.groupBy(changed, (booking) => booking.machine)) {
    const { state, dispatch } = machines.get(machine)!
    const ids = new Set(bookings.map(({ id }) => id))
    dispatch({ kind: 'bookings', bookings: [...state.bookings.filter(({ id }) => !ids.has(id)), ...bookings] })
  }
}

/** Why the platform gave a booking up; one that it revoked or moved costs its tenant nothing. */
const BILLED: ReadonlySet<string> = new Set(['cancelled', 'not in the snapshot'])

/** `booking`: as it was before it was cancelled. */
function missedOf({ machines, tariffs, tenantRef }: Running, booking: Booking, atMs: number): JsonObject {
  const { config } = machines.get(booking.machine)!.state
  const ground = { config, tariffs, tenantRef: tenantRef(booking.tenant) }
  return missedJson(booking, { when: 'cancellation', atMs }, ground)
}

function recordCancelled({ record, nowMs }: Running, booking: Booking, reason: string, missed: JsonObject = {}): void {
  const { id, version, machine, cancelledAtMs = nowMs(), cancellation: { reason: because, by } = {} } = booking
  const issuedAt = new Date(cancelledAtMs).toISOString()
  const said = { ...(because === undefined ? {} : { because }), ...(by === undefined ? {} : { by }) }
  record('BookingCancelled', { booking: id, version, reason, issuedAt, ...said, ...missed }, machine)
}
