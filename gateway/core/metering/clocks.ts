/**
 * Advances the clocks of the open session from one look at the machine to the next. They are kept in memory, and become
 * durable with the next other change of the session. Read next: session/clocks.ts (what they measure).
 */
import type { MachineConfig } from '../ground/config.ts'
import { ruleSignals } from '../ground/rule.ts'
import type { Access } from '../machine/access-state.ts'
import { noteSession, type Turn } from '../machine/turn.ts'
import { intervalOf } from '../reading/condition.ts'
import { INTERLOCK_POINT } from '../reading/reading.ts'
import { stepClocks } from '../session/clocks.ts'
import { traceBand } from './bands.ts'

/** Added to two polls, ms: readings do not arrive at exact intervals. */
const SLACK_MS = 500

export function runClocks(turn: Turn): void {
  const { m, env } = turn
  const { session, access, config } = m
  const occupied = isOccupied(access)
  if (session === undefined || (session.clocks === undefined && !occupied)) return
  const { itemState } = m.seen.condition
  const known = itemState !== 'Unknown'
  const powered = occupied && known && itemState !== 'NotAvailable'
  const executing = powered && itemState === 'Executing'
  const look = { atNs: env.now.ns.toString(), bootId: env.stamp.bootId, occupied, powered, executing, known }
  noteSession(turn, { ...session, clocks: stepClocks(session.clocks, look, mostApartMs(config)) })
  traceBand(turn)
}

/** Whether the session holds the permission: unlocked, or ending and not locked yet. */
const isOccupied = (access: Access) =>
  access.kind === 'Unlocked' || (access.kind === 'Finishing' && access.phase !== 'reading')

function mostApartMs(config: MachineConfig): number {
  return 2 * Math.max(...[...ruleSignals(config.state), INTERLOCK_POINT].map((id) => intervalOf(config, id))) + SLACK_MS
}
