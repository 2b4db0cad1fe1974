/**
 * The HTTP server, not yet listening: hooks first (stop, shed, authenticate, limit, policy), then one file of routes a
 * noun. Every answer that is not a success is a problem document. Read next: api.ts, front/api/caller/policy.ts, front/api/http/problem.ts.
 */
import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import { fastifySSE } from '@fastify/sse'
import underPressure from '@fastify/under-pressure'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  type FastifySchemaCompiler,
  LogController,
} from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { problems } from '../../core/ground/problems.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Api, App, ServerDeps } from './api.ts'
import { bookingRoutes } from './bookings/bookings.ts'
import { revocationRoutes } from './bookings/revocations.ts'
import { tenantRoutes } from './bookings/tenants.ts'
import { createAuthenticator } from './caller/auth.ts'
import { docRoutes } from './docs.ts'
import { guard } from './guard.ts'
import { healthRoutes } from './health/health.ts'
import { createMetrics } from './health/metrics.ts'
import { boundConnections } from './http/connections.ts'
import { BodyError, OverloadedError, onError, sendProblem } from './http/problem.ts'
import { parseStrictJson } from './http/strict-json.ts'
import { eventRoutes } from './ledger/events.ts'
import { ledgerRoutes } from './ledger/ledger.ts'
import { blockRoutes } from './machines/blocks.ts'
import { drillRoutes } from './machines/drills.ts'
import { machineRoutes } from './machines/machines.ts'
import { peopleRoutes } from './machines/people.ts'
import { signalRoutes } from './machines/signals.ts'
import { sessionRoutes } from './sessions/sessions.ts'
import { problemRoutes } from './usage/problems.ts'
import { readingRoutes } from './usage/readings.ts'
import { usageRoutes } from './usage/usage.ts'

const MAX_HEADER_BYTES = 16_384
/** Beside the event streams. */
const MAX_CONNECTIONS = 1_000
const HEARTBEAT_MS = 15_000
const SWEEP_MS = 50

export function buildServer(deps: ServerDeps): FastifyInstance {
  const { config, log } = deps
  const http = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: config.api.requestTimeoutMs,
    // Node looks for late requests only this often
    connectionsCheckingInterval: Math.ceil(config.api.requestTimeoutMs / 4),
  }
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.api.bodyLimit,
    ...(deps.tls === undefined ? {} : { https: { ...deps.tls.options, ...http } }),
    requestTimeout: config.api.requestTimeoutMs,
    // A pipelined request during the stop gets our own answer.
    return503OnClosing: false,
    genReqId: requestIds(),
    http,
    frameworkErrors: onError,
    clientErrorHandler: onClientError,
  })
  boundConnections(app.server, MAX_CONNECTIONS + config.api.maxStreams)
  app.setErrorHandler(onError)
  app.setValidatorCompiler(compileValidator as FastifySchemaCompiler<unknown>)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: FastifyRequest, bytes: Buffer) =>
    parseBody(bytes),
  )
  app.decorateRequest('caller', null)
  handleUnknown(app)

  let stopping = false
  const ends: (() => void)[] = []
  const closeFast = watchConnections(app.server)
  const unwatch = deps.tls?.watch(app.server)
  app.addHook('preClose', async () => {
    stopping = true
    for (const end of ends) end()
    closeFast()
    unwatch?.()
  })

  const authenticator = createAuthenticator(deps)
  const api: Api = {
    ...deps,
    machines: new Map(config.machines.map((machine) => [machine.id, machine])),
    stillValid: authenticator.stillValid,
    readList: authenticator.readList,
    isStopping: () => stopping,
    onStop: (end) => ends.push(end),
  }
  const metrics = createMetrics(api)
  app.addHook('onResponse', async (request, reply) => {
    metrics.observe(request.method, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime)
    const line = {
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      role: request.caller?.principal.role,
    }
    if (request.method === 'GET' || request.method === 'HEAD') request.log.debug(line, 'answered')
    else request.log.info(line, 'answered')
  })

  app.register(helmet, helmetOptions)
  app.register(rateLimit, { global: false })
  app.register(fastifySSE, { heartbeatInterval: HEARTBEAT_MS })
  docRoutes(app, deps.version)
  app.register(async (scope) => healthRoutes(scope as App, api, authenticator, metrics))
  app.register(
    async (scope) => {
      await shedReads(scope, api.config.api.maxLoopDelayMs)
      guard(scope, api, authenticator)
      for (const routes of [
        machineRoutes,
        drillRoutes,
        signalRoutes,
        blockRoutes,
        peopleRoutes,
        bookingRoutes,
        revocationRoutes,
        sessionRoutes,
        tenantRoutes,
        usageRoutes,
        readingRoutes,
        problemRoutes,
        ledgerRoutes,
        eventRoutes,
      ])
        routes(scope as App, api)
    },
    { prefix: '/v1' },
  )
  return app as unknown as FastifyInstance
}

