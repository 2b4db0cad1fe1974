/**
 * What a good site file resolves to: flat, absolute, durations in ms, every default filled in, every profile bound.
 * Plain data, so that it crosses to the worker threads as it is. Made by load.ts; nobody else makes one.
 */
import type { Tariff } from '../gateway/core/billing/tariff.ts'
import type { Changed } from '../gateway/core/ground/changed.ts'
import type { MachineConfig } from '../gateway/core/ground/config.ts'
import type { EntryKind } from '../gateway/core/ground/entry.ts'

export type LinkConfig = { readonly id: string; readonly protocol: 'modbus' | 'opcua'; readonly options: unknown }

/**
 * The texts that a configuration is made of: the site file, and the files of its profiles that did not come with the
 * gateway, by their names without `.yaml`.
 */
export type SiteFiles = { readonly site: string; readonly profiles: Readonly<Record<string, string>> }

/** Site and profiles as plain data with their defaults, by the names that people write. It holds secrets. */
export type Written = { readonly site: object; readonly profiles: Readonly<Record<string, object>> }

/** A configuration that is to take the place of the one in force; it has been checked. */
export type Proposal = {
  /** Of this attempt, a UUID; its entry in the ledger names it. */
  readonly id: string
  /** The `configurationId` that it was compared with. */
  readonly from: string
  readonly config: SiteConfig
  readonly files: SiteFiles
  readonly changes: readonly Changed[]
  /** The entry whose configuration it brings back. */
  readonly rollbackTo?: number
}

/** How a broker is reached. */
export type BrokerConfig = {
  readonly url: string
  readonly version: 4 | 5
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  /** PEM text, already read. */
  readonly ca?: string
  /** What this client shows to the broker. Absolute paths, read on each connect. */
  readonly tls?: { readonly certPath: string; readonly keyPath: string }
  readonly keepaliveMs: number
  readonly ackTimeoutMs: number
}

/** `host` and `port`: where it listens to the other box. `url`: where callers reach it. */
export type PairBox = { readonly id: string; readonly host: string; readonly port: number; readonly url?: string }

