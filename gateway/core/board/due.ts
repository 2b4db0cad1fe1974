/**
 * When a machine has to be stepped again although nothing happens to it: the earliest moment at which time alone may
 * change what is decided about it, or what others see of it. A step too early does nothing, so every moment stands here
 * that may matter; what an event changes needs none, since a step follows each event. Pure.
 * Read next: step.ts (what a step does), control/agenda.ts (which waits for these moments).
 */
import { type Booking, noShowMs } from '../booking/booking.ts'
import { commissioningOf } from '../drill/commissioning.ts'
import { DAY_MS, NS_PER_MS } from '../ground/moment.ts'
import { spendableNs } from '../ground/quota.ts'
import { type Env, interlockOf, type MachineState, shutMs } from '../machine/state.ts'
import { quarterEndMs } from '../metering/quarter.ts'
import { silentFromNs } from '../metering/silence.ts'
import { cleanDownUntil } from '../people/after-use.ts'
import { FORGOTTEN_AFTER_MS } from '../people/bookings.ts'
import { staleFromNs } from '../reading/condition.ts'
import { isSame } from './board.ts'

/** While something is under way a machine is stepped this often, ms: the grain of heartbeats and deadlines. */
const GRAIN_MS = 100
/** From an event to the step that records what others see of it, ms. A flicker that is shorter is not recorded. */
const SETTLE_MS = 20
/** Time that depends on the wall clock is looked at anew after this, ms: a clock that is slewed moves slowly. */
const MOST_MS = 60_000

const afterNs = ({ now }: Env, ms: number): bigint => now.ns + BigInt(Math.ceil(ms)) * NS_PER_MS

/** After an event, or a step that changed something. */
export const soonNs = (env: Env): bigint => afterNs(env, SETTLE_MS)

/** After a step that changed nothing. */
export function nextDueNs(env: Env, m: MachineState): bigint {
  const { ns } = env.now
  const grainNs = afterNs(env, GRAIN_MS)
  if (isUnderWay(m)) return grainNs
  let dueNs = afterNs(env, MOST_MS)
  for (const momentNs of moments(env, m)) if (momentNs > ns && momentNs < dueNs) dueNs = momentNs
  const beatNs = nextBeatNs(m)
  if (beatNs === undefined || beatNs >= dueNs) return dueNs
  // A heartbeat that could not be sent is tried again.
  return beatNs > ns ? beatNs : grainNs
}

/** Steps follow each other until it is over. */
function isUnderWay({ access, withdrawal }: MachineState): boolean {
  return withdrawal !== undefined || access.kind === 'Unlocking' || access.kind === 'Finishing'
}

function nextBeatNs(m: MachineState): bigint | undefined {
  if (m.access.kind !== 'Unlocked') return undefined
  return m.access.hold.beatNs + BigInt(interlockOf(m).heartbeatMs) * NS_PER_MS
}

function* moments(env: Env, m: MachineState): Generator<bigint> {
  const { now, believedMs, leastMs } = env
  yield* staleFromNs(m.config, m.seen.readings)
  yield* silentFromNs(env, m)
  yield* sessionMoments(m)
  const { availability, recorded, quota } = m.shown
  if (quota !== undefined && availability !== undefined && !isSame(recorded, availability)) yield spendableNs(quota)
  for (const ms of byTheWall(env, m)) yield afterNs(env, ms - now.ms)
  for (const booking of m.bookings) for (const ms of byTheBelieved(env, m, booking)) yield afterNs(env, ms - believedMs)
  for (const { endMs } of m.bookings) yield afterNs(env, endMs + FORGOTTEN_AFTER_MS - leastMs)
  for (const { untilMs } of m.row.blocks ?? []) yield afterNs(env, untilMs + DAY_MS - leastMs)
}

function* sessionMoments({ session, config }: MachineState): Generator<bigint> {
  if (session === undefined) return
  const deadlineNs = BigInt(session.deadlineNs)
  yield deadlineNs
  yield deadlineNs - BigInt(config.endOfBooking.warnMs) * NS_PER_MS
}

function* byTheWall(env: Env, m: MachineState): Generator<number> {
  const { bookings, row, pace, config } = m
  const { cleanDownMs } = config.afterUse
  yield quarterEndMs(env.now.ms)
  for (const { startMs, endMs } of bookings) yield* [startMs - cleanDownMs, startMs, endMs, endMs + cleanDownMs]
  for (const { fromMs, untilMs } of row.blocks ?? []) yield* [fromMs, untilMs]
  for (const { fromMs, untilMs } of pace.windows?.spans ?? []) yield* [fromMs, untilMs]
  const commissioning = commissioningOf(config, row.drill, env.now.ms)
  if (commissioning.kind === 'commissioned' && commissioning.dueMs !== undefined) yield commissioning.dueMs
  const cleanMs = cleanDownUntil(env, m)
  if (cleanMs !== undefined) yield cleanMs
}

/** When a booking is over, or nobody came. */
function byTheBelieved(env: Env, { pace }: MachineState, booking: Booking): number[] {
  return [booking.endMs, Math.max(booking.startMs, shutMs(env, pace)) + noShowMs(booking, env.noShowMs)]
}
