/**
 * What every route under /v1 goes through before it runs: stopping, credential, limit, policy. A refusal here is told to
 * the control thread, which records it.
 */
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { type ProblemCode, problems } from '../../core/ground/problems.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Api } from './api.ts'
import type { Authenticator } from './caller/auth.ts'
import { decide } from './caller/policy.ts'
import { sendProblem } from './http/problem.ts'

const MINUTE_MS = 60_000

/** Before any route under /v1: is it allowed to run at all? What locks a machine is neither limited nor shed. */
export function guard(scope: FastifyInstance, api: Api, authenticator: Authenticator): void {
  scope.addHook('onRoute', (route: RouteOptions) => {
    if (route.config?.action === undefined && route.config?.open !== true)
      throw new Error(`${String(route.method)} ${route.url} says neither who may call it nor that it is open`)
  })
  const max = api.config.api.rateLimit
  const limitCaller = scope.createRateLimit({
    max,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => callerKey(request),
  })
  // Only failures: behind one address there may be others with a good credential.
  const limitFailures = scope.createRateLimit({
    max,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => `failed ${request.ip}`,
  })

  scope.addHook('onRequest', async (request, reply) => {
    const { action, unlimited } = request.routeOptions.config
    if (api.isStopping()) return sendProblem(request, reply, refuse('stopping'), { headers: { connection: 'close' } })
    if (action === undefined) return
    const ending = action === 'session.end' ? (request.params as { id: string }).id : undefined
    const authentication = await authenticator.authenticate(request.headers.authorization, ending)
    if (authentication.kind === 'refused') {
      const { refusal } = authentication
      // not the caller's fault
      if (problems[refusal.code].status === 503) return sendProblem(request, reply, refusal)
      const failures = await limitFailures(request)
      if (!failures.isAllowed && failures.isExceeded)
        return sendProblem(request, reply, refuse('rate-limited', 'too many failed credentials'), {
          retryAfterS: failures.ttlInSeconds,
        })
      deny(api, request, refusal.code)
      return sendProblem(request, reply, refusal)
    }
    request.caller = authentication.caller
    if (request.caller.principal.role === 'platform') api.contacted?.()
    if (unlimited !== true) {
      const calls = await limitCaller(request)
      if (!calls.isAllowed && calls.isExceeded)
        return sendProblem(request, reply, refuse('rate-limited'), { retryAfterS: calls.ttlInSeconds })
    }
    const refusal = decide(request.caller.principal, action, undefined)
    if (refusal === undefined) return
    deny(api, request, refusal.code)
    return sendProblem(request, reply, refusal)
  })
}

/** Told to the control thread, which records it. Only what the gateway itself knows; nothing of the credential. */
export function deny(api: Api, request: FastifyRequest, code: ProblemCode): void {
  const { id } = (request.params ?? {}) as { id?: string }
  const machine =
    request.routeOptions.url?.startsWith('/v1/machines/') && id !== undefined && api.machines.has(id)
      ? { machine: id }
      : {}
  api.tell({ kind: 'denied', code, what: `${request.method} ${request.routeOptions.url ?? '?'}`, ...machine })
}

function callerKey(request: FastifyRequest): string {
  const principal = request.caller?.principal
  if (principal === undefined) return `from ${request.ip}`
  return 'key' in principal ? `key ${principal.key}` : `${principal.role} ${principal.issuer} ${principal.id}`
}
