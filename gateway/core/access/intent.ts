/**
 * The intent to unlock: begin readings, session, used booking, spent token and fencing token in one transaction, and
 * one write once that is durable. Nothing is written before, and nothing is written twice.
 * Read next: confirmation.ts (how the machine answers), interlock/lease.ts (the fencing token).
 */

import type { Booking } from '../booking/booking.ts'
import type { Override } from '../booking/override.ts'
import { type Moment, NS_PER_MS } from '../ground/moment.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import * as interlock from '../interlock/interlock.ts'
import { counterOf, fencingToken, MAX_FENCING_COUNTER } from '../interlock/lease.ts'
import type { Asked, UnlockRequest } from '../machine/access-state.ts'
import { interlockOf, isClockBelieved, lockOf, type MachineState, sessionOf } from '../machine/state.ts'
import {
  askWrite,
  become,
  change,
  commit,
  putBooking,
  putRow,
  putSession,
  record,
  type Turn,
  wasWritten,
} from '../machine/turn.ts'
import { pointJson } from '../meter/point.ts'
import { points } from '../metering/metering.ts'
import { silentMeters } from '../metering/silence.ts'
import { recordBefore } from '../people/answers.ts'
import { deadlineAt } from '../session/deadline.ts'
import { tariffOf } from '../session/missed.ts'
import type { Session } from '../session/session.ts'
import { sharesAt } from '../session/shares.ts'
import { awaitConfirmation, refused } from './confirmation.ts'
import { bookingOf, gate, mayGoOn } from './gates.ts'

/**
 * Records begin readings, session, spent token and intent in one transaction, before a byte is written. `onCommitted`
 * follows when they are durable. A refusal means that nothing was recorded.
 */
export function intend(turn: Turn, { command, request }: Asked): Refusal | undefined {
  const { m, env } = turn
  const { highestToken, ...ground } = interlock.groundOf(lockOf(m).block)
  const counter = Math.max(m.row.fencingCounter, counterOf(highestToken)) + 1
  if (counter > MAX_FENCING_COUNTER) return refuse('machine-not-ready', 'fencing tokens are used up')
  const token = fencingToken(counter, env.fencingId)
  putRow(turn, { ...m.row, fencingCounter: counter })
  const session: Session = {
    ...(request
      ? begin(turn, request, token)
      : { ...sessionOf(m), pendingToken: String(token), pendingNs: env.now.ns.toString() }),
    plcBootId: ground.plcBootId,
  }
  putSession(turn, session)
  if (request) recordRequest(turn, request, session)
  record(turn, 'UnlockIntended', {
    booking: session.booking,
    tenant: session.tenantRef,
    by: request ? request.principal.role : session.override ? 'technician' : 'tenant',
    token: String(token),
    tag: session.tag,
    resume: request === undefined,
    bookedUntil: new Date(session.bookedUntilMs).toISOString(),
    limits: { ...session.limits },
    ...(session.offline ? { offline: true } : {}),
    ...(request ? { begin: session.begin.map(pointJson) } : {}),
    ...(request && session.notMetered ? { notMetered: [...session.notMetered] } : {}),
  })
  const attempt = { command, request, ...ground, token, tag: session.tag, confirmUntilNs: confirmUntil(m, env.now) }
  become(turn, { kind: 'Unlocking', phase: 'committing', ref: commit(turn), attempt })
  return undefined
}

const confirmUntil = (m: MachineState, now: Moment) => now.ns + BigInt(interlockOf(m).confirmMs) * NS_PER_MS

function begin(turn: Turn, request: UnlockRequest, token: number): Session {
  const { m, env } = turn
  const booking = bookingOf(env, m, request)
  const offline = env.offline && request.override === undefined
  const silent = silentMeters(env, m).map(({ meter }) => meter)
  const caps = offline ? m.config.offline.caps : undefined
  return {
    id: request.sessionId,
    machine: m.config.id,
    booking: booking.id,
    tenant: booking.tenant,
    tenantRef: request.tenantRef,
    owner: m.config.owner,
    shares: sharesAt(m.config, env.now.ms),
    ...(request.override ? {} : pinned(turn, booking)),
    simulated: m.config.simulated,
    ...interlock.stampOf(interlockOf(m)),
    status: 'intended',
    token: String(token),
    pendingToken: String(token),
    pendingNs: env.now.ns.toString(),
    tag: request.tag,
    ...(request.jti === undefined ? {} : { jti: request.jti }),
    ...(request.idempotencyKey === undefined ? {} : { idempotencyKey: request.idempotencyKey }),
    intendedAtMs: env.now.ms,
    clock: env.stamp.clock,
    bookedFromMs: booking.startMs,
    ...deadlineAt(booking, caps, env.now.ns, env.now),
    beganNs: env.now.ns.toString(),
    // The length of an override does not depend on the wall clock.
    ...(isClockBelieved(env) || request.override ? {} : { unsure: 'began' as const }),
    bootId: env.stamp.bootId,
    ...(offline ? { offline: true as const } : {}),
    ...(request.override ? { override: true as const } : {}),
    begin: points(m),
    ...(silent.length === 0 ? {} : { notMetered: silent }),
    use: [],
  }
}

