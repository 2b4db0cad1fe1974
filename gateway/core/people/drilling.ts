/**
 * When a drill of a machine may begin, what is durable before its first write, and what is recorded of it. While it is
 * under way the machine is in maintenance and has no session. The core itself writes nothing then, and takes nothing
 * that the interlock shows for a session or a stranger. Read next: drill/drill.ts (the script), drill/commissioning.ts
 * (what follows), gateway/control/commands/drills.ts (which runs it).
 */

import { type Outcome, refused } from '../command/outcome.ts'
import { DRILL_COUNTERS, type DrillReport, reserveAfter } from '../drill/drill.ts'
import type { JsonObject } from '../ground/entry.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import * as interlock from '../interlock/interlock.ts'
import { counterOf } from '../interlock/lease.ts'
import type { DrillEvent } from '../machine/event.ts'
import { lockOf } from '../machine/state.ts'
import { commit, putDrill, putRow, record, reply, type Turn } from '../machine/turn.ts'

export function onDrill(turn: Turn, { command, by, reason }: Extract<DrillEvent, { kind: 'drill' }>): void {
  const { m, env } = turn
  const refusal = refusalToDrill(turn)
  if (refusal) return reply(turn, command, { kind: 'refused', refusal })
  const { highestToken } = interlock.groundOf(lockOf(m).block)
  const reserve = reserveAfter(m.row.fencingCounter, counterOf(highestToken), env.fencingId)
  if (reserve === undefined) return reply(turn, command, notReady('fencing tokens are used up'))
  // The tokens are recorded as used before the first of them is written, whatever becomes of the drill.
  putRow(turn, { ...m.row, fencingCounter: reserve.first + DRILL_COUNTERS - 1 })
  putDrill(turn, { by, reason, reserve })
  commit(turn, command, { kind: 'done' })
}

function refusalToDrill({ m, env }: Turn): Refusal | undefined {
  const not = (detail: string) => refuse('drill-not-ready', detail)
  if (m.config.interlock === undefined) return refuse('no-interlock')
  if (env.stopping) return refuse('stopping')
  if (!env.ledgerProven) return refuse('ledger-unproven')
  if (!env.diskOk) return refuse('ledger-full')
  if (!env.timeTrusted) return refuse('time-untrusted')
  if (m.drill !== undefined) return not('a drill is under way')
  if (m.row.maintenance === undefined) return not('put the machine into maintenance first')
  if (m.session !== undefined) return not('a session is open')
  if (m.access.kind !== 'Locked') return not(`the machine is not locked: ${m.access.kind}${hintOf(m.seen.lock)}`)
  if (m.withdrawal !== undefined) return not('the machine has not been seen to lock yet')
  if (m.seen.condition.emergencyStop) return not('the emergency stop is pressed')
  if (m.seen.lock === undefined) return refuse('not-fresh', 'the interlock has not been read yet')
  return undefined
}

/** What a person can do about it at the machine, as far as that is shown. */
function hintOf(lock: interlock.Lock | undefined): string {
  return interlock.lastState(lock) === 'local' ? '; its key switch is on local: turn it to remote' : ''
}

const notReady = (detail: string): Outcome => refused(refuse('drill-not-ready', detail))

/** Ends a drill. Without a report it was broken off, which is not a result. */
export function onDrillEnded(turn: Turn, { command, report }: Extract<DrillEvent, { kind: 'drill-ended' }>): void {
  const { m, env } = turn
  const { drill } = m
  if (drill === undefined) return reply(turn, command, notReady('no drill is under way'))
  putDrill(turn, undefined)
  if (report === undefined) return reply(turn, command, { kind: 'done' })
  const { interlockId } = m.config.commissioning
  const { passed, failSafe, relockMs } = report
  putRow(turn, {
    ...m.row,
    drill: {
      atMs: env.now.ms,
      passed,
      failSafe,
      interlockId,
      by: drill.by,
      ...(relockMs === undefined ? {} : { relockMs }),
    },
  })
  record(turn, 'DrillRecorded', { ...reportJson(report), interlockId, by: drill.by, reason: drill.reason })
  commit(turn, command, { kind: 'done' })
}

export function reportJson({ class: kind, passed, failSafe, steps, relockMs, plcBootId }: DrillReport): JsonObject {
  return {
    passed,
    failSafe,
    class: kind,
    steps: steps.map((step) => ({ ...step, tookMs: Math.round(step.tookMs) })),
    ...(relockMs === undefined ? {} : { relockMs }),
    ...(plcBootId === undefined ? {} : { plcBootId }),
  }
}
