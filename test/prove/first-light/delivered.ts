/**
 * What readers of MQTT and InfluxDB must have, worked out from the ledger alone. Pure; shares no code with the sinks.
 * Read by sinks-down.ts.
 */
import type { LedgerEntry } from '../../support/gateway-api.ts'

export type Measurement = 'availability' | 'session' | 'meter'
type Event = Readonly<Record<string, unknown>>

/** What is wrong with the events of one topic, given the entries that belong on it. Repeats are allowed. */
export function chainFaults(events: readonly Event[], entries: readonly LedgerEntry[]): string[] {
  const first = new Map<unknown, Event>()
  for (const event of events) if (!first.has(event.seq)) first.set(event.seq, event)
  const faults: string[] = []
  const arrived = [...first.values()]
  let before: unknown
  for (const [index, event] of arrived.entries()) {
    const { seq, prevSeq } = event
    if (index > 0 && !(Number(seq) > Number(before))) faults.push(`${seq} arrives after ${before}`)
    if (index > 0 && prevSeq !== before) faults.push(`${seq} names ${prevSeq} as the one before, it was ${before}`)
    before = seq
  }
  for (const entry of entries) {
    const event = first.get(entry.seq)
    if (event === undefined) faults.push(`${entry.seq} ${entry.kind} is missing`)
    else if (event.kind !== entry.kind || !same(event.data, entry.data))
      faults.push(`${entry.seq} ${entry.kind} says something else`)
  }
  const known = new Set<unknown>(entries.map(({ seq }) => seq))
  for (const seq of first.keys()) if (!known.has(seq)) faults.push(`${seq} is in no ledger`)
  return faults
}

const sessionKinds = [
  'UnlockIntended',
  'UnlockConfirmed',
  'UnlockRefused',
  'UnlockUnconfirmed',
  'SessionSuspended',
  'SessionResumed',
  'SessionFinishing',
  'SessionEnded',
]

/** Sequences of the entries that must have a point of this measurement; for `meter`, of one meter. */
export function expectedPoints(entries: readonly LedgerEntry[], measurement: Measurement, meter: string): number[] {
  return entries.filter((entry) => belongs(entry, measurement, meter)).map(({ seq }) => seq)
}

function belongs({ kind, data }: LedgerEntry, measurement: Measurement, meter: string): boolean {
  switch (measurement) {
    case 'availability':
      return kind === 'AvailabilityChanged'
    case 'session':
      return sessionKinds.includes(kind)
    case 'meter':
      if (kind === 'MeterChanged') return data.meter === meter
      if (kind === 'MeterSampled') return names(data.meters, meter)
      if (kind === 'UnlockConfirmed') return names(data.begin, meter)
      return kind === 'SessionEnded' && names(data.end, meter)
  }
}

function names(meters: unknown, meter: string): boolean {
  return Array.isArray(meters) && meters.some((line: { meter?: string }) => line.meter === meter)
}

/** Whatever the order of the members. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}
