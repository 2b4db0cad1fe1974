/**
 * How the commands find a running gateway by its site file, and what a person gets who cannot reach it.
 * Read next: gateway-client.ts (what is asked), apply.ts, pair.ts.
 */
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import type { SiteConfig, SiteFiles } from '../../config/site.ts'
import { oneLine } from '../core/ground/text.ts'
import { parseKey } from '../front/api/caller/key.ts'
import type { DrillCliIo } from './drill-io.ts'
import { createClient, type Gateway, type GatewayRefusal, isPlain } from './gateway-client.ts'
import { withoutSecrets } from './site.ts'

/** Of one answer: a site is judged, and hundreds of its changes are listed. */
const BOUNDS = { timeoutMs: 60_000, mostBytes: 16_777_216 } as const
export type Reach = {
  /** Of the gateway; absent: as the site file says. */
  readonly gateway?: string | undefined
  readonly key?: string | undefined
  readonly json: boolean
}
type Fail = (message: string, more?: object) => number

/** Finds the gateway of a site file and asks it; every failure becomes a line, or an object with `--json`. */
export async function reached(
  path: string,
  { gateway, key = undefined, json }: Reach,
  io: DrillCliIo,
  work: (client: Gateway, files: SiteFiles, fail: Fail, config: SiteConfig) => Promise<number>,
): Promise<number> {
  const fail: Fail = (message, more = {}) => {
    if (json) io.stdout.write(`${JSON.stringify({ ok: false, message, ...more })}\n`)
    else io.stderr.write(`${oneLine(message)}\n`)
    return 1
  }
  const loaded = loadSite(path, withoutSecrets(io.env))
  if (loaded.kind === 'faults') {
    if (!json) for (const fault of loaded.faults) io.stderr.write(`${faultLine(fault)}\n`)
    return json ? fail('the site file has faults', { faults: loaded.faults }) : 1
  }
  const known = key ?? io.env.LATCHKEY_KEY
  if (known === undefined)
    return fail('give the key of a technician with --key, or LATCHKEY_KEY in the environment (latchkey keys add …)')
  if (parseKey(known) === undefined)
    return fail('this is no key of a gateway, which has the form lk_<id>_<secret>: copy it whole, as it was shown once')
  const url = gateway ?? urlOf(loaded.config)
  if (isPlain(url)) io.stderr.write(`The key goes to ${oneLine(url)} in the clear: who is on the way can read it.\n`)
  try {
    return await work(createClient(url, known, BOUNDS), loaded.files, fail, loaded.config)
  } catch (error) {
    const { errors = [], message } = error as Error & Partial<GatewayRefusal>
    if (!json) for (const each of errors) io.stderr.write(`${oneLine(`${each.path} ${each.message}`)}\n`)
    return fail(message, errors.length === 0 ? {} : { errors })
  }
}

/** Where a person on this host finds it. */
export function urlOf({ api: { host, port, tls } }: SiteConfig): string {
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${tls === undefined ? 'http' : 'https'}://${here.includes(':') ? `[${here}]` : here}:${port}`
}
