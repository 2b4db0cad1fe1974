/** Reads CSV as the RFC says, for tests of what was written. */

/** RFC 4180, by the book. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    let cell = ''
    if (text[at] === '"') {
      for (at++; ; at++) {
        if (text[at] !== '"') cell += text[at]
        else if (text[at + 1] === '"') cell += text[++at]
        else break
      }
      at++
    } else while (at < text.length && text[at] !== ',' && !text.startsWith('\r\n', at)) cell += text[at++]
    row.push(cell)
    if (text[at] === ',') {
      at++
      if (at === text.length) row.push('')
    } else {
      rows.push(row)
      row = []
      at += 2
    }
  }
  return rows
}
