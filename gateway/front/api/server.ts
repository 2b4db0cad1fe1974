/**
 * The HTTP server, not yet listening: what every request passes, then the routes, a folder per noun. Every answer that
 * is not a success is a problem document.
 * Read next: api.ts (what the routes are given), guard.ts, http/problem.ts.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import { fastifySSE } from '@fastify/sse'
import underPressure from '@fastify/under-pressure'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { refuse } from '../../core/ground/refusal.ts'
import { type Api, type App, machinesById, type ServerDeps } from './api.ts'
import { nodeRoutes } from './bench/nodes.ts'
import { profileRoutes } from './bench/profiles.ts'
import { benchRoutes } from './bench/registers.ts'
import { testRoutes } from './bench/tests.ts'
import { trustRoutes } from './bench/trust.ts'
import { bookingRoutes } from './bookings/bookings.ts'
import { revocationRoutes } from './bookings/revocations.ts'
import { tenantRoutes } from './bookings/tenants.ts'
import { createAuthenticator } from './caller/auth.ts'
import { createBrowsers } from './caller/browsers.ts'
import { configurationRoutes } from './configuration/configuration.ts'
import { dayRoutes } from './console/day.ts'
import { liveRoutes } from './console/live.ts'
import { consolePages } from './console/pages.ts'
import { pictureRoutes } from './console/pictures.ts'
import { signInRoutes } from './console/sign-in.ts'
import { docRoutes } from './docs.ts'
import { callerKey, createLimits, guard } from './guard.ts'
import { healthRoutes } from './health/health.ts'
import { createMetrics, type Metrics } from './health/metrics.ts'
import { compilersFactory, readBodies } from './http/body.ts'
import { boundConnections } from './http/connections.ts'
import { commonHeaders } from './http/headers.ts'
import { admitOrigins } from './http/origins.ts'
import { OverloadedError, onClientError, onError, sendProblem } from './http/problem.ts'
import { answerRepeats } from './http/repeats.ts'
import { boundNoise, boundStreams, http2Options } from './http/streams.ts'
import { tagAnswers } from './http/tagged.ts'
import { answerUnknown } from './http/unknown.ts'
import { entryRoutes } from './ledger/entries.ts'
import { eventRoutes } from './ledger/events.ts'
import { logRoutes } from './ledger/log.ts'
import { verifyPage } from './ledger/verify-page.ts'
import { acceptanceRoutes } from './machines/acceptance.ts'
import { blockRoutes } from './machines/blocks.ts'
import { calendarRoutes } from './machines/calendar.ts'
import { drillRoutes } from './machines/drills.ts'
import { machineRoutes } from './machines/machines.ts'
import { peopleRoutes } from './machines/people.ts'
import { questionRoutes } from './machines/questions.ts'
import { reportRoutes } from './machines/reports.ts'
import { serviceRoutes } from './machines/services.ts'
import { signalRoutes } from './machines/signals.ts'
import { timelineRoutes } from './machines/timeline.ts'
import { trendRoutes } from './machines/trend.ts'
import { costRoutes } from './money/cost.ts'
import { creditRoutes } from './money/credits.ts'
import { quoteRoutes } from './money/quote.ts'
import { statementRoutes } from './money/statements.ts'
import { tariffRoutes } from './money/tariffs.ts'
import { onlyFromHere } from './nearby.ts'
import { pairRoutes } from './pair/pair.ts'
import { answerRoutes } from './sessions/answers.ts'
import { extensionRoutes } from './sessions/extension.ts'
import { sessionRoutes } from './sessions/sessions.ts'
import { sinkRoutes } from './sinks/sinks.ts'
import { feedRoutes } from './subscriptions/feed.ts'
import { subscriptionRoutes } from './subscriptions/subscriptions.ts'
import { usageEventRoutes } from './usage/cloud-events.ts'
import { correctionRoutes } from './usage/corrections.ts'
import { meterRoutes } from './usage/meters.ts'
import { readingRoutes } from './usage/readings.ts'
import { usageRoutes } from './usage/usage.ts'
import { webhookRoutes } from './webhooks/webhooks.ts'

const MAX_HEADER_BYTES = 16_384
/** Beside the event streams, and the pages that watch the board. */
const MAX_CONNECTIONS = 1_000
/** A reader that takes nothing for half a minute is gone; ten minutes are enough for any export. */
const READING = { stallMs: 30_000, answerMs: 600_000 } as const
/** An idle connection is kept for so long: what Fastify sets where it makes a server of HTTP/1.1. */
const KEEP_ALIVE_MS = 72_000
/** Between two signs of life on an event stream. */
const HEARTBEAT_MS = 15_000

