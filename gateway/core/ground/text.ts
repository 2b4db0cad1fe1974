/**
 * Text that a person, a platform or a device wrote. JavaScript strings may hold half a surrogate pair; such text has no
 * UTF-8 and no canonical form (RFC 8785 §3.2.2.2), so the ledger cannot store it. What people send is refused before
 * anything else sees it; what a device reports is repaired on its way to the ledger. Pure.
 * Read next: front/api/http/strict-json.ts (refuses), control/journal.ts (mends).
 */

/** Whether every string in plain data, keys included, is well-formed Unicode. */
export function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (value === null || typeof value !== 'object') return true
  for (const key in value)
    if (!key.isWellFormed() || !isWellFormed((value as Record<string, unknown>)[key])) return false
  return true
}

/** The same data with U+FFFD for each half of a pair. */
export function toWellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(toWellFormed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), toWellFormed(item)]))
}

/** Cuts text to at most `most` UTF-16 units, never in the middle of a pair. */
export const cutText = (text: string, most: number): string =>
  text.length <= most
    ? text
    : text
        .slice(0, most)
        .toWellFormed()
        .replace(/\uFFFD$/, '')

/**
 * What must not stand in a line of text, as the inside of a character class: control characters of both ranges, line
 * and paragraph separators, and what makes a screen show the line in another order than it is stored (the bidi
 * embeddings, overrides and isolates of UAX #9). ECMA-262 syntax, with and without the `u` flag.
 */
export const NOT_IN_A_LINE = '\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069'

const IN_NO_LINE = new RegExp(`[${NOT_IN_A_LINE}]`, 'g')

/** Text of others in a line for a terminal: what would steer it is shown as an escape. */
export const oneLine = (text: string): string =>
  text.toWellFormed().replace(IN_NO_LINE, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
