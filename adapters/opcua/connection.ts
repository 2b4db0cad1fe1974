/**
 * One OPC UA connection: client, secure channel, session, and the server's namespaces. Services go straight to the
 * secure channel: `session.write` and its kin hold a request while a connection is repaired, and repeat it when the
 * server has forgotten the session, so that an unlock could be executed seconds later. Here a request is sent once or
 * never. A lost connection is thrown away; link.ts builds another. Read next: client.ts, security.ts, link.ts.
 */
import {
  AttributeIds,
  ClientSecureChannelLayer,
  type ClientSession,
  coerceNodeId,
  type OPCUAClient,
  ReadRequest,
  type ReadResponse,
} from 'node-opcua-client'
import { LinkError, type Logger } from '../adapter.ts'
import { settled, within } from '../deadline.ts'
import { openSession } from './client.ts'
import { forwardNoise } from './noise.ts'
import type { OpcuaOptions } from './options.ts'
import { dialled, type Identity, insecure, openError, openIdentity, refusesUs, warnOfEnd } from './security.ts'
import { noteSeen } from './store.ts'
import { guardedTransports } from './transport.ts'

export type Answer<R> =
  | { readonly kind: 'answer'; readonly response: R }
  /** The server answered the whole request with this bad status. */
  | { readonly kind: 'fault'; readonly status: string }
  | { readonly kind: 'timeout' }
  /** The library could not send it or not understand the answer. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** The connection ended; `sent`: the request may have left before. */
  | { readonly kind: 'lost'; readonly sent: boolean }

type Request = Parameters<ClientSecureChannelLayer['performMessageTransaction']>[0]

export type Connection = {
  readonly session: ClientSession
  /** As the server had them when they were read last; those of a PLC program may come later. */
  readonly namespaces: readonly string[]
  /** Reads them again, seldom enough: whether there are others now. */
  lookForNamespaces(): Promise<boolean>
  /** Nodes that the server reads in one request; undefined: it does not say. */
  readonly maxNodesPerRead: number | undefined
  /** One request, sent now or never. Never rejects; takes at most `timeoutMs`. */
  send<R>(request: Request): Promise<Answer<R>>
  lostBecause(): string | undefined
  /** Calls it once, when the connection is lost or ended; at once when it already is. */
  whenOver(listener: () => void): void
  /** Declares it lost: what is under way answers `lost`. Idempotent. */
  lose(reason: string): void
  /** Closes the session and the socket, or the socket alone when it is lost. Idempotent, never rejects. */
  end(): Promise<void>
}

/** Making a key and a certificate, once, on a slow machine. */
const IDENTITY_TIMEOUT_MS = 30_000
const SESSION_CLOSE_MS = 1000
const MIN_TIMEOUT_MS = 100
const TIMEOUTS_UNTIL_LOST = 2
/** A namespace that is missed is looked for this often. */
const NAMESPACES_EVERY_MS = 5000

/** Rejects with LinkError; then nothing is left open. `onLost` is called at most once, and not by `end`. */
export async function connect(
  options: OpcuaOptions,
  deps: { log: Logger; stateDir: string },
  signal: AbortSignal,
  onLost: (reason: string) => void,
): Promise<Connection> {
  const refused = insecure(options)
  if (refused) throw refused
  forwardNoise(deps.log)
  // Without this the library waits at least 5 s, and allows the server as long.
  ClientSecureChannelLayer.minTransactionTimeout = MIN_TIMEOUT_MS

  let identity: Identity | undefined
  const clients: OPCUAClient[] = []
  const channels: ClientSecureChannelLayer[] = []
  const keep = (client: OPCUAClient) => {
    clients.push(client)
    client.on('secure_channel_created', (channel) => channels.push(channel))
    return client
  }
  let state: State | undefined
  /** What was wrong with the bytes of the server, said by nobody else. */
  let fault: string | undefined
  const transports = guardedTransports((why) => {
    fault = why
    if (state) lose(state, why)
  })
  try {
    const opening = openIdentity(deps.stateDir)
    identity = await within(opening, IDENTITY_TIMEOUT_MS, 'making key and certificate', signal).catch((cause) => {
      // What comes late is given up again.
      opening.then((late) => late.manager.dispose()).catch(() => {})
      throw cause
    })
    void warnOfEnd(deps.stateDir, deps.log)
    const given = { ...options, endpoint: dialled(options.endpoint) }
    const opened = openSession(given, identity, deps, transports, keep)
    const { client, session } = await within(opened, options.connectTimeoutMs, 'connecting', signal)
    const channel = channels.at(-1)
    if (!channel) throw new Error('no secure channel')
    const { timeoutMs } = options
    state = {
      client,
      channel,
      session,
      identity,
      timeoutMs,
      onLost,
      settlers: new Set(),
      listeners: [],
      timeoutsInARow: 0,
    }
    watchLoss(state)
    if (options.security !== 'None') noteSeen(deps.stateDir, { atMs: Date.now(), ours: 'accepted' })
    const namespaces = await readNamespaces(state)
    return connectionOf(state, namespaces, await readMaxNodes(state))
  } catch (cause) {
    const seen = fault === undefined ? cause : new Error(fault, { cause })
    await dispose(clients, channels, identity)
    if (refusesUs(seen)) noteSeen(deps.stateDir, { atMs: Date.now(), ours: 'refused' })
    throw openError(seen, options, identity)
  }
}

