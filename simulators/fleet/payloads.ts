/**
 * What a gateway publishes and answers, as text, written after the published descriptions alone. Pure. Times are by the
 * clock of the gateway.
 * Read next: gateway/front/sinks/asyncapi.json, which a test holds it against.
 */
import { type Booking, freeSlots, type Machine, type ShownState, shownState } from './machine.ts'

const MAX_AGE_MS = 15_000
const DAYS_MS = 7 * 24 * 3_600_000
const INCREMENT_MS = 15 * 60_000

export const topics = {
  status: (site: string) => `latchkey/v1/${site}/status`,
  siteEvents: (site: string) => `latchkey/v1/${site}/events`,
  of: ({ site, id }: Machine, what: 'about' | 'availability' | 'events') => `latchkey/v1/${site}/${id}/${what}`,
}

/** Without a time it is the will. */
export function statusText(site: string, online: boolean, nowMs?: number): string {
  const times = nowMs === undefined ? {} : { at: time(nowMs), ...(online && { asOf: time(nowMs - 100) }) }
  return JSON.stringify({ site, online, ...times })
}

export function aboutText(machine: Machine): string {
  const { site, id } = machine
  return JSON.stringify({
    ...{ site, machine: id, gateway: 0, status: topics.status(site), ...whatItIs(machine) },
    devices: [{ alias: 'plc', profile: 'sim-fleet' }],
    meters: [{ meter: `${id}/plc.parts`, kind: 'register', unit: 'pcs', title: 'Parts' }],
    interlock: 'lease',
    failSafe: true,
  })
}

export function availabilityText(machine: Machine, nowMs: number): string {
  const { site, id } = machine
  return JSON.stringify({
    site,
    machine: id,
    ...whatItDoes(machine, nowMs),
    ...axes(machine),
    simulated: true,
    failSafe: true,
  })
}

type EventFields = {
  readonly seq: number
  readonly prevSeq: number | null
  readonly kind: string
  readonly data: object
}

export function eventText(site: string, machine: string | undefined, event: EventFields, nowMs: number): string {
  const { seq, prevSeq, kind, data } = event
  const about = machine === undefined ? {} : { machine, simulated: true }
  return JSON.stringify({ seq, prevSeq, kind, v: 1, site, ...about, at: time(nowMs), clock: 'synchronised', data })
}

export const startedData = { version: '0.1.0', node: 'v24.15.0', fencingId: 0 }

export function changedData(machine: Machine, from: ShownState, to: ShownState): object {
  return { from, to, ...reasonOf(to), ...axes(machine) }
}

export function bookingData(
  kind: 'BookingPut' | 'BookingCancelled',
  { id, version, fromMs, untilMs }: Booking,
): object {
  const named = { booking: id, version }
  return kind === 'BookingCancelled'
    ? { ...named, reason: 'cancelled' }
    : { ...named, tenant: 'tenant-1', start: time(fromMs), end: time(untilMs), source: 'push' }
}

/** `GET /v1/machines` */
export function machinesBody(machines: readonly Machine[], nowMs: number): object {
  return {
    machines: machines.map((machine) => ({
      ...{ id: machine.id, ...whatItIs(machine), ...axes(machine), failSafe: true, safetyRelevant: false },
      availability: whatItDoes(machine, nowMs),
    })),
  }
}

/** `GET /v1/machines/{id}/calendar` */
export function calendarBody({ id, bookings }: Machine, nowMs: number): object {
  const within = { fromMs: nowMs, untilMs: nowMs + DAYS_MS }
  return {
    ...{ machine: id, from: time(nowMs), to: time(within.untilMs), timeslotIncrement: INCREMENT_MS / 60_000 },
    availableTimeslots: freeSlots(bookings, within)
      .filter(({ fromMs, untilMs }) => untilMs - fromMs >= INCREMENT_MS)
      .map(({ fromMs, untilMs }) => ({ startFrom: time(fromMs), endBefore: time(untilMs) })),
  }
}

function whatItIs({ site, id, kind, latitude, longitude }: Machine): object {
  const name = { en: `${kind} ${id} of ${site}`, zh: `${site} ${id}` }
  return { name, kind, capabilities: [kind], location: { latitude, longitude }, owner: site, simulated: true }
}

function whatItDoes(machine: Machine, nowMs: number): object {
  const state = shownState(machine, nowMs)
  const next = machine.bookings.map(({ fromMs }) => fromMs).filter((fromMs) => fromMs > nowMs)
  return {
    ...{ state, ...reasonOf(state) },
    ...(state === 'Available' && next.length > 0 ? { freeUntil: time(Math.min(...next)) } : {}),
    ...{ asOf: time(nowMs), clock: 'synchronised', maxAgeMs: MAX_AGE_MS },
  }
}

const REASONS: Partial<Record<ShownState, string>> = {
  InUse: 'session',
  OutOfOrder: 'fault',
  Blocked: 'maintenance',
  Unknown: 'state-unknown',
  Reserved: 'booking',
}

function reasonOf(state: ShownState): object {
  const reason = REASONS[state]
  return reason === undefined ? {} : { reason }
}

function axes({ base }: Machine): object {
  return {
    itemState: base === 'Unknown' ? 'Unknown' : base === 'InUse' ? 'Executing' : 'NotExecuting',
    mode: base === 'Blocked' ? 'Maintenance' : 'Processing',
    access: base === 'InUse' ? 'Unlocked' : 'Locked',
  }
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
