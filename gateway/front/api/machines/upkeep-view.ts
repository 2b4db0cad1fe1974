/**
 * What has to be done at a machine as people are shown it: services and calibrations, its drill, and the acceptance of
 * its risk. When use makes one due is foretold by what the meter made in the last weeks, by the ledger.
 * Read next: services.ts (the routes), core/people/services.ts (what is due).
 */
import Type, { type Static } from 'typebox'
import { commissioningOf } from '../../../core/drill/commissioning.ts'
import type { MachineConfig, ServiceConfig } from '../../../core/ground/config.ts'
import { dayOf } from '../../../core/ground/day.ts'
import { DAY_MS } from '../../../core/ground/moment.ts'
import type { MachineRow, Served } from '../../../core/machine/change.ts'
import { isDue, isOverdue } from '../../../core/people/services.ts'
import type { Api } from '../api.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { words } from '../http/schema.ts'
import { daysOf } from '../usage/days.ts'

const WEEKS_DAYS = 28

export const serviceSchema = Type.Object(
  {
    id: Type.String(),
    kind: words(['service', 'calibration', 'drill', 'risk'] as const, 'What it is a rule of.'),
    text: Type.String({ description: 'What has to be done.' }),
    meter: Type.Optional(Type.String({ description: 'machine/alias.name' })),
    every: Type.Optional(Type.String({ description: 'Units of the meter, smallest, decimal text.' })),
    used: Type.Optional(Type.String({ description: 'Units since it was last done, decimal text.' })),
    unit: Type.Optional(Type.String()),
    days: Type.Optional(Type.Integer({ description: 'Days since it was last done.' })),
    certifies: Type.Optional(Type.String({ description: 'Of a calibration: the meter, machine/alias.name.' })),
    certificate: Type.Optional(Type.Object({ number: Type.String(), day: Type.String() })),
    since: Type.Optional(shownInstant('When it was last done, or began to count; absent: never.')),
    due: Type.Boolean({ description: 'It has to be done now.' }),
    overdue: Type.Boolean({ description: 'It should have been done.' }),
    closes: Type.Boolean({ description: 'While it is due nobody begins a use.' }),
    expected: Type.Optional(shownInstant('When it will be due, if the machine is used as in the last four weeks.')),
  },
  { title: 'Service' },
)
type Service = Static<typeof serviceSchema>

/** Units of a meter per day, and until when that holds. */
type Pace = { readonly day: string; readonly perDay: number }

export function createUpkeepView(api: Api): (machine: MachineConfig) => Service[] {
  /** By meter, of today: a month of readings is not read for each look. */
  const paces = new Map<string, Pace>()

  function paceOf(machine: string, meter: string, unit: string): number {
    const { timezone: zone } = api.config
    const nowMs = api.clock.nowMs()
    const day = dayOf(nowMs, zone)
    const known = paces.get(meter)
    if (known?.day === day) return known.perDay
    const from = dayOf(nowMs - WEEKS_DAYS * DAY_MS, zone)
    const days = daysOf(api.reader, { machine, meter, from, to: day, zone }).filter((each) => each.unit === unit)
    const made = days.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n)
    const sinceMs = days[0] === undefined ? nowMs : Date.parse(days[0].from)
    const perDay = nowMs - sinceMs < DAY_MS ? 0 : (Number(made) * DAY_MS) / (nowMs - sinceMs)
    paces.set(meter, { day, perDay })
    return perDay
  }

  return (machine) => {
    const row = api.reader.machines().find((each) => each.machine === machine.id)
    const nowMs = api.clock.nowMs()
    return [
      ...(machine.services ?? []).map((service) => toService(api, service, row?.services?.[service.id], paceOf)),
      ...drillOf(machine, row, nowMs),
      ...riskOf(machine, nowMs),
    ]
  }
}

function toService(
  { reader, clock }: Api,
  service: ServiceConfig,
  served: Served | undefined,
  paceOf: (machine: string, meter: string, unit: string) => number,
): Service {
  const { id: name, text, meter: counter, every, days, close, overdue, certifies } = service
  const meter = counter === undefined ? undefined : reader.meter(counter)
  const used = served && meter && meter.total - BigInt(served.total)
  const nowMs = clock.nowMs()
  const perDay = meter === undefined ? 0 : paceOf(meter.machine, meter.meter, meter.unit)
  const expectedMs = served && expected(service, served, used, perDay, nowMs)
  const isLate = served !== undefined && isOverdue(service, served, meter, nowMs)
  return {
    id: name,
    kind: certifies === undefined ? 'service' : 'calibration',
    text,
    ...(counter === undefined ? {} : { meter: counter }),
    ...(every === undefined ? {} : { every }),
    ...(used === undefined ? {} : { used: used.toString() }),
    ...(meter === undefined ? {} : { unit: meter.unit }),
    ...(days === undefined ? {} : { days }),
    ...(certifies === undefined ? {} : { certifies }),
    ...(served?.certificate === undefined ? {} : { certificate: { ...served.certificate } }),
    ...(served === undefined || served.atMs === 0 ? {} : { since: toInstant(served.atMs) }),
    due: served !== undefined && isDue(service, served, meter, nowMs),
    overdue: isLate,
    closes: close || (isLate && overdue!.close),
    ...(expectedMs === undefined ? {} : { expected: toInstant(expectedMs) }),
  }
}

/** Whichever comes first, if use goes on as it was. */
function expected(
  { every, days }: ServiceConfig,
  { atMs }: Served,
  used: bigint | undefined,
  perDay: number,
  nowMs: number,
): number | undefined {
  const byUse =
    every === undefined || used === undefined || perDay <= 0
      ? Number.POSITIVE_INFINITY
      : nowMs + Math.max(0, (Number(every) - Number(used)) / perDay) * DAY_MS
  const byDays = days === undefined ? Number.POSITIVE_INFINITY : atMs + days * DAY_MS
  const first = Math.min(byUse, byDays)
  // Beyond what a date can be it is never.
  return first <= 8.64e15 ? Math.round(first) : undefined
}

/** The drill that lets tenants in; a simulator needs none. */
function drillOf(machine: MachineConfig, row: MachineRow | undefined, nowMs: number): Service[] {
  if (machine.interlock === undefined || machine.simulated) return []
  const state = commissioningOf(machine, row?.drill, nowMs)
  const dueMs = state.kind === 'commissioned' ? state.dueMs : undefined
  return [
    {
      ...{ id: 'drill', kind: 'drill', text: 'Drill: the machine is shown to lock itself', closes: true },
      days: Math.round(machine.commissioning.retestMs / DAY_MS),
      ...(row?.drill === undefined ? {} : { since: toInstant(row.drill.atMs) }),
      ...{ due: state.kind !== 'commissioned', overdue: state.kind === 'expired' },
      ...(dueMs === undefined ? {} : { expected: toInstant(dueMs) }),
    },
  ]
}

/** A risk that somebody accepted until a day. */
function riskOf({ interlock }: MachineConfig, nowMs: number): Service[] {
  const risk = interlock !== undefined && 'risk' in interlock ? interlock.risk : undefined
  if (risk?.untilMs === undefined) return []
  const isOver = nowMs >= risk.untilMs
  return [
    {
      ...{ id: 'risk', kind: 'risk', text: `Risk accepted by ${risk.acceptedBy}: ${risk.reason}`, closes: true },
      ...{ due: isOver, overdue: isOver, expected: toInstant(risk.untilMs) },
    },
  ]
}
