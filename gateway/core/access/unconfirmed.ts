/**
 * An unlock without an answer, or one under way when the process ended: never written again, read until it can no
 * longer come true. Nobody else gets the machine before. Read next: confirmation.ts, access/hold/withdraw.ts.
 */

import { refuse, told } from '../ground/error.ts'
import * as interlock from '../interlock/interlock.ts'
import { change, commit, record, type Turn } from '../machine/turn.ts'
import { disputeNext, pointJson, points } from '../metering/metering.ts'
import { NS_PER_MS } from '../reading/reading.ts'
import type { Session } from '../session/session.ts'
import { rebase } from './adoption.ts'
import { close } from './ending/ending.ts'
import { rememberStranger, suspend } from './hold/suspension.ts'
import * as withdraw from './hold/withdraw.ts'
import type { Attempt } from './unlock.ts'

/** Silent: never written again; it can no longer come true once its challenge is dead, and lapses by itself if it did. */
export function begin(turn: Turn, attempt: Attempt): void {
  const { m, env } = turn
  m.session = { ...m.session!, status: 'unconfirmed' }
  m.access = { kind: 'Unconfirmed', attempt }
  const lapseMs = interlock.lapsesAfterMs(m.config.interlock!)
  // Without a watchdog nothing locks it but us, when it can be reached.
  const locks = lapseMs === undefined ? {} : { locksBy: new Date(env.now.ms + lapseMs + 2000).toISOString() }
  change(turn, { kind: 'session', session: m.session })
  record(turn, 'UnlockUnconfirmed', {
    token: String(attempt.token),
    ...told('unconfirmed'),
    ...locks,
    ...interlock.stampOf(m.config.interlock!),
    resume: attempt.request === undefined,
  })
  commit(turn, attempt.command, {
    kind: 'refused',
    refusal: refuse('unconfirmed', undefined, { ...locks, session: m.session.id }),
  })
}

/**
 * Read until the machine says that nobody holds it under this token. If it was enabled after all, units may have been
 * made: the session is real, confirmed late, and suspended. Otherwise it never came to be.
 */
export function observe(turn: Turn, attempt: Attempt | undefined): void {
  const { m, env } = turn
  if (attempt !== undefined && m.plc!.reading.readAtNs <= attempt.confirmUntilNs) return
  const session = m.session!
  const plc = m.plc!.block
  const config = m.config.interlock!
  const token = Number(session.pendingToken ?? session.token)
  const fate = interlock.fateOf(plc, token)
  if (fate === 'holds') {
    m.access = { kind: 'Unconfirmed', attempt, held: true }
    return withdraw.begin(turn, token)
  }
  const lateMs = interlock.lateMs(config)
  const dead =
    attempt !== undefined
      ? env.now.ns >= attempt.confirmUntilNs + BigInt(lateMs) * NS_PER_MS
      : env.stamp.bootId !== session.bootId || sinceIntentMs(session, env.now) >= config.confirmMs + lateMs
  if (!dead) return
  const held = fate === 'held' || (fate === 'open' && m.access.kind === 'Unconfirmed' && m.access.held === true)
  record(turn, 'LockConfirmed', { token: String(token), plcState: interlock.stateOf(plc), after: 'unconfirmed' })
  if (held) return confirmedLate(turn, token, attempt)
  // Whether an output was on while nobody looked cannot be known, nor whose the units of that time are.
  if (fate === 'open') disputeNext(turn)
  const { pendingToken: _, pendingNs: __, ...rest } = session
  const resumed = session.startedAtMs !== undefined
  m.session = {
    ...rest,
    status: resumed ? 'suspended' : 'lapsed',
    ...(resumed ? {} : { endedAtMs: env.now.ms, end: points(m) }),
  }
  change(turn, { kind: 'session', session: m.session })
  if (resumed) rebase(turn)
  else m.session = undefined
  const foreign = interlock.isForeign(plc, undefined)
  m.access = { kind: foreign ? 'Foreign' : resumed ? 'Suspended' : 'Locked' }
  if (foreign) rememberStranger(turn)
  commit(turn)
}

/** By the clock that nobody sets. */
function sinceIntentMs({ pendingNs, intendedAtMs }: Session, now: Turn['env']['now']): number {
  return pendingNs === undefined ? now.ms - intendedAtMs : Number((now.ns - BigInt(pendingNs)) / NS_PER_MS)
}

function confirmedLate(turn: Turn, token: number, attempt: Attempt | undefined): void {
  const { m, env } = turn
  const { pendingToken: _, pendingNs: __, ...session } = m.session!
  m.session = { ...session, status: 'open', token: String(token), startedAtMs: session.startedAtMs ?? env.now.ms }
  record(turn, 'UnlockConfirmed', {
    token: String(token),
    tag: session.tag,
    plcBootId: m.plc!.block.bootId,
    late: true,
    plcState: interlock.stateOf(m.plc!.block),
    ...interlock.stampOf(m.config.interlock!),
    begin: session.begin.map(pointJson),
  })
  suspend(turn, 'lapse')
  if (attempt === undefined) close(turn, 'Reboot')
}
