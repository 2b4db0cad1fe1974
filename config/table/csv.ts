/**
 * A table as a spreadsheet saves it: separated by comma, semicolon or tab, cells in quotes where they need it. Pure.
 * Read next: columns.ts (what a column means).
 */

export type Row = {
  /** As a person counts them in an editor, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** A separator, the end of a line, or a cell: in quotes (where two quotes are one) or plain. */
const token = (separator: string) => new RegExp(`${separator}|\\n|"(?:[^"]|"")*"?|[^${separator}\\n"]+`, 'g')

/** Rows that hold anything at all. */
export function readCsv(text: string): Row[] {
  const plain = text.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n')
  const separator = separatorOf(plain)
  const rows: Row[] = []
  let line = 1
  let row = { line, cells: [''] }
  for (const [part] of `${plain}\n`.matchAll(token(separator))) {
    if (part === separator) row.cells.push('')
    else if (part === '\n') {
      const cells = row.cells.map((cell) => cell.trim())
      if (cells.some((cell) => cell !== '')) rows.push({ line: row.line, cells })
      line += 1
      row = { line, cells: [''] }
    } else {
      row.cells[row.cells.length - 1] += part.startsWith('"')
        ? part.slice(1).replace(/"$/, '').replaceAll('""', '"')
        : part
      line += part.split('\n').length - 1
    }
  }
  return rows
}

/** The one that the fullest of the first lines holds most of. */
function separatorOf(text: string): string {
  const lines = text.split('\n').slice(0, 20)
  const most = (separator: string) => Math.max(...lines.map((line) => line.split(separator).length))
  return [';', '\t', ','].reduce((best, one) => (most(one) > most(best) ? one : best))
}
