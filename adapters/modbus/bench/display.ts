/**
 * A number as a person reads it off a display. Makers and countries write it differently; what could mean two numbers
 * is refused, never guessed. Pure. Read next: match.ts, which looks for the register behind it.
 */

export type Shown = {
  readonly value: number
  /** What the last digit is worth: 0.01 for 12.50. */
  readonly step: number
  /** How many digits the display shows. */
  readonly digits: number
}

/** Digits beyond these are lost in a number of 64 bits. */
const MOST_DIGITS = 15
const GROUPS = /^[0-9]{1,3}(?:([ '’_])[0-9]{3})(?:\1[0-9]{3})*(?=[.,]|$)/

/** `12.5`, `1 234,56`, `1'234.5`, `-0012,5 kWh`; or why it cannot be read. */
export function readDisplay(text: string): Shown | string {
  const [, sign = '', rest = ''] = /^\s*([-+−]?)\s*(.*?)\s*[\p{L}°%µ³²/·]*\s*$/u.exec(text.normalize('NFC')) ?? []
  const plain = GROUPS.test(rest) ? rest.replace(/[ '’_]/g, '') : rest
  const number = withPoint(plain)
  if (number === undefined) return `"${text.trim()}" is no number; type what the display shows, such as 1234.5`
  if (number === 'ambiguous') return `"${plain}" can mean two numbers; type it with a point and without groups`
  const [, fraction = ''] = number.split('.')
  const digits = number.replace('.', '').replace(/^0+(?=\d)/, '').length
  if (digits > MOST_DIGITS) return `more than ${MOST_DIGITS} digits cannot be compared exactly`
  const value = Number(number) * (sign === '-' || sign === '−' ? -1 : 1)
  return { value, step: 10 ** -fraction.length, digits }
}

function withPoint(text: string): string | 'ambiguous' | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return text
  if (/^\d+,\d+$/.test(text)) return /^[1-9]\d{0,2},\d{3}$/.test(text) ? 'ambiguous' : text.replace(',', '.')
  if (/^\d{1,3}(,\d{3})+\.\d+$/.test(text)) return text.replaceAll(',', '')
  if (/^\d{1,3}(\.\d{3})+,\d+$/.test(text)) return text.replaceAll('.', '').replace(',', '.')
  if (/^\d{1,3}(,\d{3}){2,}$/.test(text)) return text.replaceAll(',', '')
  if (/^\d{1,3}(\.\d{3}){2,}$/.test(text)) return text.replaceAll('.', '')
  return undefined
}
