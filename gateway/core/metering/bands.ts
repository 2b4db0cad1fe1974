/**
 * The readings that a bill needs of an open session: its clocks and billed meters whenever other prices begin to hold,
 * and when its overrun begins. They are durable with the session, and its receipt carries them.
 * Read next: billing/use.ts (what becomes of them), billing/hours.ts (when prices change).
 */
import { bandAt, MOST_CHANGES } from '../billing/hours.ts'
import { tracedMeters } from '../billing/use.ts'
import { MAX_BOOKING_MS } from '../booking/booking.ts'
import { DAY_MS } from '../ground/moment.ts'
import { putSession, type Turn } from '../machine/turn.ts'
import { clockTimes } from '../session/clocks.ts'
import { points } from './metering.ts'

/** Readings kept of one session: as often as prices may change while the longest booking lasts. */
const MOST_POINTS = (MOST_CHANGES * MAX_BOOKING_MS) / (7 * DAY_MS)
/** Characters of them in JSON. The entry of the end has 65,535 bytes, and holds every meter of the machine besides. */
const MOST_CHARS = 40_000

/**
 * Takes the readings if other prices hold than before. When there is no room for more, what follows counts at the
 * prices of the last one; the begin of the overrun is read even then.
 */
export function traceBand(turn: Turn): void {
  const { m, env } = turn
  const { session } = m
  const tariff = env.tariffs?.get(session?.tariff ?? '')
  if (session?.clocks === undefined || tariff === undefined) return
  const { trace: before = [], startedAtMs = env.now.ms } = session
  const when = session.overrun === undefined ? 'use' : 'overrun'
  const band = `${when} ${bandAt(tariff, env.now.ms)}`
  if (band === (session.band ?? `use ${bandAt(tariff, startedAtMs)}`)) return
  const { bookedMs: _, ...clocks } = clockTimes(session)
  const meters = tracedMeters(tariff, m.config.id, points(m), session.use)
  const trace = [...before, { at: env.now.ms, when, clocks, meters } as const]
  const isOverrun = when === 'overrun' && before.at(-1)?.when !== 'overrun'
  const hasRoom = trace.length <= MOST_POINTS && JSON.stringify(trace).length <= MOST_CHARS
  if (hasRoom || isOverrun) putSession(turn, { ...session, band, trace })
}
