/**
 * A site file without faults, and its profiles, become the SiteConfig of config/site.ts: flat, absolute, in ms.
 * Reads the broker's certificate; judges nothing. Read next: machine.ts, config/load.ts.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import canonicalize from 'canonicalize'
import { isLoopback, isUrl, splitListen, type TlsDraft } from '../document/endpoint.ts'
import { tariffsOf } from '../document/tariff.ts'
import { milliseconds } from '../schema/field.ts'
import type { ProfileFile } from '../schema/profile-schema.ts'
import type { SiteFile } from '../schema/site-schema.ts'
import type { BrokerConfig, LinkConfig, SiteConfig } from '../site.ts'
import { machineOf } from './machine.ts'
import type { Resolvable } from './part.ts'
import { redactValue } from './redact.ts'

export function resolveSite(given: Resolvable): SiteConfig {
  const { site, folder } = given
  const { host, port } = splitListen(site.api.listen)
  const links = Object.entries(site.links).map(([id, link]) =>
    linkOf(id, link as Readonly<Record<string, unknown>>, folder),
  )
  return {
    site: site.site,
    timezone: site.timezone,
    dataDir: resolve(folder, site.dataDir),
    fencingId: site.fencingId!,
    api: {
      host,
      port,
      names: site.api.names!,
      origins: site.api.origins!,
      bodyLimit: site.api.bodyLimit!,
      requestTimeoutMs: milliseconds(site.api.requestTimeout!),
      rateLimit: site.api.rateLimit!,
      maxStreams: site.api.maxStreams!,
      maxLoopDelayMs: milliseconds(site.api.maxLoopDelay!),
      commandTimeoutMs: milliseconds(site.api.commandTimeout!),
      maxCommands: site.api.maxCommands!,
      pinTries: site.api.pinTries!,
      pinWindowMs: milliseconds(site.api.pinWindow!),
      board: site.api.board!,
      idleMs: milliseconds(site.api.idle!),
      ...shownOf(site.api.tls, folder),
      ...(site.api.tls?.http2 && { http2: http2Of(site.api.tls) }),
    },
    issuers: (site.trust?.issuers ?? []).map(({ issuer, audience, clockTolerance, jwks }) => ({
      issuer,
      audience,
      toleranceMs: milliseconds(clockTolerance!),
      jwks: isUrl(jwks) ? { kind: 'url' as const, url: jwks } : { kind: 'file' as const, path: resolve(folder, jwks) },
    })),
    time: { trust: site.time!.trust },
    bookings: {
      source: sourceOf(site.bookings!.source!),
      unknown: site.bookings!.unknown!,
      earlyStartMs: milliseconds(site.bookings!.earlyStart!),
      incrementMs: milliseconds(site.bookings!.increment!),
      noShowMs: milliseconds(site.bookings!.noShow!),
      contactMs: milliseconds(site.bookings!.contact!),
      ...revocationsOf(site.bookings!.revocations),
    },
    ...sinksOf(site, folder),
    webhooks: Object.entries(site.webhooks!).map(webhookOf),
    ...pairOf(site),
    links,
    machines: Object.keys(site.machines).map((id) => machineOf(id, given, links)),
    ...(site.plan !== undefined && { plan: resolve(folder, site.plan) }),
    tariffs: tariffsOf(site),
    bounds: boundsOf(site.bounds!, Object.keys(site.machines).length),
    configurationId: identityOf(site, given.profiles),
  }
}

function pairOf({ pair }: SiteFile): Pick<SiteConfig, 'pair'> {
  if (pair === undefined) return {}
  const urls = pair.api ?? {}
  const boxes = Object.entries(pair.boxes).map(([id, address]) => ({
    ...{ id, ...splitListen(address) },
    ...(urls[id] === undefined ? {} : { url: urls[id].replace(/\/+$/, '') }),
  }))
  return { pair: { boxes, key: pair.key } }
}

/** A certificate that we show to others, and its key. */
function shownOf(
  tls: { readonly cert: string; readonly key: string } | undefined,
  folder: string,
): Pick<SiteConfig['api'], 'tls'> {
  if (tls === undefined) return {}
  return { tls: { certPath: resolve(folder, tls.cert), keyPath: resolve(folder, tls.key) } }
}

