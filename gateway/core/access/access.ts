/**
 * Who may use the machine: the unlock protocol as a state machine.
 *
 *                 unlock            committed          written           read back
 *   Locked ─► Unlocking:checking ─► :committing ─► :writing ─► :confirming ─► Unlocked ─► Finishing ─► Locked
 *     ▲            │ refused             refused ◄────┘             │ silent      │ lapse, cut, E-stop
 *     └────────────┴─────────────────────────────────────────── Unconfirmed   Suspended ─► (resume) Unlocking
 *
 * Record, then act: no enable is written before its intent is durable, and none is ever written twice. A write proves
 * nothing; only a later read does. Heartbeats are sent while every gate holds, and the machine locks itself without them.
 * Read next: unlock.ts, intent.ts, confirmation.ts (from the request to the read-back), access/hold/heartbeat.ts, access/ending/ending.ts,
 * metering/metering.ts (whose units).
 */
import type { MachineConfig } from '../../../config/site.ts'
import { limitReached } from '../booking/allowance.ts'
import { refuse } from '../ground/error.ts'
import * as interlock from '../interlock/interlock.ts'
import type { AccessState } from '../machine/availability.ts'
import type { MachineState, Turn } from '../machine/turn.ts'
import { ageMs } from '../reading/reading.ts'
import { isOpen, type Session } from '../session/session.ts'
import { adopt } from './adoption.ts'
import { awaitConfirmation, CONFIRM_EVERY_MS, confirm } from './confirmation.ts'
import type { Finishing } from './ending/ending.ts'
import * as ending from './ending/ending.ts'
import { beat, type Hold, isSilent, isWithheld } from './hold/heartbeat.ts'
import { rememberStranger, suspend } from './hold/suspension.ts'
import * as withdraw from './hold/withdraw.ts'
import { abandon } from './intent.ts'
import * as unconfirmed from './unconfirmed.ts'
import type { Attempt } from './unlock.ts'
import * as unlock from './unlock.ts'

export type Access =
  | { readonly kind: 'Unknown' }
  | { readonly kind: 'Locked' }
  | {
      readonly kind: 'Unlocking'
      readonly phase: 'checking' | 'committing' | 'writing' | 'confirming'
      readonly ref: number
      readonly attempt: Attempt
    }
  | { readonly kind: 'Unlocked'; readonly hold: Hold }
  | { readonly kind: 'Suspended' }
  | Finishing
  /** `held`: it was seen to hold after all. */
  | { readonly kind: 'Unconfirmed'; readonly attempt: Attempt | undefined; readonly held?: true }
  | { readonly kind: 'Foreign' }

export function initial(config: MachineConfig, session: Session | undefined): Access {
  if (config.interlock === undefined) return { kind: 'Locked' }
  // An enable may have been on its way: it is waited for until it cannot come true any more.
  return session?.pendingToken !== undefined && isOpen(session)
    ? { kind: 'Unconfirmed', attempt: undefined }
    : { kind: 'Unknown' }
}

/** The word others see. */
export function word(m: MachineState): AccessState {
  if (m.drill !== undefined) return 'Unknown'
  // An output that must be off and is not known to be: nobody's, and not free.
  if (m.withdrawal !== undefined && m.access.kind !== 'Finishing') return 'Unconfirmed'
  return m.access.kind
}

/* ── what the machine says ── */

