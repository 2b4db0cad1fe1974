/**
 * One OPC UA connection: client, secure channel, session, and the server's namespaces. Services go straight to the
 * secure channel: `session.write` and its kin hold a request while a connection is repaired, and repeat it when the
 * server has forgotten the session, so that an unlock could be executed seconds later. Here a request is sent once or
 * not at all. A lost connection is thrown away; link.ts builds another. Read next: security.ts, link.ts.
 */
import {
  AttributeIds,
  ClientSecureChannelLayer,
  type ClientSession,
  coerceNodeId,
  MessageSecurityMode,
  OPCUAClient,
  ReadRequest,
  type ReadResponse,
  SecurityPolicy,
  type UserIdentityInfo,
  UserTokenType,
} from 'node-opcua-client'
import { LinkError, type Log } from '../adapter.ts'
import { within } from './deadline.ts'
import { forwardNoise } from './noise.ts'
import type { OpcuaOptions } from './options.ts'
import { APPLICATION_NAME, type Identity, insecure, openError, openIdentity } from './security.ts'

export type Answer<R> =
  | { readonly kind: 'answer'; readonly response: R }
  /** The server answered the whole request with this bad status. */
  | { readonly kind: 'fault'; readonly status: string }
  | { readonly kind: 'timeout' }
  /** The library could not send it or not understand the answer. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** The connection ended; `sent` tells whether the request may have left. */
  | { readonly kind: 'lost'; readonly sent: boolean }

type Request = Parameters<ClientSecureChannelLayer['performMessageTransaction']>[0]

export type Connection = {
  readonly session: ClientSession
  readonly namespaces: readonly string[]
  /** One request, sent now or not at all. Never rejects; never longer than `timeoutMs`. */
  send<R>(request: Request): Promise<Answer<R>>
  lostBecause(): string | undefined
  /** Called once, when it is lost or ended; at once when it is already. */
  whenOver(tell: () => void): void
  /** Declares it lost: what is under way answers `lost`. Idempotent. */
  lose(reason: string): void
  /** Ends the session and the socket in good order, or the socket alone when it is lost. Idempotent, never rejects. */
  end(): Promise<void>
}

const SESSION_TIMEOUT_MS = 60_000
const KEEP_ALIVE_MS = 5000
/** The library's own timer of what it does by itself; its floor. */
const LIBRARY_TIMEOUT_MS = 5000
/** Making a key and a certificate, once, on a slow machine. */
const IDENTITY_TIMEOUT_MS = 30_000
const SESSION_CLOSE_MS = 1000
const MIN_TIMEOUT_MS = 100
const TIMEOUTS_UNTIL_LOST = 2

/** Rejects with LinkError; then nothing is left open. `onLost` is called once at most, and not by `end`. */
export async function connect(
  options: OpcuaOptions,
  deps: { log: Log; stateDir: string },
  signal: AbortSignal,
  onLost: (reason: string) => void,
): Promise<Connection> {
  const refused = insecure(options)
  if (refused) throw refused
  forwardNoise(deps.log)
  // Without this the library waits 5 s at least, and tells the server to take as long.
  ClientSecureChannelLayer.minTransactionTimeout = MIN_TIMEOUT_MS

  let identity: Identity | undefined
  let client: OPCUAClient | undefined
  let channel: ClientSecureChannelLayer | undefined
  try {
    const opening = openIdentity(deps.stateDir)
    identity = await within(opening, IDENTITY_TIMEOUT_MS, 'making key and certificate', signal).catch((cause) => {
      // Whoever comes late is sent away.
      opening.then((late) => late.manager.dispose()).catch(() => {})
      throw cause
    })
    client = createClient(options, identity)
    client.on('secure_channel_created', (created) => {
      channel = created
    })
    const session = await within(openSession(client, options), options.connectTimeoutMs, 'connecting', signal)
    if (!channel) throw new Error('no secure channel')
    const made = establish({ client, channel, session, identity, options, onLost })
    await readNamespaces(made)
    return made.public
  } catch (cause) {
    const error = await openError(cause, options, identity)
    await dispose(client, channel, identity)
    throw error
  }
}

function createClient(options: OpcuaOptions, identity: Identity): OPCUAClient {
  const isOpen = options.security === 'None'
  return OPCUAClient.create({
    applicationName: APPLICATION_NAME,
    applicationUri: identity.applicationUri,
    clientName: APPLICATION_NAME,
    clientCertificateManager: identity.manager,
    certificateFile: identity.certificateFile,
    securityMode: MessageSecurityMode[options.security],
    securityPolicy: isOpen ? SecurityPolicy.None : SecurityPolicy[options.policy ?? 'Aes256_Sha256_RsaPss'],
    // Behind a port map the server calls itself something else; the certificate says who it is.
    endpointMustExist: false,
    // All four, since a partial strategy is filled with retries.
    connectionStrategy: { initialDelay: 100, maxDelay: 1000, maxRetry: 0, randomisationFactor: 0 },
    keepSessionAlive: true,
    keepAliveInterval: KEEP_ALIVE_MS,
    requestedSessionTimeout: Math.max(SESSION_TIMEOUT_MS, 3 * options.publishingIntervalMs),
    defaultTransactionTimeout: LIBRARY_TIMEOUT_MS,
  })
}

