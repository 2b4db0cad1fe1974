/**
 * The MQTT sink: a heartbeat, retained state, events from the ledger, live signals. It subscribes to nothing. What a
 * machine that left the site file has retained is cleared on connecting, and when another configuration is applied. For
 * a broker that retains badly it sends state without, or entries alone (`mqtt.publish`).
 * PUBACK says that the broker has a message, not that it keeps it over its own crash.
 * Read next: mqtt-messages.ts and retained.ts (what is sent), mqtt-connection.ts (one connection), sink-loop.ts (the
 * caller).
 */

import type { SiteConfig } from '../../../config/site.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import type { Sample } from '../../live/sample.ts'
import { asSinkError } from './inlet.ts'
import type { Message } from './mqtt-bytes.ts'
import { clearTopics } from './mqtt-clear.ts'
import { connectMqtt, type MqttConnection } from './mqtt-connection.ts'
import { eventMessage, LATE_MS, signalMessages } from './mqtt-messages.ts'
import { statusPayload } from './payload.ts'
import type { Memory } from './published.ts'
import { forgetGone, nothingRetained, type Retained, takeDue } from './retained.ts'
import { monotonicMs, type Sink, type SinkClock, SinkError, type SinkLog, type Snapshot, systemClock } from './sink.ts'
import { createTopics, type Topics } from './topics.ts'

const BATCH = 200
/** Some machines of some hundred values, or one of thousands. */
const SAMPLE_BATCH = 5_000

type MqttSink = {
  readonly site: string
  readonly gateway: number
  readonly options: NonNullable<SiteConfig['mqtt']>
  readonly topics: Topics
  readonly log: SinkLog
  readonly clock: SinkClock
  /** Retained messages that the broker refuses: logged once each. */
  readonly unfitTopics: Set<string>
  /** The machines that are configured now. */
  machines(): SiteConfig['machines']
  /** Those for which the retained topics were cleared last. */
  clearedFor: SiteConfig['machines'] | undefined
  readonly memory: Memory
  live: Live | undefined
}
/** What lives and dies with one connection. `beatMs`: when it said last that the gateway is there, monotonic. */
type Live = { readonly connection: MqttConnection; readonly retained: Retained; beatMs: number | undefined }

type Times = Parameters<typeof statusPayload>[2]

type MqttSinkDeps = { readonly log: SinkLog; readonly memory: Memory; readonly clock?: SinkClock }

export function createMqttSink(
  config: Pick<SiteConfig, 'site' | 'mqtt' | 'fencingId' | 'machines'>,
  { log, memory, clock = systemClock }: MqttSinkDeps,
): Sink<Message> {
  const { site, mqtt: options, fencingId } = config
  if (options === undefined) throw new GatewayError('config', 'sink', 'mqtt is not configured')
  const topics = createTopics(site, fencingId)
  const sink: MqttSink = {
    ...{ site, gateway: fencingId, options, topics, log, clock, memory },
    machines: () => config.machines,
    clearedFor: undefined,
    unfitTopics: new Set(),
    live: undefined,
  }
  return {
    name: 'mqtt',
    batch: BATCH,
    sampleBatch: options.publish === 'events' ? 0 : SAMPLE_BATCH,
    deadlineMs: options.ackTimeoutMs * (Math.ceil(BATCH / options.window) + 2) + 60_000,
    async open(snapshot, signal) {
      const connection = await connectMqtt(options, goodbye(sink), signal)
      sink.live = { connection, retained: nothingRetained(), beatMs: undefined }
      await clearGone(sink, connection)
      await publishState(sink, sink.live, snapshot())
    },
    make: (delivery) => eventMessage(topics, delivery),
    deliver: (messages) => deliver(sink, messages),
    deliverSamples: (samples, isLate) => deliverSamples(sink, samples, isLate),
    async refresh(snapshot) {
      const live = current(sink)
      if (sink.clearedFor !== config.machines) {
        await clearGone(sink, live.connection)
        forgetGone(live.retained, config.machines)
      }
      await publishState(sink, live, snapshot())
    },
    lost: () => current(sink).connection.lost,
    async close() {
      const { live } = sink
      sink.live = undefined
      await live?.connection.close(goodbye(sink, { atMs: clock.now().ms }))
    },
  }
}

