/**
 * One connection to a broker, from CONNECT to its end. The library connects, keeps alive and reads; what is published
 * are packets of our own, which may stand between two of its own. It repairs nothing and queues nothing: a loss ends
 * the connection, every publish under way is refused, and the sink loop makes a new one. Each publish has a deadline,
 * and a late one ends the connection.
 * Read next: mqtt-window.ts (QoS 1), mqtt-refusal.ts (what a refusal means), mqtt.ts (the caller).
 */
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect, type IClientOptions, type MqttClient, ReasonCodes } from 'mqtt'
import { type IPubackPacket, writeToStream } from 'mqtt-packet'
import type { BrokerConfig } from '../../../config/site.ts'
import { settled } from './deadline.ts'
import { bytesOf, JSON_TYPE, type Message, type Packet, publishBytes } from './mqtt-bytes.ts'
import { guardInbound, type Inbound, MOST_INBOUND } from './mqtt-inbound.ts'
import { publishRefusal, refusal, refusalOf } from './mqtt-refusal.ts'
import { openWindow, type Window } from './mqtt-window.ts'
import { SinkError } from './sink.ts'

// The library would keep each of the 65,536 message ids as a buffer, some 8 MB.
writeToStream.cacheNumbers = false

/** What a connection needs of the options. `window`: messages of QoS 1 sent and not yet acknowledged. */
export type ClientOptions = BrokerConfig & { readonly window: number }

export type MqttConnection = {
  /** Resolves when the broker has the message (QoS 1) or it is on its way (QoS 0). Those of one QoS leave in order. */
  publish(message: Message): Promise<void>
  readonly lost: Promise<SinkError>
  /**
   * Resolves when the broker will send what is published on these topics, each to `take`, which says whether it was
   * waited for. A broker that sends too much of the other ends the connection.
   */
  subscribe(topics: readonly string[], take: (topic: string, payload: Uint8Array) => boolean): Promise<void>
  /** Resolves when the broker has read all that was sent before: it answers a ping in its turn (MQTT 5 §4.6). */
  taken(): Promise<void>
  /** Sends the last message and DISCONNECT, so that the broker drops the will; cuts the connection after 1.5 s. */
  close(last?: Message): Promise<void>
}

/** Id, properties and headers add less than this to topic and payload, bytes. */
const PACKET_OVERHEAD = 80
/** For the last message and for DISCONNECT each, ms. */
const GOODBYE_MS = 750
/** A will of text is JSON, as every other message; of bytes no type is said. */
const WILL_TYPE = { payloadFormatIndicator: true, contentType: JSON_TYPE }
/** MQTT 5 §3.4.2.1: the broker has the message, and nobody has subscribed. */
const NO_SUBSCRIBER = 16

type State = {
  readonly client: MqttClient
  readonly options: ClientOptions
  readonly lost: PromiseWithResolvers<SinkError>
  readonly inbound: Inbound
  readonly window: Window
  readonly pings: Pings
  /** Writes of live values under way. */
  readonly writing: Set<Writing>
  /** Live values of this turn: they leave in one write. */
  live: Live | undefined
  /** Publishes under way at most, and the largest packet, bytes, as the broker said on connecting. */
  most: number
  largest: number
  /** Why it is over. */
  ended?: SinkError
}
/** So many were sent and answered. Each waits for the answer to the ping of its number. */
type Pings = { sent: number; answered: number; readonly waiting: Map<number, Settle> }
type Settle = { resolve(): void; reject(error: SinkError): void }
type Writing = { reject(error: SinkError): void }
type Live = { readonly messages: Message[]; readonly sent: Promise<void> }

