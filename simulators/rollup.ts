/**
 * A roll-up of many gateways: what each machine is, does, and when it may be booked, as rows in PostgreSQL, and the
 * question which machines of a kind are free near a place. It is a stranger to the gateways: it knows what they publish
 * and answer, and nothing else. `node simulators/rollup.ts --help`; rollup/README.md is a page to copy.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'mqtt'
import { Pool } from 'pg'
import { asRecord, openHttpFace } from './faces/http-face.ts'
import { type Closable, logger, newProgram, parseCount, parseMs, parsePort, runProgram } from './program.ts'
import type { Address } from './rollup/asking.ts'
import { startFollowing } from './rollup/following.ts'
import { questionRoutes } from './rollup/questions.ts'
import { createBearer } from './rollup/tokens.ts'
import { startWriter } from './rollup/writer.ts'

const name = 'rollup'
const RECONNECT_MS = 500
const TICK_MS = 250
/** Before this program began. */
const NEVER_MS = -86_400_000
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
  away: number
}

const command = newProgram(name, 'Rolls up what many gateways publish, in PostgreSQL.')
  .requiredOption('--broker <url>', 'MQTT broker, e.g. mqtt://127.0.0.1:1883')
  .requiredOption('--database <url>', 'PostgreSQL, e.g. postgres://latchkey@127.0.0.1:5432/latchkey')
  .requiredOption('--gateways <file>', 'JSON: [{"site", "gateway": its fencingId, "url": of its API}]')
  .option('--mqtt <version>', '5, or 4 for MQTT 3.1.1', '5')
  .option('--tokens <url>', 'answers POST with {"token"} for the API of the gateways; absent: none is sent')
  .option('--port <port>', 'HTTP port for questions; 0 takes a free one', parsePort, 0)
  .option('--ask-every <ms>', 'each gateway is asked anew after so long', parseMs, 3_600_000)
  .option('--lanes <count>', 'gateways that are asked at a time', parseCount, 16)
  .option('--away <ms>', 'without a heartbeat for so long a gateway was away: three of them', parseMs, 15_000)
  .action((options: Options) => runProgram(name, (opened) => start(options, opened)))

async function start(options: Options, opened: Closable[]): Promise<Record<string, unknown>> {
  const { host, port, database, lanes, askEvery: askEveryMs, away: awayMs } = options
  const log = logger(name)
  const nowMs = () => performance.now()
  const pool = new Pool({ connectionString: database, max: CONNECTIONS, query_timeout: QUESTION_MS })
  // An idle connection that breaks is replaced when it is needed.
  pool.on('error', () => undefined)
  opened.push({ close: () => pool.end() })
  const addresses = readAddresses(options.gateways)
  const following = startFollowing({
    addresses,
    ...{ lanes, askEveryMs, awayMs, nowMs },
    authorization: createBearer(options.tokens, nowMs),
    batch: () => writer.batch(),
  })
  opened.push(following)
  const writer = startWriter({ database, log, nowMs, heardMs: () => listener.heardMs(), onForgotten: following.begin })
  opened.push(writer)
  const { message } = following
  const listener = listen(options, { topics: topicsOf(addresses), message, forget: writer.forget, log, nowMs })
  opened.push(listener)
  const counts = () => ({ writes: writer.batch() !== undefined, ...writer.counts(), ...following.counts() })
  const face = await openHttpFace(host, port, questionRoutes(pool, counts))
  opened.push(face)
  return { host, port: face.port, url: face.url }
}

type Listener = Readonly<{
  topics: readonly string[]
  message: (topic: string, payload: string, isRetained: boolean) => void
  /** What happened while there was no connection was missed. */
  forget: () => void
  log: (text: string) => void
  nowMs: () => number
}>

/**
 * A broker delivers to one subscriber in order, so that when a tick of our own is back, all that it took before has
 * been heard.
 */
function listen({ broker, mqtt }: Options, { topics, message, forget, log, nowMs }: Listener) {
  const client = connect(broker, {
    protocolVersion: mqtt === '4' ? 4 : 5,
    clean: true,
    reconnectPeriod: RECONNECT_MS,
    reconnectOnConnackError: true,
  })
  const ticks = `latchkey/rollup/${randomUUID()}`
  let heardMs = NEVER_MS
  client.on('error', (error) => log(String(error)))
  client.on('connect', () => {
    // `rh` 2: a broker of MQTT 5 need not send what it retains.
    for (const topic of [ticks, ...topics]) client.subscribe(topic, { qos: 1, rh: 2 })
    forget()
  })
  client.on('message', (topic, payload, { retain }) => {
    if (topic === ticks) heardMs = Math.max(heardMs, Number(payload.toString()))
    else message(topic, payload.toString(), retain)
  })
  const timer = setInterval(() => {
    if (client.connected) client.publish(ticks, String(nowMs()), { qos: 1 })
  }, TICK_MS)
  return {
    heardMs: () => heardMs,
    close() {
      clearInterval(timer)
      return client.endAsync(true)
    },
  }
}

/** A second gateway of a site has `status-1` and `events-1`. */
function topicsOf(addresses: readonly Address[]): string[] {
  const further = new Set(addresses.map(({ gateway }) => gateway).filter((gateway) => gateway > 0))
  const own = [...further].flatMap((gateway) => [`+/status-${gateway}`, `+/events-${gateway}`])
  return [...TOPICS, ...own].map((topic) => `latchkey/v1/${topic}`)
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