/** A new block of the PLC: is the permission what we think it is? */
export function observe(turn: Turn): void {
  const { m } = turn
  if (m.plc === undefined || m.drill !== undefined) return
  withdraw.observe(turn)
  const plc = m.plc.block
  const { access, session } = m
  // Of an output that is being turned off nobody can say that it is a stranger's.
  if (m.withdrawal !== undefined && (access.kind === 'Locked' || access.kind === 'Suspended')) return
  switch (access.kind) {
    case 'Unknown':
      return adopt(turn)
    case 'Locked':
      if (interlock.isForeign(plc, undefined)) m.access = { kind: 'Foreign' }
      return
    case 'Foreign':
      if (interlock.isForeign(plc, undefined)) return
      // A PLC says whose a cycle is that still runs; behind an output it is still the stranger's.
      if (!interlock.isGuarded(m.config.interlock!) && m.condition.itemState === 'Executing') return
      m.access = session !== undefined && isOpen(session) ? { kind: 'Suspended' } : { kind: 'Locked' }
      m.plc = { ...m.plc, sinceNs: m.plc.reading.readAtNs }
      return
    case 'Suspended':
      if (!isStrangers(m)) return
      m.access = { kind: 'Foreign' }
      rememberStranger(turn)
      return
    case 'Unlocked':
      if (!interlock.isHeldBy(plc, access.hold) || interlock.isUnsafe(plc))
        suspend(turn, interlock.lossOf(plc, access.hold))
      else if (m.condition.emergencyStop && !interlock.locksItself(m.config.interlock!)) suspend(turn, 'emergency-stop')
      else if (!interlock.locksItself(m.config.interlock!)) keep(turn, access.hold)
      return
    case 'Finishing':
      return ending.observe(turn, access)
    case 'Unlocking':
      if (access.phase === 'confirming') confirm(turn, access.attempt)
      else if (access.phase === 'checking' && isStrangers(m)) rememberStranger(turn)
      return
    case 'Unconfirmed':
      return unconfirmed.observe(turn, access.attempt)
  }
}

/** A PLC says that a permission is still ours; an output was read off, and is on again by somebody else. */
function isStrangers({ session, config, plc }: MachineState): boolean {
  const ours = session !== undefined && interlock.isGuarded(config.interlock!)
  return interlock.isForeign(plc!.block, ours ? Number(session.token) : undefined)
}

/* ── answers and time ── */

export function onReadings(turn: Turn, ref: number | undefined): void {
  const { access } = turn.m
  if (ref === undefined) return
  if (access.kind === 'Unlocking' && access.ref === ref) {
    if (access.phase === 'checking') unlock.onChecked(turn, access.attempt)
    else if (access.phase === 'confirming') awaitConfirmation(turn, access.attempt, CONFIRM_EVERY_MS)
  } else if (access.kind === 'Finishing') ending.onReadings(turn, access, ref)
}

export function onReadFailed(turn: Turn, ref: number, detail: string): void {
  const { m } = turn
  if (m.access.kind === 'Unlocking' && m.access.ref === ref && m.access.phase === 'checking')
    return abandon(turn, m.access.attempt, refuse('not-fresh', detail))
  onReadings(turn, ref)
}

export function onTick(turn: Turn): void {
  const { m, env } = turn
  const { access } = m
  withdraw.onTick(turn)
  switch (access.kind) {
    case 'Unlocking':
      if (access.phase === 'checking' && env.now.ns >= access.attempt.checkUntilNs)
        abandon(turn, access.attempt, refuse('not-fresh', 'the interlock or a meter did not answer'))
      else if (access.phase === 'confirming' && env.now.ns >= access.attempt.confirmUntilNs)
        unconfirmed.begin(turn, access.attempt)
      return
    case 'Unlocked': {
      if (m.session!.revoked !== undefined) return ending.finish(turn, 'DeAuthorized')
      if (env.now.ns >= BigInt(m.session!.deadlineNs)) return ending.finish(turn, 'TimeLimitReached')
      const limit = limitReached(m.session!)
      if (limit) return ending.finish(turn, limit)
      return keep(turn, access.hold)
    }
    case 'Finishing':
      return ending.onTick(turn, access)
    case 'Suspended':
    case 'Foreign':
      if (m.session?.revoked !== undefined) ending.close(turn, 'DeAuthorized')
      else if (m.session !== undefined && env.now.ns >= BigInt(m.session.deadlineNs))
        ending.close(turn, 'TimeLimitReached')
      return
    default:
      return
  }
}

function keep(turn: Turn, hold: Hold): void {
  const { m, env } = turn
  const config = m.config.interlock!
  if (interlock.lapsesAfterMs(config) === undefined && isSilent(turn)) {
    // Nothing can lapse and nothing be written: it is as it was, and Unknown to others, until it is read again.
    m.access = { kind: 'Unlocked', hold: { ...hold, beatNs: env.now.ns } }
    return
  }
  const silentMs = m.plc === undefined ? 0 : ageMs(m.plc.reading, env.now)
  if (silentMs > config.leaseMs + 2000) return suspend(turn, 'cut')
  if (isWithheld(turn, hold)) return suspend(turn, isSilent(turn) ? 'cut' : 'gates')
  beat(turn, hold, (sent) => ({ kind: 'Unlocked', hold: sent }))
}
