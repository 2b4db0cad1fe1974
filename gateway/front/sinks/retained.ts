/**
 * What the broker retains of us: availability of each machine, meters, the newest checkpoint. Of one connection: a new
 * one gets everything again, then what is new, and what is so old that readers would begin to doubt it.
 * Read next: mqtt.ts, the only caller; payload.ts and topics.ts (pure).
 */
import type { BoardRow } from '../../core/board/message.ts'
import type { MachineConfig } from '../../core/ground/config.ts'
import type { MeterState } from '../../core/meter/meter.ts'
import type { Message } from './mqtt-bytes.ts'
import { availabilityPayload, meterPayload } from './payload.ts'
import type { Snapshot } from './sink.ts'
import type { Topics } from './topics.ts'

/** A meter that runs is repeated at most this often. */
const METER_EVERY_MS = 5_000

type Sent = { readonly key: string; readonly atMs: number }
/** `row`: the object that was looked at last; the board keeps it as long as nothing but its time changes. */
type SentRow = Sent & { row: BoardRow }

export type Retained = {
  readonly rows: Map<string, SentRow>
  readonly meters: Map<string, Sent>
  checkpoint?: string
}

export function nothingRetained(): Retained {
  return { rows: new Map(), meters: new Map() }
}

/** The messages that are due, noted as sent. `nowMs` is monotonic. */
export function takeDue(
  retained: Retained,
  snapshot: Snapshot,
  site: string,
  topics: Topics,
  nowMs: number,
): Message[] {
  const due: Message[] = []
  for (const row of snapshot.rows) {
    const sent = retained.rows.get(row.machine)
    const isYoung = sent !== undefined && nowMs - sent.atMs < row.maxAgeMs / 2
    if (isYoung && sent.row === row) continue
    const key = availabilityPayload(site, { ...row, asOfMs: 0 })
    if (isYoung && sent.key === key) {
      sent.row = row
      continue
    }
    retained.rows.set(row.machine, { key, atMs: nowMs, row })
    due.push(availability(row, site, topics))
  }
  const clocks = new Map(snapshot.rows.map(({ machine, clock }) => [machine, clock]))
  for (const meter of snapshot.meters) {
    if (meter.atMs === 0) continue // never read
    const clock = clocks.get(meter.machine)
    const key = `${meterKey(meter)} ${clock}`
    const sent = retained.meters.get(meter.meter)
    if (sent !== undefined && (sent.key === key || nowMs - sent.atMs < METER_EVERY_MS)) continue
    retained.meters.set(meter.meter, { key, atMs: nowMs })
    due.push({ topic: topics.meter(meter.meter), payload: meterPayload(meter, clock), qos: 1, retain: true })
  }
  if (snapshot.checkpoint !== undefined && snapshot.checkpoint !== retained.checkpoint) {
    retained.checkpoint = snapshot.checkpoint
    due.push({ topic: topics.checkpoint, payload: snapshot.checkpoint, qos: 1, retain: true })
  }
  return due
}

/** What comes back later is sent anew. */
export function forgetGone({ rows, meters }: Retained, machines: readonly MachineConfig[]): void {
  const known = new Set(machines.flatMap(({ id, meters }) => [id, ...meters.map((meter) => meter.id)]))
  for (const id of rows.keys()) if (!known.has(id)) rows.delete(id)
  for (const id of meters.keys()) if (!known.has(id)) meters.delete(id)
}

function availability(row: BoardRow, site: string, topics: Topics): Message {
  const payload = availabilityPayload(site, row)
  const expiryS = Math.max(1, Math.ceil(row.maxAgeMs / 1000))
  return { topic: topics.availability(row.machine), payload, qos: 1, retain: true, expiryS }
}

function meterKey({ total, epoch, raw, unit }: MeterState): string {
  return `${total} ${epoch} ${raw ?? ''} ${unit}`
}
