/**
 * Who may use the machine: readings of the lock, answers and ticks are passed to the rule of the current state of
 * access. Heartbeats are sent while every gate holds; without them the machine locks itself.
 * Read next: machine/access-state.ts (the states and every move), unlock.ts, intent.ts, confirmation.ts (from the
 * request to the read-back), hold/heartbeat.ts, ending/ending.ts, metering/metering.ts (whose units).
 */
import * as interlock from '../interlock/interlock.ts'
import { RELOCK_SLACK_MS } from '../interlock/lease.ts'
import type { Hold } from '../machine/access-state.ts'
import { interlockOf, lockOf, type MachineState, sessionOf } from '../machine/state.ts'
import { become, see, type Turn } from '../machine/turn.ts'
import { ageMs } from '../reading/reading.ts'
import { limitReached } from '../session/deadline.ts'
import { isOpen, type Session, type StoppedReason } from '../session/session.ts'
import { adopt, rebase } from './adoption.ts'
import { awaitConfirmation, CONFIRM_EVERY_MS, confirm } from './confirmation.ts'
import * as ending from './ending/ending.ts'
import * as finishing from './ending/finishing.ts'
import { beat, isSilent, isWithheld } from './hold/heartbeat.ts'
import { rememberStranger, suspend } from './hold/suspension.ts'
import * as withdraw from './hold/withdraw.ts'
import * as unconfirmed from './unconfirmed.ts'
import * as unlock from './unlock.ts'

/* ── readings of the lock ── */

/** Checks a new reading of the lock against the state of access. */
export function observe(turn: Turn): void {
  const { m } = turn
  if (m.seen.lock === undefined || m.drill !== undefined) return
  withdraw.observe(turn)
  const { access } = m
  // While an output is being turned off, being on does not mean that a stranger uses it.
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

/** Checks whether the stranger is gone. */
function observeForeign(turn: Turn, lock: interlock.Lock): void {
  const { m } = turn
  if (interlock.isForeign(lock.block, undefined)) return
  // A PLC reports the owner of a cycle that still runs. Behind an output such a cycle is still the stranger's.
  if (!interlock.isGuarded(interlockOf(m)) && m.seen.condition.itemState === 'Executing') return
  become(turn, { kind: m.session !== undefined && isOpen(m.session) ? 'Suspended' : 'Locked' })
  see(turn, { lock: { ...lock, sinceNs: lock.reading.readAtNs } })
}

/** Checks whether the permission still holds. */
function observeHold(turn: Turn, hold: Hold): void {
  const { m } = turn
  const { block } = lockOf(m)
  const locksItself = interlock.locksItself(interlockOf(m))
  if (!interlock.isHeldBy(block, hold) || interlock.isUnsafe(block))
    return suspend(turn, sessionOf(m), interlock.lossOf(block, hold))
  if (locksItself) return follow(turn, hold)
  if (m.seen.condition.emergencyStop) return suspend(turn, sessionOf(m), 'emergency-stop')
  keep(turn, hold)
}

/**
 * The finish that a life of the gateway before this one wrote last may arrive after its permission was taken up. From
 * then on only that block renews it.
 */
function follow(turn: Turn, hold: Hold): void {
  const { lease } = sessionOf(turn.m)
  const latest = lease && interlock.takenUp(lockOf(turn.m).block, lease)
  if (latest?.command === 'finish' && hold.command === 'enable')
    become(turn, { kind: 'Unlocked', hold: { ...hold, ...latest } })
}

/**
 * Whether a stranger holds the machine. A PLC reports a permission that is still ours; an output has been read off
 * since, so somebody else turned it on.
 */
function isStrangers(m: MachineState): boolean {
  const ours = m.session !== undefined && interlock.isGuarded(interlockOf(m))
  return interlock.isForeign(lockOf(m).block, ours ? Number(m.session?.token) : undefined)
}

/* ── answers and ticks ── */

/** The answer to a read that was asked for with this ref. */
export function onReadings(turn: Turn, ref: number | undefined): void {
  const { access } = turn.m
  if (ref === undefined || !('ref' in access) || access.ref !== ref) return
  if (access.kind === 'Finishing') return finishing.onReadings(turn, access)
  if (access.phase === 'checking') unlock.onChecked(turn, access.asked)
  else if (access.phase === 'confirming') awaitConfirmation(turn, access.attempt, CONFIRM_EVERY_MS)
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
      return m.config.interlock === undefined ? closeWithoutInterlock(turn) : undefined
    case 'Locked':
    case 'Unconfirmed':
      return
  }
}

/** The interlock was taken out of the configuration while a session was open: nobody can hold or read it any more. */
function closeWithoutInterlock(turn: Turn): void {
  rebase(turn)
  if (sessionOf(turn.m).startedAtMs === undefined) unconfirmed.neverCame(turn, false)
  else ending.close(turn, 'Reboot')
}

/** Why a session has lost its right to go on; undefined when it has not. */
function overBy({ revoked, deadlineNs }: Session, nowNs: bigint): StoppedReason | undefined {
  if (revoked !== undefined) return 'DeAuthorized'
  return nowNs >= BigInt(deadlineNs) ? 'TimeLimitReached' : undefined
}

/** Sends the next heartbeat, or suspends the session when the permission cannot be kept. */
function keep(turn: Turn, hold: Hold): void {
  const { m, env } = turn
  const config = interlockOf(m)
  const silent = isSilent(env, m)
  // It cannot lapse and cannot be written: it stays as it is, and others see it as Unknown, until it is read again.
  if (interlock.lapsesAfterMs(config) === undefined && silent)
    return become(turn, { kind: 'Unlocked', hold: { ...hold, beatNs: env.now.ns } })
  const { lock } = m.seen
  const silentMs = lock === undefined ? 0 : ageMs(lock.reading, env.now)
  if (silentMs > config.leaseMs + RELOCK_SLACK_MS) return suspend(turn, sessionOf(m), 'cut')
  if (isWithheld(env, config, hold)) return suspend(turn, sessionOf(m), silent ? 'cut' : 'gates')
  beat(turn, hold, (sent) => ({ kind: 'Unlocked', hold: sent }))
}
