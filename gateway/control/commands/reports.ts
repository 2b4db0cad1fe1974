/**
 * Reports that people make of a machine, and what they do about them. Authorised here by role and by the machines of
 * their key; taken by the machine. Read next: core/people/reports.ts, core/permission/permission.ts.
 */
import { v7 as uuidv7 } from 'uuid'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { authoriseInspection, authoriseReportChange } from '../../core/permission/permission.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import type { AskMachine } from '../loops/replies.ts'
import { callerJson, personJson } from './person.ts'

export type ReportCommand = Extract<Command, { kind: 'report' | 'change-report' }>

type ReportsDeps = {
  ask: AskMachine
  tenantRef(tenant: string): string
  acceptsSigned(machine: MachineLoop): boolean
  nowMs(): number
  /** Open ones per machine. */
  readonly maxReports: number
  readonly earlyStartMs: number
}

export async function onReport(command: ReportCommand, machine: MachineLoop, deps: ReportsDeps): Promise<Outcome> {
  const { config, bookings } = machine.state
  const { principal } = command
  if (command.kind === 'change-report') {
    const refusal = authoriseReportChange(principal, config.id, config.owner)
    if (refusal) return refused(refusal)
    const { kind: _, principal: __, machine: ___, ...change } = command
    const by = personJson(principal)
    return deps.ask(machine, (id) => ({ kind: 'report-change', command: id, change: { ...change, by } }))
  }
  const refusal = authoriseInspection(principal, {
    ...{ machine: config.id, owner: config.owner, bookings, nowMs: deps.nowMs() },
    ...{ earlyStartMs: deps.earlyStartMs, acceptSigned: deps.acceptsSigned(machine) },
    afterMs: config.endOfBooking.reportMs ?? 0,
  })
  if (refusal) return refused(refusal)
  const by = callerJson(principal, deps.tenantRef)
  const { severity, text, photos } = command
  const report = { id: uuidv7(), severity, text, photos, cause: 'person' as const, by }
  return deps.ask(machine, (id) => ({ kind: 'report', command: id, report, most: deps.maxReports }))
}
