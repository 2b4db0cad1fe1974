/**
 * The entry to the core: an event goes in, effects come out. It has no clock, promise or log. It changes the state that
 * it is given, and the same events lead to the same effects.
 *
 *   readings ─► condition (what the machine does) ─► meters ─► access (who may use it) ─► availability
 *
 * Read next: machine/state.ts (what there is), access/access.ts (the unlock protocol), metering/metering.ts (whose
 * units), reading/condition.ts, board/board.ts (what others see).
 */
import * as access from './access/access.ts'
import { makeSure } from './access/adoption.ts'
import * as ending from './access/ending/ending.ts'
import { followUse } from './access/ending/revocation.ts'
import { warn } from './access/ending/warning.ts'
import * as intent from './access/intent.ts'
import * as unlock from './access/unlock.ts'
import { availabilityOf, isSame, recordAvailability } from './board/board.ts'
import { nextDueNs, soonNs } from './board/due.ts'
import { remainingBlocks, windowsNear } from './booking/plan.ts'
import type { Moment } from './ground/moment.ts'
import * as interlock from './interlock/interlock.ts'
import type { Effect, MachineEvent } from './machine/event.ts'
import type { Env, MachineState } from './machine/state.ts'
import {
  configure,
  holdBookings,
  markBad,
  newTurn,
  pass,
  putRow,
  see,
  type Turn,
  takeReading,
  wasCommitted,
} from './machine/turn.ts'
import { runClocks } from './metering/clocks.ts'
import * as metering from './metering/metering.ts'
import { recordQuarter } from './metering/quarter.ts'
import { recordSilence } from './metering/silence.ts'
import { onInspection } from './people/after-use.ts'
import { onAnswers } from './people/answers.ts'
import { putBlock, removeBlock, setMaintenance } from './people/arranged.ts'
import { settleBookings } from './people/bookings.ts'
import { onCorrect } from './people/correction.ts'
import * as drilling from './people/drilling.ts'
import { onReport, onReportChange } from './people/reports.ts'
import { onServiceDone, watchServices } from './people/services.ts'
import { fresh, isSameCondition, readCondition } from './reading/condition.ts'
import { INTERLOCK_POINT, type Reading } from './reading/reading.ts'

/**
 * Takes a poll of a machine that nobody can use, if it says of it what the one before said, and nothing is counted by
 * it; whether it did. Then nothing follows but that the machine was read: the step that is due stays due.
 */
export function takeUneventful(m: MachineState, readings: readonly Reading[], now: Moment): boolean {
  if (m.config.interlock !== undefined || m.session !== undefined) return false
  const goesOn = ({ point, quality }: Reading) =>
    quality === 'good' &&
    fresh(m.config, m.seen.readings, point, now) !== undefined &&
    !metering.countsBy(m.config, point)
  if (!readings.every(goesOn)) return false
  for (const reading of readings) takeReading({ m }, reading)
  const { condition } = m.seen
  return isSameCondition(condition, readCondition(m.config, m.seen.readings, condition, now))
}

export function step(m: MachineState, event: MachineEvent, env: Env): readonly Effect[] {
  const turn = newTurn(m, env)
  const before = { access: m.access.kind, session: m.session?.status }
  lookAround(turn)
  take(turn, event)
  // Readings alone do not record a new availability: that waits for the next tick, so that a flicker between two ticks
  // is not recorded.
  const moved = before.access !== m.access.kind || before.session !== m.session?.status
  if (event.kind !== 'readings' || moved) recordAvailability(turn)
  if (moved || !isQuiet(turn, event)) setDue(turn, event)
  // Changes come first: commits, writes and replies of this step depend on all of them.
  return [
    ...turn.effects.filter(({ kind }) => kind === 'change'),
    ...turn.effects.filter(({ kind }) => kind !== 'change'),
  ]
}

/**
 * Whether a poll showed nothing new of a machine that nobody uses. Then the step that is due stays due: a reading can
 * only put off what time does to it.
 */
function isQuiet({ m, env, effects }: Turn, event: MachineEvent): boolean {
  if (event.kind !== 'readings' || effects.length > 0 || m.session !== undefined || m.withdrawal !== undefined)
    return false
  return m.pace.dueNs > env.now.ns && isSame(m.shown.availability, availabilityOf(env, m))
}

/** After a step that changed something follows another one, so that what rests on the change is looked at too. */
function setDue(turn: Turn, event: MachineEvent): void {
  const { m, env, effects } = turn
  const isSettled = event.kind === 'tick' && effects.length === 0
  const soon = soonNs(env)
  const { dueNs } = m.pace
  pass(turn, { dueNs: isSettled ? nextDueNs(env, m) : dueNs > env.now.ns && dueNs < soon ? dueNs : soon })
}

