/**
 * What the acknowledgement of a broker is worth. A reader with a durable session is away; so many messages of QoS 1 are
 * published as the gateway publishes them; the moment the last one is acknowledged, every process of the broker is
 * killed. What the reader gets once they are back was kept. Beside that: what a message costs the broker, and who is
 * served what is retained. gateway/BROKERS.md has what was found; here the brokers that keep must have kept.
 * Read next: ../../support/broker.ts.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import { connectMqtt, type MqttConnection } from '../../../gateway/front/sinks/mqtt-connection.ts'
import { groupCpuMs } from '../../bench/measure.ts'
import type { Broker, BrokerNode } from '../../support/broker.ts'
import { startEjabberd } from '../../support/ejabberd.ts'
import { startMosquittoBroker } from '../../support/mosquitto.ts'
import { startNats } from '../../support/nats.ts'
import { found, nowMs, type Scope } from '../../support/proof.ts'
import { startRabbitmq } from '../../support/rabbitmq.ts'
import { createChecks, type Item } from '../item.ts'

const BROKERS = {
  mosquitto: { start: startMosquittoBroker, keeps: false },
  nats: { start: startNats, keeps: true },
  rabbitmq: { start: startRabbitmq, keeps: true },
  ejabberd: { start: startEjabberd, keeps: false },
} as const

const TOPIC = 'latchkey/v1/site/machine/events'
const RETAINED = 'latchkey/v1/site/machine/availability'
/** Of a usual event, bytes. */
const PAYLOAD_BYTES = 300
const WINDOW = 100
/** Nothing more comes after so long a silence, ms. */
const SILENCE_MS = 3_000
const WITHIN_MS = 60_000

export const brokers: Item = {
  name: 'brokers',
  fullOnly: true,
  async run({ scope, say, quick }) {
    const checks = createChecks(say)
    const figures: string[] = []
    for (const [name, { start, keeps }] of Object.entries(BROKERS)) {
      const broker = await start()
      scope.defer(() => broker.remove())
      const { kept, of, away, there } = await killAfterAcknowledgement(scope, broker, quick ? 500 : 10_000)
      say(
        `${name}: ${kept} of ${of} kept; reader away: ${away}; there: ${there}; retained ${await retained(scope, broker)}`,
      )
      checks.check(`${name} keeps what it has acknowledged`, kept === of || !keeps, kept)
      figures.push(`${name} ${kept} of ${of}`)
      await broker.remove()
    }
    return checks.verdict(`kept over a kill: ${figures.join(', ')}`)
  },
}

async function killAfterAcknowledgement(scope: Scope, broker: Broker, of: number) {
  const [home, far] = [broker.nodes[0]!, broker.nodes.at(-1)!]
  const reader = (take: Take) => client(scope, broker, far, take, { clientId: 'reader', ...durable(broker) })
  const publisher = await publishing(broker, home)

  const here = new Set<number>()
  const first = await reader((payload) => here.add(numberOf(payload)))
  await first.subscribeAsync(TOPIC, { qos: 1 })
  const there = await cost(broker, () => publishAll(publisher, of))
  await found(() => here.size === of || undefined, WITHIN_MS, 'the reader that is there does not get everything')
  await first.endAsync()

  const away = await cost(broker, () => publishAll(publisher, of))
  await Promise.all(broker.nodes.map(({ kill }) => kill()))
  await Promise.all(broker.nodes.map(({ start }) => start()))
  const kept = new Set<number>()
  const second = await reader((payload) => kept.add(numberOf(payload)))
  // Its session may have been kept alone, without what it waits for.
  await second.subscribeAsync(TOPIC, { qos: 1 })
  for (let before = -1; before !== kept.size; ) {
    before = kept.size
    await pause(SILENCE_MS)
  }
  await second.endAsync()
  return { kept: kept.size, of, away, there }
}

/** On which nodes a late reader gets what was retained on the first one, by name and by a wildcard. */
async function retained(scope: Scope, broker: Broker): Promise<string> {
  const publisher = await publishing(broker, broker.nodes[0]!)
  await publisher.publish({ topic: RETAINED, payload: '{}', qos: 1, retain: true })
  const seen: string[] = []
  for (const [index, node] of broker.nodes.entries())
    for (const filter of [RETAINED, 'latchkey/v1/+/machine/#']) {
      let got = false
      const late = await client(scope, broker, node, (_payload, { retain }) => {
        got ||= retain
      })
      await late.subscribeAsync(filter, { qos: 1 })
      await pause(SILENCE_MS / 3)
      seen.push(`${filter === RETAINED ? 'by name' : 'by wildcard'} on node ${index + 1}: ${got ? 'yes' : 'no'}`)
      await late.endAsync(true)
    }
  await publisher.close()
  return seen.join(', ')
}

/** Messages a second, and messages for each second that the broker spends on a processor. */
async function cost({ nodes }: Broker, publish: () => Promise<number>): Promise<string> {
  const spent = () => nodes.reduce((sum, node) => sum + groupCpuMs(node.pid()), 0)
  const [fromMs, fromCpuMs] = [nowMs(), spent()]
  const messages = await publish()
  const perSecond = (ms: number) => Math.round((messages * 1000) / ms)
  return `${perSecond(nowMs() - fromMs)} a second, ${perSecond(spent() - fromCpuMs)} per second of a core`
}

async function publishAll({ publish }: MqttConnection, messages: number): Promise<number> {
  const fill = 'x'.repeat(PAYLOAD_BYTES - 16)
  const one = (number: number) => publish({ topic: TOPIC, payload: JSON.stringify({ number, fill }), qos: 1 })
  await Promise.all(Array.from({ length: messages }, (_, number) => one(number)))
  return messages
}

/** As the gateway does it. */
function publishing({ version, login }: Broker, { url }: BrokerNode): Promise<MqttConnection> {
  const options = { url, version, clientId: 'publisher', keepaliveMs: 15_000, window: WINDOW, ackTimeoutMs: WITHIN_MS }
  return connectMqtt({ ...options, ...login }, undefined, new AbortController().signal)
}

const durable = ({ version }: Broker): IClientOptions => ({
  clean: false,
  ...(version === 5 ? { properties: { sessionExpiryInterval: 3_600 } } : {}),
})

type Take = (payload: Buffer, packet: { readonly retain: boolean }) => void

/** A broker sends what waits for a session before it is asked for anything. */
async function client(
  scope: Scope,
  broker: Broker,
  { url }: BrokerNode,
  take: Take,
  more: IClientOptions = {},
): Promise<MqttClient> {
  const one = connect(url, { protocolVersion: broker.version, reconnectPeriod: 300, ...broker.login, ...more })
  scope.defer(() => one.endAsync(true))
  one.on('error', () => undefined)
  one.on('message', (_topic, payload, packet) => take(payload, packet))
  await found(() => one.connected || undefined, WITHIN_MS, `${url} lets no reader in`)
  return one
}

const numberOf = (payload: Buffer) => (JSON.parse(payload.toString()) as { readonly number: number }).number
