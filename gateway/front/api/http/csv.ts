/**
 * CSV (RFC 4180): any table, when it is asked for, and where its next page is. Text that a spreadsheet would run as a
 * formula gets an apostrophe in front, which makes it text; also behind a semicolon or a tab, since a spreadsheet of
 * another language begins a cell there. It knows no columns.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { words } from './schema.ts'

type Cell = string | number | boolean | undefined
type Separator = ',' | ';'

/** What a route that can answer with CSV is asked. */
export const csvFields = {
  format: Type.Optional(words(['json', 'csv'] as const, 'Wins over Accept.')),
  bom: Type.Optional(
    words(
      ['yes', 'no'] as const,
      'CSV: begin with a byte order mark, for a spreadsheet that takes no UTF-8 without one.',
    ),
  ),
  separator: Type.Optional(
    words(['comma', 'semicolon'] as const, 'CSV: between cells; semicolon where the comma is the decimal point.'),
  ),
}
type Asked = { readonly [Name in keyof typeof csvFields]?: string }

/** A line of names, then one line per row. */
export function toTable<T extends object>(
  columns: readonly (keyof T & string)[],
  rows: readonly T[],
): (separator: Separator) => string {
  const lines = [columns, ...rows.map((row) => columns.map((name) => row[name] as Cell))]
  return (separator) =>
    lines.map((cells) => `${cells.map((cell) => toCell(cell, separator)).join(separator)}\r\n`).join('')
}

/** CSV only when the caller names it and does not name JSON; `format` wins over Accept. */
export function asksCsv({ query, headers: { accept } }: FastifyRequest): boolean {
  const { format } = query as Asked
  if (format !== undefined) return format === 'csv'
  return accept !== undefined && /\btext\/csv\b/i.test(accept) && !/\bapplication\/json\b/i.test(accept)
}

/** `next` holds the query fields of the next page, which the Link header names. */
export function sendCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  table: (separator: Separator) => string,
  next: Readonly<Record<string, string | number | undefined>> = {},
): never {
  const { bom, separator } = request.query as Asked
  const cursors = Object.entries(next).filter(([, value]) => value !== undefined)
  if (cursors.length > 0) {
    const url = new URL(request.url, 'http://gateway')
    for (const [key, value] of cursors) url.searchParams.set(key, String(value))
    reply.header('link', `<${url.pathname}${url.search}>; rel="next"`)
  }
  const text = table(separator === 'semicolon' ? ';' : ',')
  return reply
    .type('text/csv; charset=utf-8; header=present')
    .header('content-disposition', `attachment; filename="${name}"`)
    .send(bom === 'yes' ? `\uFEFF${text}` : text) as never
}

/** Where some spreadsheet begins a cell, and what makes it a formula behind spaces and quotes. */
const FORMULA = /(^|[;\t])(?=[\s"']*[=+\-@\t\r＝＋－＠])/g

/** Quoted where needed; no cell of any language begins with what a spreadsheet takes for a formula. */
export function toCell(value: Cell, separator: Separator = ','): string {
  if (value === undefined) return ''
  const safe = String(value).replace(FORMULA, "$1'")
  return /["\r\n]/.test(safe) || safe.includes(separator) ? `"${safe.replaceAll('"', '""')}"` : safe
}
