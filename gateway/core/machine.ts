/**
 * One machine: its state, what can happen to it, and what follows. `step` is the only door: an event in, effects out.
 * It has no clock, promise or log; it owns and changes the state it is given, and given the same events does the same.
 *
 *   readings ─► condition (what the machine does) ─► meters ─► access (who may use it) ─► availability
 *
 * Read next: access.ts (the unlock protocol), metering.ts (whose units), condition.ts, availability.ts.
 */
import type { MachineConfig } from '../../config/site.ts'
import * as access from './access.ts'
import { cleanDownUntil, inspectionOf, onInspection } from './after-use.ts'
import { type Availability, type BoardRow, deriveAvailability } from './availability.ts'
import { around, type Booking, isNoShow } from './booking.ts'
import type { MachineRow } from './change.ts'
import { closedNow, decideBlock, forgetBlocks, freeAt, freeUntil } from './closed.ts'
import { commissioningOf } from './commissioning.ts'
import { oldestRequired, readCondition, staleness } from './condition.ts'
import { onCorrect } from './correction.ts'
import * as drilling from './drilling.ts'
import * as ending from './ending.ts'
import { refuse } from './error.ts'
import * as intent from './intent.ts'
import * as interlock from './interlock.ts'
import type { MeterState } from './meter.ts'
import * as metering from './metering.ts'
import { heldUntil } from './overrun.ts'
import type { Reading } from './reading.ts'
import { followUse } from './revocation.ts'
import { isOpen, type Session } from './session.ts'
import * as clocks from './session-clocks.ts'
import {
  change,
  commit,
  type Effect,
  type Env,
  INTERLOCK_POINT,
  type MachineEvent,
  type MachineState,
  record,
  reply,
  type Turn,
} from './turn.ts'
import * as unlock from './unlock.ts'
import { observeWall, passedMs } from './wall.ts'
import { warn } from './warning.ts'

export function newMachine(
  config: MachineConfig,
  restored: { meters: readonly MeterState[]; bookings: Booking[]; session?: Session; row?: MachineRow },
): MachineState {
  const row = restored.row ?? { machine: config.id, fencingCounter: 0 }
  return {
    config,
    readings: new Map(),
    meters: new Map(restored.meters.map((meter) => [meter.meter, meter])),
    lostNs: new Map(),
    bookings: restored.bookings,
    condition: { itemState: 'Unknown', mode: 'Unknown', fault: false, emergencyStop: false },
    plc: undefined,
    withdrawal: undefined,
    access: access.initial(config, restored.session),
    session: restored.session,
    drill: undefined,
    row,
    availability: undefined,
    foreign: false,
    // What was made since the meters were last durable may be a stranger's: he was seen before the restart.
    ownerless: isOpenTo(restored.session, ['local', 'foreign']) ? 'now' : undefined,
    sampled: new Map(),
    quarter: 0,
    windows: undefined,
    trail: [],
    time: undefined,
    shutMs: 0,
    nextRef: 1,
    writing: undefined,
    replies: new Map(),
  }
}

const isOpenTo = (session: Session | undefined, reasons: readonly string[]) =>
  session !== undefined && isOpen(session) && reasons.includes(session.suspendedReason ?? '')

export function step(m: MachineState, event: MachineEvent, env: Env): Effect[] {
  const turn: Turn = { m, env, effects: [] }
  const before = { access: m.access.kind, session: m.session?.status }
  take(turn, event)
  // Readings alone are looked at on the next tick, so that a flicker between two is not recorded.
  const moved = before.access !== m.access.kind || before.session !== m.session?.status
  if (event.kind !== 'readings' || moved) recordAvailability(turn)
  // Changes first: whatever is made durable, written or answered in this step rests on all of them.
  return [
    ...turn.effects.filter(({ kind }) => kind === 'change'),
    ...turn.effects.filter(({ kind }) => kind !== 'change'),
  ]
}

function take(turn: Turn, event: MachineEvent): void {
  const { m } = turn
  switch (event.kind) {
    case 'readings':
      takeReadings(turn, event.readings)
      access.onReadings(turn, event.ref)
      break
    case 'read-failed':
      access.onReadFailed(turn, event.ref, event.detail)
      break
    case 'written':
      intent.onWritten(turn, event.ref, event.result, event.detail)
      break
    case 'committed': {
      const waiting = m.replies.get(event.ref)
      m.replies.delete(event.ref)
      if (waiting) reply(turn, waiting.command, waiting.outcome)
      intent.onCommitted(turn, event.ref)
      break
    }
    case 'tick':
      access.onTick(turn)
      tickBookings(turn)
      metering.recordQuarter(turn)
      followUse(turn)
      warn(turn)
      break
    case 'unlock':
      unlock.onUnlock(turn, event.request)
      break
    case 'resume':
      unlock.onResume(turn, event.command)
      break
    case 'end':
      ending.onEnd(turn, event.command, event.by)
      break
    case 'maintenance':
      setMaintenance(turn, event)
      break
    case 'inspection':
      onInspection(turn, event.inspection)
      break
    case 'bookings':
      m.bookings = event.bookings
      ending.onBookings(turn)
      break
    case 'block':
      putBlock(turn, event)
      break
    case 'unblock':
      removeBlock(turn, event)
      break
    case 'revoked':
      if (m.session?.jti !== undefined && event.jtis.includes(m.session.jti)) ending.revoked(turn, event.issuedAtMs)
      break
    case 'correct':
      onCorrect(turn, event.command, event.correction)
      break
    case 'drill':
      drilling.onDrill(turn, event)
      break
    case 'drill-ended':
      drilling.onDrillEnded(turn, event)
      break
  }
}

