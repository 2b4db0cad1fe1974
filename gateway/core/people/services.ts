/**
 * Upkeep: a service is due after so many units of a meter, or so many days, whichever comes first, since it was last
 * done. It is then a report, and one that closes the machine does so after the use that runs. Totals go on over resets
 * and exchanges of a meter, so that hours are those of the machine. A meter that counts in another unit begins anew.
 * Read next: reports.ts, session/report.ts.
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
import { changeReport, openReport } from './reports.ts'

type Counted = Pick<MeterState, 'unit' | 'total'>

/** Notes where each service began to count, and reports what is due. */
export function watchServices(turn: Turn): void {
  const { m, env } = turn
  for (const service of m.config.services ?? []) {
    const meter = meterOf(m, service)
    if (service.meter !== undefined && meter === undefined) continue
    const served = m.row.services?.[service.id]
    if (served === undefined || served.unit !== meter?.unit) {
      serve(turn, service, begun(meter, env.believedMs, served?.times ?? 0))
      continue
    }
    if (served.reported === true || !isDue(service, served, meter, env.believedMs)) continue
    serve(turn, service, { ...served, reported: true })
    openReport(turn, {
      id: reportOf(service, served),
      severity: service.close ? 'stop' : 'wrench',
      text: service.text,
      photos: [],
      cause: 'service',
      by: { role: 'gateway' },
    })
  }
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

export function onServiceDone(turn: Turn, event: Extract<MachineEvent, { kind: 'service-done' }>): void {
  const { m, env } = turn
  const service = m.config.services?.find(({ id }) => id === event.service)
  if (service === undefined)
    return reply(turn, event.command, {
      kind: 'refused',
      refusal: refuse('not-found', 'the machine has no such service'),
    })
  const { text, parts, by } = event
  const meter = meterOf(m, service)
  const served = m.row.services?.[service.id]
  const report = served && m.row.reports?.find(({ id }) => id === reportOf(service, served))
  serve(turn, service, begun(meter, env.believedMs, (served?.times ?? 0) + 1))
  const at: JsonObject =
    meter === undefined ? {} : { meter: service.meter!, unit: meter.unit, total: meter.total.toString() }
  record(turn, 'ServiceDone', { service: service.id, text, parts: [...parts], by, ...at }, null)
  if (report !== undefined) changeReport(turn, report, { id: report.id, state: 'closed', text, by })
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

/** One for each time that it is due. */
const reportOf = ({ id }: ServiceConfig, { times }: Served): string => `service.${id}.${times + 1}`
