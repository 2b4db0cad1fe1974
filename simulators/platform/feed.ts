/**
 * The bookings of the platform as a feed: everything that is booked, as one snapshot with a version that only grows. It
 * is kept in `feed.json`. A caller that names the ETag of the present version gets 304. Next: simulators/platform.ts.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Answer, type Routes, refuse } from '../faces/http-face.ts'
import { replaceFile } from '../machine/retentive.ts'
import { type Booking, parseBooking } from './bodies.ts'
import { maxBookings, type Versions } from './versions.ts'

type Kept = { version: number; bookings: Booking[] }

type Feed = Readonly<{
  get(authorization: string | undefined, known: string | undefined): Answer
  put(booking: Booking): boolean
  /** False when the feed has no such booking. */
  remove(id: string): boolean
}>

export function openFeed(stateDir: string, token: string | undefined): Feed {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const path = join(stateDir, 'feed.json')
  let kept: Kept = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { version: 1, bookings: [] }
  const keep = (bookings: Booking[]) => {
    kept = { version: kept.version + 1, bookings }
    replaceFile(path, `${JSON.stringify(kept)}\n`)
  }
  const others = (id: string) => kept.bookings.filter((booking) => booking.id !== id)
  return {
    get(authorization, known) {
      if (token !== undefined && authorization !== `Bearer ${token}`)
        return refuse(401, 'another bearer token is wanted')
      const headers = { etag: `"v${kept.version}"` }
      return known === headers.etag ? { status: 304, body: undefined, headers } : { status: 200, body: kept, headers }
    },
    put(booking) {
      if (others(booking.id).length >= maxBookings) return false
      keep([...others(booking.id), booking])
      return true
    },
    remove(id) {
      if (others(id).length === kept.bookings.length) return false
      keep(others(id))
      return true
    },
  }
}

/** Take the place of the routes that push; their answers have the same form. */
export function feedRoutes(feed: Feed, versions: Versions): Routes {
  return {
    'GET /bookings': (_body, _parts, headers) => feed.get(headers.authorization, headers['if-none-match']),
    'POST /bookings': (body) => {
      const booking = parseBooking(body)
      if (!booking.ok) return refuse(400, booking.error)
      const version = versions.next(booking.value)
      if (version === undefined || !feed.put({ ...booking.value, version }))
        return refuse(507, `${maxBookings} bookings are enough`)
      return { status: 201, body: { status: 201, body: { version } } }
    },
    'DELETE /bookings/:id': (_body, [id = '']) =>
      feed.remove(id) ? { status: 200, body: { status: 204, body: '' } } : refuse(404, 'there is no such booking'),
  }
}
