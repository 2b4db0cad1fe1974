/**
 * One connection to a broker, from CONNECT to its end. The library repairs nothing and queues nothing: a loss ends the
 * connection, every publish under way is refused, and the sink loop makes a new one. Callbacks of the library may never
 * come (loss, forced end), so each publish has our own deadline, and a late one ends the connection.
 */
import { connect, type IClientOptions, type IClientPublishOptions, type MqttClient } from 'mqtt'
import { settled } from './deadline.ts'
import { SinkError } from './sink.ts'

export type MqttOptions = {
  readonly url: string
  readonly version: 4 | 5
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  /** PEM. */
  readonly ca?: string
  readonly keepaliveMs: number
  /** Publishes sent and not acknowledged at most. */
  readonly window: number
  readonly ackTimeoutMs: number
}

export type Message = {
  readonly topic: string
  readonly payload: string
  readonly qos: 0 | 1
  readonly retain?: boolean
  /** MQTT 5; ignored in 3.1.1. */
  readonly expiryS?: number
}

export type MqttConnection = {
  /** Resolves when the broker has it (QoS 1) or it is on its way (QoS 0). Messages leave in the order of the calls. */
  publish(message: Message): Promise<void>
  readonly lost: Promise<SinkError>
  /** Sends the last message and DISCONNECT, so that the broker keeps the will to itself; within 1.5 s, or cuts. */
  close(last: Message): Promise<void>
}

type Waiting = { start(): void; reject(error: SinkError): void }

export async function connectMqtt(options: MqttOptions, will: Message, signal: AbortSignal): Promise<MqttConnection> {
  let ended: SinkError | undefined
  let tellLost: (error: SinkError) => void = () => undefined
  const lost = new Promise<SinkError>((resolve) => {
    tellLost = resolve
  })
  const underWay = new Set<Waiting>()
  const queue: Waiting[] = []
  let window = options.window
  let largest = Number.POSITIVE_INFINITY

  const client = connect(options.url, clientOptions(options, will))
  client.on('error', (error) => end(refusal(error)))
  client.on('disconnect', ({ reasonCode }) => end(refusalOf(reasonCode ?? 0, 'the broker ended the connection')))
  client.on('close', () => end(new SinkError('wait', 'the connection to the broker was lost')))
  signal.addEventListener('abort', () => end(new SinkError('wait', 'given up')), { once: true })

  /**
   * The first reason counts. All that is under way is refused; the loop sends it again from the cursor. A lost connection
   * says nothing about one message, so it is never `bad`: that would set entries aside which nobody has looked at.
   */
  function end(reason: SinkError): void {
    if (ended !== undefined) return
    const error = reason.action === 'bad' ? new SinkError('wait', reason.message, { cause: reason.cause }) : reason
    ended = error
    for (const waiting of [...underWay, ...queue.splice(0)]) waiting.reject(error)
    underWay.clear()
    client.end(true)
    tellLost(error)
  }

  await opened(client, lost, options)
  const properties = client.serverProperties
  window = Math.min(window, properties?.receiveMaximum ?? window)
  largest = properties?.maximumPacketSize ?? largest

  function pump(): void {
    while (underWay.size < window && queue.length > 0) queue.shift()!.start()
  }

  function publish(message: Message): Promise<void> {
    // Topic, id, properties and headers add less than 300 bytes to a payload.
    const size = Buffer.byteLength(message.payload) + message.topic.length + 64
    if (size > largest) return Promise.reject(new SinkError('bad', `${size} bytes; the broker takes ${largest}`))
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        reject,
        start() {
          underWay.add(waiting)
          const late = () => end(new SinkError('wait', `no acknowledgement within ${options.ackTimeoutMs} ms`))
          const timer = setTimeout(late, options.ackTimeoutMs)
          client.publish(message.topic, message.payload, publishOptions(message, options.version), (error) => {
            clearTimeout(timer)
            if (!underWay.delete(waiting)) return
            if (error) reject(refusal(error))
            else resolve()
            pump()
          })
        },
      }
      if (ended !== undefined) reject(ended)
      else queue.push(waiting)
      pump()
    })
  }

  return {
    publish,
    lost,
    async close(last) {
      if (ended === undefined) {
        await settled(publish(last), 750)
        await settled(disconnected(client), 750)
      }
      end(new SinkError('wait', 'closed'))
    },
  }
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

/** CONNACK and PUBACK codes with which waiting is in vain: MQTT 3.1.1 §3.2.2.3, MQTT 5 §2.4. */
const STOP_CODES: Readonly<Record<number, string>> = {
  1: 'the broker does not speak this version of MQTT; set mqtt.version',
  2: 'the broker refuses the client id; set mqtt.clientId',
  4: 'the broker refuses user name or password; check mqtt.username and mqtt.password',
  5: 'the broker does not let this client in or publish; check its access list',
  130: 'the broker found a protocol error; set mqtt.version',
  132: 'the broker does not speak MQTT 5; set mqtt.version to 4',
  133: 'the broker refuses the client id; set mqtt.clientId',
  134: 'the broker refuses user name or password; check mqtt.username and mqtt.password',
  135: 'the broker does not let this client in or publish; check its access list',
  138: 'the broker has banned this client',
  140: 'the broker wants another way of authentication',
  142: 'another client took over with the same id; give each gateway its own mqtt.clientId',
  154: 'the broker keeps no retained messages; switch them on',
  155: 'the broker takes no QoS 1; switch it on',
  156: 'the broker sends to another server; change mqtt.url',
  157: 'the broker has moved; change mqtt.url',
}
/** About one message only: topic, size, payload. */
const BAD_CODES: ReadonlySet<number> = new Set([144, 149, 153])

const TLS_CODES =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_|ERR_OSSL_|HOSTNAME_MISMATCH)/

function refusal(error: Error & { code?: unknown }): SinkError {
  const { code } = error
  if (typeof code === 'number') return refusalOf(code, error.message, error)
  if (typeof code === 'string' && TLS_CODES.test(code)) {
    const text = `no TLS with the broker (${code}); check mqtt.ca, and scheme, name and port in mqtt.url`
    return new SinkError('stop', text, { cause: error })
  }
  return new SinkError('wait', error.message || String(code), { cause: error })
}

function refusalOf(code: number, message: string, cause?: Error): SinkError {
  const advice = STOP_CODES[code]
  if (advice !== undefined) return new SinkError('stop', `${advice} (${code})`, { cause })
  return new SinkError(BAD_CODES.has(code) ? 'bad' : 'wait', `${message} (${code})`, { cause })
}
