/**
 * What the routes are given. Nothing here can reach a machine: the ledger is read, the board is a copy, and commands go
 * to the control thread, which decides.
 * Read next: server.ts (who builds it), guard.ts (what every route passes first).
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify'
import type { Logger } from 'pino'
import type { Loaded } from '../../../config/load.ts'
import type { Proposal, SiteConfig, SiteFiles } from '../../../config/site.ts'
import type { Command } from '../../core/command/command.ts'
import type { Outcome } from '../../core/command/outcome.ts'
import type { MachineConfig } from '../../core/ground/config.ts'
import type { ProblemCode } from '../../core/ground/problems.ts'
import type { Principal } from '../../core/permission/principal.ts'
import type { LedgerClient } from '../../ledger/client.ts'
import type { Reader } from '../../ledger/store/reader.ts'
import type { LiveRow } from '../../live/image.ts'
import type { ParkedDesk } from '../sinks/parked.ts'
import type { Drop } from '../sinks/samples/drops.ts'
import type { Webhook } from '../sinks/webhook.ts'
import type { BoardCopy } from './board.ts'
import type { Caller, Clock, ListVerifier } from './caller/caller.ts'
import type { Action } from './caller/policy.ts'
import type { Tls } from './http/tls.ts'

/** How a sink does, as health and metrics show it. */
export type SinkHealth = {
  readonly name: string
  readonly connected: boolean
  /** Entries committed and not yet accepted, and the age of the oldest, ms. */
  readonly behind: number
  readonly behindMs: number
  /** Entries accepted per second, over the last while. */
  readonly rate: number
  /** Since the start: samples delivered, and those that it never gets. */
  readonly samples: number
  readonly skipped: number
  readonly drops: readonly Drop[]
  /** Samples that wait for it. */
  readonly samplesWaiting: number
  /** Entries the receiver will never accept. */
  readonly parked: number
  readonly note?: string
}

/** How the feed of bookings does, as health and metrics show it. */
export type PullStatus = {
  /** When the feed last confirmed what holds, UTC ms, and on the monotonic clock. */
  readonly pulledAtMs?: number
  readonly pulledAtNs?: bigint
  /** What is wrong with the feed. */
  readonly note?: string
}

/** Judges other files of the site, and proposes them to the control thread. */
export type Configurations = {
  /** The id of the configuration in force. */
  inForce(): string
  judge(files: SiteFiles): Promise<Loaded>
  /** What a good one is, beside the one in force. */
  propose(loaded: Extract<Loaded, { kind: 'ok' }>, rollbackTo?: number): Promise<Proposal>
  /** The names of all profiles that a device can have. */
  profiles(): readonly string[]
  /** Those that were in force under this id; undefined when they are kept no more. */
  kept(configurationId: string): SiteFiles | undefined
}

export type ServerDeps = {
  /** Another one takes its place in this very object when it is applied: what is asked of it later is of that one. */
  readonly config: SiteConfig
  readonly version: string
  /** Id of this run of the gateway. */
  readonly instance: string
  readonly reader: Reader
  readonly board: BoardCopy
  /** What is known of a signal now; undefined before its first reading. */
  readonly signal: (id: string) => LiveRow | undefined
  /** Resolves with a refusal when busy, late or stopping; never rejects. */
  readonly ask: (command: Command) => Promise<Outcome>
  /** Sends and forgets. */
  readonly tell: (command: Command) => void
  /** The platform has called with a good token. */
  readonly contacted?: () => void
  /** Absent where nothing can be applied. */
  readonly configurations?: Configurations
  readonly onHead: LedgerClient['onHead']
  /** Absent where the platform pushes its bookings. */
  readonly pull?: () => PullStatus
  readonly sinks: () => readonly SinkHealth[]
  /** Absent where nothing is set aside. */
  readonly parked?: ParkedDesk
  /** Absent where none can be. */
  readonly webhooks?: () => readonly Webhook[]
  readonly clock: Clock
  readonly log: Logger
  /** Whether broker, store, feed and keys are there and take us; absent where nobody can ask. */
  readonly reach?: () => Promise<readonly { readonly what: string; readonly ok: boolean; readonly detail: string }[]>
  /** Public keys of the log, as a verifier takes them. */
  readonly vkeys?: readonly string[]
  readonly fetch?: typeof fetch
  readonly tls?: Tls
  /** Sees the server before its first route; the description of the API is made so. */
  readonly describe?: (app: FastifyInstance) => void
}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** The deps, and what the server adds for its routes. */
export type Api = ServerDeps & {
  readonly machines: ReadonlyMap<string, MachineConfig>
  /** Whether a credential accepted before still holds, and the sign-in of the browser that came by it. */
  readonly stillValid: (caller: Caller) => boolean
  readonly readList: ListVerifier
  /** What people should look at of the keys of the issuers. */
  readonly keyNotes: () => string[]
  readonly isStopping: () => boolean
  /** `end` runs when the server begins to stop; it may not wait. */
  readonly onStop: (end: () => void) => void
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** What the policy is asked before the route runs. A route under /v1 without one must be `open`. */
    action?: Action
    open?: true
    /** Refusals this route can answer with besides those of every route, for its description. */
    problems?: readonly ProblemCode[]
    /** It also answers with a table, as http/csv.ts makes it. */
    csv?: true
    /** It answers with an ETag, and with 304 to whoever has it. */
    tagged?: true
    /** Never limited and never shed: the routes that lock a machine. */
    unlimited?: true
  }
}

/** By id; made once for each list. */
export function machinesById(machines: readonly MachineConfig[]): ReadonlyMap<string, MachineConfig> {
  const known = mapOf.get(machines)
  if (known !== undefined) return known
  const made = new Map(machines.map((machine) => [machine.id, machine]))
  mapOf.set(machines, made)
  return made
}

const mapOf = new WeakMap<readonly MachineConfig[], ReadonlyMap<string, MachineConfig>>()

/** The caller of a route that has an action. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.caller === null) throw new Error(`${request.routeOptions.url} ran without a caller`)
  return request.caller.principal
}
