/**
 * The events of a thousand gateways at twenty times their usual rate, through each broker: how many it takes in a
 * second, and whether each that it has acknowledged arrives. Nobody dies here: see kills.ts for that.
 * Read next: gateway/BROKERS.md (what an acknowledgement of each is worth).
 */
import { connect } from 'mqtt'
import type { Broker } from '../../support/broker.ts'
import { startMosquittoBroker } from '../../support/mosquitto.ts'
import { startNats } from '../../support/nats.ts'
import { found, goFirst, nowMs, pause, type Scope } from '../../support/proof.ts'
import { startRabbitmq } from '../../support/rabbitmq.ts'
import { createChecks, type Item } from '../item.ts'
import { startFleet } from './fleet/stage.ts'

const BROKERS = { Mosquitto: startMosquittoBroker, NATS: startNats, RabbitMQ: startRabbitmq }
const SIZE = { gateways: 1_000, machines: 10, heartbeatMs: 5_000, lifeMs: 0 }
/** Of a machine between two states, and between two plans. */
const PACE = ['--change', '6000', '--plan', '30000']
const SEED = 13
const CONNECTED_MS = 180_000
const MEASURED_MS = 30_000
const DRAIN_MS = 60_000

export const fleetEvents: Item = {
  name: 'fleet-events',
  fullOnly: true,
  async run({ scope, say }) {
    goFirst()
    const checks = createChecks(say)
    const figures: string[] = []
    for (const [name, startBroker] of Object.entries(BROKERS)) {
      const broker = await startBroker()
      const { perSecond, lost } = await measure(scope, broker)
      await broker.remove()
      say(`${name}: ${perSecond} events a second, ${lost} lost`)
      checks.check(`${name}: what was acknowledged arrives`, lost === 0, lost)
      figures.push(`${name} ${perSecond}/s`)
    }
    return checks.verdict(figures.join(', '))
  },
}

async function measure(scope: Scope, { nodes, version, login }: Broker) {
  const urls = nodes.map(({ url }) => url.replace('//', login ? `//${login.username}:${login.password}@` : '//'))
  const [seen, before] = [new Set<string>(), new Set<string>()]
  const client = connect(urls.at(-1)!, { protocolVersion: version, reconnectPeriod: 500 })
  client.on('error', () => undefined)
  client.on('message', (topic, payload) => {
    const { seq, prevSeq } = JSON.parse(payload.toString()) as { seq: number; prevSeq: number | null }
    seen.add(`${topic} ${seq}`)
    if (prevSeq !== null) before.add(`${topic} ${prevSeq}`)
  })
  await client.subscribeAsync(['latchkey/v1/+/events', 'latchkey/v1/+/+/events'], { qos: 1 })
  const more = ['--broker', urls[0]!, '--mqtt', String(version), '--events-only', ...PACE]
  const { process, ready } = await startFleet(scope, SIZE, SEED, more)
  const counts = async () => (await (await fetch(`${ready.url}/counts`)).json()) as { taken: number; there: number }
  await found(async () => (await counts()).there === SIZE.gateways || undefined, CONNECTED_MS, 'not all connect')
  const [first, beganMs] = [await counts(), nowMs()]
  await pause(MEASURED_MS)
  const [last, endedMs] = [await counts(), nowMs()]
  // Held still it sends no more, and what is on its way arrives.
  await process.freeze()
  await found(() => seen.size >= last.taken || undefined, DRAIN_MS, 'not all arrive').catch(() => undefined)
  await process.kill()
  await client.endAsync(true)
  return {
    perSecond: Math.round(((last.taken - first.taken) / (endedMs - beganMs)) * 1000),
    // Each names the one before it.
    lost: [...before].filter((event) => !seen.has(event)).length + Math.max(0, last.taken - seen.size),
  }
}
