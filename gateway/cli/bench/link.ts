/**
 * A link for a person at the bench: to a host that was named, or to a link of a site file. It asks at a bounded rate
 * and connects again when the device closes. It holds the data folder of the site meanwhile, so that no gateway starts
 * beside it; where one runs already, it is asked in its place, because many devices take one connection only.
 * Read next: through.ts (a gateway that runs), registers.ts.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Link, LinkError, type Logger } from '../../../adapters/adapter.ts'
import { type Protocol, protocols } from '../../../adapters/registry.ts'
import { benchOptions } from '../../../config/bench.ts'
import { faultLine } from '../../../config/document/fault.ts'
import { suggest } from '../../../config/document/suggest.ts'
import { loadSite } from '../../../config/load.ts'
import type { LinkConfig, SiteConfig } from '../../../config/site.ts'
import { createClock } from '../../control/host/clock.ts'
import { type DataDir, openDataDir } from '../../control/host/data-dir.ts'
import { isHeldByAnother } from '../../control/host/lock.ts'
import { createClient, type Gateway } from '../gateway-client.ts'
import type { Io } from '../site.ts'
import { type BenchLink, refused } from './ground.ts'
import { gatewayUrl, keyFor, throughGateway } from './through.ts'

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

const MODBUS_PORT = 502
/** A device that closes is asked again so often, and after this. */
const TRIES = 3
const AGAIN_MS = 500
const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** `target`: a host with or without a port, or the id of a link. */
export async function openBench(target: string, flags: BenchFlags, io: Io, signal: AbortSignal): Promise<BenchLink> {
  if (flags.site === undefined) return ownLink(target, ofHost(target, flags), signal)
  const config = siteOf(flags.site, io)
  linkOf(config, target)
  const access = accessTo(config, flags.key ?? io.env.LATCHKEY_KEY)
  const link = await openLink(config, target, access, flags, signal)
  return {
    ...link,
    async close() {
      await link.close()
      if (access.kind === 'own') access.dir.unlock()
    },
  }
}

/** How the links of a site are reached: by ourselves while no gateway runs, or by the one that does. */
export type Access =
  | { readonly kind: 'own'; readonly dir: DataDir }
  | { readonly kind: 'gateway'; readonly gateway: Gateway; readonly url: string }

export function accessTo(config: SiteConfig, key: string | undefined): Access {
  try {
    return { kind: 'own', dir: openDataDir(config.dataDir, config.site) }
  } catch (error) {
    if (!isHeldByAnother(error)) throw error
    const url = gatewayUrl(config)
    return { kind: 'gateway', url, gateway: createClient(url, keyFor(config, key)) }
  }
}

/** Whether a gateway, or another person at the bench, holds the data folder of the site. */
export function isGatewayUp(config: SiteConfig): boolean {
  try {
    openDataDir(config.dataDir, config.site).unlock()
    return false
  } catch (error) {
    if (isHeldByAnother(error)) return true
    throw error
  }
}

/** A link of the site; the access outlives it. */
export async function openLink(
  config: SiteConfig,
  id: string,
  access: Access,
  flags: BenchFlags,
  signal: AbortSignal,
): Promise<BenchLink> {
  const link = linkOf(config, id)
  if (access.kind === 'own') return ownLink(id, ofSite(link, access.dir, flags), signal)
  if (link.protocol === 'modbus') return throughGateway(access, id)
  throw refused(`a gateway runs on ${config.dataDir}, and only registers can be read through it; stop it first`)
}

async function ownLink(target: string, { protocol, options, stateDir }: Way, signal: AbortSignal): Promise<BenchLink> {
  const adapter = await protocols[protocol].load()
  const { now } = createClock({})
  const link = adapter.createLink(options, { now, log: QUIET, stateDir })
  const bench: Bench = { link, target, signal, isOpen: false }
  return {
    where: target,
    read: (points) => withLink(bench, () => link.read(points)),
    ...(link.browse === undefined
      ? {}
      : { browse: (node: string | undefined, limit: number) => withLink(bench, () => link.browse!(node, limit)) }),
    ...(link.walk === undefined
      ? {}
      : { walk: (node: string | undefined, most: number) => withLink(bench, () => link.walk!(node, most)) }),
    close: () => link.close(),
  }
}

type Bench = { readonly link: Link; readonly target: string; readonly signal: AbortSignal; isOpen: boolean }
type Way = {
  readonly protocol: Protocol
  readonly options: unknown
  readonly stateDir: string
}

function ofHost(target: string, { rate, timeoutMs }: BenchFlags): Way {
  const { host, port } = splitHost(target)
  const given = { transport: 'tcp', host, port, timeoutMs, pauseMs: Math.ceil(1000 / rate) }
  const made = benchOptions('modbus', given)
  if (made.kind === 'faults') throw refused(`${target}: ${made.why[0]}`)
  return { protocol: 'modbus', options: made.options, stateDir: join(tmpdir(), 'latchkey-bench') }
}

function ofSite({ id, protocol, options }: LinkConfig, dir: DataDir, { rate }: BenchFlags): Way {
  const paced = protocol === 'modbus' ? { ...(options as object), ...slower(options, rate) } : options
  return { protocol, options: paced, stateDir: dir.stateDirOf(id) }
}

function linkOf({ links, site }: SiteConfig, target: string): LinkConfig {
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

/** Asks again on another connection, where the device has closed one. */
async function withLink<T>(bench: Bench, work: () => Promise<T>): Promise<T> {
  let why = ''
  for (let tries = 0; tries < TRIES; tries++) {
    if (bench.signal.aborted) throw refused('stopped')
    try {
      if (!bench.isOpen) await bench.link.open(bench.signal)
      bench.isOpen = true
      return await work()
    } catch (error) {
      why = (error as Error).message
      if (error instanceof LinkError && (error.outcome === 'refused' || !error.retriable)) break
      bench.isOpen = false
      await pause(AGAIN_MS, undefined, { signal: bench.signal }).catch(() => undefined)
    }
  }
  throw refused(why)
}
