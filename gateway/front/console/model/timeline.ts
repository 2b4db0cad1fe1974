/** Where the bookings and uses of a day stand on a line. Pure. */
import type { DaySpan } from './wire.ts'

type Bar = {
  readonly kind: DaySpan['kind']
  /** Of the shown time, percent. */
  readonly left: number
  readonly width: number
  readonly span: DaySpan
  readonly open: boolean
}

export type Window = { readonly fromMs: number; readonly toMs: number }

export function barsOf(spans: readonly DaySpan[], { fromMs, toMs }: Window, nowMs: number): readonly Bar[] {
  const percent = (ms: number) => ((ms - fromMs) / (toMs - fromMs)) * 100
  return spans.flatMap((span) => {
    const open = span.end === undefined
    const start = Math.max(fromMs, Date.parse(span.start))
    const end = Math.min(toMs, span.end === undefined ? nowMs : Date.parse(span.end))
    if (end <= start) return []
    return [{ kind: span.kind, left: percent(start), width: percent(end) - percent(start), span, open }]
  })
}

/** The hours to name under the line, so that they stay apart. */
export function hoursOf({ fromMs, toMs }: Window, everyHours: number): readonly { atMs: number; left: number }[] {
  const HOUR_MS = 3_600_000
  const hours: { atMs: number; left: number }[] = []
  for (let atMs = fromMs; atMs <= toMs; atMs += everyHours * HOUR_MS)
    hours.push({ atMs, left: ((atMs - fromMs) / (toMs - fromMs)) * 100 })
  return hours
}

/**
 * What of the day is shown: from the hour before the first thing or now to the hour after the last, at least ten hours
 * and rather those to come, since most nights are empty.
 */
export function windowOf(day: Window, spans: readonly DaySpan[], nowMs: number): Window {
  const HOUR_MS = 3_600_000
  const isToday = nowMs >= day.fromMs && nowMs < day.toMs
  const begins = [...spans.map(({ start }) => Date.parse(start)), ...(isToday ? [nowMs] : [])]
  const ends = [...spans.map(({ end }) => (end === undefined ? nowMs : Date.parse(end))), ...(isToday ? [nowMs] : [])]
  const hour = (ms: number) => Math.floor((ms - day.fromMs) / HOUR_MS)
  const whole = Math.round((day.toMs - day.fromMs) / HOUR_MS)
  const begin = Math.max(0, begins.length === 0 ? 7 : hour(Math.min(...begins)) - 1)
  const end = ends.length === 0 ? 19 : hour(Math.max(...ends)) + 2
  const last = Math.min(whole, Math.max(end, begin + 10))
  const first = Math.max(0, Math.min(begin, last - 10))
  return { fromMs: day.fromMs + first * HOUR_MS, toMs: day.fromMs + last * HOUR_MS }
}
