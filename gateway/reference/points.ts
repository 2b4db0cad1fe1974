/**
 * The points in InfluxDB as a table: tags, and fields with their type. A test holds the points of every entry and
 * sample of the trials against it. Read next: front/sinks/points.ts (which makes them).
 */
import type { InfluxPoint } from '../front/sinks/points.ts'

type FieldType = 'integer' | 'float' | 'boolean' | 'text'

type PointRow = {
  readonly what: string
  readonly tags: readonly string[]
  /** A name that ends in `*` stands for all that begin with it. */
  readonly fields: Readonly<Record<string, readonly [type: FieldType, what: string]>>
}

const clock = ['text', 'how far the time is to be trusted'] as const
const seq = ['integer', 'sequence of the entry'] as const

export const points: Readonly<Record<InfluxPoint['measurement'], PointRow>> = {
  availability: {
    what: 'from `AvailabilityChanged`',
    tags: ['site', 'machine'],
    fields: {
      state: ['text', 'availability'],
      reason: ['text', 'why; empty when there is none'],
      access: ['text', 'who may start it'],
      itemState: ['text', 'what it does'],
      mode: ['text', 'its mode'],
      clock,
      seq,
    },
  },
  session: {
    what: 'from the entries of a session',
    tags: ['site', 'machine'],
    fields: {
      event: ['text', 'kind of the entry'],
      session: ['text', 'session'],
      stoppedReason: ['text', 'why it ended'],
      durationMs: ['integer', 'from the confirmation to the end'],
      'use_*': ['integer', 'units by meter, `use_alias.name`'],
      clock,
      seq,
    },
  },
  meter: {
    what: 'from entries with meters (`origin` ledger), and totals as they are read (`origin` live)',
    tags: ['site', 'machine', 'meter', 'unit', 'origin'],
    fields: {
      total: ['integer', 'units since the first reading ever'],
      totalText: ['text', 'the same beyond 64 bits'],
      raw: ['integer', 'the counter as the device holds it'],
      rawText: ['text', 'the same beyond 64 bits'],
      epoch: ['integer', 'epoch of the counter'],
      delta: ['integer', 'units booked with a change'],
      change: ['text', 'what happened to the meter'],
      account: ['text', 'where the units went'],
      clock,
      seq,
    },
  },
  signal: {
    what: 'live values',
    tags: ['site', 'machine', 'signal', 'unit'],
    fields: {
      value: ['float', 'a number'],
      bool: ['boolean', 'yes or no'],
      text: ['text', 'a text, or a whole number that a double cannot hold'],
      quality: ['text', 'good, uncertain, bad'],
    },
  },
}

/** What in a point is not in the table. */
export function strangeIn({ measurement, tags, fields }: InfluxPoint): string[] {
  const row = points[measurement]
  const strangeTags = Object.keys(tags).filter((tag) => !row.tags.includes(tag))
  const strangeFields = Object.entries(fields).filter(([name, value]) => rowOf(row, name)?.[0] !== typeOf(value))
  return [...strangeTags, ...strangeFields.map(([name]) => name)].map((name) => `${measurement}.${name}`)
}

function rowOf({ fields }: PointRow, name: string) {
  const wild = Object.keys(fields).find((each) => each.endsWith('*') && name.startsWith(each.slice(0, -1)))
  return fields[name] ?? (wild === undefined ? undefined : fields[wild])
}

function typeOf(value: InfluxPoint['fields'][string]): FieldType {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'boolean') return 'boolean'
  return typeof value === 'number' ? 'float' : 'integer'
}
