/**
 * How a machine takes reports. One that stops it keeps everybody from a new use, and a use that runs goes on: a report
 * is no emergency stop. Read next: session/report.ts, access/gates.ts (what is refused then).
 */
import type { JsonObject } from '../ground/entry.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import type { MachineEvent } from '../machine/event.ts'
import type { MachineState } from '../machine/state.ts'
import { commit, putRow, record, reply, type Turn } from '../machine/turn.ts'
import type { Photo, Report, ReportChange, ReportInput } from '../session/report.ts'

export function onReport(turn: Turn, { command, report, most }: Extract<MachineEvent, { kind: 'report' }>): void {
  if ((turn.m.row.reports ?? []).length >= most)
    return reply(turn, command, { kind: 'refused', refusal: refuse('too-many-reports') })
  openReport(turn, report)
  commit(turn, command, { kind: 'recorded', id: report.id })
}

/** It is in the row of the machine and in the ledger with the next commit. */
export function openReport(turn: Turn, report: ReportInput, session = turn.m.session?.id): void {
  const { m, env } = turn
  const blocks = report.severity === 'stop'
  const opened: Report = { ...report, atMs: env.now.ms, state: 'open', blocks, ...(session && { session }) }
  putRow(turn, { ...m.row, reports: [...(m.row.reports ?? []), opened] })
  const { id, severity, text, photos, cause, by } = report
  record(turn, 'ReportMade', { id, severity, text, photos: photos.map(photoJson), cause, blocks, by }, session)
}

export function onReportChange(
  turn: Turn,
  { command, change }: Extract<MachineEvent, { kind: 'report-change' }>,
): void {
  const reports = turn.m.row.reports ?? []
  const known = reports.find(({ id }) => id === change.id)
  if (known === undefined)
    return reply(turn, command, {
      kind: 'refused',
      refusal: refuse('not-found', 'the machine has no such open report'),
    })
  changeReport(turn, known, change)
  commit(turn, command, { kind: 'done' })
}

export function changeReport(turn: Turn, known: Report, { by, text, ...change }: ReportChange): void {
  const { m } = turn
  const changed = { ...known, ...change }
  const { state, blocks, owner, expectedEndMs } = changed
  const others = (m.row.reports ?? []).filter(({ id }) => id !== known.id)
  putRow(turn, { ...m.row, reports: state === 'closed' ? others : [...others, { ...changed, state }] })
  const said: JsonObject = {
    ...{ id: known.id, state, blocks, text, by },
    ...(owner === undefined ? {} : { owner }),
    ...(expectedEndMs === undefined ? {} : { expectedEnd: new Date(expectedEndMs).toISOString() }),
  }
  record(turn, 'ReportChanged', said, known.session ?? null)
}

/** The report that keeps everybody from a new use. */
export const stopping = ({ row }: Pick<MachineState, 'row'>): Report | undefined =>
  row.reports?.find(({ blocks }) => blocks)

export function refuseReported(m: Pick<MachineState, 'row'>): Refusal | undefined {
  const report = stopping(m)
  if (report === undefined) return undefined
  const { text, cause, expectedEndMs } = report
  const freeAt = expectedEndMs === undefined ? {} : { freeAt: new Date(expectedEndMs).toISOString() }
  return refuse(
    'machine-blocked',
    cause === 'service' ? `a service is due: ${text}` : `somebody has reported: ${text}`,
    freeAt,
  )
}

const photoJson = ({ sha256, type, bytes }: Photo): JsonObject => ({ sha256, type, bytes })
