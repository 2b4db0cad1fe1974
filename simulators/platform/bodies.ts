/**
 * What the platform accepts in its requests: every field checked, unknown ones refused, the reason as a sentence.
 * Pure. Next: simulators/platform.ts.
 */
import { asRecord } from '../faces/http-face.ts'
import { type BookingClaims, type Forgery, forgeries, type Revocations } from './tokens.ts'

type Fields = Readonly<Record<string, unknown>>
type Checked<T> = { ok: true; value: T } | { ok: false; error: string }

/** A booking as it is pushed; without a version the platform counts. */
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
}

export function parseBooking(body: unknown): Checked<Booking> {
  const fields = asRecord(body)
  const problem = check(fields, ['id', 'machine', 'tenant'], ['start', 'end'], {
    version: isWhole,
    limits: isAnything,
    qualifications: isAnything,
    pin: isAnything,
  })
  if (problem !== undefined || !fields) return { ok: false, error: problem ?? notAnObject }
  const { version, limits, qualifications, pin } = fields
  return {
    ok: true,
    value: {
      id: String(fields.id),
      machine: String(fields.machine),
      tenant: String(fields.tenant),
      start: String(fields.start),
      end: String(fields.end),
      ...(typeof version === 'number' ? { version } : {}),
      ...(limits === undefined ? {} : { limits }),
      ...(qualifications === undefined ? {} : { qualifications }),
      ...(pin === undefined ? {} : { pin }),
    },
  }
}

/** `others` are keys which are allowed and looked at elsewhere. */
export function parseClaims(body: unknown, others: readonly string[]): Checked<BookingClaims> {
  const fields = asRecord(body)
  const optional = { limits: isAnything, ver: isWhole, exp: isTime, jti: isText, aud: isText }
  const more = Object.fromEntries(others.map((key) => [key, isAnything]))
  const problem = check(fields, ['booking', 'tenant', 'machine'], ['start', 'end'], { ...optional, ...more })
  if (problem !== undefined || !fields) return { ok: false, error: problem ?? notAnObject }
  const { limits, ver, exp, jti, aud } = fields
  return {
    ok: true,
    value: {
      booking: String(fields.booking),
      tenant: String(fields.tenant),
      machine: String(fields.machine),
      start: String(fields.start),
      end: String(fields.end),
      ...(limits === undefined ? {} : { limits }),
      ...(typeof ver === 'number' ? { ver } : {}),
      ...(exp === undefined ? {} : { exp: typeof exp === 'number' ? exp : Math.floor(Date.parse(String(exp)) / 1000) }),
      ...(typeof jti === 'string' ? { jti } : {}),
      ...(typeof aud === 'string' ? { aud } : {}),
    },
  }
}

/** What is taken back. `iat`: seconds since 1970, by default now. */
export function parseRevocations(body: unknown): Checked<Revocations> {
  const fields = asRecord(body)
  const optional = { number: isWhole, iat: isWhole, bookings: areTexts, jtis: areTexts }
  const problem = check(fields, [], [], optional)
  if (problem !== undefined || !fields) return { ok: false, error: problem ?? notAnObject }
  if (fields.number === undefined) return { ok: false, error: 'number must be a whole number' }
  return { ok: true, value: { bookings: [], jtis: [], ...fields } as unknown as Revocations }
}

const notAnObject = 'the body must be a JSON object'

/** The first thing wrong with a body, as a sentence; undefined when nothing is. */
function check(
  fields: Fields | undefined,
  texts: readonly string[],
  times: readonly string[],
  optional: Readonly<Record<string, (value: unknown) => string | undefined>>,
): string | undefined {
  if (!fields) return notAnObject
  const known = [...texts, ...times, ...Object.keys(optional)]
  const unknown = Object.keys(fields).find((key) => !known.includes(key))
  if (unknown !== undefined) return `${unknown} is unknown; there are ${known.join(', ')}`
  for (const key of texts) if (isText(fields[key])) return `${key} ${isText(fields[key])}`
  for (const key of times) if (!isInstant(fields[key])) return `${key} must be a time such as 2030-01-31T08:00:00Z`
  for (const [key, test] of Object.entries(optional)) {
    const problem = fields[key] === undefined ? undefined : test(fields[key])
    if (problem !== undefined) return `${key} ${problem}`
  }
  return undefined
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

export function isForgery(value: unknown): value is Forgery {
  return typeof value === 'string' && Object.hasOwn(forgeries, value)
}
