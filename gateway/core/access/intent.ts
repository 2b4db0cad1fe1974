/**
 * The intent to unlock: begin readings, session, used booking, spent token and fencing token in one transaction, and,
 * once that is durable, one write. Nothing is written before, and nothing is written twice.
 * Read next: confirmation.ts (what the machine says to it), interlock/lease.ts (the fencing token).
 */

import { deadlineAt } from '../booking/allowance.ts'
import { recordOverride } from '../booking/override.ts'
import { type Refusal, refuse } from '../ground/error.ts'
import * as interlock from '../interlock/interlock.ts'
import { counterOf, fencingToken, MAX_FENCING_COUNTER } from '../interlock/lease.ts'
import { change, commit, record, reply, type Turn, type UnlockRequest } from '../machine/turn.ts'
import { pointJson, points } from '../metering/metering.ts'
import { NS_PER_MS } from '../reading/reading.ts'
import type { Session } from '../session/session.ts'
import { sharesAt } from '../session/shares.ts'
import { awaitConfirmation, refused } from './confirmation.ts'
import { bookingOf, gate, mayGoOn } from './gates.ts'
import type { Attempt } from './unlock.ts'

/** Begin readings, session, spent token and intent in one transaction, before a byte is written. */
export function intend(turn: Turn, attempt: Attempt): void {
  const { m, env } = turn
  const { highestToken, ...ground } = interlock.groundOf(m.plc!.block)
  const counter = Math.max(m.row.fencingCounter, counterOf(highestToken)) + 1
  if (counter > MAX_FENCING_COUNTER)
    return abandon(turn, attempt, refuse('machine-not-ready', 'fencing tokens are used up'))
  const token = fencingToken(counter, env.fencingId)
  const { request } = attempt
  m.row = { ...m.row, fencingCounter: counter }
  change(turn, { kind: 'machine', row: m.row })
  const made = request
    ? begin(turn, request, token)
    : { ...m.session!, pendingToken: String(token), pendingNs: env.now.ns.toString() }
  m.session = { ...made, plcBootId: ground.plcBootId }
  change(turn, { kind: 'session', session: m.session })
  if (request?.override) recordOverride(turn, request.override, m.session.bookedUntilMs)
  else if (request) recordBooking(turn, request)
  if (request?.jti !== undefined)
    change(turn, {
      kind: 'token-used',
      jti: request.jti,
      session: m.session.id,
      expMs: request.jtiExpMs ?? m.session.bookedUntilMs,
    })
  record(turn, 'UnlockIntended', {
    booking: m.session.booking,
    tenant: m.session.tenantRef,
    by: request ? request.principal.role : m.session.override ? 'technician' : 'tenant',
    token: String(token),
    tag: m.session.tag,
    resume: request === undefined,
    bookedUntil: new Date(m.session.bookedUntilMs).toISOString(),
    limits: { ...m.session.limits },
    ...(m.session.offline ? { offline: true } : {}),
    ...(request ? { begin: m.session.begin.map(pointJson) } : {}),
  })
  const ref = commit(turn)
  const confirmUntilNs = env.now.ns + BigInt(m.config.interlock!.confirmMs) * NS_PER_MS
  m.access = {
    kind: 'Unlocking',
    phase: 'committing',
    ref,
    attempt: {
      ...attempt,
      ...ground,
      tag: m.session.tag,
      token,
      confirmUntilNs,
    },
  }
}

function begin(turn: Turn, request: UnlockRequest, token: number): Session {
  const { m, env } = turn
  const booking = bookingOf(turn, request)
  const offline = env.offline && request.override === undefined
  const caps = offline ? m.config.offline.caps : undefined
  return {
    id: request.sessionId,
    machine: m.config.id,
    booking: booking.id,
    tenant: booking.tenant,
    tenantRef: request.tenantRef,
    owner: m.config.owner,
    shares: sharesAt(m.config, env.now.ms),
    simulated: m.config.simulated,
    ...interlock.stampOf(m.config.interlock!),
    status: 'intended',
    token: String(token),
    pendingToken: String(token),
    pendingNs: env.now.ns.toString(),
    tag: request.tag,
    ...(request.jti === undefined ? {} : { jti: request.jti }),
    ...(request.idempotencyKey === undefined ? {} : { idempotencyKey: request.idempotencyKey }),
    intendedAtMs: env.now.ms,
    bookedFromMs: booking.startMs,
    ...deadlineAt(booking, caps, env.now.ns, env.now),
    beganNs: env.now.ns.toString(),
    bootId: env.stamp.bootId,
    ...(offline ? { offline: true as const } : {}),
    ...(request.override ? { override: true as const } : {}),
    begin: points(m),
    use: [],
  }
}

function recordBooking(turn: Turn, request: UnlockRequest): void {
  const { m } = turn
  const used = { ...bookingOf(turn, request), status: 'used' as const }
  m.bookings = [...m.bookings.filter((booking) => booking.id !== used.id), used]
  change(turn, { kind: 'booking', booking: used })
  if (request.newBooking)
    record(turn, 'BookingPut', {
      booking: used.id,
      version: used.version,
      tenant: request.tenantRef,
      start: new Date(used.startMs).toISOString(),
      end: new Date(used.endMs).toISOString(),
      source: 'token',
    })
}

/** Nothing was intended yet, so nothing needs to be recorded. */
export function abandon(turn: Turn, attempt: Attempt, refusal: Refusal): void {
  const { m } = turn
  m.access = attempt.request === undefined ? { kind: 'Suspended' } : { kind: 'Locked' }
  reply(turn, attempt.command, { kind: 'refused', refusal })
}

export function onCommitted(turn: Turn, ref: number): void {
  const { m, env } = turn
  if (m.access.kind !== 'Unlocking' || m.access.phase !== 'committing' || m.access.ref !== ref) return
  const { attempt } = m.access
  // A disk may take its time: what was true with the intent is asked once more.
  const refusal =
    gate(turn, m.session!.override === true) ??
    (m.plc ? interlock.refusalOf(m.plc.block) : refuse('not-fresh', 'the interlock is out of reach')) ??
    mayGoOn(turn, m.session!)
  if (refusal) return refused(turn, attempt, refusal, { reason: refusal.code })
  const writeRef = m.nextRef++
  m.writing = writeRef
  m.access = {
    kind: 'Unlocking',
    phase: 'writing',
    ref: writeRef,
    attempt: { ...attempt, confirmUntilNs: env.now.ns + BigInt(m.config.interlock!.confirmMs) * NS_PER_MS },
  }
  const enable = { ...attempt, command: 'enable', heartbeat: 0 } as const
  turn.effects.push({
    kind: 'write',
    ref: writeRef,
    words: interlock.wordsOf(m.config.interlock!, enable, 'command')!,
  })
}

export function onWritten(
  turn: Turn,
  ref: number,
  result: 'accepted' | 'refused' | 'unsent' | 'unknown',
  detail: string | undefined,
): void {
  const { m } = turn
  if (m.writing === ref) m.writing = undefined
  if (m.access.kind !== 'Unlocking' || m.access.phase !== 'writing' || m.access.ref !== ref) return
  const { attempt } = m.access
  if (result === 'unsent')
    return refused(turn, attempt, refuse('not-fresh', 'the link was lost before the machine was asked'), {
      reason: 'unsent',
    })
  if (result === 'refused')
    return refused(turn, attempt, refuse('machine-refused', `the machine answered: ${detail ?? 'refused'}`), {
      reason: 'write-refused',
      detail: detail ?? '',
    })
  awaitConfirmation(turn, attempt, 0)
}
