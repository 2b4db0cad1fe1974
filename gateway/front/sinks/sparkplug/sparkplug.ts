/**
 * The Sparkplug B sink: this gateway as an edge node, its machines as devices. A host may ask for the births again; of
 * anything else it asks nothing is taken, and DCMD is not even subscribed to: no broker ever commands a machine.
 *
 * Sparkplug sends at QoS 0, which nobody acknowledges. So that the cursor never passes what the broker has not read,
 * each delivery ends with a ping, which a broker answers in its turn.
 * Read next: session.ts (what is due), metrics.ts (what of), host.ts (whether it is wanted), ../sink-loop.ts (the
 * caller).
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { SiteConfig } from '../../../../config/site.ts'
import { GatewayError } from '../../../core/ground/failure.ts'
import { asSinkError } from '../inlet.ts'
import type { Message } from '../mqtt-bytes.ts'
import { connectMqtt, type MqttConnection } from '../mqtt-connection.ts'
import { type Sink, type SinkClock, SinkError, type Snapshot, systemClock } from '../sink.ts'
import { type HostState, heard, stateTopic } from './host.ts'
import { type Parcel, parcelOf, type View, viewOf } from './metrics.ts'
import { asksForRebirth } from './payload.ts'
import { births, changes, death, openSession, records, type Session, topicOf } from './session.ts'

/** Entries in one delivery, at most. */
const BATCH = 50
/** The host is waited for so long on one connection, and births are repeated at most so often, ms. */
const HOST_MS = 60_000
const REBIRTH_MS = 1_000

type Options = NonNullable<SiteConfig['sparkplug']>
type Config = Pick<SiteConfig, 'site' | 'machines' | 'sparkplug'>

type SparkplugSink = {
  readonly config: Config
  readonly options: Options
  readonly clock: SinkClock
  /** As it said last; known over connections. */
  host: HostState | undefined
  live: Live | undefined
}

/** What lives and dies with one connection. */
type Live = {
  readonly connection: MqttConnection
  readonly session: Session
  snapshot(): Snapshot
  /** Somebody waits for the births. */
  isAsked: boolean
  /** The host has come. */
  isWanted: boolean
  readonly wanted: PromiseWithResolvers<void>
  /** It has gone again. */
  readonly unwanted: PromiseWithResolvers<SinkError>
}

type Deps = { nextBdSeq(): Promise<number>; readonly clock?: SinkClock }

export function createSparkplugSink(config: Config, { nextBdSeq, clock = systemClock }: Deps): Sink<Parcel> {
  const { sparkplug: options } = config
  if (options === undefined) throw new GatewayError('config', 'sink', 'sparkplug is not configured')
  const sink: SparkplugSink = { config, options, clock, host: undefined, live: undefined }
  const { ackTimeoutMs, historyRate } = options
  return {
    name: 'sparkplug',
    batch: BATCH,
    sampleBatch: 0,
    backlogPerSecond: historyRate,
    deadlineMs: HOST_MS + 4 * ackTimeoutMs + 10_000,
    async open(snapshot, signal) {
      const session = openSession(options, await nextBdSeq(), options.aliases)
      const connection = await connectMqtt({ ...options, window: 1 }, death(session), signal)
      const live: Live = {
        ...{ connection, session, snapshot },
        isAsked: false,
        isWanted: false,
        wanted: Promise.withResolvers(),
        unwanted: Promise.withResolvers(),
      }
      sink.live = live
      const topics = [topicOf(options, 'NCMD'), ...(options.host === undefined ? [] : [stateTopic(options.host)])]
      await connection.subscribe(topics, (topic, payload) => take(sink, live, topic, payload))
      if (options.host !== undefined) await hostThere(live, options.host)
      await send(sink, live, births(session, view(sink, live), clock.now().ms))
    },
    make: parcelOf,
    async deliver(parcels) {
      const live = current(sink)
      await send(sink, live, records(live.session, parcels, view(sink, live), clock.now().ms))
    },
    async deliverSamples() {},
    async refresh() {
      const live = current(sink)
      await send(sink, live, due(sink, live))
    },
    lost() {
      const { connection, unwanted } = current(sink)
      return Promise.race([connection.lost, unwanted.promise])
    },
    async close() {
      const { live } = sink
      sink.live = undefined
      // Who was never born does not die.
      await live?.connection.close(live.session.bornMs === undefined ? undefined : death(live.session))
    },
  }
}

/** Whether it was waited for: a host that asks too often, or for anything else, is not. */
function take(sink: SparkplugSink, live: Live, topic: string, payload: Uint8Array): boolean {
  const { session } = live
  if (topic !== topicOf(session.ids, 'NCMD')) {
    takeState(sink, live, payload)
    return false
  }
  if (live.isAsked || session.bornMs === undefined || !asksForRebirth(payload)) return false
  live.isAsked = true
  // What becomes of it shows in the end of the connection.
  send(sink, live, due(sink, live)).catch(() => undefined)
  return true
}

/** The births when a host has asked for them, once a second at most; else what changed. */
function due(sink: SparkplugSink, live: Live): Message[] {
  const { session } = live
  const { ms } = sink.clock.now()
  const ageMs = ms - (session.bornMs ?? ms)
  // After births from before the clock was set back everything would look like history.
  const isDue = ageMs < 0 || (live.isAsked && ageMs >= REBIRTH_MS)
  if (isDue) live.isAsked = false
  return (isDue ? births : changes)(session, view(sink, live), ms)
}

function takeState(sink: SparkplugSink, live: Live, payload: Uint8Array): void {
  const news = heard(sink.host, payload)
  if (news === undefined) return
  sink.host = news
  if (news.online) {
    live.isWanted = true
    live.wanted.resolve()
  } else if (live.isWanted)
    live.unwanted.resolve(new SinkError('wait', `the primary host ${sink.options.host} went offline`))
}

async function hostThere({ wanted, connection }: Live, host: string): Promise<void> {
  const away = new AbortController()
  const late = pause(HOST_MS, undefined, away).then(
    () => new SinkError('wait', `the primary host ${host} is not online at this broker`),
    () => undefined,
  )
  const error = await Promise.race([wanted.promise, connection.lost, late])
  away.abort()
  if (error !== undefined) throw error
}

/** All in one turn, so that they leave in the order of their sequence. */
async function send(sink: SparkplugSink, live: Live, messages: readonly Message[]): Promise<void> {
  if (messages.length === 0) return
  const { connection, session } = live
  const results = await Promise.allSettled(messages.map(connection.publish))
  const refused = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined
  if (refused === undefined) return connection.taken()
  const error = asSinkError(refused.reason)
  // One that is too large for the broker leaves a hole in the sequence. Births begin another.
  if (error.action === 'bad') {
    const again = births(session, view(sink, live), sink.clock.now().ms)
    await Promise.all(again.map(connection.publish))
  }
  throw error
}

const view = ({ config, clock }: SparkplugSink, { snapshot }: Live): View => viewOf(config, snapshot(), clock.now().ms)

function current({ live }: SparkplugSink): Live {
  if (live === undefined) throw new SinkError('wait', 'not connected')
  return live
}
