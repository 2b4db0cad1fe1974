/**
 * A RabbitMQ that speaks MQTT, on a loopback port with files of its own. Read next: broker.ts, erlang.ts;
 * gateway/BROKERS.md (what its acknowledgement is worth).
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needPackages } from './apt.ts'
import { type Broker, brokerNode } from './broker.ts'
import { startNames } from './erlang.ts'
import { freePort } from './ports.ts'

/** The script itself: the command on the path becomes another user, who may not read our folder. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server'

export async function startRabbitmq(): Promise<Broker> {
  needPackages(['rabbitmq-server'])
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-rabbitmq-'))
  const [port, amqp, distribution] = [await freePort(), await freePort(), await freePort()]
  const names = await startNames()
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${amqp}`,
    `mqtt.listeners.tcp.1 = 127.0.0.1:${port}`,
    'mqtt.allow_anonymous = true',
    'log.console = true',
    'log.console.level = error',
    'log.file = false',
  ]
  const at = (name: string) => join(folder, name)
  await writeFile(at('rabbitmq.conf'), `${lines.join('\n')}\n`)
  await writeFile(at('plugins'), '[rabbitmq_mqtt].\n')
  await Promise.all(['mnesia', 'log'].map((name) => mkdir(at(name))))
  const env = {
    ...names.env,
    HOME: folder, // for the cookie
    RABBITMQ_NODENAME: `latchkey-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('plugins'),
    RABBITMQ_MNESIA_BASE: at('mnesia'),
    RABBITMQ_LOG_BASE: at('log'),
  }
  const node = brokerNode({ path: PROGRAM, args: [], env, cwd: folder }, port)
  await node.start()
  // Until it was stopped in order once, it looks for other nodes for 5 s at each start.
  await node.stop()
  await node.start()
  return {
    version: 4,
    publish: 'events',
    nodes: [node],
    async remove() {
      await node.kill()
      await names.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
