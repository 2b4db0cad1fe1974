/**
 * What people ask for at a machine: maintenance, an override, an inspection, a block of its owner, a report. Authorised
 * here by role and by the machines of their key; decided by the machine, and recorded with the person.
 * Read next: core/permission/permission.ts, core/people/after-use.ts, core/people/arranged.ts.
 */
import { overrideBooking } from '../../core/booking/override.ts'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Inspector } from '../../core/machine/event.ts'
import { authoriseBlock, authoriseInspection, authoriseTechnician } from '../../core/permission/permission.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import type { AskMachine } from '../loops/replies.ts'
import { personJson } from './person.ts'
import { onReport, type ReportCommand } from './reports.ts'
import { newSession } from './sessions.ts'

const KINDS = ['maintenance', 'override', 'inspect', 'put-block', 'remove-block', 'service-done'] as const

type PeopleCommand = Extract<Command, { kind: (typeof KINDS)[number] }> | ReportCommand

type PeopleDeps = {
  ask: AskMachine
  tenantRef(tenant: string): string
  acceptsSigned(machine: MachineLoop): boolean
  nowMs(): number
  readonly maxOverrideMs: number
  /** Per machine. */
  readonly maxBlocks: number
  /** Open ones per machine. */
  readonly maxReports: number
  readonly earlyStartMs: number
  readonly anchorKnown: Promise<void>
}

export const isOfPeople = (command: Command): command is PeopleCommand =>
  [...KINDS, 'report', 'change-report'].some((kind) => kind === command.kind)

export async function onPeople(command: PeopleCommand, machine: MachineLoop, deps: PeopleDeps): Promise<Outcome> {
  switch (command.kind) {
    case 'maintenance':
      return maintain(command, machine, deps)
    case 'override':
      return override(command, machine, deps)
    case 'inspect':
      return inspect(command, machine, deps)
    case 'put-block':
    case 'remove-block':
      return block(command, machine, deps)
    case 'service-done':
      return serviceDone(command, machine, deps)
    case 'report':
    case 'change-report':
      return onReport(command, machine, deps)
  }
}

async function maintain(
  { principal, on, reason }: Extract<Command, { kind: 'maintenance' }>,
  machine: MachineLoop,
  { ask }: PeopleDeps,
): Promise<Outcome> {
  const refusal = authoriseTechnician(principal, machine.state.config.id)
  if (refusal) return refused(refusal)
  return ask(machine, (command) => ({ kind: 'maintenance', command, on, by: principal.id, reason }))
}

async function serviceDone(
  { principal, service, text, parts, certificate }: Extract<Command, { kind: 'service-done' }>,
  machine: MachineLoop,
  { ask }: PeopleDeps,
): Promise<Outcome> {
  const refusal = authoriseTechnician(principal, machine.state.config.id)
  if (refusal) return refused(refusal)
  const by = personJson(principal)
  return ask(machine, (command) => ({
    ...{ kind: 'service-done', command, service, text, parts, by },
    ...(certificate === undefined ? {} : { certificate }),
  }))
}

async function override(
  { principal, reason }: Extract<Command, { kind: 'override' }>,
  machine: MachineLoop,
  { ask, tenantRef, nowMs, maxOverrideMs, anchorKnown }: PeopleDeps,
): Promise<Outcome> {
  const { id } = machine.state.config
  const refusal = authoriseTechnician(principal, id)
  if (refusal) return refused(refusal)
  if (principal.role !== 'technician') return refused(refuse('forbidden'))
  await anchorKnown
  const booking = overrideBooking(id, principal.key, nowMs(), maxOverrideMs)
  return ask(machine, (command) => ({
    kind: 'unlock',
    request: {
      command,
      principal,
      booking,
      newBooking: false,
      override: { reason, by: personJson(principal) },
      ...newSession(),
      tenantRef: tenantRef(booking.tenant),
    },
  }))
}

async function inspect(
  { principal, passed, note }: Extract<Command, { kind: 'inspect' }>,
  machine: MachineLoop,
  { ask, tenantRef, acceptsSigned, nowMs, earlyStartMs }: PeopleDeps,
): Promise<Outcome> {
  const { config, bookings } = machine.state
  const refusal = authoriseInspection(principal, {
    machine: config.id,
    owner: config.owner,
    bookings,
    nowMs: nowMs(),
    earlyStartMs,
    acceptSigned: acceptsSigned(machine),
  })
  if (refusal) return refused(refusal)
  const ref = principal.role === 'tenant' ? tenantRef(principal.id) : undefined
  const inspector: Inspector = {
    role: principal.role,
    id: ref ?? principal.id,
    by: ref === undefined ? personJson(principal) : { role: 'tenant', tenant: ref },
  }
  return ask(machine, (command) => ({ kind: 'inspection', inspection: { command, inspector, passed, note } }))
}

async function block(
  command: Extract<Command, { kind: 'put-block' | 'remove-block' }>,
  machine: MachineLoop,
  { ask, maxBlocks: most }: PeopleDeps,
): Promise<Outcome> {
  const { principal } = command
  const refusal = authoriseBlock(principal, command.machine, machine.state.config.owner)
  if (refusal) return refused(refusal)
  const by = principal.id
  if (command.kind === 'remove-block')
    return ask(machine, (id) => ({ kind: 'unblock', command: id, id: command.id, by }))
  return ask(machine, (id) => ({ kind: 'block', command: id, block: { ...command.block, by }, most }))
}