/** All of /v1, in the order of the description. */
const routes = [
  machineRoutes,
  calendarRoutes,
  drillRoutes,
  acceptanceRoutes,
  signalRoutes,
  trendRoutes,
  benchRoutes,
  nodeRoutes,
  trustRoutes,
  testRoutes,
  profileRoutes,
  blockRoutes,
  peopleRoutes,
  questionRoutes,
  reportRoutes,
  serviceRoutes,
  timelineRoutes,
  bookingRoutes,
  revocationRoutes,
  sessionRoutes,
  extensionRoutes,
  answerRoutes,
  tenantRoutes,
  subscriptionRoutes,
  usageRoutes,
  usageEventRoutes,
  tariffRoutes,
  quoteRoutes,
  statementRoutes,
  creditRoutes,
  costRoutes,
  meterRoutes,
  readingRoutes,
  correctionRoutes,
  entryRoutes,
  logRoutes,
  eventRoutes,
  configurationRoutes,
  pairRoutes,
  webhookRoutes,
  sinkRoutes,
]

export function buildServer(deps: ServerDeps): FastifyInstance {
  const { config } = deps
  const app = createApp(deps)
  const most = MAX_CONNECTIONS + 2 * config.api.maxStreams
  const { closeAnswered, cut } = boundConnections(app.server, { ...READING, most })
  if (config.api.http2) openStreams(app.server as unknown as Http2SecureServer, config.api, cut)
  app.setErrorHandler(onError)
  readBodies(app)
  app.decorateRequest('caller', null)
  answerUnknown(app)

  const authenticator = createAuthenticator(deps)
  const browsers = createBrowsers({
    ...{ names: config.api.names, idleMs: config.api.idleMs, secure: deps.tls !== undefined },
    ...{ clock: deps.clock, stillValid: authenticator.stillValid },
  })
  const api: Api = {
    ...deps,
    ...watchStop(app, deps, closeAnswered),
    get machines() {
      return machinesById(config.machines)
    },
    stillValid: (caller) => authenticator.stillValid(caller) && browsers.stillIn(caller),
    readList: authenticator.readList,
    keyNotes: authenticator.notes,
  }
  app.addHook('onReady', async () => authenticator.start())
  app.addHook('onClose', async () => authenticator.stop())
  const limits = createLimits(deps.clock, config.api.rateLimit)
  const nearby = onlyFromHere(authenticator, limits, browsers)
  const metrics = createMetrics(api)
  noteAnswers(app, metrics)
  keepPrivate(app, deps.tls !== undefined)
  admitOrigins(app, () => config.api.origins)

  deps.describe?.(app)
  app.register(fastifySSE, { heartbeatInterval: HEARTBEAT_MS })
  docRoutes(app, deps.version, nearby)
  app.register(async (scope) => verifyPage(scope))
  app.register(async (scope) => consolePages(scope))
  app.register(async (scope) => {
    signInRoutes(scope as App, api, authenticator, limits, browsers)
    liveRoutes(scope as App, api, browsers)
    dayRoutes(scope as App, api, limits, browsers)
    pictureRoutes(scope as App, api, limits, browsers)
  })
  app.register(async (scope) => healthRoutes(scope as App, api, nearby, metrics))
  app.register(
    async (scope) => {
      await shedReads(scope, config.api.maxLoopDelayMs)
      guard(scope, api, authenticator, limits, browsers)
      answerRepeats(scope, { callerKey, nowMs: deps.clock.nowMs })
      tagAnswers(scope)
      for (const add of routes) add(scope as App, api)
      feedRoutes(scope as App, api, limits)
    },
    { prefix: '/v1' },
  )
  return app
}

