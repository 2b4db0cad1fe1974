/**
 * Turning an output off when the permission is over. A PLC with a lease does that by itself; an output may stay on: the
 * link was cut, the module takes our polls for signs of life, or it has no watchdog at all. It is read first: only a
 * reading that shows it on leads to a write, one write each, never between an emergency stop and its reset. Turning off
 * never waits for a commit: what it rests on was recorded with the end of the permission.
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
/** After this many tries the device is asked less often. */
const TRIES = 3
const SELDOM_MS = 10_000
const READ_BACK_MS = 100

/** An output knows of no owner: only the token stands in the records of its end. */
const claimOf = (token: number): interlock.Claim => ({ token, tag: 0, plcBootId: 0 })

/**
 * From now on the output must be off. Nothing to do for a class that locks by itself, or when it was read off already.
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

/** A new reading. If it shows the output off, the withdrawal is over; if on, it is turned off by one write. */
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
  // In `Finishing` the end of the session says so.
  if (access.kind === 'Finishing' && access.phase !== 'reading') return
  record(turn, 'LockConfirmed', { token: String(token), plcState: interlock.stateOf(block), after: 'withdrawn' })
  commit(turn)
}

/** An output that is still on, or one without a watchdog that nobody can see, is an alarm. */
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

/** Nothing of ours is on any more: what is on after a restart is somebody else's. */
function forget(turn: Turn): void {
  const { session } = turn.m
  if (session?.lease === undefined) return
  const { lease: _, ...rest } = session
  putSession(turn, rest)
}
