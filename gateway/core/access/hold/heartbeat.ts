/**
 * How a permission is kept: its block is written again with another heartbeat while every gate holds. Without that the
 * machine locks itself. Read next: access/access.ts, interlock/lease.ts.
 */

import { type Moment, NS_PER_MS } from '../../ground/moment.ts'
import * as interlock from '../../interlock/interlock.ts'
import { nextWord } from '../../interlock/lease.ts'
import type { Access, Hold } from '../../machine/access-state.ts'
import { type Env, interlockOf, type MachineState } from '../../machine/state.ts'
import { askWrite, become, type Turn } from '../../machine/turn.ts'
import { gatingFresh } from '../../metering/fresh.ts'
import { ageMs, silentAfterMs } from '../../reading/reading.ts'

/**
 * A heartbeat has no effect on a PLC that has locked, but it would turn on an output that is off. So an output is
 * refreshed only within this time after a reading that shows it on, ms.
 */
const JUST_READ_MS = 50

/** The part of a machine that decides whether its permission may be kept. */
type Kept = Pick<MachineState, 'config' | 'seen' | 'meters'>

/** Sends the next heartbeat, if it is due and every gate holds. */
export function beat(turn: Turn, hold: Hold, next: (hold: Hold) => Access): void {
  const { m, env } = turn
  const config = interlockOf(m)
  const dueNs = hold.beatNs + BigInt(config.heartbeatMs) * NS_PER_MS
  if (m.wire.writing !== undefined || env.now.ns < dueNs || !gatesHold(env, m, hold)) return
  const sent: Hold = { ...hold, heartbeat: nextWord(hold.heartbeat), beatNs: env.now.ns }
  become(turn, next(sent))
  const words = interlock.renewWords(config, sent)
  if (words !== undefined) askWrite(turn, words)
}

/**
 * Whether an output has not been renewed for longer than a lease. Its module may keep it on all the same, so it has to
 * be turned off.
 */
export function isWithheld({ now }: Env, config: MachineState['config']['interlock'], { beatNs }: Hold): boolean {
  if (config === undefined || interlock.locksItself(config) || beatNs === 0n) return false
  return now.ns - beatNs > BigInt(config.leaseMs) * NS_PER_MS
}

/** Whether the interlock was read just now. */
export const isJustRead = (now: Moment, lock: interlock.Lock | undefined): boolean =>
  lock !== undefined && ageMs(lock.reading, now) <= JUST_READ_MS

/** Whether the machine has not been read for so long that no gate can hold. */
export function isSilent({ now }: Env, { seen, config }: Pick<MachineState, 'seen' | 'config'>): boolean {
  if (seen.lock === undefined || config.interlock === undefined) return true
  return ageMs(seen.lock.reading, now) > silentAfterMs(config.interlock.pollMs)
}

/**
 * No metering, no permission: interlock and gating meters were read within two polls and 2 s, the machine is held by
 * our token, no stop is pressed, and if the gateway paused for longer than the lease, the machine was read since.
 */
export function gatesHold(env: Env, m: Kept, hold: Hold): boolean {
  const { seen, config } = m
  const { lock, condition } = seen
  if (lock === undefined || config.interlock === undefined || condition.emergencyStop || isSilent(env, m)) return false
  if (!interlock.isHeldBy(lock.block, hold) || interlock.isUnsafe(lock.block)) return false
  if (config.interlock.class === 'watchdog' && !mayRefresh(env.now, lock, hold)) return false
  const paused = hold.beatNs !== 0n && env.now.ns - hold.beatNs > BigInt(config.interlock.leaseMs) * NS_PER_MS
  if (paused && lock.reading.readAtNs <= hold.beatNs) return false
  return gatingFresh(env, m)
}

/**
 * Whether the output was just read, and so soon after the last refresh that the module cannot have dropped it since.
 */
function mayRefresh(now: Moment, lock: interlock.Lock, { beatNs }: Hold): boolean {
  const { block } = lock
  if (block.class === 'lease' || !isJustRead(now, lock)) return false
  return beatNs === 0n || now.ns - beatNs < BigInt(block.watchdogMs) * NS_PER_MS
}
