/**
 * From the request to the confirmation, step by step: check afresh, commit the intent, write once, read back.
 * Every refusal before the intent leaves nothing behind; every one after it is recorded.
 * Read next: access.ts (the states), interlock.ts (what is written and read), heartbeat.ts (how it is kept).
 */
import { refuseAfterUse } from './after-use.ts'
import { type Booking, clashOf, decideUse } from './booking.ts'
import { refuseClosed } from './closed.ts'
import { commissioningOf, whyNot } from './commissioning.ts'
import { staleness } from './condition.ts'
import * as ending from './ending.ts'
import { type Refusal, refuse, told } from './error.ts'
import * as interlock from './interlock.ts'
import { counterOf, fencingToken, MAX_FENCING_COUNTER } from './lease.ts'
import { deadlineAt } from './limits.ts'
import { disputeNext, pointJson, points, settledSince } from './metering.ts'
import { OVERRIDE, recordOverride } from './override.ts'
import { NS_PER_MS } from './reading.ts'
import { isOpen, type Session } from './session.ts'
import { sharesAt } from './shares.ts'
import { change, commit, type MachineState, record, reply, type Turn, type UnlockRequest } from './turn.ts'
import * as withdraw from './withdraw.ts'

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
/** Pause between two reads of the interlock while a confirmation is awaited, ms. */
export const CONFIRM_EVERY_MS = 100

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

/** Asked with the request to resume and again before the intent. */
function mayGoOn({ env }: Turn, session: Session): Refusal | undefined {
  if (session.revoked !== undefined) return refuse('booking-cancelled')
  return env.now.ns >= BigInt(session.deadlineNs) ? refuse('wrong-time', 'the booking has ended') : undefined
}

/** The booking as it is by now: it may have been moved or cancelled since the request was authorised. */
function bookingOf({ m }: Turn, { booking }: UnlockRequest): Booking {
  const known = m.bookings.find(({ id }) => id === booking.id && id !== OVERRIDE)
  if (known === undefined) return booking
  return known.version >= booking.version || known.status === 'cancelled' ? known : booking
}

/** Asked with the request and again before the intent. */
function mayUse(turn: Turn, request: UnlockRequest): Refusal | undefined {
  const { m, env } = turn
  const booking = bookingOf(turn, request)
  if (request.override) return undefined
  if (env.offline && m.config.offline.policy === 'none') return refuse('offline')
  if (env.offline && m.config.offline.policy === 'known-only' && request.newBooking)
    return refuse('no-booking', 'the gateway is offline, and the booking had not arrived')
  if (request.newBooking && clashOf(m.bookings, booking))
    return refuse('booking-conflict', 'another booking holds part of this time')
  return (
    decideUse(m.bookings, booking, env.now.ms, env.earlyStartMs) ??
    unqualified(m, booking, request) ??
    refuseAfterUse(turn, request.tenantRef)
  )
}

/** The platform vouches for a tenant with the booking, or with the token. */
function unqualified({ config }: MachineState, booking: Booking, request: UnlockRequest): Refusal | undefined {
  const has = new Set([...(booking.qualifications ?? []), ...(request.qualifications ?? [])])
  const missing = (config.requires ?? []).filter((id) => !has.has(id))
  return missing.length === 0 ? undefined : refuse('not-qualified', `missing: ${missing.join(', ')}`)
}

/** What must hold before any unlock, whoever asks; a person who overrides is not held back by what is arranged. */
function gate(turn: Turn, override: boolean): Refusal | undefined {
  const { m, env } = turn
  if (m.config.interlock === undefined) return refuse('no-interlock')
  if (env.stopping) return refuse('stopping')
  if (!env.ledgerProven) return refuse('ledger-unproven')
  if (!env.diskOk) return refuse('ledger-full')
  if (!env.timeTrusted) return refuse('time-untrusted')
  if (!interlock.isAccepted(m.config.interlock, env.now.ms))
    return refuse('machine-blocked', 'the acceptance of its missing fail-safe has ended')
  const arranged = override ? undefined : refuseArranged(turn)
  if (arranged) return arranged
  if (m.access.kind === 'Unconfirmed') return refuse('unconfirmed', 'an earlier unlock was not confirmed')
  if (m.withdrawal !== undefined) return refuse('unconfirmed', 'the machine is not known to have locked')
  const stale = staleness(m.config, m.readings, env.now)
  if (stale) return refuse('not-fresh', `${stale.signal}: ${stale.cause}`)
  const { condition } = m
  const state = stateOf(m)
  if (condition.emergencyStop || state === 'emergency-stop')
    return refuse('machine-not-ready', 'the emergency stop is pressed')
  if (m.plc !== undefined && m.plc.block.class !== 'lease' && m.plc.block.unsafe !== undefined)
    return refuse('machine-not-ready', m.plc.block.unsafe)
  if (condition.fault || condition.itemState === 'OutOfService' || state === 'fault')
    return refuse('machine-not-ready', 'the machine has a fault')
  if (condition.itemState === 'NotAvailable') return refuse('machine-not-ready', 'the machine is off')
  return undefined
}

/** What people have arranged for this machine. */
function refuseArranged({ m, env }: Turn): Refusal | undefined {
  const missing = whyNot(commissioningOf(m.config, m.row, env.now.ms))
  if (missing !== undefined) return refuse('not-commissioned', missing)
  if (m.row.maintenance) return refuse('machine-blocked', 'maintenance')
  return refuseClosed(m, env.now.ms)
}

