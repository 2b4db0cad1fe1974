/**
 * An MQTT 3.1.1 broker for trials on one computer. It is open to everyone and remembers nothing. Aedes has no MQTT 5.
 * `node simulators/broker.ts --help`.
 */
import { createServer } from 'node:net'
import { Aedes } from 'aedes'
import { type Closable, logger, newProgram, parsePort, runProgram } from './program.ts'

const name = 'broker'
/** A subscriber that takes nothing for this long is dropped, since it would hold up the others. */
const drainTimeoutMs = 10_000

type Options = { host: string; port: number }

const command = newProgram(name, 'An MQTT 3.1.1 broker in memory.')
  .option('--port <port>', 'MQTT port; 0 takes a free one', parsePort, 0)
  .action((options: Options) => runProgram(name, (opened) => start(options, opened)))

async function start(options: Options, opened: Closable[]): Promise<Record<string, unknown>> {
  const log = logger(name)
  const broker = await Aedes.createBroker({ drainTimeout: drainTimeoutMs })
  const server = createServer(broker.handle)
  opened.push({ close: () => void server.close() })
  opened.push({ close: () => new Promise((resolve) => broker.close(resolve)) })
  broker.on('clientError', (client, error) => log(`client ${client.id}: ${error.message}`))
  broker.on('connectionError', (_client, error) => log(`connection: ${error.message}`))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the broker has no port')
  return { host: options.host, port: address.port, url: `mqtt://${options.host}:${address.port}` }
}

await command.parseAsync()
