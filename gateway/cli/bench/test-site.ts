/**
 * `latchkey test <site.yaml>`: whether everything that a site file names is there and takes us: each link with its
 * signals, the broker, the store, the feed of bookings, the keys of the issuers, the clock. It writes nothing but one
 * message on the checkpoint topic of the broker, which is not retained, to see whether we may.
 * Where a gateway runs on the data folder, links are asked through it. Ends 0 when all is well, 1 when something is
 * not.
 * Read next: probe.ts, front/sinks/mqtt-anchor.ts.
 */
import type { SiteConfig } from '../../../config/site.ts'
import { createClock } from '../../control/host/clock.ts'
import { oneLine } from '../../core/ground/text.ts'
import { readBounded } from '../../front/download.ts'
import { findCheckpoint } from '../../front/sinks/mqtt-anchor.ts'
import type { Io } from '../site.ts'
import { siteOf } from './link.ts'
import { type ProbeOptions, probeCommand } from './probe.ts'

type Finding = { readonly what: string; readonly ok: boolean; readonly detail: string }

const WITHIN_MS = 10_000
const MOST_DETAIL = 300
/** Of an answer that is looked at. */
const MOST_BYTES = 1_000_000

export async function testCommand(
  sitePath: string,
  options: Omit<ProbeOptions, 'plan'>,
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const config = siteOf(sitePath, io)
  const findings: Finding[] = []
  const tell = (finding: Finding) => {
    findings.push(finding)
    if (!options.json) io.stdout.write(`${oneLine(lineOf(finding))}\n`)
  }
  tell(clock())
  for (const test of [broker, store, feed]) {
    if (signal.aborted) return 130
    const finding = await test(config)
    if (finding !== undefined) tell(finding)
  }
  for (const issuer of config.issuers)
    if (issuer.jwks.kind === 'url') tell(await answers(`keys of ${issuer.issuer}`, issuer.jwks.url, {}))
  for (const { id } of config.machines) tell(await machine(sitePath, id, options, io, signal))
  const isWell = findings.every(({ ok }) => ok)
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: isWell, findings })}\n`)
  return isWell ? 0 : 1
}

function lineOf({ what, ok, detail }: Finding): string {
  return `${ok ? 'ok    ' : 'FAILED'} ${what}${detail === '' ? '' : `: ${detail.slice(0, MOST_DETAIL)}`}`
}

function clock(): Finding {
  const clock = createClock({})
  const now = clock.now()
  return { what: 'clock', ok: clock.state(now) !== 'relative', detail: clock.text(now) }
}

async function broker({ mqtt, site, fencingId }: SiteConfig): Promise<Finding | undefined> {
  if (mqtt === undefined) return undefined
  const topic = `latchkey/v1/${site}/checkpoint${fencingId === 0 ? '' : `-${fencingId}`}`
  const found = await findCheckpoint({ ...mqtt, clientId: `${mqtt.clientId}-test` }, topic, '', WITHIN_MS)
  const detail = 'why' in found ? found.why : mqtt.url
  return { what: 'broker', ok: found.kind === 'found' || found.kind === 'nothing', detail }
}

async function store({ influx }: SiteConfig): Promise<Finding | undefined> {
  if (influx === undefined) return undefined
  const { url, database, username = '', password = '' } = influx
  const query = new URLSearchParams({ db: database, q: 'SHOW MEASUREMENTS LIMIT 1' })
  const basic = Buffer.from(`${username}:${password}`).toString('base64')
  const headers = username === '' ? {} : { authorization: `Basic ${basic}` }
  return answers('store', `${url.replace(/\/$/, '')}/query?${query}`, headers)
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

/** All its signals; the first that is not good is named. */
async function machine(
  sitePath: string,
  id: string,
  options: Omit<ProbeOptions, 'plan'>,
  io: Io,
  signal: AbortSignal,
): Promise<Finding> {
  const out: string[] = []
  const quiet = { ...io, stdout: { write: (text: string) => void out.push(text) } }
  const what = `machine ${id}`
  await probeCommand(sitePath, id, { ...options, plan: false, json: true }, quiet, signal)
  const { signals } = JSON.parse(out.join('')) as {
    signals: { signal: string; quality: string; cause?: string; detail?: string }[]
  }
  const bad = signals.filter(({ quality }) => quality !== 'good')
  if (bad.length === 0) return { what, ok: true, detail: `${signals.length} signals` }
  const { signal: name, cause = 'bad', detail = '' } = bad[0]!
  return {
    what,
    ok: false,
    detail: `${bad.length} of ${signals.length} signals are not good; ${name}: ${cause} ${detail}`,
  }
}