async function deliver(sink: MqttSink, messages: readonly Message[]): Promise<void> {
  const { publish } = current(sink).connection
  const results = await Promise.allSettled(messages.map(publish))
  const failed = results.findIndex(({ status }) => status === 'rejected')
  if (failed < 0) return
  const error = asSinkError((results[failed] as PromiseRejectedResult).reason)
  throw new SinkError(error.action, error.message, {
    cause: error.cause ?? error,
    accepted: failed,
    lost: error.lost,
  })
}

async function deliverSamples(sink: MqttSink, samples: readonly Sample[], isLate: boolean): Promise<void> {
  const { publish } = current(sink).connection
  const lateBeforeMs = isLate ? Number.POSITIVE_INFINITY : sink.clock.now().ms - LATE_MS
  const messages = signalMessages(sink.topics, samples, lateBeforeMs)
  const results = await Promise.allSettled(messages.map(({ message }) => publish(message)))
  const failed = results.findIndex(({ status }) => status === 'rejected')
  if (failed < 0) return
  const { action, message, cause, lost } = asSinkError((results[failed] as PromiseRejectedResult).reason)
  throw new SinkError(action, message, { cause, accepted: messages[failed - 1]?.end ?? 0, lost })
}

/**
 * State first, then the birth, which is the first heartbeat: until then readers of 3.1.1 see what a former life left
 * behind as offline. State that the broker will never take is left out and logged once; the rest must not wait for it.
 */
async function publishState(sink: MqttSink, live: Live, snapshot: Snapshot): Promise<void> {
  const { topics, log, clock, unfitTopics, memory, options } = sink
  if (options.publish === 'events') return
  const messages = takeDue(live.retained, snapshot, { ...sink, machines: sink.machines() }, monotonicMs(clock))
  const results = await Promise.allSettled(messages.map(live.connection.publish))
  for (const [index, result] of results.entries()) {
    const { topic, payload } = messages[index]!
    if (result.status === 'fulfilled') {
      if (topic === topics.checkpoint) void memory.write({ ...memory.read(), checkpoint: payload })
      continue
    }
    const error = asSinkError(result.reason)
    if (error.action !== 'bad') throw error
    if (!unfitTopics.has(topic)) log.warn({ topic, err: error }, 'the broker refuses a retained message')
    unfitTopics.add(topic)
  }
  if (snapshot.rows.length === 0) return
  const { ms: atMs } = clock.now()
  const nowMs = monotonicMs(clock)
  if (live.beatMs !== undefined && nowMs - live.beatMs < options.heartbeatMs) return
  const { asOfMs = atMs } = snapshot
  await live.connection.publish(status(sink, true, { atMs, asOfMs }))
  live.beatMs = nowMs
}

/**
 * Clears what was retained of machines and meters that are not configured any more. It is written down before anything
 * is published, so that a crash forgets nothing. What the broker does not let us clear is tried again next time.
 */
async function clearGone(sink: MqttSink, { publish }: MqttConnection): Promise<void> {
  const { memory, log } = sink
  const machines = sink.machines()
  const retains = retainedTopics(sink, machines)
  const gone = memory.read().topics.filter((topic) => !retains.has(topic))
  await memory.write({ ...memory.read(), topics: [...retains, ...gone] })
  const left = await clearTopics(publish, gone, (topic, err) =>
    log.warn({ topic, err }, 'the broker does not let a retained topic of a former configuration be cleared'),
  )
  if (gone.length > 0) await memory.write({ ...memory.read(), topics: [...retains, ...left] })
  sink.clearedFor = machines
}

/** The checkpoint stays also where nothing more is retained: it is evidence. */
function retainedTopics({ topics, options }: MqttSink, machines: SiteConfig['machines']): ReadonlySet<string> {
  if (options.publish !== 'all') return new Set([topics.checkpoint])
  const ofMachines = machines.flatMap(({ id, meters }) => [
    topics.about(id),
    topics.availability(id),
    ...meters.map((meter) => topics.meter(meter.id)),
  ])
  return new Set([topics.status, topics.checkpoint, ...ofMachines])
}

/** Whether the gateway is there. */
function status({ site, topics, options }: MqttSink, online: boolean, times?: Times): Message {
  const message: Message = { topic: topics.status, payload: statusPayload(site, online, times), qos: 1 }
  return options.publish === 'all' ? { ...message, retain: true } : message
}

/** The last word, if readers are told at all whether the gateway is there; without a time it is the will. */
function goodbye(sink: MqttSink, times?: Times): Message | undefined {
  return sink.options.publish === 'events' ? undefined : status(sink, false, times)
}

function current({ live }: MqttSink): Live {
  if (live === undefined) throw new SinkError('wait', 'not connected')
  return live
}
