/**
 * What Sparkplug is told of the gateway and its machines, made of the same board, meters and entries as our own topics.
 * Pure. A machine is a device; who is at it is in no metric of it.
 *
 *   of the node     Site · Ledger/Entry, an entry of the ledger as JSON, as it is on `{machine}/events`
 *   of a machine    State · Reason · Free At · Free Until · Item State · Mode · Access · Clock · Simulated
 *                   Meters/{alias}/{name}/Total (in its unit) · …/Raw · …/Epoch
 *
 * Read next: payload.ts (types), session.ts (what is sent when), ../payload.ts and ../points.ts (the other formats).
 */
import type { BoardRow } from '../../../core/board/message.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import type { Entry, Json } from '../../../core/ground/entry.ts'
import type { MeterState } from '../../../core/meter/meter.ts'
import { eventPayload } from '../payload.ts'
import { readingsOf, text } from '../points.ts'
import type { Delivery, Snapshot } from '../sink.ts'
import { splitPoint } from '../topics.ts'
import type { Metric, Quality } from './payload.ts'

/** `isThere`: what is known of it is as it is now. */
type Device = { readonly isThere: boolean; readonly metrics: readonly Metric[] }
export type View = { readonly node: readonly Metric[]; readonly devices: ReadonlyMap<string, Device> }

/** What is sent of an entry: itself, and what it says of its machine. */
export type Parcel = { readonly machine?: string; readonly entry: Metric & { atMs: number }; readonly of: Metric[] }

type Ground = { readonly site: string; readonly machines: readonly MachineConfig[] }

/** Of the machines of which the board has told. */
export function viewOf({ site, machines }: Ground, { rows, meters }: Snapshot, nowMs: number): View {
  const configs = new Map(machines.map((machine) => [machine.id, machine]))
  const states = new Map(meters.map((meter) => [meter.meter, meter]))
  const devices = new Map<string, Device>()
  for (const row of rows) {
    const config = configs.get(row.machine)
    if (config === undefined) continue
    const isThere = !isOutOfReach(row)
    const silent = new Set(isThere ? row.silent.map(({ meter }) => meter) : config.meters.map(({ id }) => id))
    const metrics = config.meters.flatMap(({ id, unit }) =>
      meterMetrics(id, states.get(id) ?? { unit }, silent.has(id) ? 'stale' : 'good', nowMs),
    )
    devices.set(row.machine, { isThere, metrics: [...rowMetrics(row, nowMs), ...metrics] })
  }
  return { node: [{ name: 'Site', type: 'String', value: site, atMs: nowMs }], devices }
}

/** Nothing is read of it: a reason with a colon names the signal that is missing. */
function isOutOfReach({ availability: { state, reason } }: BoardRow): boolean {
  return state === 'Unknown' && (reason === 'starting' || reason?.includes(':') === true)
}

function rowMetrics(row: BoardRow, nowMs: number): Metric[] {
  const { state, reason, freeAtMs, freeUntilMs } = row.availability
  const atMs = row.asOfMs || nowMs
  const date = (name: string, value: number | undefined): Metric => ({
    ...{ name, type: 'DateTime', value: value ?? null, atMs },
  })
  return [
    ...words({ state, reason, itemState: row.itemState, mode: row.mode, access: row.access }, atMs),
    date('Free At', freeAtMs),
    date('Free Until', freeUntilMs),
    { name: 'Clock', type: 'String', value: row.clock, atMs },
    { name: 'Simulated', type: 'Boolean', value: row.simulated, atMs },
  ]
}

type Words = Readonly<Record<'state' | 'reason' | 'itemState' | 'mode' | 'access', string | undefined>>

const NAMES = { state: 'State', reason: 'Reason', itemState: 'Item State', mode: 'Mode', access: 'Access' } as const

function words(of: Words, atMs: number): Metric[] {
  return Object.entries(NAMES).map(([key, name]) => ({
    ...{ name, type: 'String', value: of[key as keyof Words] ?? null, atMs },
  }))
}

/** A meter that was never read has no values. */
function meterMetrics(id: string, meter: Partial<MeterState>, quality: Quality, nowMs: number): Metric[] {
  const { unit = '', total, raw, epoch, atMs } = meter
  const isRead = atMs !== undefined && atMs > 0
  const at = { atMs: isRead ? atMs : nowMs, quality: isRead ? quality : ('stale' as const) }
  return [
    { ...at, ...signed(nameOf(id, 'Total'), isRead ? total : undefined), unit },
    { ...at, ...unsigned(nameOf(id, 'Raw'), isRead ? raw : undefined) },
    { ...at, ...unsigned(nameOf(id, 'Epoch'), isRead && epoch !== undefined ? BigInt(epoch) : undefined) },
  ]
}

export function parcelOf(delivery: Delivery): Parcel {
  const { entry } = delivery
  const of =
    entry.machine === undefined ? [] : saidOf(entry).map((metric) => ({ ...metric, isHistorical: true as const }))
  return {
    ...(entry.machine !== undefined && { machine: entry.machine }),
    entry: entryMetric(eventPayload(delivery), entry.atMs),
    of,
  }
}

export function entryMetric(value: string | null, atMs: number): Metric & { atMs: number } {
  return { name: 'Ledger/Entry', type: 'String', value, atMs }
}

function saidOf(entry: Entry): Metric[] {
  const { kind, atMs } = entry
  const { data } = entry.body
  if (kind === 'AvailabilityChanged') {
    const { to, reason, itemState, mode, access } = data
    return words(
      { state: text(to), reason: text(reason), itemState: text(itemState), mode: text(mode), access: text(access) },
      atMs,
    )
  }
  return readingsOf(entry).flatMap(({ meter, total, raw, epoch }) => {
    const id = text(meter)
    if (id === undefined) return []
    return [
      { atMs, ...signed(nameOf(id, 'Total'), whole(total)) },
      { atMs, ...unsigned(nameOf(id, 'Raw'), whole(raw)) },
      { atMs, ...unsigned(nameOf(id, 'Epoch'), whole(epoch)) },
    ].filter(({ value }) => value !== null)
  })
}

function nameOf(meter: string, what: string): string {
  const [, point] = splitPoint(meter)
  return `Meters/${point.replace('.', '/')}/${what}`
}

const DIGITS = /^-?\d+$/

function whole(value: Json | undefined): bigint | undefined {
  const digits = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  return DIGITS.test(digits) ? BigInt(digits) : undefined
}

/** What does not fit 64 bits is not known, rather than wrong. */
const signed = (name: string, value: bigint | undefined) =>
  ({ name, type: 'Int64', value: value === undefined || BigInt.asIntN(64, value) !== value ? null : value }) as const
const unsigned = (name: string, value: bigint | undefined) =>
  ({ name, type: 'UInt64', value: value === undefined || BigInt.asUintN(64, value) !== value ? null : value }) as const
