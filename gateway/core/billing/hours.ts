/**
 * Days and hours by the clock on the site's wall. When clocks are put back an hour is shown twice and both count; an
 * hour that is skipped is never shown, and never counts. The zone data comes from Intl. Read next: lines.ts.
 */
import type { Tariff, TariffElement } from './tariff.ts'

const DAY_MINUTES = 1440
const MINUTE_MS = 60_000
/** No zone has changed its offset at another moment than a whole quarter of an hour UTC in this century. */
const QUARTER_MS = 15 * MINUTE_MS
/** Offsets kept for each zone; the oldest go first. */
const MOST_KEPT = 50_000

type Times = Pick<TariffElement, 'days' | 'hours'>
/** What the wall shows: the day of the week, Sunday is 0, and the minute of the day. */
type Shown = { readonly day: number; readonly minute: number }
export type Span = { readonly fromMs: number; readonly untilMs: number }

const zones = new Map<string, { readonly format: Intl.DateTimeFormat; readonly offsets: Map<number, number> }>()

export function shownAt(ms: number, zone: string): Shown {
  const minutes = Math.floor(ms / MINUTE_MS) + offsetAt(ms, zone)
  const days = Math.floor(minutes / DAY_MINUTES)
  // 1970-01-01 was a Thursday.
  return { day: (((days + 4) % 7) + 7) % 7, minute: minutes - days * DAY_MINUTES }
}

/** Whether a use may begin at a moment, by the day that the wall shows. */
export function isValidOn(
  { zone, validFrom, validUntil }: Pick<Tariff, 'zone' | 'validFrom' | 'validUntil'>,
  ms: number,
): boolean {
  if (validFrom === undefined && validUntil === undefined) return true
  const day = new Date(ms + offsetAt(ms, zone) * MINUTE_MS).toISOString().slice(0, 10)
  return (validFrom ?? day) <= day && day <= (validUntil ?? day)
}

/** Whether the days and hours of an element hold at what the wall shows. */
export function holds({ days, hours }: Times, { day, minute }: Shown): boolean {
  const isDay = (each: number) => days === undefined || days.includes(each)
  if (hours === undefined) return isDay(day)
  const { from, to } = hours
  if (from < to) return isDay(day) && from <= minute && minute < to
  return (isDay(day) && minute >= from) || (isDay((day + 6) % 7) && minute < to)
}

/** Which elements hold at a moment by days and hours. While it stays the same, the prices do. */
export function bandAt({ elements, zone }: Pick<Tariff, 'elements' | 'zone'>, ms: number): string {
  const shown = shownAt(ms, zone)
  return elements.map((element) => (holds(element, shown) ? '1' : '0')).join('')
}

/** Changes of prices in a week that a tariff may have; a session is read at each of them. */
export const MOST_CHANGES = 28

/** How often other elements begin to hold in a week of the wall. */
export function changesPerWeek(elements: readonly Times[]): number {
  const minutes = new Set([0, ...elements.flatMap(({ hours }) => (hours ? [hours.from, hours.to % DAY_MINUTES] : []))])
  const inOrder = [...minutes].sort((a, b) => a - b)
  const bands = [0, 1, 2, 3, 4, 5, 6].flatMap((day) =>
    inOrder.map((minute) => elements.map((element) => (holds(element, { day, minute }) ? '1' : '0')).join('')),
  )
  return bands.filter((band, index) => band !== bands.at(index - 1)).length
}

/** A span, cut where the band changes. */
export function bandsIn(tariff: Pick<Tariff, 'elements' | 'zone'>, { fromMs, untilMs }: Span): Span[] {
  if (tariff.elements.every(({ days, hours }) => days === undefined && hours === undefined))
    return fromMs < untilMs ? [{ fromMs, untilMs }] : []
  const spans: Span[] = []
  let begin = fromMs
  let band = bandAt(tariff, fromMs)
  for (let ms = nextMinute(fromMs); ms < untilMs; ms += MINUTE_MS) {
    const next = bandAt(tariff, ms)
    if (next === band) continue
    spans.push({ fromMs: begin, untilMs: ms })
    begin = ms
    band = next
  }
  return begin < untilMs ? [...spans, { fromMs: begin, untilMs }] : spans
}

const nextMinute = (ms: number) => (Math.floor(ms / MINUTE_MS) + 1) * MINUTE_MS

/** Minutes that the wall is ahead of UTC. */
function offsetAt(ms: number, zone: string): number {
  const quarter = Math.floor(ms / QUARTER_MS)
  const { format, offsets } = known(zone)
  const kept = offsets.get(quarter)
  if (kept !== undefined) return kept
  const start = quarter * QUARTER_MS
  const parts = Object.fromEntries(format.formatToParts(start).map(({ type, value }) => [type, Number(value)]))
  const wall = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!)
  const offset = (wall - start) / MINUTE_MS
  if (offsets.size >= MOST_KEPT) offsets.delete(offsets.keys().next().value!)
  offsets.set(quarter, offset)
  return offset
}

function known(zone: string) {
  const kept = zones.get(zone)
  if (kept !== undefined) return kept
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const
  const format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn-hc-h23', { timeZone: zone, ...parts })
  const fresh = { format, offsets: new Map<number, number>() }
  zones.set(zone, fresh)
  return fresh
}
