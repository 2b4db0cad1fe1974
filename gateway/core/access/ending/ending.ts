/**
 * What ends a session: a person, the platform, a limit, the end of its booking, or a revocation. While the machine is
 * still held the session finishes; when the permission is lost already it closes at once. Losing the permission alone
 * does not end a session.
 * Read next: finishing.ts (the way to the end), session-end.ts (what is recorded), grace.ts, hold/suspension.ts (losing
 * the permission).
 */

import { NS_PER_MS } from '../../ground/moment.ts'
import { refuse } from '../../ground/refusal.ts'
import * as interlock from '../../interlock/interlock.ts'
import type { Hold, Waiting } from '../../machine/access-state.ts'
import { interlockOf, type MachineState } from '../../machine/state.ts'
import { askRead, become, noteSession, putSession, reply, type Turn } from '../../machine/turn.ts'
import { deadlineMoved } from '../../session/deadline.ts'
import { isOpen, type StoppedReason } from '../../session/session.ts'
import { beginEnd, onTick, withLastInstant } from './finishing.ts'
import { markRevoked } from './revocation.ts'

/** A request to end is answered within this time, ms, with the session as it is then. */
const END_REPLY_MS = 8000

type Ender = 'tenant' | 'platform' | 'owner' | 'technician'

const reasonOf = (by: Ender): StoppedReason =>
  by === 'tenant' ? 'Local' : by === 'technician' ? 'MasterPass' : 'Remote'

/** `release`: the rest of the booking is given back, which only the tenant and the platform can. */
export function onEnd(turn: Turn, command: number, by: Ender, release = false): void {
  const { m, env } = turn
  const { access } = m
  if (m.session === undefined || !isOpen(m.session))
    return reply(turn, command, { kind: 'refused', refusal: refuse('session-ended') })
  if (release && (by === 'tenant' || by === 'platform') && !m.session.override)
    noteSession(turn, { ...m.session, givenBackBy: by })
  const { session } = m
  const waiting = { command, replyByNs: env.now.ns + BigInt(END_REPLY_MS) * NS_PER_MS }
  const withdrawn = isAtOnce(m, by) ? ({ withdrawn: true } as const) : {}
  switch (access.kind) {
    case 'Unlocked':
      noteSession(turn, { ...session, ...withdrawn })
      return finish(turn, access.hold, reasonOf(by), waiting)
    case 'Finishing':
      become(turn, { ...access, waiting: [...access.waiting, waiting] })
      if (by !== 'tenant' && !(session.released && (session.withdrawn || !withdrawn.withdrawn)))
        putSession(turn, withLastInstant(turn, { ...session, ...withdrawn, released: true }))
      return
    case 'Suspended':
    case 'Foreign':
      return close(turn, reasonOf(by), waiting)
    default:
      reply(turn, command, {
        kind: 'refused',
        refusal: refuse('unconfirmed', 'the session is not confirmed; it lapses by itself'),
      })
  }
}

/** An output has no `finish`, so the permission is taken at once when a person of the site ends the session. */
function isAtOnce({ config }: MachineState, by: Ender): boolean {
  if (config.interlock === undefined || interlock.isGuarded(config.interlock)) return false
  return by === 'technician' || by === 'owner'
}

/** A cancelled booking ends its session; a changed one moves the deadline and the limits. */
export function onBookings(turn: Turn): void {
  const { m, env } = turn
  const { session } = m
  if (session === undefined || !isOpen(session) || session.override) return
  const booking = m.bookings.find((item) => item.id === session.booking)
  if (booking === undefined) return
  if (booking.status === 'cancelled') return revoked(turn, booking.cancelledAtMs ?? env.now.ms)
  const moved = deadlineMoved(session, booking, m.config.offline.caps, env.now)
  if (moved.deadlineNs === session.deadlineNs && JSON.stringify(moved.limits) === JSON.stringify(session.limits)) return
  putSession(turn, { ...session, ...moved })
}

/**
 * The session has no right to go on. If it is not confirmed yet, or not read since a restart, it ends on a later tick
 * (access/access.ts).
 */
export function revoked(turn: Turn, issuedAtMs: number): void {
  markRevoked(turn, issuedAtMs)
  const { access } = turn.m
  if (access.kind === 'Unlocked') finish(turn, access.hold, 'DeAuthorized')
  else if (access.kind === 'Suspended' || access.kind === 'Foreign') close(turn, 'DeAuthorized')
}

/** From now on nothing may be started; the running cycle may complete. */
export function finish(turn: Turn, held: Hold, reason: StoppedReason, waiting?: Waiting): void {
  const { m } = turn
  const hold: Hold = {
    ...held,
    command: 'finish',
    seq: interlock.seqAfter(m.seen.lock?.block, held.seq),
    // An output has no `finish`: it is refreshed as before, and a new start cannot be prevented until it is off.
    beatNs: interlock.isGuarded(interlockOf(m)) ? 0n : held.beatNs,
  }
  const start = { kind: 'Finishing', reason, sinceNs: turn.env.now.ns, waiting: waiting ? [waiting] : [] } as const
  const access = { ...start, phase: 'cycle', hold, tries: 0, alarmed: false } as const
  beginEnd(turn, access)
  onTick(turn, access)
}

/** The permission is lost already: only the end reading is missing. */
export function close(turn: Turn, reason: StoppedReason, waiting?: Waiting): void {
  const start = { kind: 'Finishing', reason, sinceNs: turn.env.now.ns, waiting: waiting ? [waiting] : [] } as const
  beginEnd(turn, { ...start, phase: 'reading', ref: askRead(turn, 'interlock+meters') })
}
