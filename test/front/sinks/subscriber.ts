/** A consumer of a broker: everything it is sent, in order, kept over a restart of the broker by a durable session. */
import { connect, type IClientOptions, type IClientPublishOptions, type IPublishPacket } from 'mqtt'
import { until } from '../../support/process.ts'

export type Received = {
  readonly topic: string
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  readonly retain: boolean
  readonly qos: number
  readonly expiryS?: number
  readonly contentType?: string
}

export type Subscriber = {
  readonly all: readonly Received[]
  on(topic: string): Received[]
  publish(topic: string, payload: string, options: IClientPublishOptions): void
  close(): void
}

let count = 0

export async function subscribe(
  url: string,
  filter: string,
  version: 4 | 5,
  more: IClientOptions = {},
): Promise<Subscriber> {
  count += 1
  const client = connect(url, {
    protocolVersion: version,
    clientId: `subscriber-${process.pid}-${count}`,
    clean: false,
    ...(version === 5 ? { properties: { sessionExpiryInterval: 3_600 } } : {}),
    reconnectPeriod: 50,
    ...more,
  })
  const all: Received[] = []
  client.on('error', () => undefined)
  client.on('message', (topic, payload, packet: IPublishPacket) => {
    const text = payload.toString()
    const { messageExpiryInterval: expiryS, contentType } = packet.properties ?? {}
    all.push({
      topic,
      text,
      // a checkpoint is a signed note, and the only message that is not JSON
      json: topic.endsWith('/checkpoint') || text === '' ? {} : JSON.parse(text),
      retain: packet.retain,
      qos: packet.qos,
      ...(expiryS === undefined ? {} : { expiryS }),
      ...(contentType === undefined ? {} : { contentType }),
    })
  })
  let subscribed = false
  client.once('connect', () =>
    client.subscribe(filter, { qos: 1 }, (error) => {
      subscribed = error === null
    }),
  )
  await until(() => subscribed, 10_000, 'the subscriber is not connected')
  return {
    all,
    on: (topic) => all.filter((message) => message.topic === topic),
    publish: (topic, payload, options) => void client.publish(topic, payload, options),
    close: () => void client.end(true),
  }
}
