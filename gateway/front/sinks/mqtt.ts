/**
 * The MQTT sink: retained state, events from the ledger, live signals. It subscribes to nothing.
 *
 * Entries always go to `{machine}/events`, however late, so that `seq` and `prevSeq` make a chain without holes on one
 * topic: a reader that sees one pulls the range from the ledger API. Samples that come late would look live on
 * `signals`, so they go to `backfill/{machine}/signals`; nobody sends a newer one in their place, hence QoS 1.
 * PUBACK says that the broker has it, not that it keeps it over its own crash.
 * Read next: topics.ts and payload.ts (pure), mqtt-connection.ts (one connection), sink-loop.ts (the caller).
 */
import type { SiteConfig } from '../../../config/site.ts'
import { GatewayError } from '../../core/ground/error.ts'
import type { BoardRow } from '../../core/machine/availability.ts'
import type { MeterState } from '../../core/meter/meter.ts'
import type { Sample } from '../../ledger/store/reader.ts'
import { asSinkError } from './inlet.ts'
import { connectMqtt, type Message, type MqttConnection } from './mqtt-connection.ts'
import { availabilityPayload, eventPayload, meterPayload, signalsPayload, statusPayload } from './payload.ts'
import {
  type Delivery,
  monotonicMs,
  type Sink,
  type SinkClock,
  SinkError,
  type SinkLog,
  type Snapshot,
  systemClock,
} from './sink.ts'
import { createTopics } from './topics.ts'

const BATCH = 200
const SAMPLE_BACKLOG = 5_000
/** A sample older than this is not live. */
const LATE_MS = 60_000
/** A meter that runs is repeated at most this often. */
const METER_EVERY_MS = 5_000
/** Values in one message. */
const MAX_VALUES = 100

