/**
 * CSV (RFC 4180): any table, when it is asked for, and where its next page is. Text that a spreadsheet would run as a
 * formula gets an apostrophe in front, which makes it text. It knows no columns.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { words } from './schema.ts'

type Cell = string | number | boolean | undefined

export const formatSchema = Type.Optional(words(['json', 'csv'] as const, 'Wins over Accept.'))

/** A line of names, then one line per row. */
export function toTable<T extends object>(columns: readonly (keyof T & string)[], rows: readonly T[]): string {
  const line = (cells: readonly Cell[]) => `${cells.map(toCell).join(',')}\r\n`
  return [columns, ...rows.map((row) => columns.map((name) => row[name] as Cell))].map(line).join('')
}

/** CSV only when the caller names it and does not name JSON; `format` wins over Accept. */
export function asksCsv({ query, headers: { accept } }: FastifyRequest): boolean {
  const { format } = query as { format?: 'json' | 'csv' }
  if (format !== undefined) return format === 'csv'
  return accept !== undefined && /\btext\/csv\b/i.test(accept) && !/\bapplication\/json\b/i.test(accept)
}

/** `next` holds the query fields of the next page, which the Link header names. */
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
export function toCell(value: Cell): string {
  if (value === undefined) return ''
  const text = String(value)
  const safe = /^[\s]*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