function connectionOf(state: State, first: readonly string[], maxNodesPerRead: number | undefined): Connection {
  let namespaces = first
  let lookedAtMs = performance.now()
  return {
    session: state.session,
    maxNodesPerRead,
    get namespaces() {
      return namespaces
    },
    async lookForNamespaces() {
      if (performance.now() - lookedAtMs < NAMESPACES_EVERY_MS) return false
      lookedAtMs = performance.now()
      const before = namespaces
      const now = await readNamespaces(state).catch(() => before)
      const isChanged = now.join() !== before.join()
      if (isChanged) namespaces = now
      return isChanged
    },
    send: (request) => send(state, request),
    lostBecause: () => state.over,
    whenOver(listener) {
      if (state.over === undefined) state.listeners.push(listener)
      else listener()
    },
    lose: (reason) => lose(state, reason),
    end: () => end(state),
  }
}

/** A connection that was opened, until it is over. */
type State = {
  readonly client: OPCUAClient
  readonly channel: ClientSecureChannelLayer
  readonly session: ClientSession
  readonly identity: Identity
  readonly timeoutMs: number
  onLost(reason: string): void
  /** Each settles one request that is under way. */
  readonly settlers: Set<(answer: Answer<never>) => void>
  /** To be called when it is over. */
  readonly listeners: (() => void)[]
  timeoutsInARow: number
  /** Why it is over. */
  over?: string
  ending?: Promise<void>
}

function watchLoss(state: State): void {
  const { client, session } = state
  client.on('connection_lost', () => lose(state, 'connection lost'))
  client.on('close', (error) => lose(state, error?.message ?? 'closed by the server'))
  client.on('abort', () => lose(state, 'aborted by the server'))
  client.on('start_reconnection', () => lose(state, 'connection lost'))
  session.on('session_closed', (status) => lose(state, `session closed (${status?.name ?? 'no status'})`))
  // The library found the session forgotten and made another; its subscriptions and ours are not the same any more.
  session.on('session_restored', () => lose(state, 'session replaced'))
}

function lose(state: State, reason: string): void {
  if (state.over !== undefined) return
  state.over = reason
  settleAll(state)
  void end(state)
  state.onLost(reason)
}

function end(state: State): Promise<void> {
  const wasLost = state.over !== undefined
  state.over ??= 'closed'
  settleAll(state)
  state.ending ??= giveBack(state, wasLost)
  return state.ending
}

/** Sessions are scarce on a small device: one is given back where the server still answers, within a bound. */
async function giveBack({ client, channel, session, identity }: State, wasLost: boolean): Promise<void> {
  if (!wasLost) await settled(session.close(true), SESSION_CLOSE_MS)
  await dispose([client], [channel], identity)
}

function settleAll({ settlers, listeners }: State): void {
  for (const settle of [...settlers]) settle({ kind: 'lost', sent: true })
  for (const listener of listeners.splice(0)) listener()
}

