/**
 * A permission of ours and how it is kept: one block, written again with another heartbeat while every gate holds.
 * Without it the machine locks itself. Read next: access.ts, lease.ts.
 */

import type { Access } from './access.ts'
import { encodeToPlc, isHeldBy, nextWord } from './lease.ts'
import { gatingFresh } from './metering.ts'
import { ageMs, NS_PER_MS } from './reading.ts'
import type { Turn } from './turn.ts'

/** A permission of ours, and the block that renews it. */
export type Hold = {
  readonly token: number
  readonly tag: number
  readonly seq: number
  readonly challenge: number
  readonly plcBootId: number
  readonly heartbeat: number
  readonly command: 'enable' | 'finish'
  /** When the last heartbeat was sent; 0: at once. */
  readonly beatNs: bigint
}

/** The next heartbeat, if it is due and every gate holds. */
export function beat(turn: Turn, hold: Hold, next: (hold: Hold) => Access): void {
  const { m, env } = turn
  const config = m.config.interlock!
  const dueNs = hold.beatNs + BigInt(config.heartbeatMs) * NS_PER_MS
  if (m.writing !== undefined || env.now.ns < dueNs || !gatesHold(turn, hold)) return
  const sent: Hold = { ...hold, heartbeat: nextWord(hold.heartbeat), beatNs: env.now.ns }
  const ref = m.nextRef++
  m.writing = ref
  m.access = next(sent)
  turn.effects.push({ kind: 'write', ref, words: encodeToPlc({ ...sent, leaseMs: config.leaseMs }) })
}

/**
 * No metering, no permission: interlock and gating meters read within two polls and 2 s, the machine held by our token,
 * no stop pressed, and no pause of our own longer than the lease without a read since.
 */
export function gatesHold(turn: Turn, hold: Hold): boolean {
  const { m, env } = turn
  const config = m.config.interlock!
  if (m.plc === undefined || m.condition.emergencyStop) return false
  if (ageMs(m.plc.reading, env.now) > 2 * config.pollMs + 2000) return false
  if (!isHeldBy(m.plc.block, hold.token, hold.tag) || m.plc.block.bootId !== hold.plcBootId) return false
  const paused = env.now.ns - hold.beatNs > BigInt(config.leaseMs) * NS_PER_MS && hold.beatNs !== 0n
  if (paused && m.plc.reading.readAtNs <= hold.beatNs) return false
  return gatingFresh(turn)
}
