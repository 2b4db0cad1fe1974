/**
 * What the machine answers to the one write: read until it shows that it holds under our token, or says no. Either is
 * recorded, and answered when that is durable. An accepted write proves nothing, and is never repeated.
 * Read next: unconfirmed.ts (no answer at all), interlock/interlock.ts (what it shows), access/hold/heartbeat.ts (how it is kept).
 */
import { type Refusal, refuse, told } from '../ground/error.ts'
import * as interlock from '../interlock/interlock.ts'
import { change, commit, record, type Turn } from '../machine/turn.ts'
import { pointJson } from '../metering/metering.ts'
import type { Attempt } from './unlock.ts'

/** Pause between two reads of the interlock while a confirmation is awaited, ms. */
export const CONFIRM_EVERY_MS = 100
const OVERTAKEN = 'another gateway was enabled at the same moment; one of the two should not be on this machine'

export function awaitConfirmation(turn: Turn, attempt: Attempt, afterMs: number): void {
  const { m } = turn
  const ref = m.nextRef++
  m.access = { kind: 'Unlocking', phase: 'confirming', ref, attempt }
  turn.effects.push({ kind: 'read', ref, what: 'interlock', afterMs })
}

export function confirm(turn: Turn, attempt: Attempt): void {
  const answer = interlock.answerOf(turn.m.plc!.block, attempt)
  if (answer.kind === 'held') return confirmed(turn, attempt)
  if (answer.kind === 'refused')
    return refused(turn, attempt, refuse('machine-refused', answer.detail), { reason: answer.reason })
  if (answer.kind === 'overtaken')
    return refused(turn, attempt, refuse('foreign-use', OVERTAKEN), { reason: 'overtaken' })
}

function confirmed(turn: Turn, attempt: Attempt): void {
  const { m, env } = turn
  const { pendingToken: _, pendingNs: __, suspendedReason: ___, ...session } = m.session!
  const resumed = attempt.request === undefined
  m.session = {
    ...session,
    status: 'open',
    token: String(attempt.token),
    plcBootId: attempt.plcBootId,
    lease: { seq: attempt.seq, challenge: attempt.challenge },
    startedAtMs: session.startedAtMs ?? env.now.ms,
  }
  const { tag, token, seq, challenge, plcBootId } = attempt
  m.access = {
    kind: 'Unlocked',
    hold: { token, tag, seq, challenge, plcBootId, heartbeat: 0, command: 'enable', beatNs: env.now.ns },
  }
  change(turn, { kind: 'session', session: m.session })
  const plc = m.plc!.block
  const leaseLeftMs = interlock.leftMs(plc)
  record(turn, 'UnlockConfirmed', {
    token: String(token),
    tag,
    plcBootId,
    plcState: interlock.stateOf(plc),
    ...(leaseLeftMs === undefined ? {} : { leaseLeftMs }),
    ...interlock.stampOf(m.config.interlock!),
    resume: resumed,
    ...(resumed ? {} : { begin: m.session.begin.map(pointJson) }),
  })
  if (resumed) record(turn, 'SessionResumed', { token: String(token), adopted: false })
  commit(turn, attempt.command, { kind: 'session', session: m.session })
}

/** The machine said no, or was never asked: the token may be used again. */
export function refused(
  turn: Turn,
  attempt: Attempt,
  refusal: Refusal,
  data: { reason: string | number; detail?: string },
): void {
  const { m, env } = turn
  const { pendingToken: _, pendingNs: __, ...session } = m.session!
  record(turn, 'UnlockRefused', {
    token: String(attempt.token),
    ...data,
    ...told(refusal.code),
    resume: attempt.request === undefined,
  })
  if (attempt.request === undefined) {
    m.session = { ...session, status: 'suspended' }
    m.access = { kind: 'Suspended' }
    change(turn, { kind: 'session', session: m.session })
  } else {
    if (attempt.request.jti !== undefined) change(turn, { kind: 'token-released', jti: attempt.request.jti })
    change(turn, { kind: 'session', session: { ...session, status: 'refused', endedAtMs: env.now.ms } })
    m.session = undefined
    m.access = { kind: 'Locked' }
  }
  commit(turn, attempt.command, { kind: 'refused', refusal })
}
