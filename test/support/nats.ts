/**
 * Three NATS servers with JetStream that speak MQTT, as one cluster on loopback ports with files of its own. What is
 * published with QoS 1 is stored by two of them at least before it is acknowledged.
 * Read next: broker.ts; gateway/BROKERS.md (what that is worth).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'mqtt'
import { needPackages } from './apt.ts'
import { type Broker, brokerNode } from './broker.ts'
import { freePort } from './ports.ts'
import { until } from './process.ts'
import { commandPath } from './real.ts'

const NODES = 3
/** Until the servers have found each other and JetStream has a leader. */
const READY_MS = 30_000

export async function startNats(): Promise<Broker> {
  needPackages(['nats-server'])
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-nats-'))
  const numbers = Array.from({ length: NODES }, (_, index) => index)
  const ports = await Promise.all(
    numbers.map(async () => ({ client: await freePort(), route: await freePort(), mqtt: await freePort() })),
  )
  const routes = ports.map(({ route }) => `nats://127.0.0.1:${route}`).join(', ')
  const nodes = await Promise.all(
    numbers.map(async (number) => {
      const config = join(folder, `node-${number}.conf`)
      const { client, route, mqtt } = ports[number]!
      const lines = [
        `server_name: node-${number}`,
        `listen: "127.0.0.1:${client}"`,
        `jetstream { store_dir: "${join(folder, `node-${number}`)}" }`,
        `cluster { name: latchkey, listen: "127.0.0.1:${route}", routes: [${routes}] }`,
        `mqtt { listen: "127.0.0.1:${mqtt}", stream_replicas: ${NODES} }`,
      ]
      await writeFile(config, `${lines.join('\n')}\n`)
      return brokerNode({ path: commandPath('nats-server'), args: ['-c', config] }, mqtt)
    }),
  )
  await Promise.all(nodes.map(({ start }) => start()))
  await until(() => admits(nodes[0]!.url), READY_MS, 'NATS admits nobody')
  return {
    version: 4,
    publish: 'events',
    nodes,
    async remove() {
      await Promise.all(nodes.map(({ kill }) => kill()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Its first client of MQTT has to wait until JetStream has a leader; before that the connection is closed again. */
function admits(url: string): Promise<boolean> {
  const client = connect(url, { protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 2_000 })
  const { promise, resolve } = Promise.withResolvers<boolean>()
  client.once('connect', () => resolve(true))
  client.on('error', () => resolve(false))
  client.once('close', () => resolve(false))
  return promise.finally(() => client.end(true))
}
