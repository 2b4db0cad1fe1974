/**
 * Usage as tables of one kind each, for people with a spreadsheet: what sessions used, what meters stand at, what was
 * corrected or entered by hand. Each line says its unit, and its times in the time zone of the site, which it names.
 * The columns are read by programs: new ones are added at the end.
 * Read next: usage-csv.ts (all three in one table), usage-body.ts, http/csv.ts.
 */

import { toTable } from '../http/csv.ts'
import { localInstant } from '../http/instant.ts'
import type { ByHandLine } from './by-hand.ts'
import type { MeterView, UsageLine } from './usage-body.ts'
import { sharesCell } from './usage-csv.ts'

export const tableNames = ['sessions', 'meters', 'corrections'] as const
type TableName = (typeof tableNames)[number]

type Rows = {
  readonly usage: readonly UsageLine[]
  readonly byHand: readonly ByHandLine[]
  readonly conservation: readonly MeterView[]
}

export function toUsageTable(name: TableName, rows: Rows, zone: string): ReturnType<typeof toTable> {
  const local = (at: string | undefined) => (at === undefined ? undefined : localInstant(Date.parse(at), zone))
  switch (name) {
    case 'sessions':
      return toTable(
        sessionColumns,
        rows.usage.map((line) => sessionRow(line, local, zone)),
      )
    case 'meters':
      return toTable(
        meterColumns,
        rows.conservation.map((meter) => ({ ...meter, at: local(meter.at), zone })),
      )
    case 'corrections':
      return toTable(
        correctionColumns,
        rows.byHand.map((line) => correctionRow(line, local, zone)),
      )
  }
}

type Local = (at: string | undefined) => string | undefined

const sessionColumns = [
  'session',
  'machine',
  'owner',
  'booking',
  'tenant',
  'tenantRef',
  'status',
  'start',
  'end',
  'zone',
  'meter',
  'unit',
  'quantity',
  'overrun',
  'beginTotal',
  'endTotal',
  'incomplete',
  'override',
  'shares',
  'simulated',
  'beginEntry',
  'endEntry',
] as const

function sessionRow({ begin, end, entries, shares, clocks: _, ...line }: UsageLine, local: Local, zone: string) {
  return {
    ...line,
    start: local(line.startedAt),
    end: local(line.endedAt),
    zone,
    beginTotal: begin?.total,
    endTotal: end?.total,
    shares: sharesCell(shares),
    beginEntry: entries?.[0],
    endEntry: entries?.[1],
  }
}

const meterColumns = [
  'meter',
  'machine',
  'kind',
  'unit',
  'at',
  'zone',
  'total',
  'epoch',
  'firstRaw',
  'raw',
  'wraps',
  'counted',
  'session',
  'unassigned',
  'disputed',
  'conserved',
  'simulated',
] as const

const correctionColumns = [
  'entry',
  'source',
  'original',
  'machine',
  'owner',
  'session',
  'tenantRef',
  'start',
  'end',
  'zone',
  'meter',
  'unit',
  'quantity',
  'fromAccount',
  'toAccount',
  'reason',
  'by',
  'shares',
  'simulated',
] as const

function correctionRow({ from, to, shares = [], ...line }: ByHandLine, local: Local, zone: string) {
  return { ...line, start: local(from), end: local(to), zone, shares: sharesCell(shares) }
}
