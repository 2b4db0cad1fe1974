/**
 * The readings behind a bill: every one the ledger holds of a meter, each with the entry it stands in, and what they
 * amount to by day. Readings of both are put in order by sequence, never by the clock, so that a step loses none.
 */
import Type, { type Static } from 'typebox'
import { dayOf, dayStart, isDay, nextDay } from '../../../core/ground/day.ts'
import type { Entry } from '../../../core/ground/entry.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { type Api, type App, type FastifyRequest, principalOf } from '../api.ts'
import { decide } from '../caller/policy.ts'
import { asksCsv, sendCsv, toTable } from '../http/csv.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { daySchema, type Period, periodFields, toPeriod } from '../http/period.ts'
import { sendProblem } from '../http/problem.ts'
import { id, pageSize, sequence, toPageSize, words } from '../http/schema.ts'

const PAGE = 1_000
/** Entries of the machine looked through for one page; a page may end early and name where to go on. */
const SCAN = 5_000
const BATCH = 500
const MAX_DAYS = 31
const DAY_MS = 86_400_000

const readingSchema = Type.Object(
  {
    meter: Type.String({ description: 'machine/alias.name' }),
    unit: Type.String({ description: 'Smallest unit.' }),
    at: shownInstant('When it was read.'),
    recordedAt: shownInstant('When the entry was made; `from`, `to` and `day` go by it.'),
    clock: words(
      ['synchronised', 'informative', 'relative', 'unknown'] as const,
      'How far the times are to be trusted.',
    ),
    kind: words(['begin', 'end', 'finishing', 'sampled', 'changed'] as const, 'Why it was recorded.'),
    entry: Type.Integer({ description: 'Sequence of the entry it stands in.' }),
    session: Type.Optional(Type.String()),
    raw: Type.Optional(Type.String({ description: 'Counter as the device held it.' })),
    epoch: Type.Integer({ description: 'Life of the counter between two resets.' }),
    total: Type.String({ description: 'Over all epochs, decimal text.' }),
    change: Type.Optional(Type.String({ description: 'Why the counter did not simply grow.' })),
    from: Type.Optional(Type.String({ description: 'With a change: the raw value before.' })),
    delta: Type.Optional(Type.String({ description: 'With a change: what was booked with it.' })),
    account: Type.Optional(Type.String({ description: 'With a change: session, unassigned or disputed.' })),
    incomplete: Type.Optional(
      Type.Literal(true, { description: 'The last good one; it could not be read at the end.' }),
    ),
  },
  { title: 'MeterReading' },
)
type MeterReading = Static<typeof readingSchema>
const readingColumns = Object.keys(readingSchema.properties) as (keyof MeterReading)[]

const daySummary = Type.Object(
  {
    meter: Type.String({ description: 'machine/alias.name' }),
    unit: Type.String({ description: 'Smallest unit.' }),
    day: Type.String({ description: 'In the time zone of the site.' }),
    from: shownInstant('First moment of the day.'),
    to: shownInstant('First moment of the next day.'),
    quantity: Type.String({
      description: 'From the last reading before the day to the last of the day, decimal text.',
    }),
    total: Type.String({ description: 'At the last reading of the day.' }),
    readings: Type.Integer({ description: 'How many were recorded.' }),
    firstEntry: Type.Integer(),
    lastEntry: Type.Integer(),
  },
  { title: 'MeterDay' },
)
type MeterDay = Static<typeof daySummary>
const dayColumns = Object.keys(daySummary.properties) as (keyof MeterDay)[]

const params = Type.Object({
  machine: id('Machine.'),
  meter: Type.String({ pattern: '^[A-Za-z0-9.-]{1,80}$', description: 'alias.name' }),
})
const format = Type.Optional(words(['json', 'csv'] as const, 'Wins over Accept.'))

