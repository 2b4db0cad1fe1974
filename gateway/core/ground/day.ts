/**
 * Days of a time zone, as `2026-11-23`. A day is as long as its zone makes it: 23 or 25 hours when clocks change, and
 * zero where a zone skipped it. The zone data comes from Intl; nothing is assumed about offsets.
 */

const DAY_MS = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** The day on which a moment (UTC ms) falls. */
export function dayOf(ms: number, zone: string): string {
  let format = formats.get(zone)
  if (format === undefined) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
    format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', { timeZone: zone, ...parts })
    formats.set(zone, format)
  }
  const { year, month, day } = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
  return `${year}-${month}-${day}`
}

/** The first moment (UTC ms) that is not before the day; undefined when the calendar has no such day. */
export function dayStart(day: string, zone: string): number | undefined {
  const utc = utcStart(day)
  if (utc === undefined) return undefined
  // Offsets lie between -12 and +14 hours, so the zone enters the day exactly once within these bounds.
  let before = utc - DAY_MS
  let reached = utc + DAY_MS
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2)
    if (dayOf(middle, zone) < day) before = middle
    else reached = middle
  }
  return reached
}

/** From the first moment of a day to the first of the next, UTC ms. */
export function dayBounds(day: string, zone: string): { readonly fromMs: number; readonly toMs: number } | undefined {
  const fromMs = dayStart(day, zone)
  return fromMs === undefined ? undefined : { fromMs, toMs: dayStart(nextDay(day), zone)! }
}

/** The day after any day that `dayOf` returns; a clock that was never set shows days of 1970. */
export function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)
}

/** Years 2000 to 2099; any other text is not a day. */
export const isDay = (text: string): boolean => utcStart(text) !== undefined

function utcStart(day: string): number | undefined {
  if (!/^20\d{2}-\d{2}-\d{2}$/.test(day)) return undefined
  const utc = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 10) !== day ? undefined : utc
}
