/**
 * What a meter has made today and this week: what was recorded of each day, and what it has counted since its last
 * recorded reading. Quantities are decimal text and stay exact. Pure.
 */
import { daysBefore, mondayOf } from './period.ts'
import type { Meter, MeterDay } from './wire.ts'

/** A reading is recorded at least this often, unless the gateway was off for longer. */
const BACK_DAYS = 14

/** The days to ask for, so that a reading from before this week is among them. */
export function daysAround(today: string): { readonly from: string; readonly to: string } {
  return { from: daysBefore(mondayOf(today), BACK_DAYS), to: today }
}

type Made = { readonly today: string; readonly week: string }

/** Undefined: nothing was recorded of it lately. */
export function madeOf({ total, unit }: Meter, days: readonly MeterDay[], today: string): Made | undefined {
  const known = days.filter((day) => day.unit === unit)
  const last = known.at(-1)
  if (last === undefined) return undefined
  const since = BigInt(total) - BigInt(last.total)
  const from = (first: string) =>
    known.reduce((sum, { day, quantity }) => (day < first ? sum : sum + BigInt(quantity)), since)
  return { today: from(today).toString(), week: from(mondayOf(today)).toString() }
}