export async function connectMqtt(
  options: ClientOptions,
  will: Message | undefined,
  signal: AbortSignal,
): Promise<MqttConnection> {
  const client = connect(options.url, clientOptions(options, will))
  sendAtOnce(client)
  const state: State = {
    client,
    options,
    lost: Promise.withResolvers(),
    inbound: guardInbound(client, (what) => end(state, new SinkError('wait', what))),
    window: openWindow({
      most: () => state.most,
      ackTimeoutMs: options.ackTimeoutMs,
      write: (packets) => writeAcknowledged(state, packets),
      onLate: () => endLate(state, 'no acknowledgement'),
    }),
    pings: { sent: 0, answered: 0, waiting: new Map() },
    writing: new Set(),
    live: undefined,
    most: options.window,
    largest: Number.POSITIVE_INFINITY,
  }
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'puback') takeAcknowledgement(state, packet)
    if (packet.cmd === 'pingresp') takePong(state.pings)
  })
  client.on('packetsend', ({ cmd }) => {
    if (cmd === 'pingreq') state.pings.sent += 1
  })
  client.on('error', (error) => end(state, refusal(error)))
  client.on('disconnect', ({ reasonCode }) => end(state, refusalOf(reasonCode ?? 0, 'the broker ended the connection')))
  client.on('close', () => end(state, new SinkError('wait', lossOf(options.version))))
  signal.addEventListener('abort', () => end(state, new SinkError('wait', 'given up')), { once: true })

  await opened(client, state.lost.promise, options)
  const { receiveMaximum = state.most, maximumPacketSize = state.largest } = client.serverProperties ?? {}
  state.most = Math.min(state.most, receiveMaximum)
  state.largest = maximumPacketSize
  return {
    publish: (message) => publish(state, message),
    lost: state.lost.promise,
    subscribe: (topics, take) => subscribe(state, topics, take),
    taken: () => taken(state),
    async close(last) {
      if (state.ended === undefined) {
        if (last !== undefined) await settled(publish(state, last), GOODBYE_MS)
        await settled(disconnected(client), GOODBYE_MS)
      }
      end(state, new SinkError('wait', 'closed'))
    },
  }
}

/** Otherwise a packet waits until the other host has acknowledged the one before it, for which it may take 40 ms. */
function sendAtOnce({ stream }: MqttClient): void {
  if ('setNoDelay' in stream) (stream as Socket).setNoDelay(true)
}

/** MQTT 5 §3.14: a broker says why it ends a connection. 3.1.1 has no word for it. */
function lossOf(version: 4 | 5): string {
  return version === 5
    ? 'the connection to the broker was lost'
    : 'the connection to the broker was lost; MQTT 3.1.1 cannot say why: perhaps another client with this mqtt.clientId'
}

/**
 * The first reason counts. All that is under way is refused; the loop sends it again from the cursor. A lost connection
 * says nothing about one message, so it is never `bad`: that would set entries aside that nobody has looked at.
 */
function end(state: State, reason: SinkError): void {
  if (state.ended !== undefined) return
  const error = reason.action === 'bad' ? new SinkError('wait', reason.message, { cause: reason.cause }) : reason
  state.ended = error
  const onItsWay = new SinkError(error.action, error.message, { cause: error.cause, lost: true })
  for (const { reject } of state.writing) reject(onItsWay)
  state.writing.clear()
  for (const { reject } of state.pings.waiting.values()) reject(onItsWay)
  state.pings.waiting.clear()
  state.window.end(onItsWay, error)
  state.client.end(true)
  state.lost.resolve(error)
}

function publish(state: State, message: Message): Promise<void> {
  const { topic, payload } = message
  const size = Buffer.byteLength(payload) + topic.length + PACKET_OVERHEAD
  if (size > state.largest) {
    const why = `${topic}: ${size} bytes, and the broker takes packets of ${state.largest}; raise its maximum packet size`
    return Promise.reject(new SinkError('bad', why))
  }
  if (state.ended !== undefined) return Promise.reject(state.ended)
  return message.qos === 0 ? publishLive(state, message) : state.window.publish(message)
}

function writeAcknowledged({ client, options, inbound }: State, packets: readonly Packet[]): void {
  inbound.asked(packets.length)
  // What becomes of the write shows in the acknowledgements, and in the end of the connection.
  client.stream.write(publishBytes(packets, options.version))
}

function takeAcknowledgement({ window }: State, { messageId = 0, reasonCode = 0 }: IPubackPacket): void {
  const isTaken = reasonCode === 0 || reasonCode === NO_SUBSCRIBER
  const reason = ReasonCodes[reasonCode as keyof typeof ReasonCodes] ?? 'refused'
  const refused = (topic: string) => publishRefusal(topic, reasonCode, `the broker answered: ${reason}`)
  window.take(messageId, isTaken ? undefined : refused)
}

