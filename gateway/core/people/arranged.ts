/**
 * What people arrange for a machine: maintenance, and blocks of its owner. It is kept in the row of the machine and
 * recorded with the person who arranged it. An open session goes on. Read next: booking/plan.ts (what a block closes),
 * access/gates.ts (what is refused then).
 */

import { decideBlock } from '../booking/plan.ts'
import { refuse } from '../ground/refusal.ts'
import type { MachineEvent } from '../machine/event.ts'
import { calendarOf } from '../machine/state.ts'
import { commit, putRow, record, reply, type Turn } from '../machine/turn.ts'

export function setMaintenance(turn: Turn, event: Extract<MachineEvent, { kind: 'maintenance' }>): void {
  const { m, env } = turn
  const { maintenance: before, ...rest } = m.row
  if (m.drill !== undefined && !event.on) {
    reply(turn, event.command, { kind: 'refused', refusal: refuse('machine-in-use', 'a drill is under way') })
    return
  }
  if (event.on !== (before !== undefined)) {
    const maintenance = { by: event.by, reason: event.reason, sinceMs: env.now.ms }
    putRow(turn, event.on ? { ...rest, maintenance } : rest)
    record(turn, event.on ? 'MaintenanceStarted' : 'MaintenanceEnded', { by: event.by, reason: event.reason }, null)
  }
  commit(turn, event.command, { kind: 'done' })
}

export function putBlock(turn: Turn, { command, block, most }: Extract<MachineEvent, { kind: 'block' }>): void {
  const { m, env } = turn
  const decision = decideBlock(calendarOf(m), block, env.now.ms, most)
  if (decision.kind === 'refused') return reply(turn, command, decision)
  const created = decision.kind === 'put' && decision.created
  if (decision.kind === 'put') {
    putRow(turn, { ...m.row, blocks: decision.blocks })
    const { id, fromMs, untilMs, reason, by } = block
    const [start, end] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString()) as [string, string]
    record(turn, 'BlockPut', { block: id, start, end, reason, by }, null)
  }
  commit(turn, command, { kind: 'block', block: decision.block, created })
}

export function removeBlock(turn: Turn, { command, id, by }: Extract<MachineEvent, { kind: 'unblock' }>): void {
  const { m } = turn
  const blocks = m.row.blocks ?? []
  if (!blocks.some((block) => block.id === id))
    return reply(turn, command, { kind: 'refused', refusal: refuse('not-found', 'the machine has no such block') })
  putRow(turn, { ...m.row, blocks: blocks.filter((block) => block.id !== id) })
  record(turn, 'BlockRemoved', { block: id, by }, null)
  commit(turn, command, { kind: 'done' })
}
