/**
 * After a restart: what the machine first shows is compared with the session that was open. A permission is kept if it
 * is still ours and cannot have been anybody else's meanwhile; otherwise it lapses, and the session closes or stays
 * suspended. Nothing is enabled here.
 * Read next: ending/ending.ts, hold/withdraw.ts, interlock/interlock.ts (`isHeldBy`, `takenUp`).
 */

import * as interlock from '../interlock/interlock.ts'
import type { Hold } from '../machine/access-state.ts'
import { interlockOf, isClockBelieved, lockOf, sessionOf } from '../machine/state.ts'
import { become, commit, putSession, record, see, type Turn } from '../machine/turn.ts'
import { deadlineRebased, deadlineReckoned } from '../session/deadline.ts'
import { sinceRebased } from '../session/overrun.ts'
import { isOpen, type Session } from '../session/session.ts'
import { close, finish } from './ending/ending.ts'
import { rememberStranger } from './hold/suspension.ts'
import * as withdraw from './hold/withdraw.ts'

/** Takes the first reading after a start, and decides what becomes of a session that was open. */
export function adopt(turn: Turn): void {
  const { m } = turn
  const { block } = lockOf(m)
  if (m.session === undefined || !isOpen(m.session))
    return become(turn, { kind: interlock.isForeign(block, undefined) ? 'Foreign' : 'Locked' })
  rebase(turn)
  const session = sessionOf(m)
  const token = Number(session.token)
  if (takeUp(turn, session)) return
  const guarded = interlock.isGuarded(interlockOf(m))
  // It is ours but may not be taken up: no heartbeat is sent, until it lapses and a cycle that still runs is complete.
  if ((guarded || session.lease !== undefined) && interlock.isOurs(block, token)) return withdraw.begin(turn, token)
  if (session.status !== 'suspended') return close(turn, session.stoppedReason ?? 'Reboot')
  const foreign = interlock.isForeign(block, guarded ? token : undefined)
  become(turn, { kind: foreign ? 'Foreign' : 'Suspended' })
  if (foreign) rememberStranger(turn)
}

/** Takes up a permission that is still ours and cannot have been anybody else's meanwhile; false when there is none. */
function takeUp(turn: Turn, session: Session): boolean {
  const { m, env } = turn
  const lock = lockOf(m)
  const { lease, plcBootId, tag, status } = session
  const token = Number(session.token)
  if (lease === undefined || plcBootId === undefined || (status !== 'open' && status !== 'finishing')) return false
  if (!interlock.canTakeUp(interlockOf(m)) || m.withdrawal !== undefined) return false
  if (!interlock.isHeldBy(lock.block, { token, tag, plcBootId })) return false
  const hold: Hold = {
    ...interlock.takenUp(lock.block, lease),
    token,
    tag,
    plcBootId,
    heartbeat: (Number(env.now.ms % 0xffff) + 1) % 0x10000,
    beatNs: 0n,
  }
  become(turn, { kind: 'Unlocked', hold })
  see(turn, { lock: { ...lock, sinceNs: 0n } })
  const leaseLeftMs = interlock.leftMs(lock.block)
  record(turn, 'SessionResumed', {
    token: String(token),
    adopted: true,
    ...(leaseLeftMs === undefined ? {} : { leaseLeftMs }),
  })
  if (status === 'finishing') finish(turn, hold, session.stoppedReason ?? 'Other')
  else commit(turn)
  return true
}

/**
 * After a boot of the host, moves the times of the session to the new monotonic clock, by the believed time. Until the
 * wall clock is believed, they may be too late by as long as the host was off.
 */
export function rebase(turn: Turn): void {
  const { m, env } = turn
  const session = sessionOf(m)
  if (session.bootId === env.stamp.bootId) return
  const believed = { ms: env.believedMs, ns: env.now.ns }
  putSession(turn, {
    ...session,
    ...deadlineRebased(session, believed),
    ...sinceRebased(session, believed),
    ...(isClockBelieved(env) ? {} : { unsure: 'moved' }),
    bootId: env.stamp.bootId,
  })
}

/** Computes the end of the session anew, once the clock is believed, if it was computed by a clock that was not. */
export function makeSure(turn: Turn): void {
  const { m, env } = turn
  if (m.session?.unsure === undefined || !isOpen(m.session) || !isClockBelieved(env)) return
  const { unsure, ...session } = m.session
  putSession(turn, {
    ...session,
    ...(unsure === 'moved' ? deadlineRebased(session, env.now) : deadlineReckoned(session, env.now)),
  })
}
