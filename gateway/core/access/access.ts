/**
 * Who may use the machine: what the lock says, what was answered, and what time brings, handed to the rule of the state
 * it is in. Heartbeats are sent while every gate holds, and the machine locks itself without them.
 * Read next: machine/access-state.ts (the states and every move), unlock.ts, intent.ts, confirmation.ts (from the
 * request to the read-back), hold/heartbeat.ts, ending/ending.ts, metering/metering.ts (whose units).
 */
import { refuse } from '../ground/refusal.ts'
import * as interlock from '../interlock/interlock.ts'
import { RELOCK_SLACK_MS } from '../interlock/lease.ts'
import type { Hold } from '../machine/access-state.ts'
import { interlockOf, lockOf, type MachineState, sessionOf } from '../machine/state.ts'
import { become, see, type Turn } from '../machine/turn.ts'
import { ageMs } from '../reading/reading.ts'
import { limitReached } from '../session/deadline.ts'
import { isOpen, type Session, type StoppedReason } from '../session/session.ts'
import { adopt } from './adoption.ts'
import { awaitConfirmation, CONFIRM_EVERY_MS, confirm } from './confirmation.ts'
import * as ending from './ending/ending.ts'
import * as finishing from './ending/finishing.ts'
import { beat, isSilent, isWithheld } from './hold/heartbeat.ts'
import { rememberStranger, suspend } from './hold/suspension.ts'
import * as withdraw from './hold/withdraw.ts'
import * as unconfirmed from './unconfirmed.ts'
import * as unlock from './unlock.ts'

/* ── what the machine says ── */

/** A new reading of the lock: is the permission what we think it is? */
export function observe(turn: Turn): void {
  const { m } = turn
  if (m.seen.lock === undefined || m.drill !== undefined) return
  withdraw.observe(turn)
  const { access } = m
  // Of an output that is being turned off nobody can say that it is a stranger's.
  if (m.withdrawal !== undefined && (access.kind === 'Locked' || access.kind === 'Suspended')) return
  switch (access.kind) {
    case 'Unknown':
      return adopt(turn)
    case 'Locked':
      if (interlock.isForeign(m.seen.lock.block, undefined)) become(turn, { kind: 'Foreign' })
      return
    case 'Foreign':
      return observeForeign(turn, m.seen.lock)
    case 'Suspended':
      if (!isStrangers(m)) return
      become(turn, { kind: 'Foreign' })
      return rememberStranger(turn)
    case 'Unlocked':
      return observeHold(turn, access.hold)
    case 'Finishing':
      return finishing.observe(turn, access)
    case 'Unlocking':
      if (access.phase === 'confirming') confirm(turn, access.attempt)
      else if (access.phase === 'checking' && isStrangers(m)) rememberStranger(turn)
      return
    case 'Unconfirmed':
      return unconfirmed.observe(turn, access)
  }
}

/** Is the stranger gone? */
function observeForeign(turn: Turn, lock: interlock.Lock): void {
  const { m } = turn
  if (interlock.isForeign(lock.block, undefined)) return
  // A PLC says whose a cycle is that still runs; behind an output it is still the stranger's.
  if (!interlock.isGuarded(interlockOf(m)) && m.seen.condition.itemState === 'Executing') return
  become(turn, { kind: m.session !== undefined && isOpen(m.session) ? 'Suspended' : 'Locked' })
  see(turn, { lock: { ...lock, sinceNs: lock.reading.readAtNs } })
}

/** Is it still held for us? */
function observeHold(turn: Turn, hold: Hold): void {
  const { m } = turn
  const { block } = lockOf(m)
  const locksItself = interlock.locksItself(interlockOf(m))
  if (!interlock.isHeldBy(block, hold) || interlock.isUnsafe(block))
    return suspend(turn, sessionOf(m), interlock.lossOf(block, hold))
  if (locksItself) return
  if (m.seen.condition.emergencyStop) return suspend(turn, sessionOf(m), 'emergency-stop')
  keep(turn, hold)
}

/** A PLC says that a permission is still ours; an output was read off, and is on again by somebody else. */
function isStrangers(m: MachineState): boolean {
  const ours = m.session !== undefined && interlock.isGuarded(interlockOf(m))
  return interlock.isForeign(lockOf(m).block, ours ? Number(m.session?.token) : undefined)
}

/* ── answers and time ── */

/** What was asked for with this ref has been read. */
export function onReadings(turn: Turn, ref: number | undefined): void {
  const { access } = turn.m
  if (ref === undefined || !('ref' in access) || access.ref !== ref) return
  if (access.kind === 'Finishing') return finishing.onReadings(turn, access)
  if (access.phase === 'checking') unlock.onChecked(turn, access.asked)
  else if (access.phase === 'confirming') awaitConfirmation(turn, access.attempt, CONFIRM_EVERY_MS)
}

export function onReadFailed(turn: Turn, ref: number, detail: string): void {
  const { access } = turn.m
  if (access.kind === 'Unlocking' && access.phase === 'checking' && access.ref === ref)
    return unlock.abandon(turn, access.asked, refuse('not-fresh', detail))
  onReadings(turn, ref)
}

export function onTick(turn: Turn): void {
  const { m, env } = turn
  withdraw.onTick(turn)
  const { access } = m
  switch (access.kind) {
    case 'Unlocking':
      if (access.phase === 'checking' && env.now.ns >= access.asked.checkUntilNs)
        unlock.abandonUnread(turn, access.asked)
      else if (access.phase === 'confirming' && env.now.ns >= access.attempt.confirmUntilNs)
        unconfirmed.begin(turn, access.attempt)
      return
    case 'Unlocked': {
      const reason = overBy(sessionOf(m), env.now.ns) ?? limitReached(sessionOf(m))
      return reason ? ending.finish(turn, access.hold, reason) : keep(turn, access.hold)
    }
    case 'Finishing':
      return finishing.onTick(turn, access)
    case 'Suspended':
    case 'Foreign': {
      const reason = m.session && overBy(m.session, env.now.ns)
      if (reason) ending.close(turn, reason)
      return
    }
    case 'Unknown':
    case 'Locked':
    case 'Unconfirmed':
      return
  }
}

/** Why a session has no right to go on. */
function overBy({ revoked, deadlineNs }: Session, nowNs: bigint): StoppedReason | undefined {
  if (revoked !== undefined) return 'DeAuthorized'
  return nowNs >= BigInt(deadlineNs) ? 'TimeLimitReached' : undefined
}

/** The next heartbeat, or the end of the permission when it cannot be kept. */
function keep(turn: Turn, hold: Hold): void {
  const { m, env } = turn
  const config = interlockOf(m)
  const silent = isSilent(env, m)
  // Nothing can lapse and nothing be written: it is as it was, and Unknown to others, until it is read again.
  if (interlock.lapsesAfterMs(config) === undefined && silent)
    return become(turn, { kind: 'Unlocked', hold: { ...hold, beatNs: env.now.ns } })
  const { lock } = m.seen
  const silentMs = lock === undefined ? 0 : ageMs(lock.reading, env.now)
  if (silentMs > config.leaseMs + RELOCK_SLACK_MS) return suspend(turn, sessionOf(m), 'cut')
  if (isWithheld(env, config, hold)) return suspend(turn, sessionOf(m), silent ? 'cut' : 'gates')
  beat(turn, hold, (sent) => ({ kind: 'Unlocked', hold: sent }))
}