function sourceOf(source: NonNullable<NonNullable<SiteFile['bookings']>['source']>): SiteConfig['bookings']['source'] {
  if (source === 'push') return source
  const { pull, every, timeout, token } = source
  return {
    url: pull,
    everyMs: milliseconds(every!),
    timeoutMs: milliseconds(timeout!),
    ...(token === undefined ? {} : { token }),
  }
}

function revocationsOf(
  given: NonNullable<SiteFile['bookings']>['revocations'],
): Pick<SiteConfig['bookings'], 'revocations'> {
  if (given === undefined) return {}
  const { url, every, maxAge } = given
  return {
    revocations: {
      ...(url === undefined ? {} : { url }),
      everyMs: milliseconds(every!),
      ...(maxAge === undefined ? {} : { maxAgeMs: milliseconds(maxAge) }),
    },
  }
}

/** The files of a link stand beside the site file. */
function linkOf(id: string, link: Readonly<Record<string, unknown>>, folder: string): LinkConfig {
  const { protocol, ...options } = link
  const tls = options.tls as (TlsDraft & Readonly<Record<string, string>>) | undefined
  const { ca, cert, key } = tls ?? {}
  const files = Object.entries({ ca, cert, key }).map(([name, path = '']) => [name, resolve(folder, path)])
  return {
    id,
    protocol: protocol as LinkConfig['protocol'],
    options: tls ? { ...options, tls: { ...tls, ...Object.fromEntries(files) } } : options,
  }
}

function sinksOf(site: SiteFile, folder: string): Pick<SiteConfig, 'mqtt' | 'sparkplug' | 'influx'> {
  const { mqtt, sparkplug, influx } = site
  const numbered = (name: string) => (site.fencingId ? `${name}-${site.fencingId}` : name)
  return {
    ...(mqtt && {
      mqtt: {
        ...brokerOf(mqtt, numbered(`latchkey-${site.site}`), folder),
        window: mqtt.window!,
        heartbeatMs: milliseconds(mqtt.heartbeat!),
        repeatMs: milliseconds(mqtt.repeat!),
        publish: mqtt.publish!,
      },
    }),
    ...(sparkplug && {
      sparkplug: {
        ...brokerOf(sparkplug, numbered(`latchkey-${site.site}-sparkplug`), folder),
        group: sparkplug.group,
        node: sparkplug.node ?? numbered(site.site),
        ...(sparkplug.host !== undefined && { host: sparkplug.host }),
        aliases: sparkplug.aliases!,
        historyRate: sparkplug.historyRate!,
      },
    }),
    ...(influx && { influx: influxOf(influx) }),
  }
}

