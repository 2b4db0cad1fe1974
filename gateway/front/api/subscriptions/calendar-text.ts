/**
 * Bookings as an iCalendar file (RFC 5545, with REFRESH-INTERVAL of RFC 7986). Times are UTC, which every calendar
 * shows in the zone of whoever looks. Pure; the same bookings give the same text. The library escapes the texts of
 * events, and neither the name of a calendar nor ids: that is done here, and control characters are taken out of all.
 * Read next: feed.ts, which serves it.
 */
import ical, { ICalEventStatus } from 'ical-generator'

export type CalendarEvent = {
  /** The same over all changes of a booking, and no other's. */
  readonly id: string
  /** How often it was changed before. */
  readonly revision: number
  readonly changedAtMs: number
  readonly startMs: number
  readonly endMs: number
  readonly isCancelled: boolean
  readonly summary: string
  readonly description?: string
}

type Calendar = { readonly name: string; readonly place: string; readonly events: readonly CalendarEvent[] }

/** How often a calendar program is asked to look again, s. */
const REFRESH_S = 900

export function calendarText({ name, place, events }: Calendar): string {
  const calendar = ical({
    prodId: { company: 'Latchkey', product: 'Gateway', language: 'EN' },
    name: oneLine(name).replace(/[\\;,]/g, '\\$&'),
    ttl: REFRESH_S,
  })
  for (const { id, revision, changedAtMs, startMs, endMs, isCancelled, summary, description } of events)
    calendar.createEvent({
      id: `${encodeURIComponent(id)}@${place}`,
      sequence: revision,
      stamp: new Date(changedAtMs),
      lastModified: new Date(changedAtMs),
      start: new Date(startMs),
      end: new Date(endMs),
      status: isCancelled ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
      summary: oneLine(summary),
      ...(description === undefined ? {} : { description: oneLine(description) }),
      location: { title: place },
    })
  return `${calendar.toString()}\r\n`
}

const oneLine = (text: string) => text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
