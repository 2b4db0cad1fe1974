/**
 * What the platform accepts in its requests. Every field is checked, unknown ones are refused, a reason is a sentence.
 * Pure. Next: simulators/platform.ts.
 */
import { asRecord, bad, good, type Parsed } from '../faces/http-face.ts'
import { type Forgery, forgeries } from './forgeries.ts'
import type { BookingClaims, Revocations } from './tokens.ts'

/** A booking as the platform sends it. Without a version the platform counts itself. */
export type Booking = {
  id: string
  machine: string
  tenant: string
  start: string
  end: string
  version?: number
  limits?: unknown
  qualifications?: unknown
  pin?: unknown
  terms?: unknown
}

export function parseBooking(body: unknown): Parsed<Booking> {
  const optional = {
    ...{ version: isWhole, limits: isAnything, qualifications: isAnything, pin: isAnything },
    terms: isAnything,
  }
  return checked(body, ['id', 'machine', 'tenant'], ['start', 'end'], optional)
}

export function parseClaims(body: unknown): Parsed<BookingClaims> {
  const optional = { limits: isAnything, ver: isWhole, exp: isTime, jti: isText, aud: isText }
  const claims = checked<BookingClaims>(body, ['booking', 'tenant', 'machine'], ['start', 'end'], optional)
  if (!claims.ok) return claims
  const exp: unknown = claims.value.exp
  return typeof exp === 'string' ? good({ ...claims.value, exp: Math.floor(Date.parse(exp) / 1000) }) : claims
}

/** A kind of forgery, and the claims it starts from. */
export function parseForgery(body: unknown): Parsed<{ kind: Forgery; claims: BookingClaims }> {
  const { kind, ...rest } = asRecord(body) ?? {}
  if (!isForgery(kind)) return bad(`kind must be one of ${Object.keys(forgeries).join(', ')}`)
  const claims = parseClaims(rest)
  return claims.ok ? good({ kind, claims: claims.value }) : claims
}

/** The bookings and tokens to revoke. `iat` is in seconds since 1970 and defaults to now. */
export function parseRevocations(body: unknown): Parsed<Revocations> {
  const optional = { number: isWhole, iat: isWhole, bookings: areTexts, jtis: areTexts }
  const list = checked<Partial<Revocations>>(body, [], [], optional)
  if (!list.ok) return list
  const { number, bookings = [], jtis = [], ...rest } = list.value
  return number === undefined ? bad('number must be a whole number') : good({ ...rest, number, bookings, jtis })
}

/** The body, which must have these texts and times and may have the optional fields; or the first fault in it. */
function checked<T>(
  body: unknown,
  texts: readonly string[],
  times: readonly string[],
  optional: Readonly<Record<string, (value: unknown) => string | undefined>>,
): Parsed<T> {
  const fields = asRecord(body)
  if (!fields) return bad('the body must be a JSON object')
  const known = [...texts, ...times, ...Object.keys(optional)]
  const unknown = Object.keys(fields).find((key) => !known.includes(key))
  if (unknown !== undefined) return bad(`${unknown} is unknown; there are ${known.join(', ')}`)
  for (const key of texts) if (isText(fields[key])) return bad(`${key} ${isText(fields[key])}`)
  for (const key of times) if (!isInstant(fields[key])) return bad(`${key} must be a time such as 2030-01-31T08:00:00Z`)
  for (const [key, test] of Object.entries(optional)) {
    const problem = fields[key] === undefined ? undefined : test(fields[key])
    if (problem !== undefined) return bad(`${key} ${problem}`)
  }
  return good(fields as T)
}

function isText(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= 256
    ? undefined
    : 'must be a text of 1 to 256 characters'
}

function areTexts(value: unknown): string | undefined {
  return Array.isArray(value) && value.every((each) => isText(each) === undefined)
    ? undefined
    : 'must be a list of texts'
}

function isWhole(value: unknown): string | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'must be a whole number'
}

function isTime(value: unknown): string | undefined {
  return isWhole(value) === undefined || isInstant(value) ? undefined : 'must be seconds since 1970 or a time'
}

function isAnything(): undefined {
  return undefined
}

function isInstant(value: unknown): boolean {
  const pattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/
  return typeof value === 'string' && pattern.test(value) && !Number.isNaN(Date.parse(value))
}

function isForgery(value: unknown): value is Forgery {
  return typeof value === 'string' && Object.hasOwn(forgeries, value)
}
