/**
 * An enable that was never answered. It is never resent; the lock is polled until the enable can no longer take effect,
 * or until it is seen that it did. Nothing here unlocks a machine.
 * Read next: confirmation.ts, hold/withdraw.ts.
 */

import { type Moment, NS_PER_MS } from '../ground/moment.ts'
import { decisionOf, refuse } from '../ground/refusal.ts'
import * as interlock from '../interlock/interlock.ts'
import { RELOCK_SLACK_MS } from '../interlock/lease.ts'
import type { Attempt } from '../machine/access-state.ts'
import { clockOf, type Env, interlockOf, lockOf, sessionOf } from '../machine/state.ts'
import { become, closeSession, commit, putSession, record, type Turn } from '../machine/turn.ts'
import { pointJson } from '../meter/point.ts'
import { disputeNext, points } from '../metering/metering.ts'
import { type Session, withoutIntent } from '../session/session.ts'
import { rebase } from './adoption.ts'
import { close } from './ending/ending.ts'
import { rememberStranger, suspend } from './hold/suspension.ts'
import * as withdraw from './hold/withdraw.ts'

type Unconfirmed = { readonly attempt: Attempt | undefined; readonly held?: true }

/**
 * The machine did not answer: the enable expires with its challenge, and what it may have switched on lapses by itself.
 */
export function begin(turn: Turn, attempt: Attempt): void {
  const { m, env } = turn
  const config = interlockOf(m)
  const session: Session = { ...sessionOf(m), status: 'unconfirmed' }
  const lapseMs = interlock.lapsesAfterMs(config)
  // Without a watchdog only the gateway can lock it, and only when it can be reached.
  const locks = lapseMs === undefined ? {} : { locksBy: new Date(env.now.ms + lapseMs + RELOCK_SLACK_MS).toISOString() }
  become(turn, { kind: 'Unconfirmed', attempt })
  putSession(turn, session)
  record(turn, 'UnlockUnconfirmed', {
    token: String(attempt.token),
    ...decisionOf('unconfirmed'),
    ...locks,
    ...interlock.stampOf(config),
    resume: attempt.request === undefined,
  })
  const refusal = refuse('unconfirmed', undefined, { ...locks, session: session.id })
  commit(turn, attempt.command, { kind: 'refused', refusal })
}

/**
 * Takes readings until the machine shows that nobody holds it under this token. If it was enabled after all, units may
 * have been made: the session counts, is confirmed late, and suspended. Otherwise it never existed.
 */
export function observe(turn: Turn, { attempt, held: wasHeld }: Unconfirmed): void {
  const { m, env } = turn
  const { block, reading } = lockOf(m)
  if (attempt !== undefined && reading.readAtNs <= attempt.confirmUntilNs) return
  const session = sessionOf(m)
  const token = Number(session.pendingToken ?? session.token)
  const fate = interlock.fateOf(block, token)
  if (fate === 'holds') {
    become(turn, { kind: 'Unconfirmed', attempt, held: true })
    return withdraw.begin(turn, token)
  }
  if (!isDead(env, interlockOf(m), session, attempt)) return
  record(turn, 'LockConfirmed', { token: String(token), plcState: interlock.stateOf(block), after: 'unconfirmed' })
  if (fate === 'held' || (fate === 'open' && wasHeld)) return confirmedLate(turn, token, attempt)
  // It cannot be known whether the output was on between two readings, nor whose the units of that time are.
  if (fate === 'open') disputeNext(turn)
  neverCame(turn, interlock.isForeign(block, undefined))
}

/** Whether the enable can no longer take effect. */
function isDead(
  { now, stamp }: Env,
  config: ReturnType<typeof interlockOf>,
  session: Session,
  attempt: Attempt | undefined,
): boolean {
  const lateMs = interlock.lateMs(config)
  if (attempt !== undefined) return now.ns >= attempt.confirmUntilNs + BigInt(lateMs) * NS_PER_MS
  return stamp.bootId !== session.bootId || sinceIntentMs(session, now) >= config.confirmMs + lateMs
}

/** Time since the intent, by the monotonic clock where the intent has it. */
function sinceIntentMs({ pendingNs, intendedAtMs }: Session, now: Moment): number {
  return pendingNs === undefined ? now.ms - intendedAtMs : Number((now.ns - BigInt(pendingNs)) / NS_PER_MS)
}

/** Nothing came of the enable: the session never existed, or stays suspended when it was to be resumed. */
export function neverCame(turn: Turn, foreign: boolean): void {
  const { m, env } = turn
  const session = withoutIntent(sessionOf(m))
  const resumed = session.startedAtMs !== undefined
  if (resumed) {
    putSession(turn, { ...session, status: 'suspended' })
    rebase(turn)
  } else closeSession(turn, { ...session, status: 'lapsed', endedAtMs: env.now.ms, end: points(m) })
  become(turn, { kind: foreign ? 'Foreign' : resumed ? 'Suspended' : 'Locked' })
  if (foreign) rememberStranger(turn)
  commit(turn)
}

function confirmedLate(turn: Turn, token: number, attempt: Attempt | undefined): void {
  const { m, env } = turn
  const session = withoutIntent(sessionOf(m))
  const { block } = lockOf(m)
  const open: Session = {
    ...session,
    status: 'open',
    token: String(token),
    startedAtMs: session.startedAtMs ?? env.now.ms,
    ...clockOf(env, session),
  }
  record(turn, 'UnlockConfirmed', {
    token: String(token),
    tag: session.tag,
    plcBootId: block.bootId,
    late: true,
    plcState: interlock.stateOf(block),
    ...interlock.stampOf(interlockOf(m)),
    begin: session.begin.map(pointJson),
  })
  suspend(turn, open, 'lapse')
  if (attempt === undefined) close(turn, 'Reboot')
}
