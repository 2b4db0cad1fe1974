/**
 * Days of the site, as people choose them and as the gateway wants them: times. Pure.
 * Read next: core/ground/day.ts (how long a day is).
 */
import { dayBounds } from '../../../core/ground/day.ts'

const DAY_MS = 86_400_000

/** Days as `2026-11-23`, both included; empty: open on that side. */
export type Period = { readonly from: string; readonly to: string }

/** Times as a query takes them; a day that does not exist bounds nothing. */
export function timesOf({ from, to }: Period, zone: string): Readonly<Record<string, string>> {
  const instant = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())
  const first = instant(dayBounds(from, zone)?.fromMs)
  const end = instant(dayBounds(to, zone)?.toMs)
  return { ...(first === undefined ? {} : { from: first }), ...(end === undefined ? {} : { to: end }) }
}

export function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10)
}

/** The Monday of the week of a day. */
export function mondayOf(day: string): string {
  return daysBefore(day, (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7)
}
