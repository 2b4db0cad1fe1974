/**
 * Texts that have exactly one form: JSON (RFC 8785), base64 (RFC 4648 §4, padded), UTF-8. Any other form of the same
 * value is refused, never repaired, so that one meaning has one text and one hash.
 *
 * The files in evidence/ import only each other and @noble/*: no node: module and nothing else of the gateway, so that
 * the same code makes evidence in the ledger thread, and checks it in `latchkey verify` and in a page opened from disk.
 * From the bottom up they are: canonical, merkle, tile, note, checkpoint, trust, receipt, bundle.
 * Pure. Read next: FORMAT.md (the formats by the byte), merkle.ts, note.ts.
 */

export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly reason: string }

export const ok = <T>(value: T): Parsed<T> => ({ kind: 'ok', value })
export const refused = (reason: string): Parsed<never> => ({ kind: 'refused', reason })

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const toUtf8 = (text: string): Uint8Array => encoder.encode(text)

/** Undefined when the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** RFC 8785: keys in order of their UTF-16 code units, numbers and strings as ECMAScript writes them. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value as Record<string, unknown>)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}

/** Objects and arrays within each other, the outermost included: a bound that every language can keep. */
const MAX_LEVELS = 64
/** The escape of half a surrogate pair, which JSON.stringify writes and RFC 8785 §3.2.2.2 refuses. */
const LONE_SURROGATE = /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/

/** An object whose text is canonical. Anything else (an array, a doubled key, a space, 1.0) is refused. */
export function parseCanonical(text: string): Parsed<Readonly<Record<string, unknown>>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refused('it is not JSON')
  }
  if (!isObject(value)) return refused('it is not a JSON object')
  if (!isFlat(value, MAX_LEVELS)) return refused('it is nested too deeply')
  // JSON.stringify keeps the order of the text, so with sorted keys it gives the canonical form, and faster. It moves
  // keys that are array indexes to the front; then canonicalJson decides.
  const canonical = (JSON.stringify(value) === text && isSorted(value)) || canonicalJson(value) === text
  return canonical && !LONE_SURROGATE.test(text) ? ok(value) : refused('it is not canonical JSON (RFC 8785)')
}

function isFlat(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return true
  return levels > 0 && Object.values(value).every((item) => isFlat(item, levels - 1))
}

function isSorted(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return true
  if (Array.isArray(value)) return value.every(isSorted)
  let before: string | undefined
  for (const key in value) {
    if (before !== undefined && key <= before) return false
    if (!isSorted((value as Record<string, unknown>)[key])) return false
    before = key
  }
  return true
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x2000) text += String.fromCharCode(...bytes.subarray(at, at + 0x2000))
  return btoa(text)
}

/** Undefined when it is not base64, not padded, or has bits set after the last byte. */
export function fromBase64(text: string): Uint8Array | undefined {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    return undefined
  }
  if (btoa(binary) !== text) return undefined
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}
