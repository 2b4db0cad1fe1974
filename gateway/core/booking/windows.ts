/**
 * Recurring maintenance windows by the wall clock of the site: a window begins when that clock first shows `from` on
 * its day, and ends when it last shows `to`. So a window across a change of clocks is an hour longer or shorter, and
 * one that the clock skips does not happen. When `to` is not after `from`, it is on the next day. Pure; the zone data
 * comes from Intl. Read next: plan.ts (with the owner's blocks), ground/day.ts (days of a zone).
 */
import type { WindowsConfig } from '../ground/config.ts'
import { dayOf, nextDay } from '../ground/day.ts'

export type Span = { readonly fromMs: number; readonly untilMs: number; readonly reason?: string }

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const formats = new Map<string, Intl.DateTimeFormat>()

/**
 * When the wall clock of a zone first and last shows this minute of this day. If the clock skips it: the first moment
 * after the jump.
 */
export function wallClock(day: string, minute: number, zone: string): { readonly firstMs: number; lastMs: number } {
  const local = Date.parse(`${day}T00:00:00Z`) + minute * 60_000
  // Offsets lie between -12 and +14 hours; no zone changes its clocks twice within four days.
  const before = offsetAt(local - 40 * HOUR_MS, zone)
  const after = offsetAt(local + 40 * HOUR_MS, zone)
  const shown = [local - before, local - after].filter((ms) => ms + offsetAt(ms, zone) === local)
  if (shown.length > 0) return { firstMs: Math.min(...shown), lastMs: Math.max(...shown) }
  let old = local - after
  let reached = local - before
  while (reached - old > 1) {
    const middle = Math.floor((old + reached) / 2)
    if (offsetAt(middle, zone) === after) reached = middle
    else old = middle
  }
  return { firstMs: reached, lastMs: reached }
}

/** The offset of the zone, ms east of UTC. */
function offsetAt(ms: number, zone: string): number {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  const whole = Math.floor(ms / 1000) * 1000
  const part = Object.fromEntries(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]))
  const { year, month, day, hour, minute, second } = part as Record<string, number>
  return Date.UTC(year!, month! - 1, day!, hour, minute, second) - whole
}

/** Every window that overlaps the time from two days before a moment to nine days after it, by its begin. */
export const windowsAround = (windows: WindowsConfig, nowMs: number): Span[] =>
  windowsBetween(windows, nowMs - DAY_MS, nowMs + 9 * DAY_MS)

/** Every window that overlaps a time, and some just before it, by their begin. */
export function windowsBetween({ zone, list }: WindowsConfig, fromMs: number, untilMs: number): Span[] {
  const spans: Span[] = []
  const last = dayOf(untilMs, zone)
  // One that began on the day before may last into this one.
  for (let day = dayOf(fromMs - DAY_MS, zone); day <= last; day = nextDay(day)) {
    const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
    for (const { days, fromMinute, toMinute, reason } of list) {
      if (!days.includes(weekday)) continue
      const { firstMs } = wallClock(day, fromMinute, zone)
      const { lastMs } = wallClock(toMinute > fromMinute ? day : nextDay(day), toMinute, zone)
      if (lastMs > firstMs)
        spans.push({ fromMs: firstMs, untilMs: lastMs, ...(reason === undefined ? {} : { reason }) })
    }
  }
  return spans.sort((a, b) => a.fromMs - b.fromMs)
}
