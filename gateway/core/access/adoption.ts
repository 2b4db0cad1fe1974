/**
 * What the machine first shows after a restart, held against the session that was open: a permission that is still
 * ours, and cannot have been anybody else's meanwhile, is kept; otherwise it lapses and the session closes. Nothing is
 * enabled.
 * Read next: access/ending/ending.ts, access/hold/withdraw.ts, interlock/interlock.ts (`isHeldBy`, `takenUp`).
 */

import { deadlineRebased } from '../booking/allowance.ts'
import * as interlock from '../interlock/interlock.ts'
import { change, commit, record, type Turn } from '../machine/turn.ts'
import { sinceRebased } from '../session/overrun.ts'
import { isOpen, type Session } from '../session/session.ts'
import { close, finish } from './ending/ending.ts'
import type { Hold } from './hold/heartbeat.ts'
import { rememberStranger } from './hold/suspension.ts'
import * as withdraw from './hold/withdraw.ts'

/** What the machine first shows after a start: what is left of a session that was open? */
export function adopt(turn: Turn): void {
  const { m } = turn
  const plc = m.plc!.block
  const { session } = m
  if (session === undefined || !isOpen(session)) {
    m.access = interlock.isForeign(plc, undefined) ? { kind: 'Foreign' } : { kind: 'Locked' }
    return
  }
  rebase(turn)
  const token = Number(session.token)
  if (takeUp(turn, session)) return
  // Ours, but not to be taken up: no heartbeats; wait until it lapses, and until a cycle that still runs is done.
  const mayBeOurs = interlock.isGuarded(m.config.interlock!) || session.lease !== undefined
  if (mayBeOurs && interlock.isOurs(plc, token)) return withdraw.begin(turn, token)
  if (session.status === 'suspended') {
    const ours = interlock.isGuarded(m.config.interlock!) ? token : undefined
    const foreign = interlock.isForeign(plc, ours)
    m.access = { kind: foreign ? 'Foreign' : 'Suspended' }
    if (foreign) rememberStranger(turn)
    return
  }
  m.access = { kind: 'Suspended' }
  close(turn, session.stoppedReason ?? 'Reboot')
}

/** A permission that is still ours, and cannot have been anybody else's meanwhile, is kept. */
function takeUp(turn: Turn, session: Session): boolean {
  const { m, env } = turn
  const { block } = m.plc!
  const { lease, plcBootId, tag, status } = session
  const token = Number(session.token)
  if (lease === undefined || plcBootId === undefined || (status !== 'open' && status !== 'finishing')) return false
  if (!interlock.canTakeUp(m.config.interlock!) || m.withdrawal !== undefined) return false
  if (!interlock.isHeldBy(block, { token, tag, plcBootId })) return false
  const hold: Hold = {
    ...interlock.takenUp(block, lease),
    token,
    tag,
    plcBootId,
    heartbeat: (Number(env.now.ms % 0xffff) + 1) % 0x10000,
    beatNs: 0n,
  }
  m.access = { kind: 'Unlocked', hold }
  m.plc = { ...m.plc!, sinceNs: 0n }
  const leaseLeftMs = interlock.leftMs(block)
  record(turn, 'SessionResumed', {
    token: String(token),
    adopted: true,
    ...(leaseLeftMs === undefined ? {} : { leaseLeftMs }),
  })
  if (status === 'finishing') finish(turn, session.stoppedReason ?? 'Other')
  else commit(turn)
  return true
}

/** After a boot of the host. While the clock cannot be trusted nobody knows how long the booking still lasts: it is over. */
export function rebase(turn: Turn): void {
  const { m, env } = turn
  const session = m.session!
  if (session.bootId === env.stamp.bootId) return
  m.session = {
    ...session,
    ...deadlineRebased(session, env.now),
    ...sinceRebased(session, env.now),
    ...(env.timeTrusted ? {} : { deadlineNs: env.now.ns.toString() }),
    bootId: env.stamp.bootId,
  }
  change(turn, { kind: 'session', session: m.session })
}
