/**
 * How a session ends.
 *
 *   finish (no new start) ─► cycle: heartbeats while it runs ─► revoking ─► locked, read back ─► reading ─► ended
 *
 * A running cycle is never cut unless the owner chose `at-end`. An end reading is awaited for a bound, then the session
 * closes `incomplete` and later units are disputed.
 * Read next: session-end.ts (what is recorded), access/hold/heartbeat.ts, session/overrun.ts; access/hold/suspension.ts: losing the permission is no end.
 */

import { deadlineMoved } from '../../booking/allowance.ts'
import * as interlock from '../../interlock/interlock.ts'
import { change, commit, record, reply, type Turn } from '../../machine/turn.ts'
import { pointJson, points, settledSince } from '../../metering/metering.ts'
import { ageMs, NS_PER_MS } from '../../reading/reading.ts'
import { graceEndNs } from '../../session/overrun.ts'
import { isOpen, type StoppedReason } from '../../session/session.ts'
import { beat, type Hold, isSilent, isWithheld } from '../hold/heartbeat.ts'
import * as withdraw from '../hold/withdraw.ts'
import { markRevoked } from './revocation.ts'
import { end } from './session-end.ts'

export type Finishing = {
  readonly kind: 'Finishing'
  readonly phase: 'cycle' | 'revoking' | 'reading'
  readonly reason: StoppedReason
  readonly sinceNs: bigint
  readonly hold: Hold | undefined
  readonly ref: number
  readonly tries: number
  readonly alarmed: boolean
  /** Commands that wait for the end, answered by `replyByNs` at the latest. */
  readonly waiting: readonly { readonly command: number; readonly replyByNs: bigint }[]
}

/** A PLC acknowledges `finish` within this, ms. */
const FINISH_ACK_MS = 2000
/** From the first revoke to a locked machine at the most, ms; then it is an alarm. */
export const RELOCK_MS = 7000
const REVOKE_EVERY_MS = 1000
const REVOKE_TRIES = 3
/** An end reading is awaited this long, ms. */
export const END_READING_MS = 60_000
/** A call to end is answered within this, ms, with the session as it is then. */
const END_REPLY_MS = 8000
const READ_EVERY_MS = 100
/** Added to the lease before a silent machine counts as locked, ms. */
const RELOCK_SLACK_MS = 2000

export function onEnd(turn: Turn, command: number, by: 'tenant' | 'platform' | 'owner' | 'technician'): void {
  const { m, env } = turn
  const session = m.session
  if (session === undefined || !isOpen(session))
    return reply(turn, command, { kind: 'refused', refusal: { code: 'session-ended' } })
  const waiting = { command, replyByNs: after(env.now.ns, END_REPLY_MS) }
  const reason: StoppedReason = by === 'tenant' ? 'Local' : by === 'technician' ? 'MasterPass' : 'Remote'
  switch (m.access.kind) {
    case 'Unlocked':
      finish(turn, reason, waiting)
      return
    case 'Finishing':
      m.access = { ...m.access, waiting: [...m.access.waiting, waiting] }
      if (by !== 'tenant' && !session.released) {
        m.session = { ...session, released: true }
        change(turn, { kind: 'session', session: m.session })
      }
      return
    case 'Suspended':
    case 'Foreign':
      close(turn, reason, waiting)
      return
    default:
      reply(turn, command, {
        kind: 'refused',
        refusal: { code: 'unconfirmed', detail: 'the session is not confirmed; it lapses by itself' },
      })
  }
}

/** A booking that was cancelled ends its session; one that was changed moves its deadline and its limits. */
export function onBookings(turn: Turn): void {
  const { m, env } = turn
  const session = m.session
  if (session === undefined || !isOpen(session) || session.override) return
  const booking = m.bookings.find((item) => item.id === session.booking)
  if (booking === undefined) return
  if (booking.status === 'cancelled') return revoked(turn, booking.cancelledAtMs ?? env.now.ms)
  const moved = deadlineMoved(session, booking, m.config.offline.caps, env.now)
  if (moved.deadlineNs === session.deadlineNs && JSON.stringify(moved.limits) === JSON.stringify(session.limits)) return
  m.session = { ...session, ...moved }
  change(turn, { kind: 'session', session: m.session })
}

/** The right is gone. What is not confirmed yet, or not read since a restart, ends on a later tick (access/access.ts). */
export function revoked(turn: Turn, issuedAtMs: number): void {
  const { m } = turn
  markRevoked(turn, issuedAtMs)
  if (m.access.kind === 'Unlocked') finish(turn, 'DeAuthorized')
  else if (m.access.kind === 'Suspended' || m.access.kind === 'Foreign') close(turn, 'DeAuthorized')
}

type Waiting = Finishing['waiting'][number]

