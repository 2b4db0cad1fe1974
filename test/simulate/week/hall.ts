/**
 * The machines of a world for a week, and the bookings that the platform puts. Read next: station.ts (one machine),
 * people.ts (who comes).
 */
import type { SiteConfig } from '../../../config/site.ts'
import { tariffJson } from '../../../gateway/core/billing/tariff.ts'
import type { Booking, BookingInput } from '../../../gateway/core/booking/booking.ts'
import { bookingJson } from '../../../gateway/core/booking/booking-json.ts'
import { decidePut } from '../../../gateway/core/booking/decide.ts'
import { openDiary } from '../../../gateway/core/booking/diary.ts'
import { freeSlots, type Slot } from '../../../gateway/core/booking/slots.ts'
import { missedJson } from '../../../gateway/core/session/missed.ts'
import type { Model } from './assumptions.ts'
import { FENCING_ID, type Journal, openJournal, tenantRef } from './journal.ts'
import { createStation, pollOn, type Station, tell } from './station.ts'

/** What happened meanwhile is made durable at least so often. */
const FLUSH_MS = 900_000

export type Hall = { readonly journal: Journal; readonly stations: ReadonlyMap<string, Station> }

/** The gateway starts, and polls. */
export function openHall(config: SiteConfig, modelOf: (machine: string) => Model): Hall {
  const journal = openJournal(config)
  const stations = new Map(
    config.machines.map((machine) => [machine.id, createStation(machine, modelOf(machine.id), journal)]),
  )
  const { configurationId, links, tariffs } = config
  journal.record('GatewayStarted', { version: '0.0.0', node: process.version, fencingId: FENCING_ID })
  journal.record('ConfigurationApplied', { configurationId, machines: stations.size, links: links.length })
  for (const tariff of tariffs) journal.record('TariffPublished', tariffJson(tariff))
  for (const station of stations.values()) pollOn(station)
  const flush = () => {
    journal.flush()
    journal.later(FLUSH_MS, flush)
  }
  flush()
  return { journal, stations }
}

/** Durable when it returns; undefined: the time is not free. */
export function put({ journal, stations }: Hall, input: BookingInput): Booking | undefined {
  const station = stations.get(input.machine)!
  const ground = { source: 'push', room: true, nowMs: journal.now().ms } as const
  const decision = decidePut(openDiary(station.state.bookings), input, ground)
  if (decision.kind !== 'put') return undefined
  const { booking } = decision
  apply(station, booking)
  journal.record('BookingPut', bookingJson(booking, tenantRef(booking.tenant)), booking.machine)
  journal.flush()
  return booking
}

export function cancel({ journal, stations }: Hall, { id, machine }: Booking): void {
  const station = stations.get(machine)!
  const known = station.state.bookings.find((booking) => booking.id === id)
  if (known?.status !== 'held') return
  const { now, tariffs } = journal.env()
  const ground = { config: station.config, tariffs, tenantRef: tenantRef(known.tenant) }
  const missed = missedJson(known, { when: 'cancellation', atMs: now.ms }, ground)
  apply(station, { ...known, status: 'cancelled', cancelledAtMs: now.ms })
  const said = { booking: id, version: known.version, reason: 'cancelled', issuedAt: new Date(now.ms).toISOString() }
  journal.record('BookingCancelled', { ...said, ...missed }, machine)
  journal.flush()
}

/** Free times of a machine within a span that last at least so long. */
export function freeIn({ stations }: Hall, machine: string, within: Slot, leastMs: number): Slot[] {
  const { state, config } = stations.get(machine)!
  const planned = { bookings: state.bookings, blocks: [], cleanDownMs: config.afterUse.cleanDownMs }
  return freeSlots({ ...planned, windows: config.windows }, within, leastMs)
}

function apply(station: Station, booking: Booking): void {
  station.journal.append({ kind: 'booking', booking })
  const others = station.state.bookings.filter(({ id }) => id !== booking.id)
  tell(station, { kind: 'bookings', bookings: [...others, booking] })
}
