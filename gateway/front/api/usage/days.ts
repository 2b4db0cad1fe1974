/**
 * What a meter made by day. Readings are put in order by sequence, never by the clock, so that a step of the clock
 * loses none; the growth of each over the one before goes to the day it was read on.
 * A meter whose unit changes has a line per unit on that day.
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
  const seen = [...readingsOf(reader, asked)]
  if (seen.length === 0) return []
  const earlier = readingsBefore(reader, asked, seen[0]!.entry)
  const days = new Map<string, Sum>()
  let before = earlier[0]
  for (const reading of placed([...earlier, ...seen]).flatMap(byUnit)) {
    if (reading.entry === earlier[0]?.entry) continue
    const day = dayOf(Date.parse(reading.at), zone)
    const key = `${day} ${reading.unit}`
    const grown = before?.unit === reading.unit ? BigInt(reading.total) - BigInt(before.total) : 0n
    const { quantity = 0n, readings = 0, firstEntry = reading.entry } = days.get(key) ?? {}
    days.set(key, { day, reading, quantity: quantity + grown, readings: readings + 1, firstEntry })
    before = reading
  }
  return [...days]
    .filter(([, { day }]) => day >= asked.from && day <= asked.to)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, sum]) => toDay(sum, asked))
}

/** A change to another unit is a last reading in the one, and a first in the other. */
function byUnit({ fromUnit, fromTotal, ...reading }: MeterReading): MeterReading[] {
  if (fromUnit === undefined || fromTotal === undefined) return [reading]
  return [{ ...reading, unit: fromUnit, total: fromTotal }, reading]
}

/**
 * Those whose day is known. One by a clock that was not believed has to lie between the believed ones around it;
 * otherwise the clock was wrong, and what was made until then goes to the next that has a day.
 */
function placed(readings: readonly MeterReading[]): MeterReading[] {
  const known: MeterReading[] = []
  let unsure: MeterReading[] = []
  let latest = ''
  for (const reading of readings) {
    if (reading.clock !== 'synchronised') {
      if (reading.at >= latest) unsure.push(reading)
      continue
    }
    known.push(...unsure.filter(({ at }) => at <= reading.at), reading)
    unsure = []
    latest = reading.at
  }
  return [...known, ...unsure]
}

/** Of a day so far; `reading` is its last. */
type Sum = {
  readonly day: string
  readonly reading: MeterReading
  readonly quantity: bigint
  readonly readings: number
  readonly firstEntry: number
}

function toDay({ day, reading, quantity, readings, firstEntry }: Sum, { meter, zone }: Asked): MeterDay {
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
 * The readings of a meter that were recorded in these days, and those behind them up to the first that is known to be
 * of another day: the last of a day is recorded a moment after midnight, or at the next start.
 */
function* readingsOf(reader: Reader, { machine, meter, from, to, zone }: Asked): Generator<MeterReading> {
  const fromMs = dayStart(from, zone)!
  const toMs = dayStart(nextDay(to), zone)!
  const range = reader.readingRange(machine, fromMs, toMs)
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
  const behind = range === undefined ? { after, fromMs: toMs } : { after }
  for (const entry of reader.readingEntries(machine, { ...behind, limit: BATCH })) {
    const reading = readingOf(entry, meter)
    if (reading === undefined) continue
    yield reading
    const atMs = Date.parse(reading.at)
    if (reading.clock === 'synchronised' && (atMs < fromMs || atMs >= toMs)) return
  }
}

/** The last reading before a sequence whose time was believed, and those since, in order. */
function readingsBefore(reader: Reader, { machine, meter }: Asked, seq: number): MeterReading[] {
  const found: MeterReading[] = []
  let before = seq
  for (let scanned = 0; scanned < SCAN; scanned += BATCH) {
    const entries = reader.readingEntriesBefore(machine, before, BATCH)
    for (const entry of entries) {
      const reading = readingOf(entry, meter)
      if (reading !== undefined) found.unshift(reading)
      if (reading?.clock === 'synchronised') return found
      before = entry.seq
    }
    if (entries.length < BATCH) break
  }
  return found
}
