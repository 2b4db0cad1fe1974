/**
 * CSV (RFC 4180) of usage: one table, a line a session and meter, then the conservation lines. Text that a spreadsheet
 * would run as a formula is made text by an apostrophe.
 */
import type { MeterView, UsageLine } from './usage.ts'

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
] as const

type Cells = Partial<Record<(typeof header)[number], string | number | boolean | undefined>>

export function toCsv(usage: readonly UsageLine[], conservation: readonly MeterView[]): string {
  const rows = [...usage.map(usageCells), ...conservation.map(conservationCells)]
  return [header.join(','), ...rows.map((cells) => header.map((name) => toCell(cells[name])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('')
}

/** Quoted where needed; no cell begins with what a spreadsheet takes for a formula. */
export function toCell(value: string | number | boolean | undefined): string {
  if (value === undefined) return ''
  const text = String(value)
  const safe = /^[\s]*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function usageCells({ begin, end, entries, shares, ...line }: UsageLine): Cells {
  return {
    line: 'use',
    ...line,
    begin_raw: begin?.raw,
    begin_total: begin?.total,
    begin_at: begin?.at,
    end_raw: end?.raw,
    end_total: end?.total,
    end_at: end?.at,
    begin_entry: entries?.[0],
    end_entry: entries?.[1],
    shares: shares.map(({ owner, percent }) => `${owner} ${percent} %`).join('; '),
    epoch: end?.epoch ?? begin?.epoch,
  }
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