/** Nothing is acknowledged at QoS 0, so there is nothing to wait for but the socket. */
function publishLive(state: State, message: Message): Promise<void> {
  state.live ??= beginTurn(state)
  state.live.messages.push(message)
  return state.live.sent
}

function beginTurn(state: State): Live {
  const { promise: sent, resolve, reject } = Promise.withResolvers<void>()
  const messages: Message[] = []
  const writing: Writing = { reject }
  state.writing.add(writing)
  queueMicrotask(() => {
    state.live = undefined
    if (state.ended !== undefined) return
    const timer = setTimeout(() => endLate(state, 'the broker takes nothing'), state.options.ackTimeoutMs)
    const bytes = publishBytes(
      messages.map((message) => ({ message, id: 0 })),
      state.options.version,
    )
    state.client.stream.write(bytes, (error) => {
      clearTimeout(timer)
      if (!state.writing.delete(writing)) return
      if (error) reject(refusal(error))
      else resolve()
    })
  })
  return { messages, sent }
}

/** A broker that refuses a topic will go on refusing it, so a person has to act. */
async function subscribe(
  state: State,
  topics: readonly string[],
  take: (topic: string, payload: Uint8Array) => boolean,
): Promise<void> {
  const { client, inbound } = state
  client.on('message', (topic, payload) => {
    if (take(topic, payload)) inbound.asked(1)
  })
  const asked = client.subscribeAsync([...topics], { qos: 1 }).then(
    () => undefined,
    (cause: Error) => new SinkError('stop', `the broker refuses a subscription to ${topics.join(' or ')}`, { cause }),
  )
  const late = setTimeout(() => endLate(state, 'no answer to a subscription'), state.options.ackTimeoutMs)
  const error = await Promise.race([asked, state.lost.promise])
  clearTimeout(late)
  if (error !== undefined) throw error
}

function taken(state: State): Promise<void> {
  const { client, pings } = state
  if (state.ended !== undefined) return Promise.reject(state.ended)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const late = setTimeout(() => endLate(state, 'no answer to a ping'), state.options.ackTimeoutMs)
  client.sendPing()
  pings.waiting.set(pings.sent, { resolve, reject })
  return promise.finally(() => clearTimeout(late))
}

function takePong(pings: Pings): void {
  pings.answered += 1
  pings.waiting.get(pings.answered)?.resolve()
  pings.waiting.delete(pings.answered)
}

function endLate(state: State, what: string): void {
  end(state, new SinkError('wait', `${what} within ${state.options.ackTimeoutMs} ms`))
}

export function clientOptions(options: ClientOptions, will?: Message): IClientOptions {
  const { version, username, password, ca, tls } = options
  return {
    protocolVersion: version,
    clientId: options.clientId,
    clean: true,
    keepalive: Math.max(1, Math.round(options.keepaliveMs / 1000)),
    connectTimeout: options.ackTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    ...(version === 5 ? { properties: { maximumPacketSize: MOST_INBOUND } } : {}),
    ...(will === undefined
      ? {}
      : {
          will: {
            ...{ topic: will.topic, payload: bytesOf(will.payload), qos: will.qos, retain: will.retain === true },
            ...(version === 5 && typeof will.payload === 'string' ? { properties: WILL_TYPE } : {}),
          },
        }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
    ...(tls === undefined ? {} : { cert: readFileSync(tls.certPath), key: readFileSync(tls.keyPath) }),
  }
}

async function opened(client: MqttClient, lost: Promise<SinkError>, { ackTimeoutMs }: ClientOptions): Promise<void> {
  const connected = new Promise<undefined>((resolve) => client.once('connect', () => resolve(undefined)))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<SinkError>((resolve) => {
    const error = new SinkError('wait', `the broker did not answer within ${ackTimeoutMs} ms`)
    timer = setTimeout(() => resolve(error), ackTimeoutMs + 1_000)
  })
  const error = await Promise.race([connected, lost, late])
  clearTimeout(timer)
  if (error === undefined) return
  client.end(true)
  throw error
}

function disconnected(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.end(false, {}, () => resolve()))
}
