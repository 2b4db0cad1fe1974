/**
 * The way from the end of a session to a locked machine and its end reading.
 *
 *   cycle: heartbeats while it runs ─► revoking ─► locked, read back ─► reading ─► ended
 *
 * A running cycle is cut only at the last instant of the end (grace.ts). The end reading is awaited for a limited time;
 * then the session closes as `incomplete`, and later units are disputed.
 * Read next: session-end.ts (what is recorded), grace.ts, hold/heartbeat.ts, hold/withdraw.ts (an output).
 */

import { NS_PER_MS } from '../../ground/moment.ts'
import * as interlock from '../../interlock/interlock.ts'
import { RELOCK_MS, RELOCK_SLACK_MS } from '../../interlock/lease.ts'
import type { Finishing, Held, Hold, ReadingEnd } from '../../machine/access-state.ts'
import { interlockOf, lockOf, type MachineState, sessionOf } from '../../machine/state.ts'
import { askRead, askWrite, become, commit, putSession, record, reply, type Turn } from '../../machine/turn.ts'
import { pointJson } from '../../meter/point.ts'
import { traceBand } from '../../metering/bands.ts'
import { settledSince } from '../../metering/fresh.ts'
import { points } from '../../metering/metering.ts'
import { ageMs } from '../../reading/reading.ts'
import type { Session } from '../../session/session.ts'
import { beat, isSilent, isWithheld } from '../hold/heartbeat.ts'
import * as withdraw from '../hold/withdraw.ts'
import { graceEndNs, lastInstantNs, lockedByMs } from './grace.ts'
import { end } from './session-end.ts'

/** A PLC acknowledges `finish` within this time, ms. */
const FINISH_ACK_MS = 2000
const REVOKE_EVERY_MS = 1000
const REVOKE_TRIES = 3
/** How long an end reading is awaited, ms. */
const END_READING_MS = 60_000
const READ_EVERY_MS = 100

const after = (sinceNs: bigint, ms: number) => sinceNs + BigInt(ms) * NS_PER_MS

/** Begins the end. It is recorded at once, whatever becomes of the machine. */
export function beginEnd(turn: Turn, access: Finishing): void {
  const { m, env } = turn
  const before = sessionOf(m)
  const finishingSince = before.finishingSince ?? { ms: env.now.ms, ns: env.now.ns.toString() }
  const ending: Session = { ...before, status: 'finishing', stoppedReason: access.reason, finishingSince }
  const session = access.phase === 'reading' ? ending : withLastInstant(turn, ending)
  become(turn, access)
  putSession(turn, session)
  recordFinishing(turn, access, session.overrun !== undefined)
  commit(turn)
}

/** The session with the time by which its machine is locked. */
export function withLastInstant({ m, env }: Turn, session: Session): Session {
  const sinceNs = BigInt(session.finishingSince?.ns ?? env.now.ns)
  return { ...session, lockedByMs: lockedByMs(env, { ...m, session }, sinceNs) }
}

function recordFinishing(turn: Turn, { reason }: Finishing, overrun: boolean): void {
  const { itemState } = turn.m.seen.condition
  record(turn, 'SessionFinishing', { reason, overrun, itemState, meters: points(turn.m).map(pointJson) })
}

export function onTick(turn: Turn, before: Finishing): void {
  const { env } = turn
  const access = answerWaiting(turn, before)
  if (access.phase === 'reading') {
    if (env.now.ns >= after(access.sinceNs, END_READING_MS)) end(turn, access, true)
    return
  }
  if (hasLapsed(turn)) return lapsed(turn, access)
  if (access.phase === 'cycle') return tickCycle(turn, access)
  tickRevoking(turn, access)
}

/** Answers requests that have waited long enough for the end, with the session as it is. */
function answerWaiting(turn: Turn, access: Finishing): Finishing {
  const { now } = turn.env
  const late = access.waiting.filter(({ replyByNs }) => now.ns >= replyByNs)
  if (late.length === 0) return access
  for (const { command } of late) reply(turn, command, { kind: 'session', session: sessionOf(turn.m) })
  const waiting = access.waiting.filter(({ replyByNs }) => now.ns < replyByNs)
  become(turn, { ...access, waiting })
  return { ...access, waiting }
}

/** Whether the machine was out of reach for longer than its lease, so that it has locked by its own timer. */
function hasLapsed({ m, env }: Turn): boolean {
  const lapseMs = interlock.lapsesAfterMs(interlockOf(m))
  const { lock } = m.seen
  return lapseMs !== undefined && lock !== undefined && ageMs(lock.reading, env.now) > lapseMs + RELOCK_SLACK_MS
}

function lapsed(turn: Turn, access: Held): void {
  record(turn, 'LockUnconfirmed', { token: String(access.hold.token), plcState: 'unreachable' })
  readEnd(turn, access)
  withdraw.begin(turn, access.hold.token)
}

function readEnd(turn: Turn, { kind, reason, waiting }: Held): void {
  const ref = askRead(turn, 'interlock+meters')
  become(turn, { kind, phase: 'reading', reason, waiting, ref, sinceNs: turn.env.now.ns })
}

/**
 * Sends heartbeats while the cycle runs. When it is done, or the policy of the owner requires it, the permission is
 * revoked.
 */
