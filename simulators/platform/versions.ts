/** The last version of each booking, kept in `versions.json`: without them the platform could change no booking. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../machine/retentive.ts'
import type { Booking } from './bodies.ts'

/** Most bookings whose version is kept; most bookings of one feed. */
export const maxBookings = 10_000

export type Versions = Readonly<{
  get(id: string): number | undefined
  /** Takes the version of a booking to send: its own, or one above the last. Undefined when there are too many. */
  next(booking: Booking): number | undefined
}>

export function openVersions(stateDir: string): Versions {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const path = join(stateDir, 'versions.json')
  const kept: [string, number][] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []
  const versions = new Map(kept)
  return {
    get: (id) => versions.get(id),
    next({ id, version = (versions.get(id) ?? 0) + 1 }) {
      if (versions.size >= maxBookings && !versions.has(id)) return undefined
      versions.set(id, version)
      replaceFile(path, `${JSON.stringify([...versions])}\n`)
      return version
    },
  }
}
