/**
 * One step of a machine under way. Only this file assigns to the state of a machine: every change goes through one of
 * its functions, which sets the state and records the change in one call. It decides nothing; rules decide elsewhere.
 * Read next: state.ts (what there is), access-state.ts (which moves there are), step.ts (who begins a turn).
 */

import type { Booking } from '../booking/booking.ts'
import { windowsNear } from '../booking/plan.ts'
import type { Outcome } from '../command/outcome.ts'
import type { MachineConfig } from '../ground/config.ts'
import type { EntryDraft, EntryKind, JsonObject } from '../ground/entry.ts'
import { assert } from '../ground/failure.ts'
import type { MeterState } from '../meter/meter.ts'
import type { Reading } from '../reading/reading.ts'
import type { Session } from '../session/session.ts'
import { type Access, mayBecome, type Withdrawal, wordOf } from './access-state.ts'
import type { Change, MachineRow } from './change.ts'
import type { Effect } from './event.ts'
import type { Drilling, Env, LastShown, MachineState, Pace, Seen, Wire } from './state.ts'

/** One step under way. */
export type Turn = { readonly m: MachineState; readonly env: Env; readonly effects: readonly Effect[] }

export const newTurn = (m: MachineState, env: Env): Turn => ({ m, env, effects: [] })

type Hands = { -readonly [K in keyof MachineState]: MachineState[K] }
type HandsOn<Part> = { -readonly [K in keyof Part]: Part[K] }

const hands = ({ m }: Turn): Hands => m
const wire = ({ m }: Turn): HandsOn<Wire> => m.wire
const asMap = <K, V>(map: ReadonlyMap<K, V>) => map as Map<K, V>

function push({ effects }: Turn, effect: Effect): void {
  ;(effects as Effect[]).push(effect)
}

/* ── access ── */

/** Moves to another state of access. A move that is not in the table is a broken invariant. */
export function become(turn: Turn, access: Access): void {
  const from = turn.m.access
  assert(mayBecome(from, access), 'access', `${turn.m.config.id}: ${wordOf(from)} cannot become ${wordOf(access)}`)
  hands(turn).access = access
}

export function putWithdrawal(turn: Turn, withdrawal: Withdrawal | undefined): void {
  hands(turn).withdrawal = withdrawal
}

export function putDrill(turn: Turn, drill: Drilling | undefined): void {
  hands(turn).drill = drill
}

/* ── what is durable: the state and its change record in one call ── */

export function putSession(turn: Turn, session: Session): void {
  hands(turn).session = session
  change(turn, { kind: 'session', session })
}

/** Ends the session: it is recorded as it ended, and the machine has none any more. */
export function closeSession(turn: Turn, session: Session): void {
  change(turn, { kind: 'session', session })
  hands(turn).session = undefined
}

/**
 * Sets the session without recording it, for its clocks: they become durable with its next change, and may be lost
 * until then.
 */
export function noteSession(turn: Turn, session: Session): void {
  hands(turn).session = session
}

export function putRow(turn: Turn, row: MachineRow): void {
  hands(turn).row = row
  change(turn, { kind: 'machine', row })
}

export function putMeter(turn: Turn, state: MeterState): void {
  noteMeter(turn, state)
  change(turn, { kind: 'meter', state })
}

/**
 * Sets a meter without recording it: it was read, and only the time of the reading has changed. That becomes durable
 * with its next change.
 */
export function noteMeter(turn: Turn, state: MeterState): void {
  asMap(turn.m.meters).set(state.meter, state)
}

/** Puts a booking; it replaces a known one with the same id. */
export function putBooking(turn: Turn, booking: Booking): void {
  const { bookings } = turn.m
  const at = bookings.findIndex(({ id }) => id === booking.id)
  hands(turn).bookings = at < 0 ? [...bookings, booking] : bookings.with(at, booking)
  change(turn, { kind: 'booking', booking })
}

/**
 * Sets the bookings of this machine without recording them: they were put and recorded elsewhere, or old ones are
 * dropped.
 */