export function readingRoutes(app: App, api: Api): void {
  app.get(
    '/meters/:machine/:meter/readings',
    {
      config: { action: 'meter.read', problems: ['not-found'] },
      schema: {
        operationId: 'listReadings',
        summary: 'Readings of a meter, each with its entry',
        description: 'In the order of the ledger. A page may be short, or empty, and still name a `next`.',
        tags: ['usage'],
        params,
        querystring: Type.Object(
          {
            ...periodFields('Recorded'),
            after: Type.Optional(sequence('Only entries after this one: `next` of the page before.')),
            limit: pageSize(PAGE, 100),
            format,
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
    },
    async (request, reply) => {
      const machine = ownMachine(request, api)
      if (machine === undefined) return sendProblem(request, reply, refuse('not-found'))
      const asked = toPeriod(request.query, api.config.timezone)
      if ('errors' in asked) return sendProblem(request, reply, refuse('bad-request'), asked)
      const size = toPageSize(request.query.limit, PAGE, 100)
      const after = Number(request.query.after ?? -1)
      const { readings, next } = pageOf(api, machine, `${machine}/${request.params.meter}`, asked.period, after, size)
      if (!asksCsv(request)) return { readings, ...(next === undefined ? {} : { next }) }
      return sendCsv(request, reply, 'readings.csv', toTable(readingColumns, readings), { after: next })
    },
  )

  app.get(
    '/meters/:machine/:meter/days',
    {
      config: { action: 'meter.read', problems: ['not-found'] },
      schema: {
        operationId: 'listMeterDays',
        summary: 'What a meter made by day',
        description: `Days of the site's time zone, ${MAX_DAYS} at most. A day without a reading has no line: what was made then is in the next day that has one, and no unit is in two days.`,
        tags: ['usage'],
        params,
        querystring: Type.Object(
          { from: daySchema('First day.'), to: daySchema('Last day.'), format },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ days: Type.Array(daySummary) }, { description: 'Days.' }) },
      },
    },
    async (request, reply) => {
      const machine = ownMachine(request, api)
      if (machine === undefined) return sendProblem(request, reply, refuse('not-found'))
      const { from, to } = request.query
      const errors = [['from', from] as const, ['to', to] as const].flatMap(([name, day]) =>
        isDay(day) ? [] : [{ path: `/query/${name}`, message: 'is no day' }],
      )
      if (errors.length === 0 && to < from) errors.push({ path: '/query/to', message: 'is before from' })
      else if (errors.length === 0 && Date.parse(to) - Date.parse(from) >= MAX_DAYS * DAY_MS)
        errors.push({ path: '/query/to', message: `${MAX_DAYS} days are the most` })
      if (errors.length > 0) return sendProblem(request, reply, refuse('bad-request'), { errors })
      const days = daysOf(api, machine, `${machine}/${request.params.meter}`, from, to)
      return asksCsv(request) ? sendCsv(request, reply, 'days.csv', toTable(dayColumns, days)) : { days }
    },
  )
}

/** The machine, when the caller may read this meter of it. */
function ownMachine(request: FastifyRequest, api: Api): string | undefined {
  const { machine: name, meter } = request.params as Static<typeof params>
  const machine = api.machines.get(name)
  if (machine === undefined || !machine.meters.some(({ id }) => id === `${name}/${meter}`)) return undefined
  const refusal = decide(principalOf(request), 'meter.read', { machine: name, owner: machine.owner })
  return refusal === undefined ? name : undefined
}

function pageOf(
  api: Api,
  machine: string,
  meter: string,
  period: Period,
  after: number,
  size: number,
): { readings: MeterReading[]; next?: number } {
  const readings: MeterReading[] = []
  let last = after
  for (let scanned = 0; scanned < SCAN; scanned += BATCH) {
    const entries = api.reader.readingEntries(machine, { after: last, ...period, limit: BATCH })
    for (const entry of entries) {
      const reading = readingOf(entry, meter)
      if (reading !== undefined && readings.length === size) return { readings, next: last }
      if (reading !== undefined) readings.push(reading)
      last = entry.seq
    }
    if (entries.length < BATCH) return { readings }
  }
  return { readings, next: last }
}

/** Each reading's growth over the one before it in the ledger goes to the day it was recorded on. */
function daysOf(api: Api, machine: string, meter: string, first: string, last: string): MeterDay[] {
  const zone = api.config.timezone
  const fromMs = dayStart(first, zone)!
  const toMs = dayStart(nextDay(last), zone)!
  const range = api.reader.readingRange(machine, fromMs, toMs)
  if (range === undefined) return []
  const days = new Map<string, { reading: MeterReading; quantity: bigint; readings: number; firstEntry: number }>()
  let before = readingBefore(api, machine, meter, range.first)
  for (let after = range.first - 1; after < range.last; ) {
    const entries = api.reader.readingEntries(machine, { after, limit: BATCH })
    for (const entry of entries) {
      const reading = entry.seq <= range.last ? readingOf(entry, meter) : undefined
      if (reading === undefined) continue
      const day = dayOf(entry.atMs, zone)
      const known = days.get(day)
      const grown = before === undefined ? 0n : BigInt(reading.total) - BigInt(before.total)
      days.set(day, {
        reading,
        quantity: (known?.quantity ?? 0n) + grown,
        readings: (known?.readings ?? 0) + 1,
        firstEntry: known?.firstEntry ?? entry.seq,
      })
      before = reading
    }
    after = entries.at(-1)?.seq ?? range.last
  }
  return [...days]
    .filter(([day]) => day >= first && day <= last)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, { reading, quantity, readings, firstEntry }]) => ({
      meter,
      unit: reading.unit,
      day,
      from: toInstant(dayStart(day, zone)!),
      to: toInstant(dayStart(nextDay(day), zone)!),
      quantity: quantity.toString(),
      total: reading.total,
      readings,
      firstEntry,
      lastEntry: reading.entry,
    }))
}

