/**
 * Makes the database or bucket that the site file names, for a person who asks for it. It changes none that is there:
 * a shorter retention would delete. Sources: the API descriptions of InfluxDB OSS 1.8 and 2 and of InfluxDB 3 Core.
 * Read next: influx-request.ts.
 */
import { readBounded, whyNot } from '../download.ts'
import { sentenceOf } from './influx-refusal.ts'
import { type InfluxOptions, influxAddress, influxLogin } from './influx-request.ts'

type Answer = { readonly status: number; readonly text: string }

const MOST_BYTES = 65_536
const MOST_SENTENCE = 500
const CONFLICT = 409
/** InfluxDB 2 answers so to a bucket that is there. */
const UNPROCESSABLE = 422
const THERE = /already exists|with name .* already/i

/** Why it is not there; undefined: it is. */
export async function prepareInflux(options: InfluxOptions): Promise<string | undefined> {
  try {
    const { status, text } = await made(options)
    const isThere = status === CONFLICT || (status === UNPROCESSABLE && THERE.test(text))
    if ((status >= 200 && status < 300 && !saysError(text)) || isThere) return undefined
    return `InfluxDB answers ${status}: ${sentenceOf(text, MOST_SENTENCE)}`
  } catch (cause) {
    return `InfluxDB cannot be reached: ${whyNot(cause as Error)}`
  }
}

async function made(options: InfluxOptions): Promise<Answer> {
  const { database, retentionMs, organisation = '' } = options
  switch (options.version) {
    case 1:
      return ask(options, 'POST', influxAddress(options, '/query', { q: createDatabase(database, retentionMs) }))
    case 2: {
      const orgs = await ask(options, 'GET', influxAddress(options, '/api/v2/orgs', { org: organisation }))
      const orgID = orgs.status === 200 ? firstId(orgs.text) : undefined
      if (orgID === undefined) return orgs.status === 200 ? { status: 404, text: 'no such organisation' } : orgs
      const rules = retentionMs === undefined ? [] : [{ type: 'expire', everySeconds: retentionMs / 1000 }]
      const body = { orgID, name: database, retentionRules: rules }
      return ask(options, 'POST', influxAddress(options, '/api/v2/buckets', {}), body)
    }
    case 3: {
      const body = { db: database, ...(retentionMs !== undefined && { retention_period: `${retentionMs / 1000}s` }) }
      return ask(options, 'POST', influxAddress(options, '/api/v3/configure/database', {}), body)
    }
  }
}

/** InfluxQL; a name is quoted so that it cannot end its place. Repeated, it changes nothing. */
function createDatabase(name: string, retentionMs: number | undefined): string {
  const quoted = `"${name.replace(/["\\]/g, '\\$&')}"`
  return `CREATE DATABASE ${quoted}${retentionMs === undefined ? '' : ` WITH DURATION ${retentionMs / 1000}s`}`
}

async function ask(options: InfluxOptions, method: string, address: URL, body?: object): Promise<Answer> {
  const response = await fetch(address, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(options.timeoutMs),
    headers: { ...influxLogin(options), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const bytes = response.body === null ? new Uint8Array() : await readBounded(response.body, MOST_BYTES)
  if (bytes === undefined) throw new Error('its answer does not end')
  return { status: response.status, text: Buffer.from(bytes).toString('utf8') }
}

/** InfluxDB 1 says in a success what it did not do. */
const saysError = (text: string) => /"error"\s*:\s*"/.test(text)

function firstId(text: string): string | undefined {
  try {
    const { orgs } = JSON.parse(text) as { readonly orgs?: readonly { readonly id?: unknown }[] }
    const id = orgs?.[0]?.id
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}