export type SiteConfig = {
  readonly site: string
  readonly timezone: string
  /** Absolute. */
  readonly dataDir: string
  readonly fencingId: number
  readonly api: {
    readonly host: string
    readonly port: number
    /** Public names beside its addresses and local names. */
    readonly names: readonly string[]
    /** Origins of pages elsewhere that may call it from a browser. */
    readonly origins: readonly string[]
    readonly bodyLimit: number
    readonly requestTimeoutMs: number
    readonly rateLimit: number
    readonly maxStreams: number
    /** Reads are shed while the event loop is further behind. */
    readonly maxLoopDelayMs: number
    readonly commandTimeoutMs: number
    readonly maxCommands: number
    readonly pinTries: number
    readonly pinWindowMs: number
    /** Who may see the board without signing in: nobody, whether each is free, or all but people. */
    readonly board: 'nobody' | 'free' | 'states'
    /** A browser that asks nothing for this long is signed out. */
    readonly idleMs: number
    /** Absolute paths; absent: plain HTTP. */
    readonly tls?: { readonly certPath: string; readonly keyPath: string }
    /**
     * Spoken beside HTTP/1.1 over TLS. What one connection may do: requests at once, memory, and what costs work and
     * asks for nothing within ten seconds.
     */
    readonly http2?: { readonly requests: number; readonly memoryMb: number; readonly noise: number }
  }
  readonly issuers: readonly {
    readonly issuer: string
    readonly audience: string
    /** How far its clock may differ from ours. */
    readonly toleranceMs: number
    readonly jwks: { readonly kind: 'url'; readonly url: string } | { readonly kind: 'file'; readonly path: string }
  }[]
  readonly time: { readonly trust: 'system' | 'ntp' | 'platform' }
  readonly bookings: {
    readonly source:
      | 'push'
      | { readonly url: string; readonly everyMs: number; readonly timeoutMs: number; readonly token?: string }
    readonly unknown: 'accept-signed' | 'deny'
    readonly earlyStartMs: number
    /** The step in which the platform books. */
    readonly incrementMs: number
    readonly noShowMs: number
    /** Without a word of the platform for this long the gateway is offline. */
    readonly contactMs: number
    readonly revocations?: { readonly url?: string; readonly everyMs: number; readonly maxAgeMs?: number }
  }
  readonly mqtt?: BrokerConfig & {
    readonly window: number
    /** How often the gateway says that it is there, and how often the availability of a machine is repeated. */
    readonly heartbeatMs: number
    readonly repeatMs: number
    /** `unretained`: state is sent again, and not kept by the broker; `events`: entries of the ledger alone. */
    readonly publish: 'all' | 'unretained' | 'events'
  }
  readonly sparkplug?: BrokerConfig & {
    readonly group: string
    readonly node: string
    readonly host?: string
    readonly aliases: boolean
    /** Entries per second at most. */
    readonly historyRate: number
  }
  readonly influx?: {
    readonly url: string
    /** Whose write API it is. */
    readonly version: 1 | 2 | 3
    /** Of version 2 the bucket. */
    readonly database: string
    readonly organisation?: string
    readonly username?: string
    readonly password?: string
    readonly token?: string
    readonly batch: number
    /** How long a point may wait for a request to fill. */
    readonly ageMs: number
    readonly gzip: boolean
    readonly timeoutMs: number
    /** For which a database is made; absent: for ever. */
    readonly retentionMs?: number
  }
  readonly webhooks: readonly {
    readonly id: string
    readonly url: string
    /** The newest first. */
    readonly secrets: readonly string[]
    /** Absent: all. */
    readonly events?: readonly EntryKind[]
    readonly begin: 'now' | 'log'
    readonly mayBePrivate: boolean
    readonly timeoutMs: number
    readonly retryMaxMs: number
    readonly giveUpMs: number
    /** Tries that are kept at least. */
    readonly record: number
  }[]
  /** In the order of the file: the first one begins. */
  readonly pair?: {
    readonly boxes: readonly PairBox[]
    readonly key: string
  }
  readonly links: readonly LinkConfig[]
  readonly machines: readonly MachineConfig[]
  /** Picture of the floor; absolute. */
  readonly plan?: string
  /** Every version that the site file holds. */
  readonly tariffs: readonly Tariff[]
  readonly bounds: {
    readonly ticksPerSecond: number
    readonly commitEveryMs: number
    readonly maxPending: number
    readonly ledgerTimeoutMs: number
    /** Of each sink, on disk. */
    readonly samples: number
    readonly samplesMaxAgeMs: number
    readonly samplesInMemory: number
    /** Signals of which the last week is kept for charts. */
    readonly trends: number
    /** Memory for what is new in each thread beside the first, MB. */
    readonly youngMb: number
    /** Memory for what stays in each of them, MB; absent: as Node has it. */
    readonly oldMb?: number
    readonly sampleEveryMs: number
    /** Entries about one thing that flaps. */
    readonly flapsPerHour: number
    readonly reconnectMaxMs: number
    /** Entries, and samples, sent to a sink that has fallen behind. */
    readonly backlogPerSecond: number
    /** Blocks of registers that people may look into, of one link. */
    readonly benchPerMinute: number
    readonly maxOverrideMs: number
    readonly maxBookings: number
    readonly maxBlocks: number
    /** Open ones of a machine. */
    readonly maxSubscriptions: number
    readonly maxReports: number
    readonly photosBytes: number
    readonly photosKeepMs: number
    /** A tree that grew is signed at least this often. */
    readonly checkpointEveryMs: number
    readonly diskReserve: number
    /** No session begins with less memory or fewer handles left, bytes, or while the control thread is later. */
    readonly memoryReserve: number
    readonly handleReserve: number
    readonly loopDelayMs: number
    /** How long it must have been well again. */
    readonly wellForMs: number
    readonly retentionYears: number
  }
  /** SHA-256 (hex) over the canonical form of the site and its profiles, secrets left out. */
  readonly configurationId: string
}