/** Its tariff, by the day its booking begins. */
function pinned({ m, env }: Turn, booking: Booking): Pick<Session, 'tariff' | 'class'> {
  const tariff = tariffOf(booking, booking.startMs, m.config, env.tariffs)
  if (tariff === undefined) return {}
  return { tariff, ...(booking.class === undefined ? {} : { class: booking.class }) }
}

/** Records with the intent what the request uses up and what was answered, or who overrides. */
function recordRequest(turn: Turn, request: UnlockRequest, { id, bookedUntilMs }: Session): void {
  const { override, jti, jtiExpMs, given, tenantRef } = request
  if (override) recordOverride(turn, override, bookedUntilMs)
  else recordBooking(turn, request)
  if (given !== undefined) recordBefore(turn, { ...given, session: id, tenant: tenantRef })
  if (jti !== undefined) change(turn, { kind: 'token-used', jti, session: id, expMs: jtiExpMs ?? bookedUntilMs })
}

function recordOverride(turn: Turn, { reason, by }: Override, untilMs: number): void {
  record(turn, 'Override', { reason, by, until: new Date(untilMs).toISOString() })
}

function recordBooking(turn: Turn, request: UnlockRequest): void {
  const used = { ...bookingOf(turn.env, turn.m, request), status: 'used' as const }
  putBooking(turn, used)
  if (!request.newBooking) return
  record(turn, 'BookingPut', {
    booking: used.id,
    version: used.version,
    tenant: request.tenantRef,
    start: new Date(used.startMs).toISOString(),
    end: new Date(used.endMs).toISOString(),
    source: 'token',
  })
}

/**
 * The intent is durable: everything is checked once more, since the commit may have taken long, and then the one write
 * follows.
 */
export function onCommitted(turn: Turn, ref: number): void {
  const { m, env } = turn
  const { access } = m
  if (access.kind !== 'Unlocking' || access.phase !== 'committing' || access.ref !== ref) return
  const session = sessionOf(m)
  const refusal =
    gate(env, m, session.override === true) ??
    (m.seen.lock ? interlock.refusalOf(m.seen.lock.block) : refuse('not-fresh', 'the interlock cannot be read')) ??
    mayGoOn(env, session)
  if (refusal) return refused(turn, access.attempt, refusal, { reason: refusal.code })
  // Since the intent the PLC may have acknowledged a mark of ours, and changed its challenge.
  const { seq, challenge } = interlock.groundOf(lockOf(m).block)
  const attempt = { ...access.attempt, seq, challenge, confirmUntilNs: confirmUntil(m, env.now) }
  const words = interlock.enableWords(interlockOf(m), attempt)
  become(turn, { kind: 'Unlocking', phase: 'writing', ref: askWrite(turn, words), attempt })
}

export function onWritten(
  turn: Turn,
  ref: number,
  result: 'accepted' | 'refused' | 'unsent' | 'unknown',
  detail: string | undefined,
): void {
  wasWritten(turn, ref)
  const { access } = turn.m
  if (access.kind !== 'Unlocking' || access.phase !== 'writing' || access.ref !== ref) return
  const { attempt } = access
  if (result === 'unsent')
    return refused(turn, attempt, refuse('not-fresh', 'the link was lost before the unlock was sent'), {
      reason: 'unsent',
    })
  if (result === 'refused')
    return refused(turn, attempt, refuse('machine-refused', `the machine answered: ${detail ?? 'refused'}`), {
      reason: 'write-refused',
      detail: detail ?? '',
    })
  awaitConfirmation(turn, attempt, 0)
}
