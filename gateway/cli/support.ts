/**
 * `latchkey support <site.yaml> <file>`: what somebody far away needs to understand a gateway, as one JSON file
 * (gzip). It holds no secret and nobody's name: of the configuration the shape with ids, of entries when, what kind
 * and which machine, of the gateway what its health and metrics say. Whoever sends it can read it first: zcat.
 * Read next: first/doctor.ts, version.ts, config/resolve/redact.ts.
 */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { arch, freemem, hostname, loadavg, release, totalmem, uptime } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { redact } from '../../config/resolve/redact.ts'
import type { SiteConfig } from '../../config/site.ts'
import { LEDGER } from '../control/host/names.ts'
import { readStanding } from '../control/pair/standing.ts'
import { createReader } from '../ledger/store/reader.ts'
import { type Io, withSite } from './site.ts'
import { software } from './version.ts'

type SupportOptions = { readonly version: string; readonly gateway?: string }

/** The newest entries that are listed. */
const MOST_ENTRIES = 2000
const WITHIN_MS = 5000
/** Members of the configuration that name people or firms, or where they are. */
const NAMES = new Set([
  ...['name', 'names', 'owner', 'username', 'user', 'acceptedBy', 'approvedBy', 'reason', 'database', 'display'],
  'organisation',
])

export function supportCommand(sitePath: string, file: string, options: SupportOptions, io: Io): Promise<number> {
  return withSite(sitePath, io, async (config) => {
    const url =
      options.gateway ?? `${config.api.tls === undefined ? 'http' : 'https'}://${config.api.host}:${config.api.port}`
    const bundle = {
      software: software(options.version),
      host: hostFacts(),
      configuration: withoutNames(redact(config)),
      ledger: ledgerFacts(config),
      ...(config.pair === undefined ? {} : { pair: pairFacts(config) }),
      health: await asked(`${url}/health/ready`),
      metrics: await asked(`${url}/metrics`),
    }
    try {
      writeFileSync(file, gzipSync(JSON.stringify(withoutHost(bundle), null, 1)), { mode: 0o600, flag: 'wx' })
    } catch (error) {
      io.stderr.write(`${(error as Error).message}\n`)
      return 1
    }
    io.stdout.write(`${file}\n`)
    return 0
  })
}

function hostFacts(): object {
  const memory = { totalBytes: totalmem(), freeBytes: freemem() }
  return { kernel: release(), arch: arch(), uptimeS: Math.round(uptime()), load: loadavg(), memory }
}

/** What this box remembers of its pair, and how often it had entries that the pair has not. */
function pairFacts({ dataDir }: SiteConfig): object {
  const apart = join(dataDir, 'apart')
  return { standing: readStanding(dataDir), apart: existsSync(apart) ? readdirSync(apart) : [] }
}

function ledgerFacts({ dataDir }: SiteConfig): object | undefined {
  const path = join(dataDir, LEDGER)
  if (!existsSync(path)) return undefined
  const reader = createReader(path)
  try {
    const { nextSeq } = reader.head()
    const from = Math.max(0, nextSeq - MOST_ENTRIES)
    const entries = reader.entries(from, MOST_ENTRIES).map(({ seq, kind, machine, body: { at, clock, boot } }) => ({
      ...{ seq, kind, at, clock, boot },
      ...(machine === undefined ? {} : { machine }),
    }))
    return {
      bytes: statSync(path).size,
      nextSeq,
      sinks: reader.cursors(),
      restoredAtMs: reader.restoredAtMs(),
      entries,
    }
  } finally {
    reader.close()
  }
}

/** As the running gateway says it; it is no fault that none runs. */
async function asked(url: string): Promise<string> {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) })).text()
  } catch (error) {
    return `no answer: ${(error as Error).message}`
  }
}

/** `…` in place of what names somebody. Of an address the path goes too, which some who call it keep secret. */
function withoutNames(value: unknown, key = ''): unknown {
  if (NAMES.has(key)) return '…'
  if (typeof value === 'string')
    return value
      .replace(/\/\/[^/@\s]+@/g, '//…@')
      .replace(/\?.*$/, '?…')
      .replace(/^(https?:\/\/[^/]+)\/.+$/, '$1/…')
      .replace(/^(\/(?:home|Users))\/[^/]+/, '$1/…')
  if (Array.isArray(value)) return value.map((item) => withoutNames(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutNames(item, name)]))
}

/** The name of the computer is often that of a person. */
function withoutHost(bundle: object): unknown {
  return JSON.parse(JSON.stringify(bundle).replaceAll(hostname(), '…'))
}
