/**
 * One connection to a broker, from CONNECT to its end. The library repairs nothing and queues nothing: a loss ends the
 * connection, every publish under way is refused, and the sink loop makes a new one. Callbacks of the library may never
 * come (loss, forced end), so each publish has our own deadline, and a late one ends the connection.
 * Read next: mqtt-refusal.ts (what a refusal means), mqtt.ts (the caller).
 */
import { connect, type IClientOptions, type IClientPublishOptions, type MqttClient } from 'mqtt'
import { writeToStream } from 'mqtt-packet'
import type { SiteConfig } from '../../../config/site.ts'
import { settled } from './deadline.ts'
import { publishBytes } from './mqtt-bytes.ts'
import { guardInbound, MOST_INBOUND } from './mqtt-inbound.ts'
import { refusal, refusalOf } from './mqtt-refusal.ts'
import { SinkError } from './sink.ts'

// The library would keep each of the 65,536 message ids as a buffer, some 8 MB.
writeToStream.cacheNumbers = false

export type MqttOptions = NonNullable<SiteConfig['mqtt']>

export type Message = {
  readonly topic: string
  readonly payload: string
  readonly qos: 0 | 1
  readonly retain?: boolean
  /** MQTT 5; ignored in 3.1.1. */
  readonly expiryS?: number
}

export type MqttConnection = {
  /** Resolves when the broker has the message (QoS 1) or it is on its way (QoS 0). Those of one QoS leave in order. */
  publish(message: Message): Promise<void>
  readonly lost: Promise<SinkError>
  /** Sends the last message and DISCONNECT, so that the broker drops the will; cuts the connection after 1.5 s. */
  close(last: Message): Promise<void>
}

/** Id, properties and headers add less than this to topic and payload, bytes. */
const PACKET_OVERHEAD = 64
/** For the last message and for DISCONNECT each, ms. */
const GOODBYE_MS = 750

type State = {
  readonly client: MqttClient
  readonly options: MqttOptions
  readonly lost: PromiseWithResolvers<SinkError>
  readonly underWay: Set<Waiting>
  /** Of those, the ones that wait for an acknowledgement. */
  unacknowledged: number
  readonly queue: Waiting[]
  /** Live values of this turn: they leave in one write. */
  live: Live | undefined
  /** Publishes under way at most, and the largest packet, bytes, as the broker said on connecting. */
  window: number
  largest: number
  /** Why it is over. */
  ended?: SinkError
}
type Waiting = { start(): void; reject(error: SinkError): void }
type Live = { readonly messages: Message[]; readonly sent: Promise<void> }

export async function connectMqtt(options: MqttOptions, will: Message, signal: AbortSignal): Promise<MqttConnection> {
  const client = connect(options.url, clientOptions(options, will))
  const state: State = {
    client,
    options,
    lost: Promise.withResolvers(),
    underWay: new Set(),
    unacknowledged: 0,
    queue: [],
    live: undefined,
    window: options.window,
    largest: Number.POSITIVE_INFINITY,
  }
  guardInbound(client, (what) => end(state, new SinkError('wait', what)))
  client.on('error', (error) => end(state, refusal(error)))
  client.on('disconnect', ({ reasonCode }) => end(state, refusalOf(reasonCode ?? 0, 'the broker ended the connection')))
  client.on('close', () => end(state, new SinkError('wait', lossOf(options.version))))
  signal.addEventListener('abort', () => end(state, new SinkError('wait', 'given up')), { once: true })

  await opened(client, state.lost.promise, options)
  const { receiveMaximum = state.window, maximumPacketSize = state.largest } = client.serverProperties ?? {}
  state.window = Math.min(state.window, receiveMaximum)
  state.largest = maximumPacketSize
  return {
    publish: (message) => publish(state, message),
    lost: state.lost.promise,
    async close(last) {
      if (state.ended === undefined) {
        await settled(publish(state, last), GOODBYE_MS)
        await settled(disconnected(client), GOODBYE_MS)
      }
      end(state, new SinkError('wait', 'closed'))
    },
  }
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
  for (const waiting of state.underWay) waiting.reject(onItsWay)
  for (const waiting of state.queue.splice(0)) waiting.reject(error)
  state.underWay.clear()
  state.client.end(true)
  state.lost.resolve(error)
}

function publish(state: State, message: Message): Promise<void> {
  const size = Buffer.byteLength(message.payload) + message.topic.length + PACKET_OVERHEAD
  if (size > state.largest)
    return Promise.reject(new SinkError('bad', `${size} bytes; the broker takes ${state.largest}`))
  if (message.qos === 0) return publishLive(state, message)
  return new Promise((resolve, reject) => {
    const waiting: Waiting = {
      reject,
      start() {
        state.underWay.add(waiting)
        state.unacknowledged += 1
        transmit(state, message, (error) => {
          if (!state.underWay.delete(waiting)) return
          state.unacknowledged -= 1
          if (error) reject(refusal(error))
          else resolve()
          pump(state)
        })
      },
    }
    if (state.ended !== undefined) return reject(state.ended)
    state.queue.push(waiting)
    pump(state)
  })
}

/**
 * Nothing is acknowledged at QoS 0, so there is nothing to wait for but the socket. The library would write each
 * message in six pieces, with an object and a copy for each; whole packets may stand between two of its own.
 */
function publishLive(state: State, message: Message): Promise<void> {
  if (state.ended !== undefined) return Promise.reject(state.ended)
  state.live ??= beginTurn(state)
  state.live.messages.push(message)
  return state.live.sent
}

function beginTurn(state: State): Live {
  const { promise: sent, resolve, reject } = Promise.withResolvers<void>()
  const messages: Message[] = []
  const waiting: Waiting = {
    reject,
    start() {
      const timer = deadline(state, 'the broker takes nothing')
      state.client.stream.write(publishBytes(messages, state.options.version), (error) => {
        clearTimeout(timer)
        if (!state.underWay.delete(waiting)) return
        if (error) reject(refusal(error))
        else resolve()
      })
    },
  }
  state.underWay.add(waiting)
  queueMicrotask(() => {
    state.live = undefined
    if (state.ended === undefined) waiting.start()
  })
  return { messages, sent }
}

/** A call that takes longer ends the connection. */
function deadline(state: State, what: string): NodeJS.Timeout {
  const { ackTimeoutMs } = state.options
  return setTimeout(() => end(state, new SinkError('wait', `${what} within ${ackTimeoutMs} ms`)), ackTimeoutMs)
}

function pump(state: State): void {
  while (state.unacknowledged < state.window && state.queue.length > 0) state.queue.shift()!.start()
}

function transmit(state: State, message: Message, done: (error?: Error) => void): void {
  const { client, options } = state
  const timer = deadline(state, 'no acknowledgement')
  client.publish(message.topic, message.payload, publishOptions(message, options.version), (error) => {
    clearTimeout(timer)
    done(error)
  })
}

export function clientOptions(options: MqttOptions, will?: Message): IClientOptions {
  const { version, username, password, ca } = options
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
          will: { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: will.retain === true },
        }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
  }
}

function publishOptions({ qos, retain, expiryS }: Message, version: 4 | 5): IClientPublishOptions {
  const properties = version === 5 && expiryS !== undefined ? { properties: { messageExpiryInterval: expiryS } } : {}
  return { qos, retain: retain === true, ...properties }
}

async function opened(client: MqttClient, lost: Promise<SinkError>, { ackTimeoutMs }: MqttOptions): Promise<void> {
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
