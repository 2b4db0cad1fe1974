/**
 * Upkeep: a service is due after so many units of a meter, or so many days, whichever comes first, since it was last
 * done. It is then a report, and one that closes the machine does so after the use that runs; so much later it is
 * overdue. Totals go on over resets and exchanges of a meter, so that hours are those of the machine. A meter that
 * counts in another unit begins anew. Read next: reports.ts, session/report.ts.
 */
import type { ServiceConfig } from '../ground/config.ts'
import type { JsonObject } from '../ground/entry.ts'
import { DAY_MS } from '../ground/moment.ts'
import { refuse } from '../ground/refusal.ts'
import type { Served } from '../machine/change.ts'
import type { MachineEvent } from '../machine/event.ts'
import type { MachineState } from '../machine/state.ts'
import { commit, putRow, record, reply, type Turn } from '../machine/turn.ts'
import type { MeterState } from '../meter/meter.ts'
import type { Report } from '../session/report.ts'
import { changeReport, openReport } from './reports.ts'

type Counted = Pick<MeterState, 'unit' | 'total'>

/** Notes where each service began to count, and reports what is due and what is overdue. */
export function watchServices(turn: Turn): void {
  const { m, env } = turn
  for (const service of m.config.services ?? []) {
    const meter = meterOf(m, service)
    if (service.meter !== undefined && meter === undefined) continue
    const served = m.row.services?.[service.id]
    if (served === undefined || served.unit !== meter?.unit) {
      // A meter of which no certificate is known is not calibrated.
      const fromMs = service.certifies === undefined ? env.believedMs : (served?.atMs ?? 0)
      serve(turn, service, begun(meter, fromMs, served?.times ?? 0))
      continue
    }
    const isLate = served.overdue !== true && isOverdue(service, served, meter, env.believedMs)
    if (served.reported !== true && isDue(service, served, meter, env.believedMs)) reportDue(turn, service, served)
    if (isLate) reportOverdue(turn, service, served)
  }
}

function reportDue(turn: Turn, service: ServiceConfig, served: Served): void {
  serve(turn, service, { ...served, reported: true })
  openFor(turn, service, reportOf(service, served), service.close)
}

/** The report that it is due says so from here; where somebody has closed that without doing it, there is another. */
function reportOverdue(turn: Turn, service: ServiceConfig, served: Served): void {
  serve(turn, service, { ...served, reported: true, overdue: true })
  const { close } = service.overdue!
  const known = turn.m.row.reports?.find(({ id }) => id === reportOf(service, served))
  if (known === undefined) return openFor(turn, service, `${reportOf(service, served)}.overdue`, close)
  changeReport(turn, known, { id: known.id, blocks: known.blocks || close, text: 'overdue', by: GATEWAY })
}

const GATEWAY = { role: 'gateway' } as const

function openFor(turn: Turn, { text }: ServiceConfig, id: string, close: boolean): void {
  const severity = close ? 'stop' : 'wrench'
  openReport(turn, { id, severity, text, photos: [], cause: 'service', by: GATEWAY })
}

export function isDue(
  { every, days }: Pick<ServiceConfig, 'every' | 'days'>,
  { total, atMs }: Pick<Served, 'total' | 'atMs'>,
  meter: Counted | undefined,
  nowMs: number,
): boolean {
  if (days !== undefined && nowMs - atMs >= days * DAY_MS) return true
  return every !== undefined && meter !== undefined && meter.total - BigInt(total) >= BigInt(every)
}

/** Whether so much more has passed since it was due. */
export function isOverdue(
  { every, days, overdue }: Pick<ServiceConfig, 'every' | 'days' | 'overdue'>,
  served: Pick<Served, 'total' | 'atMs'>,
  meter: Counted | undefined,
  nowMs: number,
): boolean {
  if (overdue === undefined) return false
  const late = {
    ...(overdue.every === undefined ? {} : { every: (BigInt(every!) + BigInt(overdue.every)).toString() }),
    ...(overdue.days === undefined ? {} : { days: days! + overdue.days }),
  }
  return isDue(late, served, meter, nowMs)
}

/** Why the machine is closed, when it is by a service: what its report says. */
export function serviceReason(m: Pick<MachineState, 'row'>, { id }: Report): 'service-due' | 'service-overdue' {
  const [, service] = id.split('.')
  return m.row.services?.[service!]?.overdue === true ? 'service-overdue' : 'service-due'
}

export function onServiceDone(turn: Turn, event: Extract<MachineEvent, { kind: 'service-done' }>): void {
  const { m, env } = turn
  const service = m.config.services?.find(({ id }) => id === event.service)
  if (service === undefined)
    return reply(turn, event.command, {
      kind: 'refused',
      refusal: refuse('not-found', 'the machine has no such service'),
    })
  const { text, parts, certificate, by } = event
  if ((certificate === undefined) !== (service.certifies === undefined))
    return reply(turn, event.command, {
      kind: 'refused',
      refusal: refuse('bad-request', 'a calibration has a certificate, and nothing else has one'),
    })
  const meter = meterOf(m, service)
  const served = m.row.services?.[service.id]
  const reports = served === undefined ? [] : reportsOf(m, reportOf(service, served))
  const proof = certificate && { certificate: { number: certificate.number, day: certificate.day } }
  const anew = begun(meter, certificate?.fromMs ?? env.believedMs, (served?.times ?? 0) + 1)
  serve(turn, service, { ...anew, ...proof })
  const at: JsonObject =
    meter === undefined ? {} : { meter: service.meter!, unit: meter.unit, total: meter.total.toString() }
  const what = proof && { ...proof, certifies: service.certifies! }
  record(turn, 'ServiceDone', { service: service.id, text, parts: [...parts], by, ...at, ...what }, null)
  for (const report of reports) changeReport(turn, report, { id: report.id, state: 'closed', text, by })
  commit(turn, event.command, { kind: 'done' })
}

const begun = (meter: Counted | undefined, atMs: number, times: number): Served => ({
  ...(meter === undefined ? {} : { unit: meter.unit }),
  total: (meter?.total ?? 0n).toString(),
  atMs,
  times,
})

function serve(turn: Turn, { id }: ServiceConfig, served: Served): void {
  const { row } = turn.m
  putRow(turn, { ...row, services: { ...row.services, [id]: served } })
}

const meterOf = ({ meters }: Pick<MachineState, 'meters'>, { meter }: ServiceConfig) =>
  meter === undefined ? undefined : meters.get(meter)

/** That it is due, and that it is overdue. */
const reportsOf = ({ row }: Pick<MachineState, 'row'>, id: string): Report[] =>
  (row.reports ?? []).filter((report) => report.id === id || report.id === `${id}.overdue`)

/** One for each time that it is due. */
const reportOf = ({ id }: ServiceConfig, { times }: Served): string => `service.${id}.${times + 1}`