/** No new start from now on; the cycle that runs may complete. */
export function finish(turn: Turn, reason: StoppedReason, waiting?: Waiting): void {
  const { m } = turn
  if (m.access.kind !== 'Unlocked') return
  const hold: Hold = {
    ...m.access.hold,
    command: 'finish',
    seq: interlock.seqAfter(m.plc?.block, m.access.hold.seq),
    // An output knows no `finish`: it is refreshed as before, and a new start cannot be prevented until it is off.
    beatNs: interlock.isGuarded(m.config.interlock!) ? 0n : m.access.hold.beatNs,
  }
  const access = begin(turn, { phase: 'cycle', reason, hold, waiting: waiting ? [waiting] : [] })
  onTick(turn, access)
}

/** The permission is gone already: only the end reading is missing. */
export function close(turn: Turn, reason: StoppedReason, waiting?: Waiting): void {
  const ref = turn.m.nextRef++
  begin(turn, { phase: 'reading', reason, hold: undefined, ref, waiting: waiting ? [waiting] : [] })
  turn.effects.push({ kind: 'read', ref, what: 'interlock+meters' })
}

function begin(
  turn: Turn,
  what: Pick<Finishing, 'phase' | 'reason' | 'hold' | 'waiting'> & { ref?: number },
): Finishing {
  const { m, env } = turn
  const access: Finishing = {
    kind: 'Finishing',
    sinceNs: env.now.ns,
    ref: 0,
    tries: 0,
    alarmed: false,
    ...what,
  }
  const finishingSince = m.session!.finishingSince ?? { ms: env.now.ms, ns: env.now.ns.toString() }
  m.session = { ...m.session!, status: 'finishing', stoppedReason: what.reason, finishingSince }
  m.access = access
  change(turn, { kind: 'session', session: m.session })
  record(turn, 'SessionFinishing', {
    reason: what.reason,
    overrun: m.session.overrun !== undefined,
    itemState: m.condition.itemState,
    meters: points(m).map(pointJson),
  })
  commit(turn)
  return access
}

export function onTick(turn: Turn, access: Finishing): void {
  const { m, env } = turn
  const waiting = access.waiting.filter(({ command, replyByNs }) => {
    if (env.now.ns < replyByNs) return true
    reply(turn, command, { kind: 'session', session: m.session! })
    return false
  })
  const now: Finishing = waiting.length === access.waiting.length ? access : { ...access, waiting }
  m.access = now
  const lapseMs = m.config.interlock && interlock.lapsesAfterMs(m.config.interlock)
  if (
    now.phase !== 'reading' &&
    lapseMs !== undefined &&
    m.plc !== undefined &&
    ageMs(m.plc.reading, env.now) > lapseMs + RELOCK_SLACK_MS
  )
    return lapsed(turn, now)
  if (now.phase === 'cycle') return tickCycle(turn, now)
  if (now.phase === 'revoking') return tickRevoking(turn, now)
  if (env.now.ns >= after(now.sinceNs, END_READING_MS)) end(turn, now, true)
}

/** Out of reach for longer than the lease: the machine has locked by its own timer. */
function lapsed(turn: Turn, access: Finishing): void {
  record(turn, 'LockUnconfirmed', { token: String(access.hold?.token ?? 0), plcState: 'unreachable' })
  readEnd(turn, access)
  if (access.hold) withdraw.begin(turn, access.hold.token)
}

function readEnd(turn: Turn, access: Finishing): void {
  const ref = turn.m.nextRef++
  turn.m.access = { ...access, phase: 'reading', ref, sinceNs: turn.env.now.ns }
  turn.effects.push({ kind: 'read', ref, what: 'interlock+meters' })
}

/** A `finish` that was seen not to have arrived is said anew: a rival's block may have taken its sequence. */
function asFinish({ m }: Turn, hold: Hold): Hold {
  const { plc } = m
  const isMissing = plc !== undefined && plc.reading.readAtNs > hold.beatNs && !interlock.hasFinished(plc.block)
  return isMissing && hold.beatNs !== 0n ? { ...hold, seq: interlock.seqAfter(plc.block, hold.seq) } : hold
}

