/**
 * The seam between a protocol and the gateway. An adapter turns points into readings and blocks into writes;
 * it decides nothing, retries nothing and knows no machine. gateway/control/loops/link-loop.ts is its only caller.
 * Read next: adapters/modbus/link.ts, adapters/opcua/link.ts; adapters/README.md describes how to add one.
 */

import type { TSchema } from 'typebox'
import type { Moment } from '../gateway/core/ground/moment.ts'
import type { TrustReport } from '../gateway/core/ground/trust.ts'
import type { Reading } from '../gateway/core/reading/reading.ts'

/** One value to read. `address` and `device` have passed the adapter's own schemas. */
export type Point = {
  /** Unique on the link; a reading names it. */
  readonly id: string
  /** Where on the device: a register, a node. */
  readonly address: unknown
  /** Which device on the link: a unit id, a root node. */
  readonly device: unknown
  readonly intervalMs: number
  /** How the device wants to be asked, where its profile says so; `alone`: for this point. */
  readonly limits?: unknown
}

/**
 * Takes a good value, unscaled, of a point by which nothing is decided, so that no object is made for it. False: it has
 * to be a reading, as is whatever is bad, uncertain, a text, or a whole number that may be beyond 2^53.
 */
export type Show = (point: Point, value: number | boolean, at: Moment, sourceAtMs?: number) => boolean

/** Words to write in ONE request. For an address that holds one value: one word; for a bit: 0 or 1. */
export type Block = {
  readonly id: string
  readonly address: unknown
  readonly device: unknown
  readonly words: readonly number[]
}

/** A word has 16 bits: 0–65535. */
export function isWord(item: unknown): item is number {
  return typeof item === 'number' && Number.isInteger(item) && item >= 0 && item <= 0xffff
}

/** What `browse` finds below a node. */
export type BrowseItem = { readonly id: string; readonly name: string; readonly kind: string; readonly type?: string }

/** A node by its browse path, as a profile writes it. `type`: the built-in type of a variable. */
export type BrowsedNode = { readonly path: string; readonly id: string; readonly type?: string }

export type LogFields = Record<string, unknown>
export type Logger = {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

export type LinkDeps = {
  now(): Moment
  log: Logger
  /** Folder for keys and certificates of this link alone; the adapter creates it (0700) if it needs one. */
  stateDir: string
}

/**
 * Every rejection of a link is a LinkError. `retriable: false` means that trying again changes nothing until a
 * person corrects something (an address, a certificate); the loop then waits its longest backoff.
 * `outcome` matters for `write` only: `refused` = the device said no, `unsent` = not a byte left this host,
 * `unknown` = it may have been, or may yet be, executed.
 */
export class LinkError extends Error {
  readonly retriable: boolean
  readonly outcome: 'refused' | 'unsent' | 'unknown'
  readonly detail: string | undefined
  constructor(
    message: string,
    more: { retriable?: boolean; outcome?: LinkError['outcome']; detail?: string; cause?: unknown } = {},
  ) {
    super(plain(message), { cause: more.cause })
    this.name = 'LinkError'
    this.retriable = more.retriable ?? true
    this.outcome = more.outcome ?? 'unknown'
    this.detail = more.detail === undefined ? undefined : plain(more.detail)
  }
}

/** The words of a device in a line of ours: what would steer a terminal, or hide or turn what is written, is U+FFFD. */
const plain = (text: string) => text.toWellFormed().replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD')

/** What is asked of a connection that is not up. `because`: why it was lost; undefined when it was never up. */
export function notConnected(where: string, because: string | undefined, outcome: LinkError['outcome']): LinkError {
  const message = because === undefined ? `not connected to ${where}` : `connection to ${where} lost: ${because}`
  return new LinkError(message, { outcome })
}

export interface Link {
  /**
   * Connects, with the link's own deadline. The loop calls it first, and again after any loss; each call builds a new
   * client and leaves nothing of the old one. `signal` aborts it. Rejects with LinkError.
   */
  open(signal: AbortSignal): Promise<void>

  /**
   * One answer per point, in the order asked, always: a value that is missing has quality `bad` and a cause.
   * Rejects (LinkError) only when the connection itself is lost, and then the loop calls `open` again.
   * Takes at most the link's request timeout for each request it plans.
   * `urgent` reads (the interlock, an unlock's meters) go before polls that have not started. What `show` has taken
   * is answered, and is not among the readings.
   */
  read(points: readonly Point[], how?: { urgent?: boolean; show?: Show }): Promise<Reading[]>

  /**
   * Resolves when the device accepted the request, which proves nothing; a later read makes it true.
   * One request on the wire or none: never split, never repeated, never kept for later. It goes before polls.
   * When the connection is not up it rejects at once with outcome `unsent`.
   */
  write(block: Block): Promise<void>

  /** Shows changes, or emits them. What gates permission or money is always read. Ends with the connection. */
  subscribe?(points: readonly Point[], emit: (readings: Reading[]) => void, show?: Show): Promise<void>

  /**
   * Resolves when a person has changed what kept it from being opened (a certificate was trusted): the loop then tries
   * at once. Rejects when `signal` aborts.
   */
  whenMended?(signal: AbortSignal): Promise<void>

  /** Calls a method of the device. Commissioning needs it; no permission depends on it. */
  call?(method: { object: string; method: string; args: readonly unknown[] }): Promise<readonly unknown[]>

  /** Lists what is below a node, or below the root: at most `limit` items. */
  browse?(node: string | undefined, limit: number): Promise<BrowseItem[]>

  /** Everything below a node, or below the root, by paths from there: at most `most` nodes, each once. */
  walk?(node: string | undefined, most: number): Promise<BrowsedNode[]>

  /** Idempotent, bounded (2 s), never rejects. Pending reads and writes reject. */
  close(): Promise<void>
}

/** Whom a link trusts, for a person. Each rejects or throws a LinkError, and names a file. */
export interface TrustDesk {
  list(options: unknown, stateDir: string, nowMs: number): Promise<TrustReport>
  /** `which`: the beginning of a thumbprint, or the bytes of a file. `despite`: kinds of faults that are accepted. */
  approve(stateDir: string, which: string | Uint8Array, despite: readonly string[]): string
  reject(stateDir: string, which: string): string
  renew(stateDir: string): Promise<string>
}

export interface Adapter {
  readonly protocol: string
  /**
   * How the names of the npm packages begin that this protocol stands on. What one of them throws while nobody waits
   * for it (in its socket handler, its timer) ends the links of this protocol, never the process.
   */
  readonly packages: readonly string[]
  /** Options of a link in the site file, without `protocol`. */
  readonly optionsSchema: TSchema
  /** Where a device sits on the link, in the site file beside `profile` and `link`. */
  readonly deviceSchema: TSchema
  /** Address of a signal in a profile. */
  readonly addressSchema: TSchema
  /** Opens nothing. `options` have passed `optionsSchema` and have their defaults. */
  createLink(options: unknown, deps: LinkDeps): Link
}
