/**
 * CSV (RFC 4180). Usage is one table: a line a session and meter, then what was entered by hand, then the conservation lines. Text that a spreadsheet
 * would run as a formula is made text by an apostrophe.
 */

import type { FastifyReply, FastifyRequest } from '../api.ts'
import type { ByHandLine } from '../usage/by-hand.ts'
import type { MeterView, UsageLine } from '../usage/usage.ts'

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
] as const

type Cells = Partial<Record<(typeof header)[number], string | number | boolean | undefined>>

export function toCsv(
  usage: readonly UsageLine[],
  byHand: readonly ByHandLine[],
  conservation: readonly MeterView[],
): string {
  return toTable<Cells>(header, [
    ...usage.map(usageCells),
    ...byHand.map(byHandCells),
    ...conservation.map(conservationCells),
  ])
}

/** Any table: a line of names, then a line each row. */
export function toTable<T extends object>(columns: readonly (keyof T & string)[], rows: readonly T[]): string {
  const line = (cells: readonly (string | number | boolean | undefined)[]) => `${cells.map(toCell).join(',')}\r\n`
  return [columns, ...rows.map((row) => columns.map((name) => row[name] as string | undefined))].map(line).join('')
}

/** CSV only when it is asked for by name and JSON is not; `format` wins over Accept. */
export function asksCsv({ query, headers: { accept } }: FastifyRequest): boolean {
  const { format } = query as { format?: 'json' | 'csv' }
  if (format !== undefined) return format === 'csv'
  return accept !== undefined && /\btext\/csv\b/i.test(accept) && !/\bapplication\/json\b/i.test(accept)
}

/** `next` names the cursor of the next page; it goes into the Link header. */
export function sendCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  text: string,
  next: Readonly<Record<string, string | number | undefined>> = {},
): never {
  const cursors = Object.entries(next).filter(([, value]) => value !== undefined)
  if (cursors.length > 0) {
    const url = new URL(request.url, 'http://gateway')
    for (const [key, value] of cursors) url.searchParams.set(key, String(value))
    reply.header('link', `<${url.pathname}${url.search}>; rel="next"`)
  }
  return reply
    .type('text/csv; charset=utf-8; header=present')
    .header('content-disposition', `attachment; filename="${name}"`)
    .send(text) as never
}

/** Quoted where needed; no cell begins with what a spreadsheet takes for a formula. */
export function toCell(value: string | number | boolean | undefined): string {
  if (value === undefined) return ''
  const text = String(value)
  const safe = /^[\s]*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
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

function sharesCell(shares: UsageLine['shares']): string {
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
