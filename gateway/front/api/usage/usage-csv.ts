/**
 * Usage as one CSV table: a line per session and meter, then what was entered by hand, then the conservation lines. The
 * columns are read by programs: new ones are added at the end.
 * Read next: usage-tables.ts (a table of each kind), usage-body.ts, by-hand.ts, http/csv.ts.
 */
import { toTable } from '../http/csv.ts'
import type { ByHandLine } from './by-hand.ts'
import type { MeterView, UsageLine } from './usage-body.ts'

const header = [
  'line',
  'session',
  'machine',
  'owner',
  'booking',
  'tenant',
  'tenantRef',
  'status',
  'meter',
  'unit',
  'quantity',
  'begin_raw',
  'begin_total',
  'begin_at',
  'end_raw',
  'end_total',
  'end_at',
  'begin_entry',
  'end_entry',
  'incomplete',
  'shares',
  'simulated',
  'epoch',
  'wraps',
  'counted',
  'unassigned',
  'disputed',
  'conserved',
  'source',
  'original',
  'from_account',
  'to_account',
  'reason',
  'by',
  'overrun',
  'override',
  'booked_ms',
  'occupied_ms',
  'powered_ms',
  'executing_ms',
  'clock',
] as const

type Cells = Partial<Record<(typeof header)[number], string | number | boolean | undefined>>

export function toUsageCsv(
  usage: readonly UsageLine[],
  byHand: readonly ByHandLine[],
  conservation: readonly MeterView[],
): ReturnType<typeof toTable> {
  return toTable<Cells>(header, [
    ...usage.map(usageCells),
    ...byHand.map(byHandCells),
    ...conservation.map(conservationCells),
  ])
}

function usageCells({ begin, end, entries, shares, clocks, ...line }: UsageLine): Cells {
  return {
    line: 'use',
    source: 'meter',
    ...line,
    begin_raw: begin?.raw,
    begin_total: begin?.total,
    begin_at: begin?.at,
    end_raw: end?.raw,
    end_total: end?.total,
    end_at: end?.at,
    begin_entry: entries?.[0],
    end_entry: entries?.[1],
    shares: sharesCell(shares),
    epoch: end?.epoch ?? begin?.epoch,
    booked_ms: clocks?.bookedMs,
    occupied_ms: clocks?.occupiedMs,
    powered_ms: clocks?.poweredMs,
    executing_ms: clocks?.executingMs,
  }
}

function byHandCells({ entry, from, to, fromAccount, toAccount, shares = [], ...line }: ByHandLine): Cells {
  return {
    line: line.source,
    ...line,
    begin_at: from,
    end_at: to,
    begin_entry: entry,
    end_entry: entry,
    shares: sharesCell(shares),
    from_account: fromAccount,
    to_account: toAccount,
  }
}

export function sharesCell(shares: UsageLine['shares']): string {
  return shares.map(({ owner, percent }) => `${owner} ${percent} %`).join('; ')
}

/** `quantity` is what sessions used in this epoch. */
function conservationCells(meter: MeterView): Cells {
  const { machine, unit, epoch, wraps, counted, unassigned, disputed, conserved, simulated } = meter
  return {
    line: 'conservation',
    machine,
    meter: meter.meter,
    unit,
    quantity: meter.session,
    begin_raw: meter.firstRaw,
    end_raw: meter.raw,
    end_total: meter.total,
    end_at: meter.at,
    simulated,
    epoch,
    wraps,
    counted,
    unassigned,
    disputed,
    conserved,
  }
}