export function holdBookings(turn: Turn, bookings: readonly Booking[]): void {
  hands(turn).bookings = bookings
}

/** The machine goes on by other rules or under another name; its points are the same. */
export function configure(turn: Turn, config: MachineConfig): void {
  hands(turn).config = config
  pass(turn, { windows: windowsNear(undefined, config.windows, turn.env.now.ms) })
}

/* ── what was seen, shown, and what time has done ── */

/** Takes a reading unless a newer one of its point is known. */
export function takeReading({ m }: Pick<Turn, 'm'>, reading: Reading): void {
  const before = m.seen.readings.get(reading.point)
  if (before === undefined || before.readAtNs <= reading.readAtNs) asMap(m.seen.readings).set(reading.point, reading)
}

/** Marks the interlock as a whole as bad, even if a part of it was read later. */
export function markBad({ m }: Turn, reading: Reading): void {
  asMap(m.seen.readings).set(reading.point, reading)
}

/** Remembers when a point could not be read. */
export function lose({ m }: Turn, { point, readAtNs }: Reading): void {
  asMap(m.seen.lostNs).set(point, readAtNs)
}

export function see({ m }: Turn, what: Partial<Pick<Seen, 'condition' | 'lock' | 'ownerless'>>): void {
  Object.assign(m.seen, what)
}

export function show({ m }: Turn, what: Partial<LastShown>): void {
  Object.assign(m.shown, what)
}

export function pass({ m }: Turn, what: Partial<Pace>): void {
  Object.assign(m.pace, what)
}

/* ── asking the link ── */

function nextRef(turn: Turn): number {
  const parts = wire(turn)
  return parts.nextRef++
}

/** Asks for a read ahead of the polls, after a pause. The answer is an event with this ref. */
export function askRead(turn: Turn, what: 'interlock' | 'interlock+meters', afterMs?: number): number {
  const ref = nextRef(turn)
  push(turn, { kind: 'read', ref, what, ...(afterMs === undefined ? {} : { afterMs }) })
  return ref
}

/** Writes one block once. Nothing else is written until it is answered. */
export function askWrite(turn: Turn, words: readonly number[]): number {
  assert(turn.m.wire.writing === undefined, 'write', `${turn.m.config.id}: a write is under way`)
  const ref = nextRef(turn)
  wire(turn).writing = ref
  push(turn, { kind: 'write', ref, words })
  return ref
}

export function wasWritten(turn: Turn, ref: number): void {
  if (turn.m.wire.writing === ref) wire(turn).writing = undefined
}

/* ── recording and answering ── */

export function change(turn: Turn, item: Change): void {
  push(turn, { kind: 'change', change: item })
}

/** Appends an entry. `session` defaults to the open one; `null` means an entry about the machine alone. */
export function record(
  turn: Turn,
  kind: EntryKind,
  data: JsonObject,
  session: string | null | undefined = turn.m.session?.id,
): void {
  const entry: EntryDraft = {
    kind,
    version: 1,
    machine: turn.m.config.id,
    ...(session === undefined || session === null ? {} : { session }),
    at: turn.env.stamp,
    data,
  }
  change(turn, { kind: 'entry', entry })
}

/** Makes all changes so far durable. `outcome` is sent only then. */
export function commit(turn: Turn, command?: number, outcome?: Outcome): number {
  const ref = nextRef(turn)
  if (command !== undefined && outcome !== undefined) asMap(turn.m.wire.replies).set(ref, { command, outcome })
  push(turn, { kind: 'commit', ref })
  return ref
}

/** A commit is durable: the reply that waited for it is sent. */
export function wasCommitted(turn: Turn, ref: number): void {
  const waiting = turn.m.wire.replies.get(ref)
  if (waiting === undefined) return
  asMap(turn.m.wire.replies).delete(ref)
  reply(turn, waiting.command, waiting.outcome)
}

export function reply(turn: Turn, command: number | undefined, outcome: Outcome): void {
  if (command !== undefined) push(turn, { kind: 'reply', command, outcome })
}
