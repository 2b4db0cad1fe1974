/**
 * Turning an output off when the permission is over. A PLC with a lease does that by itself; an output may stay on: the
 * link was cut, the module takes our polls for signs of life, or it has no watchdog at all. Read first: only a reading
 * that shows it on leads to a write, one write each, never between an emergency stop and its reset. Locking waits for
 * nobody, not for the disk either: what it rests on was recorded with the end of the permission.
 * Read next: access/ending/ending.ts (who asks for it), interlock/interlock.ts.
 */

import * as interlock from '../../interlock/interlock.ts'
import { change, commit, record, type Turn } from '../../machine/turn.ts'
import { ageMs, NS_PER_MS } from '../../reading/reading.ts'
import { isJustRead } from './heartbeat.ts'

export type Withdrawal = {
  readonly token: number
  readonly sinceNs: bigint
  /** When off was last written; 0: not yet. */
  readonly wroteNs: bigint
  readonly tries: number
  readonly alarmed: boolean
}

/** From the end of the permission to an output that is off at the most, ms; then it is an alarm. */
const OFF_MS = 7000
const AGAIN_MS = 1000
/** After this many tries the device is asked less often. */
const TRIES = 3
const SELDOM_MS = 10_000
const READ_BACK_MS = 100

/** From now on the output must be off. Nothing to do for a class that locks by itself, or when it was read off already. */
export function begin(turn: Turn, token: number): void {
  const { m, env } = turn
  const config = m.config.interlock!
  if (interlock.locksItself(config) || m.withdrawal !== undefined) return
  const silent = m.plc === undefined || ageMs(m.plc.reading, env.now) > 2 * config.pollMs
  if (!silent && interlock.isOver(m.plc!.block, { token, tag: 0, plcBootId: 0 })) return forget(turn)
  m.withdrawal = { token, sinceNs: env.now.ns, wroteNs: 0n, tries: 0, alarmed: false }
  if (!silent) turn.effects.push({ kind: 'read', ref: m.nextRef++, what: 'interlock' })
}

/** A new reading. Off: it is over. On: it is turned off, by one write. */
export function observe(turn: Turn): void {
  const { m, env } = turn
  const { withdrawal } = m
  if (withdrawal === undefined || m.plc === undefined || !isJustRead(turn)) return
  const { token } = withdrawal
  if (interlock.isOver(m.plc.block, { token, tag: 0, plcBootId: 0 })) {
    m.withdrawal = undefined
    forget(turn)
    // In `Finishing` the end of the session says so.
    if (m.access.kind === 'Finishing' && m.access.phase !== 'reading') return
    record(turn, 'LockConfirmed', {
      token: String(token),
      plcState: interlock.stateOf(m.plc.block),
      after: 'withdrawn',
    })
    commit(turn)
    return
  }
  const pauseMs = withdrawal.tries < TRIES ? AGAIN_MS : SELDOM_MS
  const due = withdrawal.tries === 0 || env.now.ns >= withdrawal.wroteNs + BigInt(pauseMs) * NS_PER_MS
  if (!due || m.writing !== undefined || m.condition.emergencyStop) return
  const ref = m.nextRef++
  m.writing = ref
  m.withdrawal = { ...withdrawal, wroteNs: env.now.ns, tries: withdrawal.tries + 1 }
  const off = { token, tag: 0, plcBootId: 0, seq: 0, challenge: 0, heartbeat: 0, command: 'revoke' } as const
  turn.effects.push({ kind: 'write', ref, words: interlock.wordsOf(m.config.interlock!, off, 'command')! })
  turn.effects.push({ kind: 'read', ref: m.nextRef++, what: 'interlock', afterMs: READ_BACK_MS })
}

/** An output that is still on, or one without a watchdog that nobody can see, is an alarm. */
export function onTick(turn: Turn): void {
  const { m, env } = turn
  const { withdrawal } = m
  if (withdrawal === undefined || withdrawal.alarmed || m.access.kind === 'Finishing') return
  if (env.now.ns < withdrawal.sinceNs + BigInt(OFF_MS) * NS_PER_MS) return
  const config = m.config.interlock!
  const seen = m.plc !== undefined && ageMs(m.plc.reading, env.now) <= 2 * config.pollMs + 2000
  if (!seen && interlock.isFailSafe(config)) return
  m.withdrawal = { ...withdrawal, alarmed: true }
  record(turn, 'LockUnconfirmed', {
    token: String(withdrawal.token),
    plcState: seen ? interlock.stateOf(m.plc!.block) : 'unreachable',
  })
  commit(turn)
}

/** Nothing of ours is on any more: what is on after a restart is somebody else's. */
function forget(turn: Turn): void {
  const { m } = turn
  if (m.session?.lease === undefined) return
  const { lease: _, ...session } = m.session
  m.session = session
  change(turn, { kind: 'session', session })
}
