/**
 * Whether the broker, the store, the feed and the keys of the issuers are there and take us: asked once each, for a
 * person. It writes nothing but one message on the checkpoint topic, which is not retained, to see whether we may, and
 * not even that where no checkpoint is kept at the broker.
 * Read next: sinks/mqtt-anchor.ts; cli/bench/test-site.ts and api/bench/tests.ts (who ask).
 */
import type { SiteConfig } from '../../config/site.ts'
import { readBounded } from './download.ts'
import { createInfluxSink } from './sinks/influx.ts'
import { influxAddress, influxLogin } from './sinks/influx-request.ts'
import { asSinkError } from './sinks/inlet.ts'
import { findCheckpoint } from './sinks/mqtt-anchor.ts'
import { connectMqtt } from './sinks/mqtt-connection.ts'
import type { SinkError } from './sinks/sink.ts'

export type Finding = { readonly what: string; readonly ok: boolean; readonly detail: string }

const WITHIN_MS = 10_000
/** Of an answer that is looked at. */
const MOST_BYTES = 1_000_000

/** One after the other, so that whoever waits sees each. */
export async function* reached(config: SiteConfig): AsyncGenerator<Finding> {
  for (const test of [broker, store, feed]) {
    const finding = await test(config)
    if (finding !== undefined) yield finding
  }
  for (const { issuer, jwks } of config.issuers)
    if (jwks.kind === 'url') yield await answers(`keys of ${issuer}`, jwks.url, {})
}

export async function reachAll(config: SiteConfig): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const finding of reached(config)) findings.push(finding)
  return findings
}

async function broker({ mqtt, site, fencingId }: SiteConfig): Promise<Finding | undefined> {
  if (mqtt === undefined) return undefined
  const topic = `latchkey/v1/${site}/checkpoint${fencingId === 0 ? '' : `-${fencingId}`}`
  const options = { ...mqtt, clientId: `${mqtt.clientId}-test` }
  if (mqtt.publish !== 'all') return admitted(options)
  const found = await findCheckpoint(options, topic, '', WITHIN_MS)
  const detail = 'why' in found ? found.why : mqtt.url
  return { what: 'broker', ok: found.kind === 'found' || found.kind === 'nothing', detail }
}

/** Of a broker that is to keep nothing: whether it lets us in. */
async function admitted(mqtt: NonNullable<SiteConfig['mqtt']>): Promise<Finding> {
  try {
    const connection = await connectMqtt(mqtt, undefined, AbortSignal.timeout(WITHIN_MS))
    await connection.close()
    return { what: 'broker', ok: true, detail: mqtt.url }
  } catch (cause) {
    return { what: 'broker', ok: false, detail: asSinkError(cause).message }
  }
}

async function store({ site, influx }: SiteConfig): Promise<Finding | undefined> {
  if (influx === undefined) return undefined
  if (influx.version === 1) {
    const query = { db: influx.database, q: 'SHOW MEASUREMENTS LIMIT 1' }
    return answers('store', `${influxAddress(influx, '/query', query)}`, influxLogin(influx))
  }
  // A token that may write may see nothing.
  const nothing = () => ({ rows: [], meters: [] })
  const why = await createInfluxSink({ site, influx })
    .open(nothing, AbortSignal.timeout(WITHIN_MS))
    .catch((error: SinkError) => error.message)
  return { what: 'store', ok: why === undefined, detail: why ?? influx.url }
}

async function feed({ bookings: { source } }: SiteConfig): Promise<Finding | undefined> {
  if (source === 'push') return undefined
  return answers('feed', source.url, source.token === undefined ? {} : { authorization: `Bearer ${source.token}` })
}

/** Whether an address answers 200. What stands behind a question mark may be a secret, and is not shown. */
async function answers(what: string, url: string, headers: Readonly<Record<string, string>>): Promise<Finding> {
  const shown = url.replace(/\?.*/, '')
  try {
    const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(WITHIN_MS) })
    const bytes = response.body === null ? undefined : await readBounded(response.body, MOST_BYTES)
    // InfluxDB says in a success that it knows no such database.
    const [, fault] =
      /"error"\s*:\s*"([^"]*)"/.exec(bytes === undefined ? '' : Buffer.from(bytes).toString('utf8')) ?? []
    if (fault !== undefined) return { what, ok: false, detail: `${shown} answers: ${fault}` }
    return {
      what,
      ok: response.ok,
      detail: response.ok ? shown : `${shown} answers ${response.status} ${response.statusText}`,
    }
  } catch (error) {
    const { message, cause } = error as Error
    return { what, ok: false, detail: `${shown} does not answer: ${cause instanceof Error ? cause.message : message}` }
  }
}
