/**
 * What others see of a machine: its availability, which is recorded when it changes, and its row of the board. It is
 * derived from the state at one moment and decides nothing. Read next: machine/availability.ts (which word, and why),
 * machine/state.ts `accessWord`.
 */

import { heldUntil } from '../access/ending/grace.ts'
import { around } from '../booking/booking.ts'
import { closedNow, freeAt, freeUntil } from '../booking/plan.ts'
import { commissioningOf } from '../drill/commissioning.ts'
import { fullQuota, spend } from '../ground/quota.ts'
import * as interlock from '../interlock/interlock.ts'
import { type Availability, deriveAvailability } from '../machine/availability.ts'
import { accessWord, calendarOf, type Env, type MachineState } from '../machine/state.ts'
import { putRow, record, show, type Turn } from '../machine/turn.ts'
import * as metering from '../metering/metering.ts'
import { silentMeters } from '../metering/silence.ts'
import { cleanDownUntil, inspectionOf } from '../people/after-use.ts'
import { stopping } from '../people/reports.ts'
import { serviceReason } from '../people/services.ts'
import { oldestRequired, staleness } from '../reading/condition.ts'
import { clockTimes } from '../session/clocks.ts'
import type { Report } from '../session/report.ts'
import { isOpen } from '../session/session.ts'
import type { BoardRow } from './message.ts'

export function recordAvailability(turn: Turn): void {
  const { m, env } = turn
  const availability = availabilityOf(env, m)
  nameStranger(turn, availability)
  const { availability: before, recorded, unrecorded } = m.shown
  const { state, reason } = availability
  const isNew = !isSame(before, availability)
  show(turn, { availability, unrecorded: unrecorded + (isNew ? 1 : 0) })
  if (isSame(recorded, availability) || !mayRecord(turn, recorded?.state, state)) return
  const others = m.shown.unrecorded - 1
  show(turn, { recorded: { state, ...(reason === undefined ? {} : { reason }) }, unrecorded: 0 })
  const { itemState, mode } = m.seen.condition
  const from = recorded?.state ?? m.row.availability ?? 'Unknown'
  putRow(turn, { ...m.row, availability: state })
  record(turn, 'AvailabilityChanged', {
    from,
    to: state,
    ...(reason === undefined ? {} : { reason }),
    access: accessWord(m),
    itemState,
    mode,
    ...(others > 0 ? { unrecorded: others } : {}),
  })
}

type Told = Pick<Availability, 'state' | 'reason'>

/** Whether two mean the same to people, whatever their times are. */
export function isSame(one: Told | undefined, other: Told): boolean {
  return one?.state === other.state && one.reason === other.reason
}

/** A machine that flaps between Unknown and something is recorded so often and no more; anything else always is. */
function mayRecord(turn: Turn, from: Told['state'] | undefined, to: Told['state']): boolean {
  if (from !== 'Unknown' && to !== 'Unknown') return true
  const { m, env } = turn
  const quota = spend(m.shown.quota ?? fullQuota(env.flapsPerHour, env.now.ns), env.now.ns)
  if (quota !== undefined) show(turn, { quota })
  return quota !== undefined
}

/** Records when the use of a stranger begins and ends, and what it made once it is known to be over. */
function nameStranger(turn: Turn, { state, reason }: Availability): void {
  const { shown, seen } = turn.m
  const foreign = reason === 'foreign'
  if (foreign !== shown.foreign) {
    show(turn, { foreign })
    record(turn, 'ForeignUse', {
      phase: foreign ? 'began' : 'ended',
      itemState: seen.condition.itemState,
      ...(seen.lock ? interlock.shownJson(seen.lock.block) : {}),
    })
  }
  if (!foreign && state !== 'Unknown') metering.nameForeign(turn)
}

export function availabilityOf(env: Env, m: MachineState): Availability {
  const { condition, lock, readings } = m.seen
  const { now: bookingNow } = around(m.bookings, env.now.ms)
  const closed = closedNow(calendarOf(m), env.now.ms)
  const stale = staleness(m.config, readings, env.now)
  const unsafe = interlock.whyUnsafe(lock)
  const lockState = interlock.lastState(lock)
  const open = m.session !== undefined && isOpen(m.session)
  const cleanDownUntilMs = cleanDownUntil(env, m)
  const inspection = inspectionOf(m)
  const reported = stopping(m)
  return deriveAvailability({
    ...(stale ? { stale } : {}),
    ...(unsafe === undefined ? {} : { unsafe }),
    itemState: condition.itemState,
    fault: condition.fault || lockState === 'fault',
    emergencyStop: condition.emergencyStop || lockState === 'emergency-stop',
    maintenance: m.row.maintenance !== undefined || (lock !== undefined && interlock.isInMaintenance(lock.block)),
    commissioned: commissioningOf(m.config, m.row.drill, env.now.ms).kind === 'commissioned',
    hasInterlock: m.config.interlock !== undefined,
    access: accessWord(m),
    session: open,
    reserved: bookingNow !== undefined,
    ...(closed ? { closed: closed.kind } : {}),
    ...timesOf(env, m, open ? heldUntil(env, m) : (cleanDownUntilMs ?? env.now.ms)),
    cleanDown: cleanDownUntilMs !== undefined,
    ...(inspection === undefined ? {} : { inspection }),
    ...(reported === undefined ? {} : { reported: { reason: reasonOf(m, reported), detail: reported.text } }),
  })
}

/**
 * When the machine will be free, and until when it is. A session holds its time even if its booking has changed or
 * ended.
 */
function timesOf(
  { now }: Env,
  m: MachineState,
  heldMs: number | undefined,
): Pick<Availability, 'freeAtMs' | 'freeUntilMs'> {
  const calendar = calendarOf(m)
  const freeAtMs = heldMs && freeAt(calendar, Math.max(now.ms, heldMs))
  const freeUntilMs = freeUntil(calendar, now.ms)
  return {
    ...(freeAtMs === undefined ? {} : { freeAtMs }),
    ...(freeUntilMs === undefined ? {} : { freeUntilMs }),
  }
}

/** When the oldest of the readings was made that the machine is shown by, and how old it may be. */
export function asOfNow(m: MachineState, { now }: Env): Pick<BoardRow, 'asOfMs' | 'asOfNs' | 'maxAgeMs'> {
  const { reading, maxAgeMs } = oldestRequired(m.config, m.seen.readings)
  return { asOfMs: reading?.readAtMs ?? 0, asOfNs: reading?.readAtNs ?? now.ns, maxAgeMs }
}

export function boardRow(m: MachineState, env: Env): BoardRow {
  return {
    machine: m.config.id,
    availability: m.shown.availability ?? { state: 'Unknown', reason: 'starting' },
    itemState: m.seen.condition.itemState,
    mode: m.seen.condition.mode,
    access: accessWord(m),
    ...(m.session && isOpen(m.session) ? { session: m.session.id } : {}),
    ...(m.session?.clocks ? { clocks: { ...clockTimes(m.session), atMs: env.now.ms } } : {}),
    maintenance: m.row.maintenance !== undefined,
    simulated: m.config.simulated,
    ...(m.config.interlock ? { failSafe: interlock.isFailSafe(m.config.interlock) } : {}),
    silent: silentMeters(env, m),
    commissioning: commissioningOf(m.config, m.row.drill, env.now.ms),
    clock: env.stamp.clock,
    ...asOfNow(m, env),
  }
}

const reasonOf = (m: MachineState, report: Report) =>
  report.cause === 'service' ? serviceReason(m, report) : 'reported'
