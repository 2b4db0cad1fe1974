/**
 * A link for a person at the bench: to a host that was named, or to a link of a site file. It asks at a bounded rate and
 * connects again when the device closes. It holds the data folder of the site meanwhile, so that no gateway starts
 * beside it; where one runs already, it is asked in its place, because many devices take one connection only.
 * Read next: through.ts (a gateway that runs), registers.ts.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Link, Logger, Point } from '../../../adapters/adapter.ts'
import { type Protocol, protocols } from '../../../adapters/registry.ts'
import { benchOptions } from '../../../config/bench.ts'
import { faultLine } from '../../../config/document/fault.ts'
import { suggest } from '../../../config/document/suggest.ts'
import { loadSite } from '../../../config/load.ts'
import type { LinkConfig, SiteConfig } from '../../../config/site.ts'
import { createClock } from '../../control/host/clock.ts'
import { type DataDir, openDataDir } from '../../control/host/data-dir.ts'
import { isHeldByAnother } from '../../control/host/lock.ts'
import type { Reading } from '../../core/reading/reading.ts'
import type { Io } from '../site.ts'
import { refused } from './refused.ts'
import { throughGateway } from './through.ts'

export type BenchFlags = {
  /** The site file whose link is named; absent: the target is a host. */
  readonly site?: string | undefined
  /** Most requests in a second. */
  readonly rate: number
  /** Of one request. */
  readonly timeoutMs: number
  /** Of a technician, for a gateway that runs. */
  readonly key?: string | undefined
}

export type BenchLink = {
  readonly where: string
  /** One answer per point, in order; through a gateway only blocks of registers. Rejects with a GatewayError when there is no connection, or after Ctrl-C. */
  read(points: readonly Point[]): Promise<readonly Reading[]>
  close(): Promise<void>
}

const MODBUS_PORT = 502
/** A device that closes is asked again so often, and after this. */
const TRIES = 3
const AGAIN_MS = 500
const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** `target`: a host with or without a port, or the id of a link. */
export async function openBench(target: string, flags: BenchFlags, io: Io, signal: AbortSignal): Promise<BenchLink> {
  if (flags.site === undefined) return ownLink(target, ofHost(target, flags), signal)
  const config = siteOf(flags.site, io)
  const link = linkOf(config, target, flags.site)
  try {
    const dir = openDataDir(config.dataDir, config.site)
    return await ownLink(target, ofSite(link, dir, flags), signal)
  } catch (error) {
    if (!isHeldByAnother(error)) throw error
    if (link.protocol !== 'modbus') throw refused(`a gateway runs on ${config.dataDir}; stop it first`)
    return throughGateway(config, target, flags.key ?? io.env.LATCHKEY_KEY)
  }
}

async function ownLink(
  target: string,
  { protocol, options, stateDir, release }: Way,
  signal: AbortSignal,
): Promise<BenchLink> {
  const adapter = await protocols[protocol].load()
  const { now } = createClock({})
  const link = adapter.createLink(options, { now, log: QUIET, stateDir })
  const bench: Bench = { link, target, signal, isOpen: false }
  return {
    where: target,
    read: (points) => read(bench, points),
    async close() {
      await link.close()
      release()
    },
  }
}

type Bench = { readonly link: Link; readonly target: string; readonly signal: AbortSignal; isOpen: boolean }
type Way = {
  readonly protocol: Protocol
  readonly options: unknown
  readonly stateDir: string
  release(): void
}

function ofHost(target: string, { rate, timeoutMs }: BenchFlags): Way {
  const { host, port } = splitHost(target)
  const given = { transport: 'tcp', host, port, timeoutMs, pauseMs: Math.ceil(1000 / rate) }
  const made = benchOptions('modbus', given)
  if (made.kind === 'faults') throw refused(`${target}: ${made.why[0]}`)
  return { protocol: 'modbus', options: made.options, stateDir: join(tmpdir(), 'latchkey-bench'), release() {} }
}

function ofSite({ id, protocol, options }: LinkConfig, dir: DataDir, { rate }: BenchFlags): Way {
  const paced = protocol === 'modbus' ? { ...(options as object), ...slower(options, rate) } : options
  return { protocol, options: paced, stateDir: dir.stateDirOf(id), release: dir.unlock }
}

function linkOf({ links }: SiteConfig, target: string, site: string): LinkConfig {
  const link = links.find(({ id }) => id === target)
  if (link !== undefined) return link
  throw refused(
    `${site} has no link "${target}"; ${suggest(
      target,
      links.map(({ id }) => id),
      'it has none',
    )}`,
  )
}

export function siteOf(path: string, io: Io): SiteConfig {
  const loaded = loadSite(path, io.env)
  if (loaded.kind === 'ok') return loaded.config
  throw refused(loaded.faults.map(faultLine).join('\n'))
}

/** A pause that the site file names may be longer. */
function slower(options: unknown, rate: number): { readonly pauseMs: number } {
  const { pauseMs = 0 } = options as { readonly pauseMs?: number }
  return { pauseMs: Math.max(pauseMs, Math.ceil(1000 / rate)) }
}

/** `10.1.0.20`, `10.1.0.20:1502`, `[fe80::1]:502`. */
export function splitHost(target: string): { readonly host: string; readonly port: number } {
  const [, host = target, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(target.replace(/^\[(.*)\]/, '$1')) ?? []
  const isPlainIpv6 = !target.startsWith('[') && target.split(':').length > 2
  return isPlainIpv6 ? { host: target, port: MODBUS_PORT } : { host, port: Number(port ?? MODBUS_PORT) }
}

async function read(bench: Bench, points: readonly Point[]): Promise<readonly Reading[]> {
  let why = ''
  for (let tries = 0; tries < TRIES; tries++) {
    if (bench.signal.aborted) throw refused('stopped')
    try {
      if (!bench.isOpen) await bench.link.open(bench.signal)
      bench.isOpen = true
      return await bench.link.read(points)
    } catch (error) {
      bench.isOpen = false
      why = (error as Error).message
      await pause(AGAIN_MS, undefined, { signal: bench.signal }).catch(() => undefined)
    }
  }
  throw refused(why)
}