const stateOf = ({ plc }: Turn['m']) => plc && interlock.stateOf(plc.block)

/**
 * By when the machine is free of the session before: the end of its booking, and of the grace if its cycle still runs.
 * Whoever it is in use by is told the session: to end it, it has to be named.
 */
function inUse({ m, env }: Turn, { booking }: UnlockRequest): Refusal | undefined {
  const { session, access } = m
  if (session === undefined || !isOpen(session)) return undefined
  const finishing = access.kind === 'Finishing'
  const freeAtMs = session.bookedUntilMs + (finishing ? m.config.endOfBooking.graceMs : 0)
  return refuse('machine-in-use', finishing ? 'the cycle of the session before is not done' : undefined, {
    ...(freeAtMs > env.now.ms ? { freeAt: new Date(freeAtMs).toISOString() } : {}),
    ...(session.booking === booking.id && session.tenant === booking.tenant ? { session: session.id } : {}),
  })
}

function notLocked({ m }: Turn): Refusal | undefined {
  if (m.drill !== undefined) return refuse('machine-in-use', 'a drill is under way')
  switch (m.access.kind) {
    case 'Locked':
      return undefined
    case 'Foreign':
      return refuse('foreign-use', stateOf(m) === 'local' ? 'the key switch is on local' : undefined)
    case 'Unknown':
      return refuse('not-fresh', 'the interlock has not been read yet')
    default:
      return refuse('machine-in-use')
  }
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

/** Begin readings, session, spent token and intent in one transaction, before a byte is written. */
function intend(turn: Turn, attempt: Attempt): void {
  const { m, env } = turn
  const { highestToken, ...ground } = interlock.groundOf(m.plc!.block)
  const counter = Math.max(m.row.fencingCounter, counterOf(highestToken)) + 1
  if (counter > MAX_FENCING_COUNTER)
    return abandon(turn, attempt, refuse('machine-not-ready', 'fencing tokens are used up'))
  const token = fencingToken(counter, env.fencingId)
  const { request } = attempt
  m.row = { ...m.row, fencingCounter: counter }
  change(turn, { kind: 'machine', row: m.row })
  const made = request ? begin(turn, request, token) : { ...m.session!, pendingToken: String(token) }
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

export function onCommitted(turn: Turn, ref: number): void {
  const { m, env } = turn
  if (m.access.kind !== 'Unlocking' || m.access.phase !== 'committing' || m.access.ref !== ref) return
  const { attempt } = m.access
  if (m.condition.emergencyStop || stateOf(m) === 'emergency-stop')
    return refused(turn, attempt, refuse('machine-not-ready', 'the emergency stop is pressed'), {
      reason: 'emergency-stop',
    })
  if (m.session!.revoked !== undefined)
    return refused(turn, attempt, refuse('booking-cancelled'), { reason: 'revoked' })
  // A disk may take its time; what was true with the intent is asked once more.
  if (env.now.ns >= BigInt(m.session!.deadlineNs))
    return refused(turn, attempt, refuse('wrong-time', 'the booking has ended'), { reason: 'booking-ended' })
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
}

function confirmed(turn: Turn, attempt: Attempt): void {
  const { m, env } = turn
  const { pendingToken: _, suspendedReason: __, ...session } = m.session!
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
function refused(
  turn: Turn,
  attempt: Attempt,
  refusal: Refusal,
  data: { reason: string | number; detail?: string },
): void {
  const { m, env } = turn
  const { pendingToken: _, ...session } = m.session!
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

/** Nothing was intended yet, so nothing needs to be recorded. */
export function abandon(turn: Turn, attempt: Attempt, refusal: Refusal): void {
  const { m } = turn
  m.access = attempt.request === undefined ? { kind: 'Suspended' } : { kind: 'Locked' }
  reply(turn, attempt.command, { kind: 'refused', refusal })
}

/** Silent: never written again; it can no longer come true once its challenge is dead, and lapses by itself if it did. */
export function unconfirmed(turn: Turn, attempt: Attempt): void {
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
export function resolveUnconfirmed(turn: Turn, attempt: Attempt | undefined): void {
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
  const { pendingToken: _, ...rest } = session
  const resumed = session.startedAtMs !== undefined
  m.session = {
    ...rest,
    status: resumed ? 'suspended' : 'lapsed',
    ...(resumed ? {} : { endedAtMs: env.now.ms, end: points(m) }),
  }
  change(turn, { kind: 'session', session: m.session })
  if (resumed) ending.rebase(turn)
  else m.session = undefined
  m.access = interlock.isForeign(plc, undefined)
    ? { kind: 'Foreign' }
    : resumed
      ? { kind: 'Suspended' }
      : { kind: 'Locked' }
  commit(turn)
}

/** By the clock that nobody sets. */
function sinceIntentMs({ beganNs, intendedAtMs }: Session, now: Turn['env']['now']): number {
  return beganNs === undefined ? now.ms - intendedAtMs : Number((now.ns - BigInt(beganNs)) / NS_PER_MS)
}

function confirmedLate(turn: Turn, token: number, attempt: Attempt | undefined): void {
  const { m, env } = turn
  const { pendingToken: _, ...session } = m.session!
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
  ending.suspend(turn, 'lapse')
  if (attempt === undefined) ending.close(turn, 'Reboot')
}