function readingBefore(api: Api, machine: string, meter: string, seq: number): MeterReading | undefined {
  let before = seq
  for (let scanned = 0; scanned < SCAN; scanned += BATCH) {
    const entries = api.reader.readingEntriesBefore(machine, before, BATCH)
    for (const entry of entries) {
      const reading = readingOf(entry, meter)
      if (reading !== undefined) return reading
      before = entry.seq
    }
    if (entries.length < BATCH) break
  }
  return undefined
}

type Point = { meter: string; unit: string; raw?: string; epoch: number; total: string; at: number }
type Change = Omit<Point, 'raw' | 'at'> & { change: string; from?: string; to?: string; delta: string; account: string }

/** What an entry says of a meter; the begin readings of a session stand in its first entry. */
function readingOf(entry: Entry, meter: string): MeterReading | undefined {
  const data = entry.body.data as { begin?: Point[]; end?: Point[]; meters?: Point[]; incomplete?: true }
  switch (entry.kind) {
    case 'UnlockIntended':
      return ofPoint(entry, 'begin', data.begin, meter)
    case 'SessionFinishing':
      return ofPoint(entry, 'finishing', data.meters, meter)
    case 'MeterSampled':
      return ofPoint(entry, 'sampled', data.meters, meter)
    case 'SessionEnded': {
      const reading = ofPoint(entry, 'end', data.end, meter)
      return reading && { ...reading, ...(data.incomplete ? { incomplete: true } : {}) }
    }
    case 'MeterChanged': {
      const { meter: of, unit, epoch, total, to, change, from, delta, account } = entry.body.data as unknown as Change
      if (of !== meter) return undefined
      const raw = to === undefined ? {} : { raw: to }
      const source = from === undefined ? {} : { from }
      return {
        ...common(entry, 'changed', entry.atMs),
        meter,
        unit,
        ...raw,
        epoch,
        total,
        change,
        ...source,
        delta,
        account,
      }
    }
    default:
      return undefined
  }
}

function ofPoint(
  entry: Entry,
  kind: MeterReading['kind'],
  points: readonly Point[] | undefined,
  meter: string,
): MeterReading | undefined {
  const point = points?.find((each) => each.meter === meter)
  return point && { ...point, ...common(entry, kind, point.at) }
}

function common(entry: Entry, kind: MeterReading['kind'], atMs: number) {
  return {
    at: toInstant(atMs),
    recordedAt: entry.body.at,
    clock: entry.body.clock,
    kind,
    entry: entry.seq,
    ...(entry.session === undefined ? {} : { session: entry.session }),
  }
}
