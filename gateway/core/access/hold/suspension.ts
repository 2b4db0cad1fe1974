/**
 * A session that loses its permission, by a lapse, a cut, a stop or another owner, does not end: it is suspended, and
 * may be resumed until its booking is over. Read next: access/access.ts (when), access/unlock.ts `onResume`,
 * withdraw.ts.
 */
import * as interlock from '../../interlock/interlock.ts'
import { become, commit, putSession, record, type Turn } from '../../machine/turn.ts'
import type { Session, SuspendedReason } from '../../session/session.ts'
import * as withdraw from './withdraw.ts'

export function suspend(turn: Turn, session: Session, reason: SuspendedReason): void {
  become(turn, { kind: reason === 'foreign' || reason === 'local' ? 'Foreign' : 'Suspended' })
  putSession(turn, { ...session, status: 'suspended', suspendedReason: reason })
  record(turn, 'SessionSuspended', { reason, plcState: interlock.lastState(turn.m.seen.lock) ?? 'unknown' })
  commit(turn)
  withdraw.begin(turn, Number(session.token))
}

/** Records a stranger so that they are known after a restart: what was made since is not the session's. */
export function rememberStranger(turn: Turn): void {
  const { session } = turn.m
  if (session !== undefined) putSession(turn, { ...session, suspendedReason: 'foreign' })
}
