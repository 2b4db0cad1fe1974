/**
 * The readings that a bill needs of an open session: its clocks and billed meters whenever other prices begin to hold,
 * and when its overrun begins. They are durable with the session, and its receipt carries them.
 * Read next: billing/use.ts (what becomes of them), billing/hours.ts (when prices change).
 */
import { bandAt } from '../billing/hours.ts'
import { tracedMeters } from '../billing/use.ts'
import { putSession, type Turn } from '../machine/turn.ts'
import { clockTimes } from '../session/clocks.ts'
import { points } from './metering.ts'

/** Readings kept of one session: four changes a day for as long as a booking may be. */
const MOST_POINTS = 124

/** Takes the readings if other prices hold than before. */
export function traceBand(turn: Turn): void {
  const { m, env } = turn
  const { session } = m
  const tariff = env.tariffs?.get(session?.tariff ?? '')
  if (session?.clocks === undefined || tariff === undefined) return
  const { trace = [], startedAtMs = env.now.ms } = session
  const when = session.overrun === undefined ? 'use' : 'overrun'
  const band = `${when} ${bandAt(tariff, env.now.ms)}`
  if (band === (session.band ?? `use ${bandAt(tariff, startedAtMs)}`) || trace.length >= MOST_POINTS) return
  const { bookedMs: _, ...clocks } = clockTimes(session)
  const meters = tracedMeters(tariff, m.config.id, points(m), session.use)
  putSession(turn, { ...session, band, trace: [...trace, { at: env.now.ms, when, clocks, meters }] })
}
