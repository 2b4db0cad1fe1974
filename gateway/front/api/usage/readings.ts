/**
 * The readings behind a bill: every one the ledger holds of a meter, each with the entry it stands in, and what they
 * amount to by day.
 * Read next: reading-body.ts (where readings stand), days.ts (how a day is made of them).
 */
import Type from 'typebox'
import { isDay } from '../../../core/ground/day.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { asksCsv, csvFields, sendCsv, toTable } from '../http/csv.ts'
import { daySchema, periodFields, toPeriod } from '../http/period.ts'
import { type FieldError, sendErrors, sendProblem } from '../http/problem.ts'
import { pageSize, sequence, toPageSize } from '../http/schema.ts'
import { dayColumns, daySchema as daySummary, daysOf } from './days.ts'
import { meterParams, readableMeter } from './meters.ts'
import { readingColumns, readingOf, readingSchema } from './reading-body.ts'
import { scanPage } from './scan.ts'

const PAGE = 1_000
const MAX_DAYS = 31
const DAY_MS = 86_400_000

const listReadings = {
  config: { action: 'meter.read', csv: true, problems: ['not-found'] },
  schema: {
    operationId: 'listReadings',
    summary: 'Readings of a meter, each with its entry',
    description: 'In the order of the ledger. A page may be short, or empty, and still name a `next`.',
    tags: ['usage'],
    params: meterParams,
    querystring: Type.Object(
      {
        ...periodFields('Recorded'),
        after: Type.Optional(sequence('Only entries after this one: `next` of the page before.')),
        limit: pageSize(PAGE),
        ...csvFields,
      },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object(
        {
          readings: Type.Array(readingSchema),
          next: Type.Optional(Type.Integer({ description: 'Go on after this; as CSV in the Link header.' })),
        },
        { description: 'A page.' },
      ),
    },
  },
} as const

const listMeterDays = {
  config: { action: 'meter.read', csv: true, problems: ['not-found'] },
  schema: {
    operationId: 'listMeterDays',
    summary: 'What a meter made by day',
    description: `Days of the site's time zone, ${MAX_DAYS} at most. A reading is of the day it was read on: the last of a day is recorded a moment after midnight and closes it. A day without a reading has no line: what was made then is in the next day that has one, and no unit is in two days.`,
    tags: ['usage'],
    params: meterParams,
    querystring: Type.Object(
      { from: daySchema('First day.'), to: daySchema('Last day.'), ...csvFields },
      { additionalProperties: false },
    ),
    response: { 200: Type.Object({ days: Type.Array(daySummary) }, { description: 'Days.' }) },
  },
} as const

export function readingRoutes(app: App, api: Api): void {
  app.get('/meters/:machine/:meter/readings', listReadings, async (request, reply) => {
    const meter = readableMeter(api, principalOf(request), request.params)
    if (meter === undefined) return sendProblem(request, reply, refuse('not-found'))
    const { query } = request
    const asked = toPeriod(query, api.config.timezone)
    if (asked.errors) return sendErrors(request, reply, asked.errors)
    const { rows: readings, next } = scanPage(
      (after, limit) => api.reader.readingEntries(request.params.machine, { ...asked.period, after, limit }),
      (entry) => {
        const reading = readingOf(entry, meter)
        return reading === undefined ? [] : [reading]
      },
      Number(query.after ?? -1),
      toPageSize(query.limit, PAGE),
    )
    if (!asksCsv(request)) return { readings, ...(next === undefined ? {} : { next }) }
    return sendCsv(request, reply, 'readings.csv', toTable(readingColumns, readings), { after: next })
  })

  app.get('/meters/:machine/:meter/days', listMeterDays, async (request, reply) => {
    const meter = readableMeter(api, principalOf(request), request.params)
    if (meter === undefined) return sendProblem(request, reply, refuse('not-found'))
    const { from, to } = request.query
    const errors = dayErrors(from, to)
    if (errors.length > 0) return sendErrors(request, reply, errors)
    const days = daysOf(api.reader, { machine: request.params.machine, meter, from, to, zone: api.config.timezone })
    return asksCsv(request) ? sendCsv(request, reply, 'days.csv', toTable(dayColumns, days)) : { days }
  })
}

function dayErrors(from: string, to: string): FieldError[] {
  const none = Object.entries({ from, to }).filter(([, day]) => !isDay(day))
  if (none.length > 0)
    return none.map(([name]) => ({ path: `/query/${name}`, message: 'is not a day of the calendar' }))
  if (to < from) return [{ path: '/query/to', message: 'is before `from`' }]
  if (Date.parse(to) - Date.parse(from) < MAX_DAYS * DAY_MS) return []
  return [{ path: '/query/to', message: `makes more than ${MAX_DAYS} days` }]
}
