/**
 * Times as text: RFC 3339 with a zone, kept to the millisecond below. Nothing is guessed: a date without a zone, a day
 * that does not exist and a leap second are refused.
 */
import Type from 'typebox'
import type { FieldError } from './problem.ts'

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/

export const instantSchema = (description: string) =>
  Type.String({
    pattern: PATTERN.source,
    maxLength: 35,
    description: `${description} RFC 3339 with a zone; kept to the millisecond.`,
    examples: ['2026-11-23T08:00:00+08:00'],
  })

/** A time as the gateway writes it: UTC, milliseconds. */
export const shownInstant = (description: string) => Type.String({ description: `${description} RFC 3339, UTC.` })

/** UTC ms, or undefined when the text is not a time between the years 2000 and 2100. */
export function parseInstant(text: string): number | undefined {
  const parts = PATTERN.exec(text)
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const ms = Number((parts[7] ?? '0').padEnd(3, '0').slice(0, 3))
  const offset = parseOffset(parts[8]!)
  if (offset === undefined || hour > 23 || minute > 59 || second > 59) return undefined
  const local = Date.UTC(year, month - 1, day, hour, minute, second, ms)
  // A day or month too many shows in the day or the year.
  const back = new Date(local)
  if (back.getUTCFullYear() !== year || back.getUTCDate() !== day) return undefined
  const utc = local - offset * 60_000
  return utc >= OLDEST_MS && utc < NEWEST_MS ? utc : undefined
}

type Instants<T> = { readonly [Name in keyof T]: T[Name] extends string ? number : number | undefined }

/** Fields of a request that hold times, each as UTC ms; or the errors, by their place below `path`. */
export function readInstants<T extends Readonly<Record<string, string | undefined>>>(
  path: string,
  given: T,
): { readonly times: Instants<T>; readonly errors?: undefined } | { readonly errors: readonly FieldError[] } {
  const times: Record<string, number | undefined> = {}
  const errors: FieldError[] = []
  for (const [name, text] of Object.entries(given)) {
    if (text === undefined) continue
    times[name] = parseInstant(text)
    if (times[name] === undefined) errors.push({ path: `${path}/${name}`, message: NO_TIME })
  }
  return errors.length > 0 ? { errors } : { times: times as Instants<T> }
}

export function toInstant(ms: number): string {
  return new Date(ms).toISOString()
}

/** The same moment as a clock in a zone shows it, with its offset: `2026-11-23T16:00:00+08:00`. */
export function localInstant(ms: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  }).formatToParts(ms)
  const {
    year,
    month,
    day,
    hour,
    minute,
    second,
    timeZoneName = 'GMT',
  } = Object.fromEntries(parts.map(({ type, value }) => [type, value]))
  const offset = timeZoneName === 'GMT' ? '+00:00' : timeZoneName.slice('GMT'.length)
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`
}

const NO_TIME =
  'is not a valid time: RFC 3339 with a zone, of a day that exists between 2000 and 2100, such as 2026-11-23T08:00:00+08:00'
const OLDEST_MS = Date.UTC(2000, 0, 1)
const NEWEST_MS = Date.UTC(2100, 0, 1)

/** Minutes east of UTC. `-00:00` says that the zone is not known (RFC 3339, 4.3). */
function parseOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0
  if (text === '-00:00') return undefined
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(4, 6))
  if (hours > 23 || minutes > 59) return undefined
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}
