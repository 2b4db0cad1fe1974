/**
 * A reading of a meter as it stands in an entry of the ledger, and as it is shown. Pure. The kinds of entries that hold
 * readings are named here and in the reader (ledger/store/read-entries.ts).
 */
import Type, { type Static } from 'typebox'
import type { Entry } from '../../../core/ground/entry.ts'
import { clockStates } from '../../../core/ground/entry.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { words } from '../http/schema.ts'

export const readingSchema = Type.Object(
  {
    meter: Type.String({ description: 'machine/alias.name' }),
    unit: Type.String({ description: 'Smallest unit.' }),
    at: shownInstant('When it was read.'),
    recordedAt: shownInstant('When the entry was made; `from`, `to` and `day` go by it.'),
    clock: words(clockStates, 'How far the times are to be trusted.'),
    kind: words(['begin', 'end', 'finishing', 'sampled', 'changed'] as const, 'Why it was recorded.'),
    entry: Type.Integer({ description: 'Sequence of the entry it stands in.' }),
    session: Type.Optional(Type.String()),
    raw: Type.Optional(Type.String({ description: 'Counter as the device held it.' })),
    epoch: Type.Integer({ description: 'Life of the counter between two resets.' }),
    total: Type.String({ description: 'Over all epochs, decimal text.' }),
    change: Type.Optional(Type.String({ description: 'Why the counter did not simply grow.' })),
    from: Type.Optional(Type.String({ description: 'With a change: the raw value before.' })),
    fromUnit: Type.Optional(Type.String({ description: 'With a change to another unit: the unit before.' })),
    fromTotal: Type.Optional(
      Type.String({ description: 'With a change to another unit: the total in the unit before.' }),
    ),
    delta: Type.Optional(Type.String({ description: 'With a change: what was booked with it.' })),
    account: Type.Optional(Type.String({ description: 'With a change: session, unassigned or disputed.' })),
    incomplete: Type.Optional(
      Type.Literal(true, { description: 'The last good one; it could not be read at the end.' }),
    ),
  },
  { title: 'MeterReading' },
)
export type MeterReading = Static<typeof readingSchema>
export const readingColumns = Object.keys(readingSchema.properties) as (keyof MeterReading)[]

type Point = { meter: string; unit: string; raw?: string; epoch: number; total: string; at: number }
type Change = Omit<Point, 'raw' | 'at'> & {
  change: string
  from?: string
  to?: string
  fromUnit?: string
  fromTotal?: string
  delta: string
  account: string
}

/** What an entry says of a meter. The begin readings of a session stand in its first entry. */
export function readingOf(entry: Entry, meter: string): MeterReading | undefined {
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
      const changed = entry.body.data as unknown as Change
      if (changed.meter !== meter) return undefined
      const { unit, epoch, total, to, change, from, fromUnit, fromTotal, delta, account } = changed
      return {
        ...common(entry, 'changed', entry.atMs),
        ...{ meter, unit, epoch, total, change, delta, account },
        ...(to === undefined ? {} : { raw: to }),
        ...(from === undefined ? {} : { from }),
        ...(fromUnit === undefined || fromTotal === undefined ? {} : { fromUnit, fromTotal }),
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
