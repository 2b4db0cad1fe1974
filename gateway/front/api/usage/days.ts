/**
 * What a meter made by day. Readings are put in order by sequence, never by the clock, so that a step of the clock
 * loses none; the growth of each over the one before goes to the day it was read on.
 * Read next: reading-body.ts, decisions/008-steps-of-the-clock.md.
 */
import Type, { type Static } from 'typebox'
import { dayOf, dayStart, nextDay } from '../../../core/ground/day.ts'
import type { Reader } from '../../../ledger/store/reader.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { type MeterReading, readingOf } from './reading-body.ts'
import { BATCH, SCAN } from './scan.ts'

export const daySchema = Type.Object(
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
    readings: Type.Integer({ description: 'How many were recorded of it.' }),
    firstEntry: Type.Integer(),
    lastEntry: Type.Integer(),
  },
  { title: 'MeterDay' },
)
type MeterDay = Static<typeof daySchema>
export const dayColumns = Object.keys(daySchema.properties) as (keyof MeterDay)[]

/** Days from the first to the last, both included; they exist. */
type Asked = {
  readonly machine: string
  readonly meter: string
  readonly from: string
  readonly to: string
  readonly zone: string
}

export function daysOf(reader: Reader, asked: Asked): MeterDay[] {
  const { zone } = asked
  const days = new Map<string, Sum>()
  let before: MeterReading | undefined
  for (const reading of readingsOf(reader, asked)) {
    const day = dayOf(Date.parse(reading.at), zone)
    before ??= readingBefore(reader, asked, reading.entry)
    const grown = before === undefined ? 0n : BigInt(reading.total) - BigInt(before.total)
    const { quantity = 0n, readings = 0, firstEntry = reading.entry } = days.get(day) ?? {}
    days.set(day, { reading, quantity: quantity + grown, readings: readings + 1, firstEntry })
    before = reading
  }
  return [...days]
    .filter(([day]) => day >= asked.from && day <= asked.to)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, sum]) => toDay(day, sum, asked))
}

/** Of a day so far; `reading` is its last. */
type Sum = {
  readonly reading: MeterReading
  readonly quantity: bigint
  readonly readings: number
  readonly firstEntry: number
}

function toDay(day: string, { reading, quantity, readings, firstEntry }: Sum, { meter, zone }: Asked): MeterDay {
  return {
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
  }
}

/**
 * The readings of a meter that were recorded in these days, and those behind them that were made in them: the last of a
 * day is recorded a moment after midnight, or at the next start.
 */
function* readingsOf(reader: Reader, { machine, meter, from, to, zone }: Asked): Generator<MeterReading> {
  const toMs = dayStart(nextDay(to), zone)!
  const range = reader.readingRange(machine, dayStart(from, zone)!, toMs)
  let after = range === undefined ? -1 : range.first - 1
  const last = range?.last ?? -1
  while (after < last) {
    const entries = reader.readingEntries(machine, { after, limit: BATCH })
    for (const entry of entries) {
      const reading = entry.seq <= last ? readingOf(entry, meter) : undefined
      if (reading !== undefined) yield reading
    }
    after = Math.min(entries.at(-1)?.seq ?? last, last)
  }
  for (const entry of reader.readingEntries(machine, { after, fromMs: toMs, limit: BATCH })) {
    const reading = readingOf(entry, meter)
    if (reading === undefined) continue
    if (Date.parse(reading.at) >= toMs) return
    yield reading
  }
}

function readingBefore(reader: Reader, { machine, meter }: Asked, seq: number): MeterReading | undefined {
  let before = seq
  for (let scanned = 0; scanned < SCAN; scanned += BATCH) {
    const entries = reader.readingEntriesBefore(machine, before, BATCH)
    for (const entry of entries) {
      const reading = readingOf(entry, meter)
      if (reading !== undefined) return reading
      before = entry.seq
    }
    if (entries.length < BATCH) break
  }
  return undefined
}