async function openSession(client: OPCUAClient, options: OpcuaOptions): Promise<ClientSession> {
  await client.connect(options.endpoint)
  if (!options.user) return client.createSession()
  // A token policy of its own may turn encryption off; on a channel that only signs the password would be readable.
  const endpoint = client.findEndpointForSecurity(client.securityMode, client.securityPolicy)
  const sendsPlain = endpoint?.userIdentityTokens?.some(
    ({ tokenType, securityPolicyUri }) =>
      tokenType === UserTokenType.UserName && securityPolicyUri === SecurityPolicy.None,
  )
  if (options.security === 'Sign' && sendsPlain) {
    throw new LinkError(
      `${options.endpoint}: this server takes the password unencrypted; set \`security: SignAndEncrypt\``,
      {
        retriable: false,
        outcome: 'unsent',
      },
    )
  }
  const user: UserIdentityInfo = {
    type: UserTokenType.UserName,
    userName: options.user.name,
    password: options.user.password,
  }
  return client.createSession(user)
}

type Parts = {
  client: OPCUAClient
  channel: ClientSecureChannelLayer
  session: ClientSession
  identity: Identity
  options: OpcuaOptions
  onLost: (reason: string) => void
}

function establish(parts: Parts): { public: Connection; namespaces: string[] } {
  const { client, channel, session, identity, options, onLost } = parts
  const namespaces: string[] = []
  const settlers = new Set<(answer: Answer<never>) => void>()
  let over: string | undefined
  let ending: Promise<void> | undefined
  let timeoutsInARow = 0

  const told: (() => void)[] = []
  const tellAll = () => {
    for (const settle of [...settlers]) settle({ kind: 'lost', sent: true })
    for (const tell of told.splice(0)) tell()
  }
  const whenOver = (tell: () => void) => {
    if (over === undefined) told.push(tell)
    else tell()
  }
  const lose = (reason: string) => {
    if (over !== undefined) return
    over = reason
    tellAll()
    void end()
    onLost(reason)
  }
  const end = (): Promise<void> => {
    const isLost = over !== undefined
    over ??= 'closed'
    tellAll()
    ending ??= (isLost ? Promise.resolve() : politely(session)).then(() => dispose(client, channel, identity))
    return ending
  }

  client.on('connection_lost', () => lose('connection lost'))
  client.on('close', (error) => lose(error?.message ?? 'closed by the server'))
  client.on('abort', () => lose('aborted by the server'))
  client.on('start_reconnection', () => lose('connection lost'))
  session.on('session_closed', (status) => lose(`session closed (${status?.name ?? 'no status'})`))
  // The library found the session forgotten and made another; its subscriptions and ours are not the same any more.
  session.on('session_restored', () => lose('session replaced'))

  const send = <R>(request: Request): Promise<Answer<R>> => {
    if (over !== undefined || session.isReconnecting || !channel.isOpened() || !session.authenticationToken) {
      return Promise.resolve({ kind: 'lost', sent: false })
    }
    request.requestHeader.authenticationToken = session.authenticationToken
    request.requestHeader.timeoutHint = options.timeoutMs
    return new Promise((resolve) => {
      const settle = (answer: Answer<R>) => {
        if (!settlers.delete(settle)) return
        clearTimeout(timer)
        resolve(answer)
      }
      const timer = setTimeout(() => settle({ kind: 'timeout' }), options.timeoutMs)
      settlers.add(settle)
      channel.performMessageTransaction(request, (error, response) => {
        const answer = answerOf<R>(error, response)
        // Our timer says when it is late; the library's runs beside it and says so too.
        if (answer.kind === 'failed' && answer.detail.includes('has timed out')) return
        settle(answer)
      })
    }).then((value) => {
      const answer = value as Answer<R>
      timeoutsInARow = answer.kind === 'timeout' ? timeoutsInARow + 1 : 0
      if (timeoutsInARow >= TIMEOUTS_UNTIL_LOST) lose(`no answer within ${options.timeoutMs} ms, repeatedly`)
      if (answer.kind === 'failed' && !channel.isOpened()) lose(answer.detail)
      // The server does not know this session any more: nothing on this connection can succeed.
      if (answer.kind === 'fault' && /^BadSession|^BadSecureChannel/.test(answer.status)) lose(answer.status)
      return answer
    })
  }
  return { public: { session, namespaces, send, lostBecause: () => over, whenOver, lose, end }, namespaces }
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

async function readNamespaces({ public: connection, namespaces }: ReturnType<typeof establish>): Promise<void> {
  const answer = await connection.send<ReadResponse>(
    new ReadRequest({ nodesToRead: [{ nodeId: coerceNodeId(NAMESPACE_ARRAY), attributeId: AttributeIds.Value }] }),
  )
  const value: unknown = answer.kind === 'answer' ? answer.response.results?.[0]?.value?.value : undefined
  if (!Array.isArray(value)) {
    const reason = answer.kind === 'answer' ? 'no array' : answer.kind === 'fault' ? answer.status : answer.kind
    throw new LinkError(`the namespaces of the server cannot be read (${reason})`, { outcome: 'unsent' })
  }
  namespaces.push(...value.map(String))
}

/** Sessions are scarce on a small device, so one that we can give back is given back; but not at any price. */
async function politely(session: ClientSession): Promise<void> {
  await within(session.close(true), SESSION_CLOSE_MS, 'closing the session').catch(() => {})
}

/** Cuts the socket first: a session is not closed politely with a server that may not answer. */
async function dispose(
  client: OPCUAClient | undefined,
  channel: ClientSecureChannelLayer | undefined,
  identity: Identity | undefined,
): Promise<void> {
  if (channel) await new Promise<void>((resolve) => channel.abortConnection(() => resolve()))
  await client?.disconnect().catch(() => {})
  await identity?.manager.dispose().catch(() => {})
}
