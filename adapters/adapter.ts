/**
 * The seam between a protocol and the gateway. An adapter turns points into readings and blocks into writes;
 * it decides nothing, retries nothing and knows no machine. gateway/control/loops/link-loop.ts is its only caller.
 * Read next: adapters/modbus/link.ts, adapters/opcua/link.ts; adapters/README.md tells how to add one.
 */
import type { TSchema } from 'typebox'
import type { Moment, Reading } from '../gateway/core/reading/reading.ts'

/** One value to read. `address` and `device` have passed the adapter's own schemas. */
export type Point = {
  /** Unique on the link; a reading names it. */
  readonly id: string
  /** Where on the device: a register, a node. */
  readonly address: unknown
  /** Which device on the link: a unit id, a root node. */
  readonly device: unknown
  readonly intervalMs: number
}

/** Words to write in ONE request: 16-bit, 0–65535. For an address that holds one value, one word; for a bit 0 or 1. */
export type Block = {
  readonly id: string
  readonly address: unknown
  readonly device: unknown
  readonly words: readonly number[]
}

/** What `browse` finds below a node. */
export type BrowseItem = { readonly id: string; readonly name: string; readonly kind: string; readonly type?: string }

export type LogFields = Record<string, unknown>
export type Log = {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

export type LinkDeps = {
  now(): Moment
  log: Log
  /** A folder of this link's own for keys and certificates, created 0700 by the adapter if it needs one. */
  stateDir: string
}

/**
 * Every rejection of a link is a LinkError. `retriable: false` means that trying again changes nothing until a
 * person does something (a wrong address, a certificate); the loop then waits its longest backoff.
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
    super(message, { cause: more.cause })
    this.name = 'LinkError'
    this.retriable = more.retriable ?? true
    this.outcome = more.outcome ?? 'unknown'
    this.detail = more.detail
  }
}

export interface Link {
  /**
   * Connect, with the link's own deadline. Called by the loop first and again after any loss; each call builds a
   * fresh client inside and leaves nothing of the old one. `signal` aborts it. Rejects with LinkError.
   */
  open(signal: AbortSignal): Promise<void>

  /**
   * One answer per point, in the order asked, always: a value that is missing has quality `bad` and a cause.
   * Rejects (LinkError) only when the connection itself is lost, and then the loop calls `open` again.
   * Never longer than the link's request timeout for each request it plans.
   * `urgent` reads (the interlock, an unlock's meters) go before polls that have not started.
   */
  read(points: readonly Point[], how?: { urgent?: boolean }): Promise<Reading[]>

  /**
   * Resolves when the device accepted the request, which proves nothing; a later read makes it true.
   * One request on the wire or none: never split, never repeated, never kept for later. It goes before polls.
   * When the connection is not up it rejects at once with outcome `unsent`.
   */
  write(block: Block): Promise<void>

  /** Changes for display, from the device. What gates permission or money is always read. Ends with the connection. */
  subscribe?(points: readonly Point[], emit: (readings: Reading[]) => void): Promise<void>

  /** Call a method of the device. No machine of ours needs it yet for permission; commissioning does. */
  call?(method: { object: string; method: string; args: readonly unknown[] }): Promise<readonly unknown[]>

  /** What is below a node (or the root), at most `limit` items. */
  browse?(node: string | undefined, limit: number): Promise<BrowseItem[]>

  /** Idempotent, bounded (2 s), never rejects. Pending reads and writes reject. */
  close(): Promise<void>
}

export interface Adapter {
  readonly protocol: string
  /** Options of a link in the site file, without `protocol`. */
  readonly optionsSchema: TSchema
  /** Where a device sits on the link, in the site file beside `profile` and `link`. */
  readonly deviceSchema: TSchema
  /** Address of a signal in a profile. */
  readonly addressSchema: TSchema
  /** Cheap and pure: opens nothing. Options have passed `optionsSchema` and have their defaults. */
  createLink(options: unknown, deps: LinkDeps): Link
}
