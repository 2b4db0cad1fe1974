/**
 * Between two tenants: the clean-down, and the inspection that says in what condition one left the machine to the next.
 * Kept in the row of the machine, so that it outlives the gateway. It holds back other tenants only, and ends no
 * session.
 *
 *   a session ends ─► clean-down ─► to check ─► passed ─► the next
 *                                       └─► failed: blocked until a technician passes it
 */

import { NS_PER_MS } from '../ground/moment.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import type { Inspection, Inspector } from '../machine/event.ts'
import type { Env, MachineState } from '../machine/state.ts'
import { commit, putRow, record, reply, type Turn } from '../machine/turn.ts'
import { isOpen, type LastUse, type Session } from '../session/session.ts'

/** A use is over: what the machine needs before another tenant. A failed inspection stays one. */
export function onUseEnded(turn: Turn, session: Session): void {
  const { m, env } = turn
  if (session.startedAtMs === undefined) return
  const before = inspectionOf(m)
  // A person who looked into it did not clear it: what is open still looks back on the tenant before.
  if (session.override && before !== undefined) return
  const inspection = before ?? (m.config.afterUse.inspection === 'required' ? 'due' : undefined)
  const lastUse: LastUse = {
    session: session.id,
    tenantRef: session.tenantRef,
    endedAtMs: env.now.ms,
    endedNs: env.now.ns.toString(),
    bootId: env.stamp.bootId,
  }
  putRow(turn, { ...m.row, lastUse, ...(inspection === undefined ? {} : { inspection }) })
}

/** The part of a machine that says what is open after its last use. */
type Used = Pick<MachineState, 'row' | 'config'>

/** What is open: nobody has looked yet, or what they saw was not good. */
export function inspectionOf({ row, config }: Used): 'due' | 'failed' | undefined {
  return row.inspection === 'due' && config.afterUse.inspection === 'none' ? undefined : row.inspection
}

/** Until when it is cleaned down, UTC ms; undefined: it is not. Lasts its time also when the clock is set. */
export function cleanDownUntil(env: Env, m: Used): number | undefined {
  const { lastUse } = m.row
  if (lastUse === undefined) return undefined
  const passedMs =
    lastUse.bootId === env.stamp.bootId
      ? Number((env.now.ns - BigInt(lastUse.endedNs)) / NS_PER_MS)
      : Math.max(0, env.now.ms - lastUse.endedAtMs)
  const leftMs = m.config.afterUse.cleanDownMs - passedMs
  return leftMs > 0 ? env.now.ms + leftMs : undefined
}

/** Why this tenant has to wait. The tenant who used it last goes on with what they left. */
export function refuseAfterUse(env: Env, m: Used, tenantRef: string): Refusal | undefined {
  const { lastUse } = m.row
  if (inspectionOf(m) === 'failed') return refuse('inspection-failed')
  if (lastUse === undefined || lastUse.tenantRef === tenantRef) return undefined
  const untilMs = cleanDownUntil(env, m)
  if (untilMs !== undefined) return refuse('clean-down', undefined, { freeAt: new Date(untilMs).toISOString() })
  return inspectionOf(m) === 'due' ? refuse('inspection-due') : undefined
}

/** Somebody has looked at the machine. What they found is recorded with the session before. */
export function onInspection(turn: Turn, { command, inspector, passed, note }: Inspection): void {
  const { m } = turn
  const refusal = refuseInspection(m, inspector, passed)
  if (refusal) return reply(turn, command, { kind: 'refused', refusal })
  const { inspection: _, ...row } = m.row
  const { lastUse } = row
  putRow(turn, passed ? row : { ...row, inspection: 'failed' })
  const looksBackOn = lastUse === undefined ? {} : { tenant: lastUse.tenantRef }
  record(turn, 'InspectionRecorded', { passed, note, by: inspector.by, ...looksBackOn }, lastUse?.session)
  commit(turn, command, { kind: 'done' })
}

function refuseInspection(m: MachineState, { role, id }: Inspector, passed: boolean): Refusal | undefined {
  if (m.session !== undefined && isOpen(m.session)) return refuse('machine-in-use')
  if (!passed) return undefined
  if (inspectionOf(m) === 'failed' && role !== 'technician')
    return refuse('forbidden', 'a technician passes a machine that failed its inspection')
  if (role === 'tenant' && m.row.lastUse?.tenantRef === id)
    return refuse('forbidden', 'somebody else has to look at what you left')
  return undefined
}
