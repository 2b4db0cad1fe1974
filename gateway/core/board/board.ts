/**
 * What others see of a machine: its availability, recorded when it changes, and its row of the board. Derived from the
 * state at one moment; it decides nothing. Read next: machine/availability.ts (which word, and why), access/access.ts `word`.
 */
import * as access from '../access/access.ts'
import { around } from '../booking/booking.ts'
import { closedNow, freeAt, freeUntil } from '../booking/plan.ts'
import { commissioningOf } from '../drill/commissioning.ts'
import * as interlock from '../interlock/interlock.ts'
import { type Availability, type BoardRow, deriveAvailability } from '../machine/availability.ts'
import { change, type Env, type MachineState, record, type Turn } from '../machine/turn.ts'
import * as metering from '../metering/metering.ts'
import { cleanDownUntil, inspectionOf } from '../people/after-use.ts'
import { oldestRequired, staleness } from '../reading/condition.ts'
import { heldUntil } from '../session/overrun.ts'
import { isOpen } from '../session/session.ts'

export function recordAvailability(turn: Turn): void {
  const { m, env } = turn
  const next = availabilityOf(m, env)
  const foreign = next.reason === 'foreign'
  if (foreign !== m.foreign) {
    m.foreign = foreign
    record(turn, 'ForeignUse', {
      phase: foreign ? 'began' : 'ended',
      itemState: m.condition.itemState,
      ...(m.plc ? interlock.shownJson(m.plc.block) : {}),
    })
  }
  if (!foreign && next.state !== 'Unknown') metering.nameForeign(turn)
  const before = m.availability
  if (before?.state === next.state && before.reason === next.reason) {
    m.availability = next
    return
  }
  m.availability = next
  const from = before?.state ?? m.row.availability ?? 'Unknown'
  m.row = { ...m.row, availability: next.state }
  change(turn, { kind: 'machine', row: m.row })
  record(turn, 'AvailabilityChanged', {
    from,
    to: next.state,
    ...(next.reason === undefined ? {} : { reason: next.reason }),
    access: access.word(m),
    itemState: m.condition.itemState,
    mode: m.condition.mode,
  })
}

export function availabilityOf(m: MachineState, env: Env): Availability {
  const { now: bookingNow } = around(m.bookings, env.now.ms)
  const closed = closedNow(m, env.now.ms)
  const stale = staleness(m.config, m.readings, env.now)
  const plc = interlock.lastState(m.plc)
  const open = m.session !== undefined && isOpen(m.session)
  const cleanDownUntilMs = cleanDownUntil(m, env)
  const inspection = inspectionOf(m)
  return deriveAvailability({
    nowMs: env.now.ms,
    ...(stale ? { stale } : {}),
    itemState: m.condition.itemState,
    fault: m.condition.fault || plc === 'fault',
    emergencyStop: m.condition.emergencyStop || plc === 'emergency-stop',
    maintenance: m.row.maintenance !== undefined || (m.plc !== undefined && interlock.isInMaintenance(m.plc.block)),
    commissioned: commissioningOf(m.config, m.row, env.now.ms).kind === 'commissioned',
    hasInterlock: m.config.interlock !== undefined,
    access: access.word(m),
    session: open,
    reserved: bookingNow !== undefined,
    ...(closed ? { closed: closed.kind } : {}),
    ...timesOf(m, env, open ? heldUntil({ m, env }) : (cleanDownUntilMs ?? env.now.ms)),
    cleanDown: cleanDownUntilMs !== undefined,
    ...(inspection === undefined ? {} : { inspection }),
  })
}

/** When it will be free, and until when it is. What is under way holds its time whatever became of its booking. */
function timesOf(
  m: MachineState,
  { now }: Env,
  heldMs: number | undefined,
): Pick<Availability, 'freeAtMs' | 'freeUntilMs'> {
  const freeAtMs = heldMs && freeAt(m, Math.max(now.ms, heldMs))
  const freeUntilMs = freeUntil(m, now.ms)
  return {
    ...(freeAtMs === undefined ? {} : { freeAtMs }),
    ...(freeUntilMs === undefined ? {} : { freeUntilMs }),
  }
}

export function boardRow(m: MachineState, env: Env): BoardRow {
  const oldest = oldestRequired(m.config, m.readings)
  return {
    machine: m.config.id,
    availability: m.availability ?? { state: 'Unknown', reason: 'starting' },
    itemState: m.condition.itemState,
    mode: m.condition.mode,
    access: access.word(m),
    ...(m.session && isOpen(m.session) ? { session: m.session.id } : {}),
    maintenance: m.row.maintenance !== undefined,
    simulated: m.config.simulated,
    ...(m.config.interlock ? { failSafe: interlock.isFailSafe(m.config.interlock) } : {}),
    commissioning: commissioningOf(m.config, m.row, env.now.ms),
    asOfMs: oldest.reading?.readAtMs ?? 0,
    asOfNs: oldest.reading?.readAtNs ?? env.now.ns,
    maxAgeMs: oldest.maxAgeMs,
  }
}
