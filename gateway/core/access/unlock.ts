/**
 * The request to unlock or to resume: the gates are checked, then interlock and meters are read afresh, and the gates
 * are checked again. Refusals before the intent leave no trace; later ones are recorded.
 * Read next: gates.ts (what must hold), intent.ts (record, then act), confirmation.ts; machine/access-state.ts (the
 * states).
 */

import { NS_PER_MS } from '../ground/moment.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import * as interlock from '../interlock/interlock.ts'
import type { Asked, UnlockRequest } from '../machine/access-state.ts'
import { lockOf, type MachineState, sessionOf } from '../machine/state.ts'
import { askRead, become, reply, type Turn } from '../machine/turn.ts'
import { settledSince } from '../metering/fresh.ts'
import { isOpen } from '../session/session.ts'
import { CONFIRM_EVERY_MS } from './confirmation.ts'
import { gate, inUse, mayGoOn, mayUse, notLocked } from './gates.ts'
import { intend } from './intent.ts'

/** The readings before an intent must arrive within this time, ms. */
const CHECK_MS = 3000

export function onUnlock(turn: Turn, request: UnlockRequest): void {
  const { m, env } = turn
  const refusal =
    gate(env, m, request.override !== undefined) ?? inUse(env, m, request) ?? notLocked(m) ?? mayUse(env, m, request)
  if (refusal) return reply(turn, request.command, { kind: 'refused', refusal })
  check(turn, request.command, request)
}

export function onResume(turn: Turn, command: number): void {
  const refusal = refuseResume(turn)
  if (refusal) return reply(turn, command, { kind: 'refused', refusal })
  check(turn, command, undefined)
}

function refuseResume({ m, env }: Turn): Refusal | undefined {
  const { session } = m
  if (session === undefined || !isOpen(session)) return refuse('session-ended')
  if (m.access.kind === 'Foreign') return refuse('foreign-use')
  if (m.access.kind !== 'Suspended') return refuse('not-suspended')
  return mayGoOn(env, session) ?? gate(env, m, session.override === true)
}

/** Reads the interlock and the meters afresh: nothing is decided on older readings. */
function check(turn: Turn, command: number, request: UnlockRequest | undefined): void {
  const { ns } = turn.env.now
  const asked: Asked = { command, request, checkFromNs: ns, checkUntilNs: ns + BigInt(CHECK_MS) * NS_PER_MS }
  become(turn, { kind: 'Unlocking', phase: 'checking', ref: askRead(turn, 'interlock+meters'), asked })
}

export function onChecked(turn: Turn, asked: Asked): void {
  const { m, env } = turn
  if (!isSettled(turn, asked)) {
    if (env.now.ns >= asked.checkUntilNs) return abandonUnread(turn, asked)
    const ref = askRead(turn, 'interlock+meters', CONFIRM_EVERY_MS)
    return become(turn, { kind: 'Unlocking', phase: 'checking', ref, asked })
  }
  const { request } = asked
  const refusal =
    gate(env, m, isOverride(m, request)) ??
    interlock.refusalOf(lockOf(m).block) ??
    (request ? mayUse(env, m, request) : mayGoOn(env, sessionOf(m))) ??
    intend(turn, asked)
  if (refusal) abandon(turn, asked, refusal)
}

/** All is read, and no earlier write is unanswered: the enable would have to wait for it. */
function isSettled({ m, env }: Turn, { checkFromNs }: Asked): boolean {
  const { lock } = m.seen
  if (m.wire.writing !== undefined || lock === undefined) return false
  return lock.reading.readAtNs >= checkFromNs && settledSince(env, m, checkFromNs)
}

const isOverride = (m: MachineState, request: UnlockRequest | undefined) =>
  request ? request.override !== undefined : m.session?.override === true

/** Refuses before the intent: nothing was intended yet, so nothing is recorded. */
export function abandon(turn: Turn, { command, request }: Asked, refusal: Refusal): void {
  become(turn, request === undefined ? { kind: 'Suspended' } : { kind: 'Locked' })
  reply(turn, command, { kind: 'refused', refusal })
}

export function abandonUnread(turn: Turn, asked: Asked): void {
  abandon(turn, asked, refuse('not-fresh', 'the interlock or a meter did not answer'))
}
