/**
 * A session whose permission is lost, by a lapse, a cut, a stop or another owner, does not end: it may be resumed until
 * its booking is over. Read next: access/access.ts (when), access/unlock.ts `onResume`, withdraw.ts.
 */
import * as interlock from '../../interlock/interlock.ts'
import { change, commit, record, type Turn } from '../../machine/turn.ts'
import * as withdraw from './withdraw.ts'

export function suspend(turn: Turn, reason: string): void {
  const { m } = turn
  m.session = { ...m.session!, status: 'suspended', suspendedReason: reason }
  m.access = reason === 'foreign' || reason === 'local' ? { kind: 'Foreign' } : { kind: 'Suspended' }
  change(turn, { kind: 'session', session: m.session })
  record(turn, 'SessionSuspended', { reason, plcState: interlock.lastState(m.plc) ?? 'unknown' })
  commit(turn)
  withdraw.begin(turn, Number(m.session.token))
}

/** A restart must know it too: what was made since is not the session's. */
export function rememberStranger(turn: Turn): void {
  const { m } = turn
  if (m.session === undefined) return
  m.session = { ...m.session, suspendedReason: 'foreign' }
  change(turn, { kind: 'session', session: m.session })
}
