/**
 * Turning an output off when the permission is over. A PLC with a lease locks by itself, but an output may stay on: the
 * link was cut, the module counts polls as signs of life, or it has no watchdog at all. It is read first: each reading
 * that shows it on leads to at most one write, and to none between an emergency stop and its reset. Turning off never
 * waits for a commit, since the end of the permission is recorded already.
 * Read next: access/ending/ending.ts (who asks for it), interlock/interlock.ts.
 */

import { NS_PER_MS } from '../../ground/moment.ts'
import * as interlock from '../../interlock/interlock.ts'
import { RELOCK_MS } from '../../interlock/lease.ts'
import { interlockOf } from '../../machine/state.ts'
import { askRead, askWrite, commit, putSession, putWithdrawal, record, type Turn } from '../../machine/turn.ts'
import { ageMs, silentAfterMs } from '../../reading/reading.ts'
import { isJustRead } from './heartbeat.ts'

const AGAIN_MS = 1000
/** After this many writes they are repeated less often. */
const TRIES = 3
const SELDOM_MS = 10_000
const READ_BACK_MS = 100

/** An output has no owner; only the token is needed, for the records. */
const claimOf = (token: number): interlock.Claim => ({ token, tag: 0, plcBootId: 0 })

/**
 * From now on the output must be off. There is nothing to do for a class that locks by itself, or if it was read off
 * already.
 */
export function begin(turn: Turn, token: number): void {
  const { m, env } = turn
  const config = interlockOf(m)
  if (interlock.locksItself(config) || m.withdrawal !== undefined) return
  const { lock } = m.seen
  const recent = lock !== undefined && ageMs(lock.reading, env.now) <= 2 * config.pollMs
  if (recent && interlock.isOver(lock.block, claimOf(token))) return forget(turn)
  putWithdrawal(turn, { token, sinceNs: env.now.ns, wroteNs: 0n, tries: 0, alarmed: false })
  if (recent) askRead(turn, 'interlock')
}

/**
 * Takes a new reading. If it shows the output off, the withdrawal is over; if it shows it on, one write turns it off.
 */
export function observe(turn: Turn): void {
  const { m, env } = turn
  const { withdrawal } = m
  const { lock, condition } = m.seen
  if (withdrawal === undefined || lock === undefined || !isJustRead(env.now, lock)) return
  const { token } = withdrawal
  if (interlock.isOver(lock.block, claimOf(token))) return over(turn, token, lock)
  const pauseMs = withdrawal.tries < TRIES ? AGAIN_MS : SELDOM_MS
  const due = withdrawal.tries === 0 || env.now.ns >= withdrawal.wroteNs + BigInt(pauseMs) * NS_PER_MS
  if (!due || m.wire.writing !== undefined || condition.emergencyStop) return
  putWithdrawal(turn, { ...withdrawal, wroteNs: env.now.ns, tries: withdrawal.tries + 1 })
  const off = { ...claimOf(token), seq: 0, challenge: 0, heartbeat: 0, command: 'revoke' } as const
  askWrite(turn, interlock.revokeWords(interlockOf(m), off))
  askRead(turn, 'interlock', READ_BACK_MS)
}

function over(turn: Turn, token: number, { block }: interlock.Lock): void {
  const { access } = turn.m
  putWithdrawal(turn, undefined)
  forget(turn)
  // In `Finishing` this is recorded by ending/finishing.ts.
  if (access.kind === 'Finishing' && access.phase !== 'reading') return
  record(turn, 'LockConfirmed', { token: String(token), plcState: interlock.stateOf(block), after: 'withdrawn' })
  commit(turn)
}

/** Raises an alarm when the output is still on, or cannot be read and has no watchdog. */
export function onTick(turn: Turn): void {
  const { m, env } = turn
  const { withdrawal } = m
  if (withdrawal === undefined || withdrawal.alarmed || m.access.kind === 'Finishing') return
  if (env.now.ns < withdrawal.sinceNs + BigInt(RELOCK_MS) * NS_PER_MS) return
  const config = interlockOf(m)
  const { lock } = m.seen
  const seen = lock !== undefined && ageMs(lock.reading, env.now) <= silentAfterMs(config.pollMs) ? lock : undefined
  if (seen === undefined && interlock.isFailSafe(config)) return
  putWithdrawal(turn, { ...withdrawal, alarmed: true })
  const plcState = seen === undefined ? 'unreachable' : interlock.stateOf(seen.block)
  record(turn, 'LockUnconfirmed', { token: String(withdrawal.token), plcState })
  commit(turn)
}

/** Our permission is over: an output that is on after a restart is somebody else's. */
function forget(turn: Turn): void {
  const { session } = turn.m
  if (session?.lease === undefined) return
  const { lease: _, ...rest } = session
  putSession(turn, rest)
}
