/**
 * What a meter made by day. Readings are put in order by sequence, never by the clock, so that a step of the clock
 * loses none; the growth of each over the one before goes to the day it was recorded on.
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
    readings: Type.Integer({ description: 'How many were recorded.' }),
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
  const { machine, zone } = asked
  const range = reader.readingRange(machine, dayStart(asked.from, zone)!, dayStart(nextDay(asked.to), zone)!)
  if (range === undefined) return []
  const days = new Map<string, Sum>()
  let before = readingBefore(reader, asked, range.first)
  for (const { reading, atMs } of readingsIn(reader, asked, range)) {
    const day = dayOf(atMs, zone)
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

/** The readings of a meter in a stretch of the ledger, both ends included. */
function* readingsIn(reader: Reader, { machine, meter }: Asked, range: { first: number; last: number }) {
  for (let after = range.first - 1; after < range.last; ) {
    const entries = reader.readingEntries(machine, { after, limit: BATCH })
    for (const entry of entries) {
      const reading = entry.seq <= range.last ? readingOf(entry, meter) : undefined
      if (reading !== undefined) yield { reading, atMs: entry.atMs }
    }
    after = entries.at(-1)?.seq ?? range.last
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