function influxOf(given: NonNullable<SiteFile['influx']>): NonNullable<SiteConfig['influx']> {
  const { url, version, database, organisation, username, password, token, batch, retention } = given
  return {
    ...{ url, version: version!, database, batch: batch! },
    ...(organisation !== undefined && { organisation }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(token !== undefined && { token }),
    ageMs: milliseconds(given.age!),
    gzip: given.gzip ?? !isLoopback(new URL(url).hostname),
    timeoutMs: milliseconds(given.timeout!),
    ...(retention !== undefined && { retentionMs: milliseconds(retention) }),
  }
}

type BrokerFile = Omit<NonNullable<SiteFile['mqtt']>, 'window' | 'heartbeat' | 'repeat' | 'publish'>

function brokerOf(given: BrokerFile, clientId: string, folder: string): BrokerConfig {
  return {
    url: given.url,
    version: given.version,
    clientId: given.clientId ?? clientId,
    ...(given.username !== undefined && { username: given.username }),
    ...(given.password !== undefined && { password: given.password }),
    ...(given.ca !== undefined && { ca: readFileSync(resolve(folder, given.ca), 'utf8') }),
    ...shownOf(given.tls, folder),
    keepaliveMs: milliseconds(given.keepalive!),
    ackTimeoutMs: milliseconds(given.ackTimeout!),
  }
}

function http2Of(tls: NonNullable<SiteFile['api']['tls']>): NonNullable<SiteConfig['api']['http2']> {
  return { requests: tls.http2Requests!, memoryMb: tls.http2Memory!, noise: tls.http2Noise! }
}

function webhookOf([id, given]: [string, NonNullable<SiteFile['webhooks']>[string]]): SiteConfig['webhooks'][number] {
  return {
    id,
    url: given.url,
    secrets: given.oldSecret === undefined ? [given.secret] : [given.secret, given.oldSecret],
    ...(given.events && { events: given.events }),
    begin: given.begin!,
    mayBePrivate: given.privateNetwork === 'accepted',
    timeoutMs: milliseconds(given.timeout!),
    retryMaxMs: milliseconds(given.retryMax!),
    giveUpMs: milliseconds(given.giveUp!),
    record: given.record!,
  }
}

/** Up to so many machines are a small site. */
const SMALL_SITE = 20
/** Memory for what is new, MB, in a thread of a small site; and as Node has it. */
const YOUNG_MB = { small: 24, large: 48 } as const
/**
 * Memory for what stays, MB, in a thread of a small site. Node goes by the host: with 16 GB it lets a thread grow to
 * four times what it needs before it looks at all of it, with this to less than one and a half times.
 */
const SMALL_OLD_MB = 512

/** Of each thread beside the first. */
function memoryOf(bounds: NonNullable<SiteFile['bounds']>, machines: number) {
  const isSmall = machines <= SMALL_SITE
  const oldMb = bounds.oldMb ?? (isSmall ? SMALL_OLD_MB : undefined)
  return {
    youngMb: bounds.youngMb ?? (isSmall ? YOUNG_MB.small : YOUNG_MB.large),
    ...(oldMb === undefined ? {} : { oldMb }),
  }
}

function boundsOf(bounds: NonNullable<SiteFile['bounds']>, machines: number): SiteConfig['bounds'] {
  return {
    ...memoryOf(bounds, machines),
    ticksPerSecond: bounds.ticksPerSecond!,
    commitEveryMs: milliseconds(bounds.commitEvery!),
    maxPending: bounds.maxPending!,
    ledgerTimeoutMs: milliseconds(bounds.ledgerTimeout!),
    samples: bounds.samples!,
    samplesMaxAgeMs: milliseconds(bounds.samplesMaxAge!),
    samplesInMemory: bounds.samplesInMemory!,
    trends: bounds.trends!,
    sampleEveryMs: milliseconds(bounds.sampleEvery!),
    flapsPerHour: bounds.flapsPerHour!,
    reconnectMaxMs: milliseconds(bounds.reconnectMax!),
    backlogPerSecond: bounds.backlogPerSecond!,
    benchPerMinute: bounds.benchPerMinute!,
    maxOverrideMs: milliseconds(bounds.maxOverride!),
    maxBookings: bounds.maxBookings!,
    maxBlocks: bounds.maxBlocks!,
    maxSubscriptions: bounds.maxSubscriptions!,
    maxReports: bounds.maxReports!,
    photosBytes: bounds.photosMb! * 1_048_576,
    photosKeepMs: milliseconds(bounds.photosKeep!),
    checkpointEveryMs: milliseconds(bounds.checkpointEvery!),
    diskReserve: bounds.diskReserve!,
    memoryReserve: bounds.memoryReserve!,
    handleReserve: bounds.handleReserve!,
    loopDelayMs: milliseconds(bounds.loopDelay!),
    wellForMs: milliseconds(bounds.wellFor!),
    retentionYears: bounds.retentionYears!,
  }
}

/** Gateways with the same files have the same identity, wherever the files are and whatever the secrets are. */
function identityOf(site: SiteFile, profiles: ReadonlyMap<string, ProfileFile>): string {
  const identity = redactValue({ site, profiles: Object.fromEntries(profiles) })
  return createHash('sha256')
    .update(canonicalize(identity) ?? '')
    .digest('hex')
}