export function createMqttSink(
  config: Pick<SiteConfig, 'site' | 'mqtt'>,
  log: SinkLog,
  clock: SinkClock = systemClock,
): Sink {
  const { site, mqtt: options } = config
  if (options === undefined) throw new GatewayError('config', 'sink', 'mqtt is not configured')
  const topics = createTopics(site)
  const last: Message = { topic: topics.status, payload: statusPayload(site, false), qos: 1, retain: true }
  let connection: MqttConnection | undefined
  /** What was last sent of each machine and meter on this connection. */
  const sentRows = new Map<string, { readonly key: string; readonly atMs: number }>()
  const sentMeters = new Map<string, { readonly key: string; readonly atMs: number }>()

  /** Whether this connection has said that the gateway is there, with the state of its machines known. */
  let sentCheckpoint: string | undefined
  let born = false
  const unfitTopics = new Set<string>()

  function current(): MqttConnection {
    if (connection === undefined) throw new SinkError('wait', 'not connected')
    return connection
  }

  function availability(row: BoardRow): Message {
    const payload = availabilityPayload(site, row)
    const expiryS = Math.max(1, Math.ceil(row.maxAgeMs / 1000))
    return { topic: topics.availability(row.machine), payload, qos: 1, retain: true, expiryS }
  }

  /** State that is new, or so old that readers would begin to doubt it. */
  function dueState(snapshot: Snapshot): Message[] {
    const nowMs = monotonicMs(clock)
    const due: Message[] = []
    for (const row of snapshot.rows) {
      const key = availabilityPayload(site, { ...row, asOfMs: 0 })
      const sent = sentRows.get(row.machine)
      if (sent?.key === key && nowMs - sent.atMs < row.maxAgeMs / 2) continue
      sentRows.set(row.machine, { key, atMs: nowMs })
      due.push(availability(row))
    }
    for (const meter of snapshot.meters) {
      if (meter.atMs === 0) continue // never read
      const key = meterKey(meter)
      const sent = sentMeters.get(meter.meter)
      if (sent !== undefined && (sent.key === key || nowMs - sent.atMs < METER_EVERY_MS)) continue
      sentMeters.set(meter.meter, { key, atMs: nowMs })
      due.push({ topic: topics.meter(meter.meter), payload: meterPayload(meter), qos: 1, retain: true })
    }
    if (snapshot.checkpoint !== undefined && snapshot.checkpoint !== sentCheckpoint) {
      sentCheckpoint = snapshot.checkpoint
      due.push({ topic: topics.checkpoint, payload: snapshot.checkpoint, qos: 1, retain: true })
    }
    return due
  }

  /** Messages up to the first entry that cannot be one, so that nothing behind it is sent twice. */
  function make(entries: readonly Delivery[]): { messages: Message[]; unfit?: SinkError } {
    const messages: Message[] = []
    for (const delivery of entries) {
      const { machine } = delivery.entry
      try {
        const topic = machine === undefined ? topics.siteEvents : topics.events(machine)
        messages.push({ topic, payload: eventPayload(delivery), qos: 1 })
      } catch (cause) {
        return { messages, unfit: new SinkError('bad', String((cause as Error).message), { cause }) }
      }
    }
    return { messages }
  }

  /**
   * State first, then the birth: until then readers of 3.1.1 see what a former life left behind as offline. State that
   * the broker will never take is left out and said once; the rest must not wait for it.
   */
  async function publishState(to: MqttConnection, snapshot: Snapshot): Promise<void> {
    const messages = dueState(snapshot)
    const results = await Promise.allSettled(messages.map(to.publish))
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue
      const error = asSinkError(result.reason)
      if (error.action !== 'bad') throw error
      const { topic } = messages[index]!
      if (!unfitTopics.has(topic)) log.warn({ topic, err: error }, 'the broker refuses a retained message')
      unfitTopics.add(topic)
    }
    if (born || snapshot.rows.length === 0) return
    await to.publish({ ...last, payload: statusPayload(site, true, clock.now().ms) })
    born = true
  }

  function signals(samples: readonly Sample[]): Message[] {
    const lateBeforeMs = clock.now().ms - LATE_MS
    const groups = new Map<string, Sample[]>()
    for (const sample of samples) {
      if (sample.kind !== 'signal') continue // totals have retained topics of their own
      const topic = sample.atMs < lateBeforeMs ? topics.backfill(sample.machine) : topics.signals(sample.machine)
      const group = groups.get(topic)
      if (group === undefined) groups.set(topic, [sample])
      else group.push(sample)
    }
    return [...groups].flatMap(([topic, group]) =>
      chunks(group, MAX_VALUES).map((chunk): Message => {
        const qos = topic === topics.signals(chunk[0]!.machine) ? 0 : 1
        return { topic, payload: signalsPayload(chunk[0]!.machine, chunk), qos }
      }),
    )
  }

  return {
    name: 'mqtt',
    batch: BATCH,
    sampleBacklog: SAMPLE_BACKLOG,
    deadlineMs: options.ackTimeoutMs * (Math.ceil(BATCH / options.window) + 2) + 60_000,

    async open(snapshot, signal) {
      sentRows.clear()
      sentMeters.clear()
      sentCheckpoint = undefined
      born = false
      const opened = await connectMqtt(options, last, signal)
      connection = opened
      await publishState(opened, snapshot())
    },
    async deliver(entries) {
      const opened = current()
      const { messages, unfit } = make(entries)
      const results = await Promise.allSettled(messages.map(opened.publish))
      const accepted = results.findIndex((result) => result.status === 'rejected')
      const error = accepted < 0 ? unfit : asSinkError((results[accepted] as PromiseRejectedResult).reason)
      if (error === undefined) return
      const cause = error.cause ?? error
      throw new SinkError(error.action, error.message, { cause, accepted: accepted < 0 ? messages.length : accepted })
    },
    async deliverSamples(samples) {
      await Promise.all(signals(samples).map(current().publish))
    },
    async refresh(snapshot) {
      await publishState(current(), snapshot())
    },
    lost() {
      return current().lost
    },
    async close() {
      const closing = connection
      connection = undefined
      await closing?.close({ ...last, payload: statusPayload(site, false, clock.now().ms) })
    },
  }
}

function meterKey({ total, epoch, raw, unit }: MeterState): string {
  return `${total} ${epoch} ${raw ?? ''} ${unit}`
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size))
  return parts
}