function tickCycle(turn: Turn, access: Held): void {
  const { m, env } = turn
  const session = sessionOf(m)
  const sinceNs = BigInt(session.finishingSince?.ns ?? access.sinceNs)
  const graceOver = env.now.ns >= graceEndNs(env, m, sinceNs)
  if (mayRevoke(turn, access, sinceNs)) return revoke(turn, access)
  if (graceOver && session.overrun === undefined) {
    putSession(turn, { ...session, overrun: { sinceMs: env.now.ms, use: session.use } })
    traceBand(turn)
    recordFinishing(turn, access, true)
  }
  beat(turn, asFinish(m.seen.lock, access.hold), (hold) => ({ ...access, hold }))
}

/** Whether the cycle is done, the last instant has come, or an output could not be renewed. */
function mayRevoke({ m, env }: Turn, { hold, sinceNs: phaseNs }: Held, sinceNs: bigint): boolean {
  const { lock, condition } = m.seen
  const { graceMs, policy } = m.config.endOfBooking
  const { overrun, released } = sessionOf(m)
  const acknowledged =
    (lock !== undefined && interlock.hasFinished(lock.block)) || env.now.ns >= after(phaseNs, FINISH_ACK_MS)
  const blind = condition.itemState === 'Unknown' && env.now.ns >= after(sinceNs, graceMs)
  const idle = condition.itemState !== 'Executing' && condition.itemState !== 'Unknown'
  const keptForOwner = policy === 'owner-release' && overrun !== undefined && !released
  const over = env.now.ns >= lastInstantNs(env, m, sinceNs)
  if (acknowledged && (over || (!keptForOwner && (idle || blind)))) return true
  const config = interlockOf(m)
  return isWithheld(env, config, hold) && interlock.isFailSafe(config)
}

/**
 * A `finish` that has visibly not taken effect is sent again under a new sequence: a block of another gateway may have
 * taken the old one.
 */
function asFinish(lock: MachineState['seen']['lock'], hold: Hold): Hold {
  if (lock === undefined || hold.beatNs === 0n) return hold
  const isMissing = lock.reading.readAtNs > hold.beatNs && !interlock.hasFinished(lock.block)
  return isMissing ? { ...hold, seq: interlock.seqAfter(lock.block, hold.seq) } : hold
}

function revoke(turn: Turn, access: Held): void {
  const { m, env } = turn
  if (m.wire.writing !== undefined) return
  const { lock, condition } = m.seen
  const config = interlockOf(m)
  const hold: Hold = { ...access.hold, seq: interlock.seqAfter(lock?.block, access.hold.seq), beatNs: env.now.ns }
  const sinceNs = access.phase === 'revoking' ? access.sinceNs : env.now.ns
  become(turn, { ...access, phase: 'revoking', hold, tries: access.tries + 1, sinceNs })
  if (!interlock.locksItself(config)) return withdraw.begin(turn, hold.token)
  // After a stop was pressed or a guard opened nothing is written, nor while the machine cannot be read: the permission
  // lapses without it.
  if (condition.emergencyStop || (lock && isStopped(lock.block)) || isSilent(env, m)) return
  askWrite(turn, interlock.revokeWords(config, hold))
  askRead(turn, 'interlock', READ_EVERY_MS)
}

const isStopped = (shown: interlock.Shown) => interlock.stateOf(shown) === 'emergency-stop' || interlock.isUnsafe(shown)

/** Withheld heartbeats lock the machine whether or not the revoke arrives; repeating it only locks it sooner. */
function tickRevoking(turn: Turn, access: Held): void {
  const { m, env } = turn
  const { hold, tries, alarmed, sinceNs } = access
  if (tries < REVOKE_TRIES && env.now.ns >= after(hold.beatNs, REVOKE_EVERY_MS)) return revoke(turn, access)
  if (alarmed || env.now.ns < after(sinceNs, RELOCK_MS)) return
  become(turn, { ...access, alarmed: true })
  record(turn, 'LockUnconfirmed', {
    token: String(hold.token),
    plcState: interlock.lastState(m.seen.lock) ?? 'unknown',
  })
  commit(turn)
}

/** Checks whether the machine has locked. */
export function observe(turn: Turn, access: Finishing): void {
  if (access.phase === 'reading') return
  const { m } = turn
  const { block } = lockOf(m)
  const session = sessionOf(m)
  // It is recorded so that it is known after a restart: what is made by the key is not the session's.
  if (interlock.isOwnerless(block) && session.suspendedReason === undefined)
    putSession(turn, { ...session, suspendedReason: 'local' })
  if (!interlock.isOver(block, access.hold)) {
    if (access.phase === 'cycle' && !interlock.locksItself(interlockOf(m))) tickCycle(turn, access)
    return
  }
  record(turn, 'LockConfirmed', {
    token: String(access.hold.token),
    plcState: interlock.stateOf(block),
    after: access.phase,
  })
  readEnd(turn, access)
}

export function onReadings(turn: Turn, access: ReadingEnd): void {
  const { m, env } = turn
  const { lock } = m.seen
  const isLockRead = m.config.interlock === undefined || (lock?.reading.readAtNs ?? -1n) >= access.sinceNs
  if (isLockRead && settledSince(env, m, access.sinceNs)) return end(turn, access, false)
  become(turn, { ...access, ref: askRead(turn, 'interlock+meters', READ_EVERY_MS) })
}