/** Newest wins per point; then the condition, the samples and the meters follow. */
function takeReadings(turn: Turn, readings: readonly Reading[]): void {
  const { m } = turn
  for (const reading of readings) {
    const before = m.readings.get(reading.point)
    if (before === undefined || before.readAtNs <= reading.readAtNs) m.readings.set(reading.point, reading)
  }
  if (readings.some(({ point }) => point.startsWith(INTERLOCK_POINT))) seeInterlock(m)
  metering.watchOwner(m)
  m.condition = readCondition(m.config, m.readings, m.condition, turn.env.now)
  clocks.runClocks(turn)
  access.observe(turn)
  clocks.runClocks(turn)
  metering.count(turn, readings)
  metering.sample(turn, readings)
}

function seeInterlock(m: MachineState): void {
  const seen = m.config.interlock && interlock.see(m.config.interlock, m.readings)
  if (seen === undefined) return
  if ('bad' in seen) m.readings.set(INTERLOCK_POINT, seen.bad)
  else m.plc = { ...seen, sinceNs: interlock.watchedSince(m.config.interlock!, m.plc, seen) }
}

/** Bookings that are over are forgotten here after this; the ledger keeps them. */
const FORGET_MS = 86_400_000

/** What follows from a booking being over cannot be taken back: it goes by time that has really passed. */
function tickBookings(turn: Turn): void {
  const { m, env } = turn
  m.time = observeWall(m.time, env.now)
  const nowMs = passedMs(m.time, env.now)
  // Who finds the machine in use, closed or out of reach has not stayed away.
  const { state } = m.availability ?? { state: 'Unknown' }
  if (state !== 'Available' && state !== 'Reserved') m.shutMs = nowMs
  const row = forgetBlocks(m.row, nowMs)
  if (row !== m.row) {
    m.row = row
    change(turn, { kind: 'machine', row })
  }
  const current = m.bookings.filter((booking) => booking.endMs > nowMs - FORGET_MS || booking.id === m.session?.booking)
  m.bookings = current.map((booking) => {
    if (isNoShow(booking, nowMs, env.noShowMs, m.shutMs) && booking.endMs > nowMs) {
      const released: Booking = { ...booking, status: 'released' }
      change(turn, { kind: 'booking', booking: released })
      record(turn, 'BookingCancelled', { booking: booking.id, version: booking.version, reason: 'no-show' }, null)
      return released
    }
    const over = booking.endMs <= nowMs && (booking.status === 'held' || booking.status === 'used')
    if (!over || (m.session !== undefined && m.session.booking === booking.id)) return booking
    const ended: Booking = { ...booking, status: 'ended' }
    change(turn, { kind: 'booking', booking: ended })
    return ended
  })
}

function setMaintenance(turn: Turn, event: Extract<MachineEvent, { kind: 'maintenance' }>): void {
  const { m, env } = turn
  const { maintenance: before, ...rest } = m.row
  if (m.drill !== undefined && !event.on) {
    reply(turn, event.command, { kind: 'refused', refusal: refuse('machine-in-use', 'a drill is under way') })
    return
  }
  if (event.on !== (before !== undefined)) {
    m.row = event.on ? { ...rest, maintenance: { by: event.by, reason: event.reason, sinceMs: env.now.ms } } : rest
    change(turn, { kind: 'machine', row: m.row })
    record(turn, event.on ? 'MaintenanceStarted' : 'MaintenanceEnded', { by: event.by, reason: event.reason }, null)
  }
  commit(turn, event.command, { kind: 'done' })
}

function putBlock(turn: Turn, { command, block, most }: Extract<MachineEvent, { kind: 'block' }>): void {
  const { m, env } = turn
  const decision = decideBlock(m, block, env.now.ms, most)
  if (decision.kind === 'refused') return reply(turn, command, decision)
  const created = decision.kind === 'put' && decision.created
  if (decision.kind === 'put') {
    m.row = { ...m.row, blocks: decision.blocks }
    change(turn, { kind: 'machine', row: m.row })
    const { id, fromMs, untilMs, reason, by } = block
    const [start, end] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString()) as [string, string]
    record(turn, 'BlockPut', { block: id, start, end, reason, by }, null)
  }
  commit(turn, command, { kind: 'block', block: decision.block, created })
}

