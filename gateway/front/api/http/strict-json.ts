/**
 * JSON that any two programs read alike: UTF-8, well-formed text, no key twice in one object, no key that names a
 * prototype, bounded depth and breadth. For request bodies, both parts of a token, key sets and the feed of bookings.
 * Never quotes its input.
 */
import { isWellFormed } from '../../../core/ground/text.ts'

type StrictJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string }

export const MAX_DEPTH = 16
/** Members of one object, items of one list: what is behind it costs more to judge than to send. */
export const MAX_MEMBERS = 1_000
export const MAX_ITEMS = 100_000

export function parseStrictJson(bytes: Uint8Array): StrictJson {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { ok: false, why: 'not UTF-8' }
  }
  // The size before anything else: JSON.parse is recursive.
  const why = faultOf(text)
  if (why === TOO_DEEP || why === TOO_MANY) return { ok: false, why }
  try {
    const value: unknown = JSON.parse(text)
    if (why !== undefined) return { ok: false, why }
    if (SURROGATE_ESCAPE.test(text) && !isWellFormed(value)) return { ok: false, why: 'not well-formed Unicode' }
    return { ok: true, value }
  } catch {
    return { ok: false, why: 'not JSON' }
  }
}

const TOO_DEEP = `nested deeper than ${MAX_DEPTH}`
const TOO_MANY = `an object of more than ${MAX_MEMBERS} members, or a list of more than ${MAX_ITEMS}`
/** UTF-8 holds no surrogate, so that half a pair can come only as an escape. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** An object or a list that is not closed yet. `left`: how much may still come. */
type Open = { readonly keys?: Set<string>; left: number }

/** One pass over the tokens that matter: strings, brackets, commas. Text that is not JSON is left to JSON.parse. */
function faultOf(text: string): string | undefined {
  const open: Open[] = []
  let keyNext = false
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
        open.push({ keys: new Set(), left: MAX_MEMBERS })
        keyNext = true
        break
      case '[':
        open.push({ left: MAX_ITEMS })
        keyNext = false
        break
      case '}':
      case ']':
        open.pop()
        keyNext = false
        break
      case ',': {
        const around = open.at(-1)
        keyNext = around?.keys !== undefined
        if (around !== undefined && --around.left === 0) return TOO_MANY
        break
      }
      case ':':
        keyNext = false
        break
      case '"': {
        const end = endOfString(text, at)
        if (end === undefined) return undefined
        const keys = open.at(-1)?.keys
        if (keyNext && keys) {
          const fault = takeKey(keys, text.slice(at, end + 1))
          if (fault !== undefined) return fault
        }
        at = end
      }
    }
    if (open.length > MAX_DEPTH) return TOO_DEEP
  }
  return undefined
}

function takeKey(keys: Set<string>, quoted: string): string | undefined {
  let key: string
  try {
    // Most keys have no escape, and a large body has many keys.
    key = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
  } catch {
    return 'not JSON'
  }
  if (PROTOTYPE_KEYS.has(key)) return 'a key names a prototype'
  if (keys.has(key)) return 'a key is given twice'
  keys.add(key)
  return undefined
}

/** The next quote that an even number of backslashes precedes. */
function endOfString(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at - 1
    while (text[before] === '\\') before--
    if ((at - before) % 2 === 1) return at
  }
  return undefined
}