function take(turn: Turn, event: MachineEvent): void {
  switch (event.kind) {
    case 'readings':
      takeReadings(turn, event.readings)
      return access.onReadings(turn, event.ref)
    case 'written':
      return intent.onWritten(turn, event.ref, event.result, event.detail)
    case 'committed':
      wasCommitted(turn, event.ref)
      return intent.onCommitted(turn, event.ref)
    case 'tick':
      return onTick(turn)
    case 'unlock':
      return unlock.onUnlock(turn, event.request)
    case 'resume':
      return unlock.onResume(turn, event.command)
    case 'end':
      return ending.onEnd(turn, event.command, event.by, event.release)
    case 'maintenance':
      return setMaintenance(turn, event)
    case 'inspection':
      return onInspection(turn, event.inspection)
    case 'report':
      return onReport(turn, event)
    case 'answers':
      return onAnswers(turn, event)
    case 'service-done':
      return onServiceDone(turn, event)
    case 'report-change':
      return onReportChange(turn, event)
    case 'bookings':
      holdBookings(turn, event.bookings)
      return ending.onBookings(turn)
    case 'block':
      return putBlock(turn, event)
    case 'unblock':
      return removeBlock(turn, event)
    case 'revoked':
      return onRevoked(turn, event)
    case 'correct':
      return onCorrect(turn, event.command, event.correction)
    case 'configured':
      return configure(turn, event.config)
    case 'drill':
      return drilling.onDrill(turn, event)
    case 'drill-ended':
      return drilling.onDrillEnded(turn, event)
  }
}

function onRevoked(turn: Turn, { jtis, issuedAtMs }: Extract<MachineEvent, { kind: 'revoked' }>): void {
  const { session } = turn.m
  if (session?.jti !== undefined && jtis.includes(session.jti)) ending.revoked(turn, issuedAtMs)
}

/** Takes the newest reading per point; condition, access and meters follow from them. */
function takeReadings(turn: Turn, readings: readonly Reading[]): void {
  const { m, env } = turn
  recordQuarter(turn)
  for (const reading of readings) takeReading(turn, reading)
  if (readings.some(({ point }) => point.startsWith(INTERLOCK_POINT))) seeLock(turn)
  metering.watchOwner(turn)
  see(turn, { condition: readCondition(m.config, m.seen.readings, m.seen.condition, env.now) })
  runClocks(turn)
  access.observe(turn)
  runClocks(turn)
  metering.count(turn, readings)
  watchServices(turn)
}

function seeLock(turn: Turn): void {
  const { seen, config, session } = turn.m
  if (config.interlock === undefined) return
  const boots = [seen.lock?.block.bootId, session?.plcBootId].filter((boot) => boot !== undefined)
  const shown = interlock.see(config.interlock, seen.readings, boots)
  if (shown === undefined) return
  if ('bad' in shown) return markBad(turn, shown.bad)
  see(turn, { lock: { ...shown, sinceNs: interlock.watchedSince(config.interlock, seen.lock, shown) } })
}

function onTick(turn: Turn): void {
  const { m, env } = turn
  makeSure(turn)
  access.onTick(turn)
  tickPace(turn)
  settleBookings(turn)
  recordQuarter(turn)
  recordSilence(turn)
  watchServices(turn)
  pass(turn, { trail: followUse(m.pace.trail, m.session, env.now.ms) })
  warn(turn)
}

/** What follows from the passing of time. */
function tickPace(turn: Turn): void {
  const { m, env } = turn
  pass(turn, { startedNs: m.pace.startedNs ?? env.now.ns })
  const blocks = m.row.blocks ?? []
  const remaining = remainingBlocks(blocks, env.leastMs)
  if (remaining !== blocks) putRow(turn, { ...m.row, blocks: remaining })
}

/** Brings up to date what rules and queries read: until when the machine was shut, and its maintenance windows. */
function lookAround(turn: Turn): void {
  const { m, env } = turn
  // A tenant who finds the machine in use, closed, out of reach or without a clock does not count as absent.
  const { state } = m.shown.availability ?? { state: 'Unknown' }
  const open = (state === 'Available' || state === 'Reserved') && env.timeTrusted
  if (!open) pass(turn, { shutNs: env.now.ns })
  const windows = windowsNear(m.pace.windows, m.config.windows, env.now.ms)
  if (windows !== m.pace.windows) pass(turn, { windows })
}