function createApp({ config, log, tls }: ServerDeps): FastifyInstance {
  const { bodyLimit, requestTimeoutMs, http2 } = config.api
  const more = http2 ? { ...http2Options(MAX_HEADER_BYTES, http2), requestTimeout: requestTimeoutMs } : {}
  const http = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: requestTimeoutMs,
    // Node looks for late requests only this often.
    connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 4),
    // A request that announces no body gets no stream to read one from.
    optimizeEmptyRequests: true,
  }
  return Fastify({
    loggerInstance: log as FastifyBaseLogger,
    // What is logged of a request names it.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    schemaController: { compilersFactory },
    ...(tls === undefined ? {} : { https: { ...tls.options, ...http, ...more } }),
    ...(http2 ? ({ http2: true, http2SessionTimeout: READING.stallMs } as object) : {}),
    requestTimeout: requestTimeoutMs,
    // A request that comes during the stop gets the gateway's own answer.
    return503OnClosing: false,
    genReqId: requestIds(),
    http,
    frameworkErrors: onError,
    clientErrorHandler: onClientError,
  }) as unknown as FastifyInstance
}

/** A server of both knows how long one of HTTP/1.1 is kept alive only if it is told. */
function openStreams(
  server: Http2SecureServer,
  { requestTimeoutMs, http2 }: ServerDeps['config']['api'],
  cut: ReturnType<typeof boundConnections>['cut'],
): void {
  Object.assign(server, { keepAliveTimeout: KEEP_ALIVE_MS })
  boundStreams(server, { ...READING, requestMs: requestTimeoutMs })
  if (http2) boundNoise(server, http2, cut)
}

/** From the begin of the stop on: requests are refused, streams end, connections close once they are answered. */
function watchStop(
  app: FastifyInstance,
  { tls }: ServerDeps,
  closeAnswered: () => void,
): Pick<Api, 'isStopping' | 'onStop'> {
  let stopping = false
  const ends: (() => void)[] = []
  const unwatch = tls?.watch(app.server)
  app.addHook('preClose', async () => {
    stopping = true
    for (const end of ends) end()
    closeAnswered()
    unwatch?.()
  })
  return { isStopping: () => stopping, onStop: (end) => ends.push(end) }
}

/** Each answer has the headers of every answer; and no request names two hosts. */
function keepPrivate(app: FastifyInstance, tls: boolean): void {
  const headers = commonHeaders(tls)
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers)
    if (namesTwoHosts(request.raw.rawHeaders)) sendProblem(request, reply, refuse('bad-request', 'it names two hosts'))
    else {
      nameHost(request.raw.headers)
      done()
    }
  })
}

/** Over HTTP/2 the host stands elsewhere; whoever asks for it later looks in one place. */
function nameHost(headers: IncomingHttpHeaders): void {
  const authority = headers[':authority']
  if (typeof authority === 'string') headers.host = authority
}

/** Names and values alternate. */
function namesTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if ((name.length === 4 && name.toLowerCase() === 'host') || name === ':authority') hosts += 1
  }
  return hosts > 1
}

function noteAnswers(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    done()
    const { url: route } = request.routeOptions
    metrics.observe(request.method, route ?? 'none', reply.statusCode, reply.elapsedTime)
    if (isRead(request.method) && request.log.level !== 'debug' && request.log.level !== 'trace') return
    const line = {
      method: request.method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      role: request.caller?.principal.role,
    }
    if (isRead(request.method)) request.log.debug(line, 'answered')
    else request.log.info(line, 'answered')
  })
}

/** While the thread is late, reads are refused, so that unlocks and ends go through. */
async function shedReads(scope: FastifyInstance, maxEventLoopDelay: number): Promise<void> {
  await scope.register(underPressure, {
    maxEventLoopDelay,
    // A promise that rejects sheds; anything else lets the request through.
    pressureHandler: (request) => (isRead(request.method) ? Promise.reject(new OverloadedError()) : undefined),
  })
}

const isRead = (method: string) => method === 'GET' || method === 'HEAD'

/** Never the same in two runs. */
function requestIds(): () => string {
  const run = randomBytes(6).toString('hex')
  let next = 0
  return () => `${run}-${(next++).toString(36)}`
}