/** Heartbeats go on while the cycle runs; then, or when the owner's policy says so, the permission is revoked. */
function tickCycle(turn: Turn, access: Finishing): void {
  const { m, env } = turn
  const hold = access.hold!
  const acknowledged =
    (m.plc !== undefined && interlock.hasFinished(m.plc.block)) || env.now.ns >= after(access.sinceNs, FINISH_ACK_MS)
  const { graceMs, policy } = m.config.endOfBooking
  const session = m.session!
  const sinceNs = BigInt(session.finishingSince?.ns ?? access.sinceNs)
  const graceOver = env.now.ns >= graceEndNs(turn, sinceNs)
  const blind = m.condition.itemState === 'Unknown' && env.now.ns >= after(sinceNs, graceMs)
  const idle = m.condition.itemState !== 'Executing' && m.condition.itemState !== 'Unknown'
  const keptForOwner = policy === 'owner-release' && session.overrun !== undefined && !session.released
  if (acknowledged && !keptForOwner && (idle || blind || (graceOver && policy === 'at-end')))
    return revoke(turn, access)
  if (isWithheld(turn, hold) && interlock.isFailSafe(m.config.interlock!)) return revoke(turn, access)
  if (graceOver && session.overrun === undefined) {
    m.session = { ...session, overrun: { sinceMs: env.now.ms, use: session.use } }
    change(turn, { kind: 'session', session: m.session })
    record(turn, 'SessionFinishing', {
      reason: access.reason,
      overrun: true,
      itemState: m.condition.itemState,
      meters: points(m).map(pointJson),
    })
  }
  beat(turn, asFinish(turn, hold), (sent) => ({ ...(m.access as Finishing), hold: sent }))
}

function revoke(turn: Turn, access: Finishing): void {
  const { m, env } = turn
  if (m.writing !== undefined) return
  const hold: Hold = {
    ...access.hold!,
    seq: interlock.seqAfter(m.plc?.block, access.hold!.seq),
    beatNs: env.now.ns,
  }
  const config = m.config.interlock!
  const first = access.phase !== 'revoking'
  const ref = m.nextRef++
  m.access = {
    ...access,
    phase: 'revoking',
    hold,
    tries: access.tries + 1,
    sinceNs: first ? env.now.ns : access.sinceNs,
  }
  if (!interlock.locksItself(config)) return withdraw.begin(turn, hold.token)
  // After a stop is pressed or a guard opened nothing is written, nor while nobody can see that; the permission is gone
  // without it.
  if (m.condition.emergencyStop || (m.plc && isStopped(m.plc.block)) || isSilent(turn)) return
  m.writing = ref
  const words = interlock.wordsOf(config, { ...hold, command: 'revoke' }, 'command')!
  turn.effects.push({ kind: 'write', ref, words })
  const readRef = m.nextRef++
  turn.effects.push({ kind: 'read', ref: readRef, what: 'interlock', afterMs: READ_EVERY_MS })
}

const isStopped = (shown: interlock.Shown) => interlock.stateOf(shown) === 'emergency-stop' || interlock.isUnsafe(shown)

/** Withheld heartbeats lock the machine whatever happens to the write; asking again only makes it sooner. */
function tickRevoking(turn: Turn, access: Finishing): void {
  const { m, env } = turn
  if (access.tries < REVOKE_TRIES && env.now.ns >= after(access.hold!.beatNs, REVOKE_EVERY_MS))
    return revoke(turn, access)
  if (access.alarmed || env.now.ns < after(access.sinceNs, RELOCK_MS)) return
  m.access = { ...access, alarmed: true }
  record(turn, 'LockUnconfirmed', {
    token: String(access.hold!.token),
    plcState: interlock.lastState(m.plc) ?? 'unknown',
  })
  commit(turn)
}

/** Has the machine locked? */
export function observe(turn: Turn, access: Finishing): void {
  const { m } = turn
  const { hold } = access
  if (access.phase === 'reading' || hold === undefined) return
  const plc = m.plc!.block
  // A restart must know it too: what is made by the key is not the session's.
  if (interlock.isOwnerless(plc) && m.session !== undefined && m.session.suspendedReason === undefined) {
    m.session = { ...m.session, suspendedReason: 'local' }
    change(turn, { kind: 'session', session: m.session })
  }
  if (!interlock.isOver(plc, hold)) {
    if (access.phase === 'cycle' && !interlock.locksItself(m.config.interlock!)) tickCycle(turn, access)
    return
  }
  record(turn, 'LockConfirmed', {
    token: String(hold.token),
    plcState: interlock.lastState(m.plc) ?? 'unknown',
    after: access.phase,
  })
  readEnd(turn, access)
}

export function onReadings(turn: Turn, access: Finishing, ref: number): void {
  const { m } = turn
  if (access.phase !== 'reading' || access.ref !== ref) return
  if (settledSince(turn, access.sinceNs) && m.plc !== undefined && m.plc.reading.readAtNs >= access.sinceNs)
    return end(turn, access, false)
  const again = m.nextRef++
  m.access = { ...access, ref: again }
  turn.effects.push({ kind: 'read', ref: again, what: 'interlock+meters', afterMs: READ_EVERY_MS })
}

const after = (sinceNs: bigint, ms: number) => sinceNs + BigInt(ms) * NS_PER_MS
