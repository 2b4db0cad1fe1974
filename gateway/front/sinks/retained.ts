/**
 * What the broker retains of us: what each machine is, its availability and meters, the newest checkpoint. Of one
 * connection: a new one gets everything again, then what is new, and now and then the availability as it still is.
 * A broker that is to keep nothing gets the same, not marked as retained, and now and then all of it.
 * Read next: mqtt.ts, the only caller; about.ts, payload.ts and topics.ts (pure).
 */
import type { SiteConfig } from '../../../config/site.ts'
import type { BoardRow } from '../../core/board/message.ts'
import type { MachineConfig } from '../../core/ground/config.ts'
import type { MeterState } from '../../core/meter/meter.ts'
import { aboutPayload } from './about.ts'
import { type Message, TEXT } from './mqtt-bytes.ts'
import { availabilityPayload, meterPayload } from './payload.ts'
import type { Snapshot } from './sink.ts'
import type { Topics } from './topics.ts'

/** A meter that runs is repeated at most this often. */
const METER_EVERY_MS = 5_000
/** So many repeats may be missing before a broker of MQTT 5 drops the availability that nobody renews. */
const REPEATS = 3
/** So many heartbeats may be missing before a reader doubts what is retained. */
const HEARTBEATS = 3

type Sent = { readonly key: string; readonly atMs: number }
/** `row`: the object that was looked at last; the board keeps it as long as nothing but its time changes. */
type SentRow = Sent & { row: BoardRow }

export type Retained = {
  readonly rows: Map<string, SentRow>
  readonly meters: Map<string, Sent>
  /** The configuration and the texts that were told of its machines last. */
  readonly abouts: Map<string, string>
  aboutsOf?: readonly MachineConfig[] | undefined
  /** When all of it began to go out last, monotonic. */
  wholeMs?: number
  checkpoint?: string
  superseded?: string
}

/** Whose state it is. */
type Ground = {
  readonly site: string
  readonly gateway: number
  readonly topics: Topics
  readonly options: Pick<NonNullable<SiteConfig['mqtt']>, 'heartbeatMs' | 'repeatMs' | 'publish'>
  readonly machines: readonly MachineConfig[]
}

export function nothingRetained(): Retained {
  return { rows: new Map(), meters: new Map(), abouts: new Map() }
}

/** The messages that are due, noted as sent. `nowMs` is monotonic. */
export function takeDue(retained: Retained, snapshot: Snapshot, ground: Ground, nowMs: number): Message<string>[] {
  const { options } = ground
  if (options.publish === 'unretained') forgetOld(retained, options, nowMs)
  const state = [
    ...dueAbouts(retained, ground),
    ...dueRows(retained, snapshot, ground, nowMs),
    ...dueMeters(retained, snapshot, ground, nowMs),
  ]
  if (options.publish === 'unretained') return state.map(({ retain: _, ...message }) => message)
  return [...state, ...dueCheckpoint(retained, snapshot, ground), ...dueSuperseded(retained, snapshot, ground)]
}

/** Whoever subscribed meanwhile has heard of nothing: all is due again. */
function forgetOld(retained: Retained, { repeatMs }: Ground['options'], nowMs: number): void {
  if (nowMs - (retained.wholeMs ?? nowMs) >= repeatMs) {
    retained.abouts.clear()
    retained.aboutsOf = undefined
    retained.meters.clear()
    retained.wholeMs = nowMs
  }
  retained.wholeMs ??= nowMs
}

/** What comes back later is sent anew. */
export function forgetGone({ rows, meters, abouts }: Retained, machines: readonly MachineConfig[]): void {
  const known = new Set(machines.flatMap(({ id, meters }) => [id, ...meters.map((meter) => meter.id)]))
  for (const map of [rows, meters, abouts]) for (const id of map.keys()) if (!known.has(id)) map.delete(id)
}

function dueAbouts(retained: Retained, { site, gateway, topics, machines }: Ground): Message<string>[] {
  if (retained.aboutsOf === machines) return []
  retained.aboutsOf = machines
  return machines.flatMap((machine) => {
    const payload = aboutPayload({ site, gateway, status: topics.status }, machine)
    if (retained.abouts.get(machine.id) === payload) return []
    retained.abouts.set(machine.id, payload)
    return [kept(topics.about(machine.id), payload)]
  })
}

function dueRows({ rows }: Retained, snapshot: Snapshot, ground: Ground, nowMs: number): Message<string>[] {
  const { site, topics, options } = ground
  return snapshot.rows.flatMap((row) => {
    const sent = rows.get(row.machine)
    const isYoung = sent !== undefined && nowMs - sent.atMs < options.repeatMs
    if (isYoung && sent.row === row) return []
    const maxAgeMs = Math.max(row.maxAgeMs, HEARTBEATS * options.heartbeatMs)
    const key = availabilityPayload(site, { ...row, asOfMs: 0 }, maxAgeMs)
    if (isYoung && sent.key === key) {
      sent.row = row
      return []
    }
    rows.set(row.machine, { key, atMs: nowMs, row })
    const expiryS = Math.ceil((REPEATS * options.repeatMs) / 1000)
    return [{ ...kept(topics.availability(row.machine), availabilityPayload(site, row, maxAgeMs)), expiryS }]
  })
}

function dueMeters({ meters }: Retained, snapshot: Snapshot, { topics }: Ground, nowMs: number): Message<string>[] {
  const clocks = new Map(snapshot.rows.map(({ machine, clock }) => [machine, clock]))
  return snapshot.meters.flatMap((meter) => {
    if (meter.atMs === 0) return [] // never read
    const clock = clocks.get(meter.machine)
    const key = `${meterKey(meter)} ${clock}`
    const sent = meters.get(meter.meter)
    if (sent !== undefined && (sent.key === key || nowMs - sent.atMs < METER_EVERY_MS)) return []
    meters.set(meter.meter, { key, atMs: nowMs })
    return [kept(topics.meter(meter.meter), meterPayload(meter, clock))]
  })
}

function dueCheckpoint(retained: Retained, { checkpoint }: Snapshot, { topics }: Ground): Message<string>[] {
  if (checkpoint === undefined || checkpoint === retained.checkpoint) return []
  retained.checkpoint = checkpoint
  return [{ ...kept(topics.checkpoint, checkpoint), contentType: TEXT }]
}

function dueSuperseded(retained: Retained, { superseded }: Snapshot, { topics }: Ground): Message<string>[] {
  if (superseded === undefined || superseded === retained.superseded) return []
  retained.superseded = superseded
  return [kept(topics.superseded, superseded)]
}

const kept = (topic: string, payload: string): Message<string> => ({ topic, payload, qos: 1, retain: true })

function meterKey({ total, epoch, raw, unit }: MeterState): string {
  return `${total} ${epoch} ${raw ?? ''} ${unit}`
}
