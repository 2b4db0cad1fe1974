/**
 * The answer of the machine to the one write: it is read until it shows a permission under our token, or refuses.
 * Either result is recorded, and answered once that is durable. An accepted write proves nothing, and the write is
 * never repeated. Read next: unconfirmed.ts (no answer at all), interlock/interlock.ts (what it shows),
 * hold/heartbeat.ts (how a permission is kept).
 */

import { decisionOf, type Refusal, refuse } from '../ground/refusal.ts'
import * as interlock from '../interlock/interlock.ts'
import type { Attempt, Hold } from '../machine/access-state.ts'
import { clockOf, interlockOf, lockOf, sessionOf } from '../machine/state.ts'
import { askRead, become, change, closeSession, commit, putSession, record, type Turn } from '../machine/turn.ts'
import { pointJson } from '../meter/point.ts'
import { withoutIntent } from '../session/session.ts'

/** Pause between two reads of the interlock while a confirmation is awaited, ms. */
export const CONFIRM_EVERY_MS = 100
const OVERTAKEN = 'another gateway unlocked the machine at the same moment; only one gateway should serve a machine'

export function awaitConfirmation(turn: Turn, attempt: Attempt, afterMs: number): void {
  become(turn, { kind: 'Unlocking', phase: 'confirming', ref: askRead(turn, 'interlock', afterMs), attempt })
}

export function confirm(turn: Turn, attempt: Attempt): void {
  const answer = interlock.answerOf(lockOf(turn.m).block, attempt)
  switch (answer.kind) {
    case 'held':
      return confirmed(turn, attempt)
    case 'refused':
      return refused(turn, attempt, refuse('machine-refused', answer.detail), { reason: answer.reason })
    case 'overtaken':
      return refused(turn, attempt, refuse('foreign-use', OVERTAKEN), { reason: 'overtaken' })
    case 'silent':
      return
  }
}

function confirmed(turn: Turn, attempt: Attempt): void {
  const { m, env } = turn
  const { suspendedReason: _, ...session } = withoutIntent(sessionOf(m))
  const { command, request, confirmUntilNs: __, ...claim } = attempt
  const { token, tag, plcBootId, seq, challenge } = claim
  const resumed = request === undefined
  const open = {
    ...session,
    status: 'open',
    token: String(token),
    plcBootId,
    lease: { seq, challenge },
    startedAtMs: session.startedAtMs ?? env.now.ms,
    ...(resumed ? {} : clockOf(env, session)),
  } as const
  const hold: Hold = { ...claim, heartbeat: 0, command: 'enable', beatNs: env.now.ns }
  become(turn, { kind: 'Unlocked', hold })
  putSession(turn, open)
  const { block } = lockOf(m)
  const leaseLeftMs = interlock.leftMs(block)
  record(turn, 'UnlockConfirmed', {
    token: String(token),
    tag,
    plcBootId,
    plcState: interlock.stateOf(block),
    ...(leaseLeftMs === undefined ? {} : { leaseLeftMs }),
    ...interlock.stampOf(interlockOf(m)),
    resume: resumed,
    ...(resumed ? {} : { begin: open.begin.map(pointJson) }),
  })
  if (resumed) record(turn, 'SessionResumed', { token: String(token), adopted: false })
  commit(turn, command, { kind: 'session', session: open })
}

/** The machine refused, or was never asked: the booking token may be used again. */
export function refused(
  turn: Turn,
  { command, request, token }: Attempt,
  refusal: Refusal,
  data: { reason: string | number; detail?: string },
): void {
  const { m, env } = turn
  const session = withoutIntent(sessionOf(m))
  record(turn, 'UnlockRefused', {
    token: String(token),
    ...data,
    ...decisionOf(refusal.code),
    resume: request === undefined,
  })
  if (request === undefined) {
    putSession(turn, { ...session, status: 'suspended' })
    become(turn, { kind: 'Suspended' })
  } else {
    if (request.jti !== undefined) change(turn, { kind: 'token-released', jti: request.jti })
    closeSession(turn, { ...session, status: 'refused', endedAtMs: env.now.ms })
    become(turn, { kind: 'Locked' })
  }
  commit(turn, command, { kind: 'refused', refusal })
}