function removeBlock(turn: Turn, { command, id, by }: Extract<MachineEvent, { kind: 'unblock' }>): void {
  const { m } = turn
  const blocks = m.row.blocks ?? []
  if (!blocks.some((block) => block.id === id))
    return reply(turn, command, { kind: 'refused', refusal: refuse('not-found', 'the machine has no such block') })
  m.row = { ...m.row, blocks: blocks.filter((block) => block.id !== id) }
  change(turn, { kind: 'machine', row: m.row })
  record(turn, 'BlockRemoved', { block: id, by }, null)
  commit(turn, command, { kind: 'done' })
}

function recordAvailability(turn: Turn): void {
  const { m, env } = turn
  const next = availabilityOf(m, env)
  const foreign = next.reason === 'foreign'
  if (foreign !== m.foreign) {
    m.foreign = foreign
    record(turn, 'ForeignUse', {
      phase: foreign ? 'began' : 'ended',
      itemState: m.condition.itemState,
      ...(m.plc ? interlock.shownJson(m.plc.block) : {}),
    })
  }
  if (!foreign && next.state !== 'Unknown') metering.nameForeign(turn)
  const before = m.availability
  if (before?.state === next.state && before.reason === next.reason) {
    m.availability = next
    return
  }
  m.availability = next
  const from = before?.state ?? m.row.availability ?? 'Unknown'
  m.row = { ...m.row, availability: next.state }
  change(turn, { kind: 'machine', row: m.row })
  record(turn, 'AvailabilityChanged', {
    from,
    to: next.state,
    ...(next.reason === undefined ? {} : { reason: next.reason }),
    access: access.word(m),
    itemState: m.condition.itemState,
    mode: m.condition.mode,
  })
}

export function availabilityOf(m: MachineState, env: Env): Availability {
  const { now: bookingNow } = around(m.bookings, env.now.ms)
  const closed = closedNow(m, env.now.ms)
  const stale = staleness(m.config, m.readings, env.now)
  const plc = interlock.lastState(m.plc)
  const open = m.session !== undefined && isOpen(m.session)
  const cleanDownUntilMs = cleanDownUntil(m, env)
  const inspection = inspectionOf(m)
  return deriveAvailability({
    nowMs: env.now.ms,
    ...(stale ? { stale } : {}),
    itemState: m.condition.itemState,
    fault: m.condition.fault || plc === 'fault',
    emergencyStop: m.condition.emergencyStop || plc === 'emergency-stop',
    maintenance: m.row.maintenance !== undefined || (m.plc !== undefined && interlock.isInMaintenance(m.plc.block)),
    commissioned: commissioningOf(m.config, m.row, env.now.ms).kind === 'commissioned',
    hasInterlock: m.config.interlock !== undefined,
    access: access.word(m),
    session: open,
    reserved: bookingNow !== undefined,
    ...(closed ? { closed: closed.kind } : {}),
    ...timesOf(m, env, open ? heldUntil({ m, env }) : (cleanDownUntilMs ?? env.now.ms)),
    cleanDown: cleanDownUntilMs !== undefined,
    ...(inspection === undefined ? {} : { inspection }),
  })
}

/** When it will be free, and until when it is. What is under way holds its time whatever became of its booking. */
function timesOf(
  m: MachineState,
  { now }: Env,
  heldMs: number | undefined,
): Pick<Availability, 'freeAtMs' | 'freeUntilMs'> {
  const freeAtMs = heldMs && freeAt(m, Math.max(now.ms, heldMs))
  const freeUntilMs = freeUntil(m, now.ms)
  return {
    ...(freeAtMs === undefined ? {} : { freeAtMs }),
    ...(freeUntilMs === undefined ? {} : { freeUntilMs }),
  }
}

export function boardRow(m: MachineState, env: Env): BoardRow {
  const oldest = oldestRequired(m.config, m.readings)
  return {
    machine: m.config.id,
    availability: m.availability ?? { state: 'Unknown', reason: 'starting' },
    itemState: m.condition.itemState,
    mode: m.condition.mode,
    access: access.word(m),
    ...(m.session && isOpen(m.session) ? { session: m.session.id } : {}),
    maintenance: m.row.maintenance !== undefined,
    simulated: m.config.simulated,
    ...(m.config.interlock ? { failSafe: interlock.isFailSafe(m.config.interlock) } : {}),
    commissioning: commissioningOf(m.config, m.row, env.now.ms),
    asOfMs: oldest.reading?.readAtMs ?? 0,
    asOfNs: oldest.reading?.readAtNs ?? env.now.ns,
    maxAgeMs: oldest.maxAgeMs,
  }
}
