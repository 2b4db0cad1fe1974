/**
 * Between two tenants: the clean-down, and the inspection that records in what condition one tenant left the machine to
 * the next. Both are kept in the row of the machine, so that they survive a restart. They keep only other tenants
 * waiting, and end no session.
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

/** Notes what the machine needs before another tenant, after a use. A failed inspection stays failed. */
export function onUseEnded(turn: Turn, session: Session): void {
  const { m, env } = turn
  if (session.startedAtMs === undefined) return
  const before = inspectionOf(m)
  // An override does not clear an open inspection, which is still about the tenant before.
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

/** The part of a machine from which follows what is open after its last use. */
type Used = Pick<MachineState, 'row' | 'config'>

/** The open inspection: it is still due, or it has failed. */
export function inspectionOf({ row, config }: Used): 'due' | 'failed' | undefined {
  return row.inspection === 'due' && config.afterUse.inspection === 'none' ? undefined : row.inspection
}

/**
 * Until when the machine is cleaned down, UTC ms; undefined when it is not. Setting the clock does not change how long
 * it takes, and after a boot a clock that was ahead makes it no longer than anew: the time since the boot has passed.
 */
export function cleanDownUntil(env: Env, m: Used): number | undefined {
  const { lastUse } = m.row
  if (lastUse === undefined) return undefined
  const sinceBootMs = Number(env.now.ns / NS_PER_MS)
  const passedMs =
    lastUse.bootId === env.stamp.bootId
      ? sinceBootMs - Number(BigInt(lastUse.endedNs) / NS_PER_MS)
      : Math.max(sinceBootMs, env.believedMs - lastUse.endedAtMs)
  const leftMs = m.config.afterUse.cleanDownMs - passedMs
  return leftMs > 0 ? env.now.ms + leftMs : undefined
}

/** Why this tenant has to wait. The tenant who used the machine last never waits for clean-down and inspection. */
export function refuseAfterUse(env: Env, m: Used, tenantRef: string): Refusal | undefined {
  const { lastUse } = m.row
  if (inspectionOf(m) === 'failed') return refuse('inspection-failed')
  if (lastUse === undefined || lastUse.tenantRef === tenantRef) return undefined
  const untilMs = cleanDownUntil(env, m)
  if (untilMs !== undefined) return refuse('clean-down', undefined, { freeAt: new Date(untilMs).toISOString() })
  return inspectionOf(m) === 'due' ? refuse('inspection-due') : undefined
}

/** Takes an inspection. Its result is recorded with the session before it. */
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
    return refuse('forbidden', 'only a technician can pass a machine that failed its inspection')
  if (role === 'tenant' && m.row.lastUse?.tenantRef === id)
    return refuse('forbidden', 'the tenant who used the machine last cannot pass its inspection')
  return undefined
}
