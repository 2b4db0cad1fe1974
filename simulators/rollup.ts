/**
 * A roll-up of many gateways: what each machine is, does, and when it may be booked, as rows in PostgreSQL, and the
 * question which machines of a kind are free near a place. It is a stranger to the gateways: it knows what they publish
 * and answer, and nothing else. `node simulators/rollup.ts --help`; rollup/README.md is a page to copy.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'mqtt'
import { Pool } from 'pg'
import { asRecord, openHttpFace } from './faces/http-face.ts'
import { type Closable, logger, newProgram, parseMs, parsePort, runProgram } from './program.ts'
import type { Address } from './rollup/asking.ts'
import { startFollowing } from './rollup/following.ts'
import { questionRoutes } from './rollup/questions.ts'
import { createBearer } from './rollup/tokens.ts'
import { startWriter } from './rollup/writer.ts'

const name = 'rollup'
const RECONNECT_MS = 500
const CONNECTIONS = 4
const QUESTION_MS = 5_000
const TOPICS = ['+/status', '+/events', '+/+/about', '+/+/availability', '+/+/events']

type Options = {
  host: string
  port: number
  broker: string
  mqtt: '4' | '5'
  database: string
  gateways: string
  tokens?: string
  askEvery: number
  lanes: number
}

const command = newProgram(name, 'Rolls up what many gateways publish, in PostgreSQL.')
  .requiredOption('--broker <url>', 'MQTT broker, e.g. mqtt://127.0.0.1:1883')
  .requiredOption('--database <url>', 'PostgreSQL, e.g. postgres://latchkey@127.0.0.1:5432/latchkey')
  .requiredOption('--gateways <file>', 'JSON: [{"site", "gateway": its fencingId, "url": of its API}]')
  .option('--mqtt <version>', '5, or 4 for MQTT 3.1.1', '5')
  .option('--tokens <url>', 'answers POST with {"token"} for the API of the gateways; absent: none is sent')
  .option('--port <port>', 'HTTP port for questions; 0 takes a free one', parsePort, 0)
  .option('--ask-every <ms>', 'each gateway is asked anew after so long', parseMs, 3_600_000)
  .option('--lanes <count>', 'gateways that are asked at a time', Number, 16)
  .action((options: Options) => runProgram(name, (opened) => start(options, opened)))

async function start(options: Options, opened: Closable[]): Promise<Record<string, unknown>> {
  const { host, port, database, lanes, askEvery: askEveryMs } = options
  const log = logger(name)
  const nowMs = () => performance.now()
  const pool = new Pool({ connectionString: database, max: CONNECTIONS, query_timeout: QUESTION_MS })
  // An idle connection that breaks is replaced when it is needed.
  pool.on('error', () => undefined)
  opened.push({ close: () => pool.end() })
  const addresses = readAddresses(options.gateways)
  const following = startFollowing({
    addresses,
    ...{ lanes, askEveryMs, nowMs },
    authorization: createBearer(options.tokens, nowMs),
    batch: () => writer.batch(),
  })
  opened.push(following)
  const writer = startWriter({ database, log, nowMs, onForgotten: following.begin })
  opened.push(writer)
  opened.push(listen(options, topicsOf(addresses), following.message, writer.forget, log))
  const counts = () => ({ writes: writer.batch() !== undefined, ...writer.counts(), ...following.counts() })
  const face = await openHttpFace(host, port, questionRoutes(pool, counts))
  opened.push(face)
  return { host, port: face.port, url: face.url }
}

/** `forget`: what happened while there was no connection was missed. */
function listen(
  { broker, mqtt }: Options,
  topics: readonly string[],
  message: (topic: string, payload: string, isRetained: boolean) => void,
  forget: () => void,
  log: (text: string) => void,
): Closable {
  const client = connect(broker, {
    protocolVersion: mqtt === '4' ? 4 : 5,
    clean: true,
    reconnectPeriod: RECONNECT_MS,
    reconnectOnConnackError: true,
  })
  client.on('error', (error) => log(String(error)))
  client.on('connect', () => {
    // `rh` 2: a broker of MQTT 5 need not send what it retains.
    for (const topic of topics) client.subscribe(`latchkey/v1/${topic}`, { qos: 1, rh: 2 })
    forget()
  })
  client.on('message', (topic, payload, { retain }) => message(topic, payload.toString(), retain))
  return { close: () => client.endAsync(true) }
}

/** A second gateway of a site has `status-1` and `events-1`. */
function topicsOf(addresses: readonly Address[]): string[] {
  const further = new Set(addresses.map(({ gateway }) => gateway).filter((gateway) => gateway > 0))
  return [...TOPICS, ...[...further].flatMap((gateway) => [`+/status-${gateway}`, `+/events-${gateway}`])]
}

function readAddresses(file: string): Address[] {
  const given: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(given)) throw new Error(`${file} is no list of gateways`)
  return given.map((one, index) => {
    const { site, gateway = 0, url } = asRecord(one) ?? {}
    if (typeof site !== 'string' || typeof gateway !== 'number' || typeof url !== 'string' || !URL.canParse(url))
      throw new Error(`${file}: gateway ${index} needs site and url`)
    return { site, gateway, url: url.replace(/\/+$/, '') }
  })
}

await command.parseAsync()
