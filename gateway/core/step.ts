/**
 * One machine: its state, what can happen to it, and what follows. `step` is the only door: an event in, effects out.
 * It has no clock, promise or log; it owns and changes the state it is given, and given the same events does the same.
 *
 *   readings ─► condition (what the machine does) ─► meters ─► access (who may use it) ─► availability
 *
 * Read next: access/access.ts (the unlock protocol), metering/metering.ts (whose units), reading/condition.ts, machine/availability.ts.
 */
import type { MachineConfig } from '../../config/site.ts'
import * as access from './access/access.ts'
import * as ending from './access/ending/ending.ts'
import { followUse } from './access/ending/revocation.ts'
import { warn } from './access/ending/warning.ts'
import * as intent from './access/intent.ts'
import * as unlock from './access/unlock.ts'
import { recordAvailability } from './board/board.ts'
import { type Booking, isNoShow } from './booking/booking.ts'
import { forgetBlocks } from './booking/plan.ts'
import { observeWall, passedMs } from './ground/wall.ts'
import * as interlock from './interlock/interlock.ts'
import type { MachineRow } from './machine/change.ts'
import {
  change,
  type Effect,
  type Env,
  INTERLOCK_POINT,
  type MachineEvent,
  type MachineState,
  record,
  reply,
  type Turn,
} from './machine/turn.ts'
import type { MeterState } from './meter/meter.ts'
import * as metering from './metering/metering.ts'
import { sample } from './metering/sample.ts'
import { onInspection } from './people/after-use.ts'
import { putBlock, removeBlock, setMaintenance } from './people/arranged.ts'
import { onCorrect } from './people/correction.ts'
import * as drilling from './people/drilling.ts'
import { readCondition } from './reading/condition.ts'
import type { Reading } from './reading/reading.ts'
import * as clocks from './session/clocks.ts'
import { isOpen, type Session } from './session/session.ts'

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
  sample(turn, readings)
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
