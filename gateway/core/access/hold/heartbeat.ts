/**
 * A permission of ours and how it is kept: one block, written again with another heartbeat while every gate holds.
 * Without it the machine locks itself. Read next: access/access.ts, interlock/lease.ts.
 */

import * as interlock from '../../interlock/interlock.ts'
import { nextWord } from '../../interlock/lease.ts'
import type { Turn } from '../../machine/turn.ts'
import { gatingFresh } from '../../metering/metering.ts'
import { ageMs, NS_PER_MS } from '../../reading/reading.ts'
import type { Access } from '../access.ts'

/** A permission of ours, and the block that renews it. */
export type Hold = interlock.Block & {
  readonly command: 'enable' | 'finish'
  /** When it was last renewed; 0: at once. */
  readonly beatNs: bigint
}

/**
 * To a PLC that has locked, a heartbeat is nothing; to an output that is off, it is an enable. So an output is refreshed
 * only right after a reading that shows it on, ms.
 */
const JUST_READ_MS = 50

/** The next heartbeat, if it is due and every gate holds. */
export function beat(turn: Turn, hold: Hold, next: (hold: Hold) => Access): void {
  const { m, env } = turn
  const config = m.config.interlock!
  const dueNs = hold.beatNs + BigInt(config.heartbeatMs) * NS_PER_MS
  if (m.writing !== undefined || env.now.ns < dueNs || !gatesHold(turn, hold)) return
  const sent: Hold = { ...hold, heartbeat: nextWord(hold.heartbeat), beatNs: env.now.ns }
  m.access = next(sent)
  const words = interlock.wordsOf(config, sent, 'renew')
  if (words === undefined) return
  const ref = m.nextRef++
  m.writing = ref
  turn.effects.push({ kind: 'write', ref, words })
}

/** An output has not been renewed for as long as a lease lasts, though a module may keep it on: it is to be turned off. */
export function isWithheld({ m, env }: Turn, hold: Hold): boolean {
  const config = m.config.interlock!
  if (interlock.locksItself(config) || hold.beatNs === 0n) return false
  return env.now.ns - hold.beatNs > BigInt(config.leaseMs) * NS_PER_MS
}

/** What the interlock shows was read in this moment, not remembered. */
export function isJustRead({ m, env }: Pick<Turn, 'm' | 'env'>): boolean {
  return m.plc !== undefined && ageMs(m.plc.reading, env.now) <= JUST_READ_MS
}

/** The machine has not been read for so long that no gate can hold. */
export function isSilent({ m, env }: Turn): boolean {
  return m.plc === undefined || ageMs(m.plc.reading, env.now) > 2 * m.config.interlock!.pollMs + 2000
}

/**
 * No metering, no permission: interlock and gating meters read within two polls and 2 s, the machine held by our token,
 * no stop pressed, and no pause of our own longer than the lease without a read since.
 */
export function gatesHold(turn: Turn, hold: Hold): boolean {
  const { m, env } = turn
  const config = m.config.interlock!
  if (m.plc === undefined || m.condition.emergencyStop || isSilent(turn)) return false
  if (!interlock.isHeldBy(m.plc.block, hold) || interlock.isUnsafe(m.plc.block)) return false
  if (config.class === 'watchdog' && !mayRefresh(turn, hold)) return false
  const paused = env.now.ns - hold.beatNs > BigInt(config.leaseMs) * NS_PER_MS && hold.beatNs !== 0n
  if (paused && m.plc.reading.readAtNs <= hold.beatNs) return false
  return gatingFresh(turn)
}

/** Just read, and not so late that the module may have dropped it since. */
function mayRefresh({ m, env }: Pick<Turn, 'm' | 'env'>, hold: Hold): boolean {
  const { block } = m.plc!
  if (block.class === 'lease' || !isJustRead({ m, env })) return false
  return hold.beatNs === 0n || env.now.ns - hold.beatNs < BigInt(block.watchdogMs) * NS_PER_MS
}
