/**
 * The request to unlock or to resume: asked against the gates, then interlock and meters are read afresh and the gates
 * are asked again. A refusal up to here leaves nothing behind; after the intent every one is recorded.
 * Read next: gates.ts (what must hold), intent.ts (record, then act), confirmation.ts; access.ts (the states).
 */

import { refuse } from '../ground/error.ts'
import * as interlock from '../interlock/interlock.ts'
import { reply, type Turn, type UnlockRequest } from '../machine/turn.ts'
import { settledSince } from '../metering/metering.ts'
import { NS_PER_MS } from '../reading/reading.ts'
import { isOpen } from '../session/session.ts'
import { CONFIRM_EVERY_MS } from './confirmation.ts'
import { gate, inUse, mayGoOn, mayUse, notLocked } from './gates.ts'
import { abandon, intend } from './intent.ts'

/** An unlock or resume under way. */
export type Attempt = {
  readonly command: number
  readonly request: UnlockRequest | undefined
  readonly tag: number
  /** Until when the readings before the intent must have come. */
  readonly checkUntilNs: bigint
  readonly checkRef: number
  readonly checkFromNs: bigint
  readonly token: number
  readonly seq: number
  readonly challenge: number
  readonly plcBootId: number
  /** Until when the read-back must have come. */
  readonly confirmUntilNs: bigint
}

/** The readings before an intent must come within this, ms. */
const CHECK_MS = 3000

export function onUnlock(turn: Turn, request: UnlockRequest): void {
  const refusal =
    gate(turn, request.override !== undefined) ?? inUse(turn, request) ?? notLocked(turn) ?? mayUse(turn, request)
  if (refusal) return reply(turn, request.command, { kind: 'refused', refusal })
  check(turn, { command: request.command, request, tag: request.tag })
}

export function onResume(turn: Turn, command: number): void {
  const { m } = turn
  const session = m.session
  const refusal =
    session === undefined || !isOpen(session)
      ? refuse('session-ended')
      : m.access.kind === 'Foreign'
        ? refuse('foreign-use')
        : m.access.kind !== 'Suspended'
          ? refuse('not-suspended')
          : (mayGoOn(turn, session) ?? gate(turn, session.override === true))
  if (refusal) return reply(turn, command, { kind: 'refused', refusal })
  check(turn, { command, request: undefined, tag: session!.tag })
}

/** Read the interlock and the meters afresh; nothing is decided on what was known before. */
function check(turn: Turn, what: { command: number; request: UnlockRequest | undefined; tag: number }): void {
  const { m, env } = turn
  const ref = m.nextRef++
  const attempt: Attempt = {
    ...what,
    checkUntilNs: env.now.ns + BigInt(CHECK_MS) * NS_PER_MS,
    checkRef: ref,
    checkFromNs: env.now.ns,
    token: 0,
    seq: 0,
    challenge: 0,
    plcBootId: 0,
    confirmUntilNs: 0n,
  }
  m.access = { kind: 'Unlocking', phase: 'checking', ref, attempt }
  turn.effects.push({ kind: 'read', ref, what: 'interlock+meters' })
}

export function onChecked(turn: Turn, attempt: Attempt): void {
  const { m, env } = turn
  const plc = m.plc
  if (plc === undefined || plc.reading.readAtNs < attempt.checkFromNs || !settledSince(turn, attempt.checkFromNs)) {
    if (env.now.ns >= attempt.checkUntilNs)
      return abandon(turn, attempt, refuse('not-fresh', 'the interlock or a meter did not answer'))
    const ref = m.nextRef++
    m.access = { kind: 'Unlocking', phase: 'checking', ref, attempt }
    turn.effects.push({ kind: 'read', ref, what: 'interlock+meters', afterMs: CONFIRM_EVERY_MS })
    return
  }
  const { request } = attempt
  const override = request ? request.override !== undefined : m.session?.override === true
  const refusal =
    gate(turn, override) ??
    interlock.refusalOf(plc.block) ??
    (request ? mayUse(turn, request) : mayGoOn(turn, m.session!))
  if (refusal) return abandon(turn, attempt, refusal)
  intend(turn, attempt)
}
