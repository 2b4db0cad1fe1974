/**
 * Text that would reach a screen, a topic or the ledger as something else than what the file shows: control characters,
 * half a surrogate pair, and what turns the order of a line around; and keys with a space that YAML takes for a letter,
 * such as those that come with text from a web page. Pure. Read next: document.ts (who reports it).
 */
import { NOT_IN_A_LINE } from '../../gateway/core/ground/text.ts'

const LINES = /[\t\n\r]/g
const HIDDEN = new RegExp(`[${NOT_IN_A_LINE}]`)
/** Spaces of Unicode but the ordinary one, marks of no width, and the colon of a Chinese keyboard. */
const STRANGE_SPACE = /[^\S \t\n\r]|[\u200b-\u200d\u2060\ufeff：]/

/** Where the first of it stands: keys and indexes from the root. */
type Place = {
  readonly path: readonly (string | number)[]
  readonly at: 'key' | 'value'
  readonly what: 'character' | 'space'
}

export function findHidden(value: unknown, path: Place['path'] = []): Place | undefined {
  if (typeof value === 'string') return isHidden(value) ? { path, at: 'value', what: 'character' } : undefined
  if (value === null || typeof value !== 'object') return undefined
  for (const [key, item] of Object.entries(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key]
    if (isHidden(key)) return { path: here, at: 'key', what: 'character' }
    if (STRANGE_SPACE.test(key)) return { path: here, at: 'key', what: 'space' }
    const found = findHidden(item, here)
    if (found) return found
  }
  return undefined
}

/** A block of text may have several lines. */
const isHidden = (text: string) => !text.isWellFormed() || HIDDEN.test(text.replace(LINES, ''))