async function send<R>(state: State, request: Request): Promise<Answer<R>> {
  const { session, channel, timeoutMs } = state
  if (state.over !== undefined || session.isReconnecting || !channel.isOpened() || !session.authenticationToken)
    return { kind: 'lost', sent: false }
  request.requestHeader.authenticationToken = session.authenticationToken
  request.requestHeader.timeoutHint = timeoutMs
  const answer = await transact<R>(state, request)
  judge(state, answer)
  return answer
}

function transact<R>({ channel, settlers, timeoutMs }: State, request: Request): Promise<Answer<R>> {
  return new Promise((resolve) => {
    const settle = (answer: Answer<R>) => {
      if (!settlers.delete(settle)) return
      clearTimeout(timer)
      resolve(answer)
    }
    const timer = setTimeout(() => settle({ kind: 'timeout' }), timeoutMs)
    settlers.add(settle)
    channel.performMessageTransaction(request, (error, response) => {
      const answer = answerOf<R>(error, response)
      // Our timer says when it is late; the library's runs beside it and says so too.
      if (answer.kind === 'failed' && answer.detail.includes('has timed out')) return
      settle(answer)
    })
  })
}

/** What an answer, or its absence, says about the connection. */
function judge(state: State, answer: Answer<unknown>): void {
  state.timeoutsInARow = answer.kind === 'timeout' ? state.timeoutsInARow + 1 : 0
  if (state.timeoutsInARow >= TIMEOUTS_UNTIL_LOST) lose(state, `no answer within ${state.timeoutMs} ms, repeatedly`)
  if (answer.kind === 'failed' && !state.channel.isOpened()) lose(state, answer.detail)
  // The server does not know this session any more: nothing on this connection can succeed.
  if (answer.kind === 'fault' && /^BadSession|^BadSecureChannel/.test(answer.status)) lose(state, answer.status)
}

function answerOf<R>(error: unknown, response: unknown): Answer<R> {
  if (!error && response) {
    const status = serviceResult(response)
    if (status && status !== 'Good') return { kind: 'fault', status }
    return { kind: 'answer', response: response as R }
  }
  const fault = serviceResult(
    typeof error === 'object' && error !== null && 'response' in error ? error.response : undefined,
  )
  if (fault) return { kind: 'fault', status: fault }
  return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) }
}

function serviceResult(response: unknown): string | undefined {
  const header = response as { responseHeader?: { serviceResult?: { name?: string } } } | undefined
  return header?.responseHeader?.serviceResult?.name
}

const NAMESPACE_ARRAY = 'i=2255'

async function readNamespaces(state: State): Promise<string[]> {
  const answer = await send<ReadResponse>(
    state,
    new ReadRequest({ nodesToRead: [{ nodeId: coerceNodeId(NAMESPACE_ARRAY), attributeId: AttributeIds.Value }] }),
  )
  const value: unknown = answer.kind === 'answer' ? answer.response.results?.[0]?.value?.value : undefined
  if (Array.isArray(value)) return value.map(String)
  const reason = answer.kind === 'answer' ? 'no array' : answer.kind === 'fault' ? answer.status : answer.kind
  throw new LinkError(`the namespaces of the server cannot be read (${reason})`, { outcome: 'unsent' })
}

/** Server, ServerCapabilities, OperationLimits, MaxNodesPerRead: OPC UA Part 5, 6.3.11. */
const MAX_NODES_PER_READ = 'i=11705'

/** Asked alone, since a server may allow one node only; 0 means that there is no limit. */
async function readMaxNodes(state: State): Promise<number | undefined> {
  const nodesToRead = [{ nodeId: coerceNodeId(MAX_NODES_PER_READ), attributeId: AttributeIds.Value }]
  const answer = await send<ReadResponse>(state, new ReadRequest({ nodesToRead }))
  const value: unknown = answer.kind === 'answer' ? answer.response.results?.[0]?.value?.value : undefined
  return typeof value === 'number' && value > 0 ? value : undefined
}

/** Cuts the socket first: a session is not closed politely with a server that may not answer. */
async function dispose(
  clients: readonly OPCUAClient[],
  channels: readonly ClientSecureChannelLayer[],
  identity: Identity | undefined,
): Promise<void> {
  await Promise.all(channels.map((channel) => new Promise<void>((resolve) => channel.abortConnection(() => resolve()))))
  await Promise.all(clients.map((client) => client.disconnect().catch(() => {})))
  await identity?.manager.dispose().catch(() => {})
}