async function shedReads(scope: FastifyInstance, maxEventLoopDelay: number): Promise<void> {
  await scope.register(underPressure, {
    maxEventLoopDelay,
    // a promise that rejects sheds; anything else lets the request through
    pressureHandler: (request) =>
      request.method === 'GET' || request.method === 'HEAD' ? Promise.reject(new OverloadedError()) : undefined,
  })
}

/** No coercion anywhere. A body that was not sent is an empty object; the parser refuses null. */
function compileValidator({ schema, httpPart }: { schema: unknown; httpPart?: string | undefined }) {
  const check = Compile(schema as TSchema)
  return (value: unknown) => {
    const given = httpPart === 'body' && value === null ? {} : value
    return check.Check(given) ? { value: given } : { error: check.Errors(given) as unknown as Error[] }
  }
}

function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return {}
  const parsed = parseStrictJson(bytes)
  if (!parsed.ok) throw new BodyError(parsed.why)
  if (parsed.value === null || typeof parsed.value !== 'object' || Array.isArray(parsed.value))
    throw new BodyError('not a JSON object')
  return parsed.value
}

/** 405 for a path that exists under another method, else 404. */
function handleUnknown(app: FastifyInstance): void {
  const routes: { path: RegExp; methods: string[] }[] = []
  app.addHook('onRoute', (route) => {
    if (route.url.includes('*')) return
    const path = new RegExp(`^${route.url.replace(/[.]/g, '\\.').replace(/:[^/]+/g, '[^/]+')}/?$`)
    routes.push({ path, methods: [route.method].flat() })
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!
    const allowed = [...new Set(routes.flatMap((route) => (route.path.test(path) ? route.methods : [])))].sort()
    if (allowed.length > 0)
      return sendProblem(request, reply, refuse('read-only'), { headers: { allow: allowed.join(', ') } })
    return sendProblem(request, reply, refuse('not-found', 'no such path'))
  })
}

/**
 * A stop waits for connections, and by itself for those too that are kept alive after their last answer or that a
 * browser opened and has not used. This waits for answers only.
 */
function watchConnections(server: Server): () => void {
  let answering = 0
  server.on('request', (_request, response) => {
    answering++
    response.once('close', () => answering--)
  })
  return () => {
    if (!server.listening) return
    const sweep = setInterval(
      () => (answering === 0 ? server.closeAllConnections() : server.closeIdleConnections()),
      SWEEP_MS,
    )
    server.once('close', () => clearInterval(sweep))
  }
}

/** Never the same in two runs. */
function requestIds(): () => string {
  const run = randomBytes(6).toString('hex')
  let next = 0
  return () => `${run}-${(next++).toString(36)}`
}

/** Bytes that are not HTTP never reach a route. */
function onClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  const { title, decision, advice } = problems['bad-request']
  const body = JSON.stringify({
    type: '/problems/bad-request',
    title,
    status,
    code: 'bad-request',
    decision,
    advice,
  })
  socket.end(
    `HTTP/1.1 ${status} ${CLIENT_ERRORS[status]}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

const CLIENT_ERRORS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** Served over plain http on a shop floor as well: nothing that turns requests into https. Swagger UI needs inline styles and data images. */
const helmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      baseUri: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
} as const
