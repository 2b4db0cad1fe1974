/**
 * What the routes are given. Nothing here can reach a machine: the ledger is read, the board is a copy, and commands
 * go to the control thread, which decides.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from 'fastify'
import type { Logger } from 'pino'
import type { SiteConfig } from '../../../config/site.ts'
import type { Command } from '../../core/command/command.ts'
import type { Outcome } from '../../core/command/outcome.ts'
import type { MachineConfig } from '../../core/ground/config.ts'
import type { ProblemCode } from '../../core/ground/problems.ts'
import type { Principal } from '../../core/permission/principal.ts'
import type { LedgerClient } from '../../ledger/client.ts'
import type { Reader } from '../../ledger/store/reader.ts'
import type { PullStatus } from '../pull.ts'
import type { Board } from './board.ts'
import type { Caller } from './caller/auth.ts'
import type { Action } from './caller/policy.ts'
import type { ListVerifier } from './caller/token.ts'
import type { Tls } from './http/tls.ts'

/** UTC ms, and `process.hrtime` ns as the control thread counts them. */
export type Clock = { nowMs(): number; nowNs(): bigint }

export type SinkStatus = {
  readonly name: string
  readonly state: string
  readonly connected: boolean
  /** Entries committed and not yet accepted, and the age of the oldest, ms. */
  readonly behind: number
  readonly behindMs: number
  /** Entries and samples accepted since the start; samples passed over; entries refused for good. */
  readonly delivered: number
  readonly skipped: number
  readonly parked: number
  readonly note?: string
}

export type ServerDeps = {
  readonly config: SiteConfig
  readonly version: string
  /** Of this boot. */
  readonly instance: string
  readonly reader: Reader
  readonly board: Board
  /** Resolves with a refusal when busy, late or stopping; rejects never. */
  readonly ask: (command: Command) => Promise<Outcome>
  /** Sends and forgets. */
  readonly tell: (command: Command) => void
  /** The platform has called with a good token. */
  readonly contacted?: () => void
  readonly onHead: LedgerClient['onHead']
  /** How the feed of bookings does; absent: they are pushed. */
  readonly pull?: () => PullStatus
  readonly sinks: () => readonly SinkStatus[]
  readonly clock: Clock
  readonly log: Logger
  readonly fetch?: typeof fetch
  readonly tls?: Tls
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
  /** Whether a credential accepted before still is. */
  readonly stillValid: (caller: Caller) => boolean
  /** A revocation list as its issuer signed it. */
  readonly readList: ListVerifier
  readonly isStopping: () => boolean
  /** Run when the server begins to stop; bounded by the caller. */
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
    /** Refusals of its own, for the description. */
    problems?: readonly ProblemCode[]
    /** Never limited, never shed: what locks a machine. */
    unlimited?: true
  }
}

/** The caller of a route that has an action. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.caller === null) throw new Error(`${request.routeOptions.url} ran without a caller`)
  return request.caller.principal
}

export type { FastifyReply, FastifyRequest }
