/**
 * The MQTT sink: retained state, events from the ledger, live signals. It subscribes to nothing. PUBACK says that the
 * broker has a message, not that it keeps it over its own crash.
 * Read next: mqtt-messages.ts and retained.ts (what is sent), mqtt-connection.ts (one connection), sink-loop.ts (the
 * caller).
 */

import type { SiteConfig } from '../../../config/site.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { asSinkError } from './inlet.ts'
import { connectMqtt, type Message, type MqttConnection, type MqttOptions } from './mqtt-connection.ts'
import { eventMessages, signalMessages } from './mqtt-messages.ts'
import { statusPayload } from './payload.ts'
import { nothingRetained, type Retained, takeDue } from './retained.ts'
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
import { createTopics, type Topics } from './topics.ts'

const BATCH = 200
const SAMPLE_BACKLOG = 5_000
/** A sample older than this is not live. */
const LATE_MS = 60_000

type MqttSink = {
  readonly site: string
  readonly options: MqttOptions
  readonly topics: Topics
  readonly log: SinkLog
  readonly clock: SinkClock
  /** Retained messages that the broker refuses: logged once each. */
  readonly unfitTopics: Set<string>
  live: Live | undefined
}
/** What lives and dies with one connection. `born`: it has announced the gateway. */
type Live = { readonly connection: MqttConnection; readonly retained: Retained; born: boolean }

export function createMqttSink(
  config: Pick<SiteConfig, 'site' | 'mqtt'>,
  log: SinkLog,
  clock: SinkClock = systemClock,
): Sink {
  const { site, mqtt: options } = config
  if (options === undefined) throw new GatewayError('config', 'sink', 'mqtt is not configured')
  const topics = createTopics(site)
  const sink: MqttSink = { site, options, topics, log, clock, unfitTopics: new Set(), live: undefined }
  return {
    name: 'mqtt',
    batch: BATCH,
    sampleBacklog: SAMPLE_BACKLOG,
    deadlineMs: options.ackTimeoutMs * (Math.ceil(BATCH / options.window) + 2) + 60_000,
    async open(snapshot, signal) {
      const connection = await connectMqtt(options, status(sink, false), signal)
      sink.live = { connection, retained: nothingRetained(), born: false }
      await publishState(sink, sink.live, snapshot())
    },
    deliver: (entries) => deliver(sink, entries),
    async deliverSamples(samples) {
      const messages = signalMessages(topics, samples, clock.now().ms - LATE_MS)
      await Promise.all(messages.map(current(sink).connection.publish))
    },
    async refresh(snapshot) {
      await publishState(sink, current(sink), snapshot())
    },
    lost: () => current(sink).connection.lost,
    async close() {
      const { live } = sink
      sink.live = undefined
      await live?.connection.close(status(sink, false, clock.now().ms))
    },
  }
}

async function deliver(sink: MqttSink, entries: readonly Delivery[]): Promise<void> {
  const { publish } = current(sink).connection
  const { messages, unfit } = eventMessages(sink.topics, entries)
  const results = await Promise.allSettled(messages.map(publish))
  const failed = results.findIndex(({ status }) => status === 'rejected')
  const error = failed < 0 ? unfit : asSinkError((results[failed] as PromiseRejectedResult).reason)
  if (error === undefined) return
  const accepted = failed < 0 ? messages.length : failed
  throw new SinkError(error.action, error.message, { cause: error.cause ?? error, accepted })
}

/**
 * State first, then the birth: until then readers of 3.1.1 see what a former life left behind as offline. State that
 * the broker will never take is left out and logged once; the rest must not wait for it.
 */
async function publishState(sink: MqttSink, live: Live, snapshot: Snapshot): Promise<void> {
  const { site, topics, log, clock, unfitTopics } = sink
  const messages = takeDue(live.retained, snapshot, site, topics, monotonicMs(clock))
  const results = await Promise.allSettled(messages.map(live.connection.publish))
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') continue
    const error = asSinkError(result.reason)
    if (error.action !== 'bad') throw error
    const { topic } = messages[index]!
    if (!unfitTopics.has(topic)) log.warn({ topic, err: error }, 'the broker refuses a retained message')
    unfitTopics.add(topic)
  }
  if (live.born || snapshot.rows.length === 0) return
  await live.connection.publish(status(sink, true, clock.now().ms))
  live.born = true
}

/** Whether the gateway is there; without a time it is the will. */
function status({ site, topics }: MqttSink, online: boolean, atMs?: number): Message {
  return { topic: topics.status, payload: statusPayload(site, online, atMs), qos: 1, retain: true }
}

function current({ live }: MqttSink): Live {
  if (live === undefined) throw new SinkError('wait', 'not connected')
  return live
}
