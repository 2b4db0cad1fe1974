/**
 * Whether what comes out of a gateway is what it says it is, taken apart by hand: a table, a line for InfluxDB, a line
 * of a log, a message. Each answers with what is wrong, or undefined. Nothing of the gateway is imported here.
 */

/** What turns a line around, steers a terminal, or is half a pair. */
const RANGES = '\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069'
const HIDDEN = new RegExp(`[${RANGES}]`)

export function textFault(text: string): string | undefined {
  if (!text.isWellFormed()) return `half a pair in ${JSON.stringify(text.slice(0, 80))}`
  return HIDDEN.test(text) ? `a control character in ${JSON.stringify(text.slice(0, 80))}` : undefined
}

/** Every text in a JSON value, keys included. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (value === null || typeof value !== 'object') return []
  return Array.isArray(value)
    ? value.flatMap(textsIn)
    : Object.entries(value).flatMap(([key, item]) => [key, ...textsIn(item)])
}

export function jsonFault(text: string): string | undefined {
  try {
    return textsIn(JSON.parse(text))
      .map(textFault)
      .find((fault) => fault !== undefined)
  } catch {
    return `no JSON: ${JSON.stringify(text.slice(0, 120))}`
  }
}

/** JSON whose values may be any text. */
export function valuesFault(text: string): string | undefined {
  try {
    const odd = textsIn(JSON.parse(text)).find((one) => !one.isWellFormed())
    return odd === undefined ? undefined : `half a pair in ${JSON.stringify(odd)}`
  } catch {
    return `no JSON: ${JSON.stringify(text.slice(0, 120))}`
  }
}

/** RFC 4180, and nothing that a spreadsheet would run. */
export function tableFault(text: string, separator = ','): string | undefined {
  const rows = rowsOf(text, separator)
  if (rows === undefined) return 'a quote that is not closed, or stands alone'
  const width = rows[0]?.length
  const [odd] = rows.filter((row) => row.length !== width)
  if (odd !== undefined) return `${odd.length} cells instead of ${width}: ${JSON.stringify(odd)}`
  const cells = rows.flat()
  return (
    cells.map(textFault).find((fault) => fault !== undefined) ??
    cells.filter((cell) => /^[=+@\t\r]|^-(?!\d+(\.\d+)?$)/.test(cell)).map((cell) => `a formula: ${cell}`)[0]
  )
}

function rowsOf(text: string, separator: string): string[][] | undefined {
  const rows: string[][] = []
  let row: string[] = []
  for (let at = 0; at < text.length; ) {
    let cell = ''
    if (text[at] === '"') {
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        if (at >= text.length) return undefined
        if (text[at] === '"') at += 1
        cell += text[at]
      }
      at += 1
    } else {
      while (at < text.length && text[at] !== separator && text[at] !== '\r') cell += text[at++]
      if (cell.includes('"')) return undefined
    }
    row.push(cell)
    if (text[at] === separator) at += 1
    else if (text.startsWith('\r\n', at)) {
      rows.push(row)
      row = []
      at += 2
    } else return undefined
  }
  return rows
}

const NAME = String.raw`(?:[^,\s\\=]|\\[,= \\nrt])+`
const VALUE = String.raw`(?:"(?:[^"\\\n]|\\["\\])*"|-?\d+i|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false)`
const LINE = new RegExp(`^${NAME}(?:,${NAME}=${NAME})* ${NAME}=${VALUE}(?:,${NAME}=${VALUE})* \\d+$`, 'u')

/** The line protocol of InfluxDB. */
export function lineFault(line: string): string | undefined {
  if (!LINE.test(line)) return `no line of InfluxDB: ${JSON.stringify(line.slice(0, 300))}`
  return line.isWellFormed() ? undefined : 'half a pair'
}
