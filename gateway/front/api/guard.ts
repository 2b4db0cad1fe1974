/**
 * May this request go on? Before any route under /v1: stopping, credential or cookie, limit, policy. Within a route
 * that names a machine: the policy on that machine. A denial is reported to the control thread, which records it.
 * Read next: caller/auth.ts, caller/policy.ts.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { MachineConfig } from '../../core/ground/config.ts'
import { MINUTE_MS, NS_PER_MS } from '../../core/ground/moment.ts'
import { type ProblemCode, problems } from '../../core/ground/problems.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import type { Principal } from '../../core/permission/principal.ts'
import { type Api, principalOf } from './api.ts'
import type { Authenticator } from './caller/auth.ts'
import type { Browsers } from './caller/browsers.ts'
import type { Caller, Clock } from './caller/caller.ts'
import { type Action, decide, decideAt } from './caller/policy.ts'
import { isKnownHost } from './http/host.ts'
import { createLimit } from './http/limit.ts'
import { sendProblem } from './http/problem.ts'

export function guard(
  scope: FastifyInstance,
  api: Api,
  authenticator: Authenticator,
  limits: Limits,
  browsers: Browsers,
): void {
  scope.addHook('onRoute', assertGuarded)
  scope.addHook('onRequest', (request, reply, done) => {
    const { action } = request.routeOptions.config
    if (api.isStopping())
      return void sendProblem(request, reply, refuse('stopping'), { headers: { connection: 'close' } })
    if (action === undefined) return done()
    if (isPin(request) && !isKnownHost(request.headers.host, api.config.api.names))
      return void sendProblem(request, reply, refuse('bad-request', MISDIRECTED), { status: 421 })
    const { authorization } = request.headers
    // Most callers are known: nothing is awaited for them.
    const known = authorization === undefined ? browsers.callerOf(request) : authenticator.known(authorization)
    const goOn = (caller: Caller) => void (isAdmitted(api, limits, request, reply, caller) && done())
    if (known !== undefined) return goOn(known)
    const ending = action === 'session.end' ? (request.params as { id: string }).id : undefined
    authenticator
      .authenticate(authorization, ending)
      .then((found) => {
        if (found.kind === 'caller') goOn(found.caller)
        else refuseCredential(api, limits, request, reply, found.refusal)
      })
      .catch(done)
  })
}

/** Limit and policy; what is refused has been answered. */
function isAdmitted(api: Api, limits: Limits, request: FastifyRequest, reply: FastifyReply, caller: Caller): boolean {
  request.caller = caller
  const { principal } = caller
  if (principal.role === 'platform') api.contacted?.()
  const { unlimited, action } = request.routeOptions.config
  const retryAfterS = unlimited === true ? undefined : limits.waitAfterCall(request)
  if (retryAfterS !== undefined) {
    sendProblem(request, reply, refuse('rate-limited'), { retryAfterS })
    return false
  }
  const refusal = decide(principal, action!, undefined)
  if (refusal === undefined) return true
  reportDenial(api, request, refusal.code)
  sendProblem(request, reply, refusal)
  return false
}

/** Sends a credential away, and counts it. */
export function refuseCredential(
  api: Api,
  limits: Limits,
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
): FastifyReply {
  // The gateway could not check it: no fault of the caller's.
  if (problems[refusal.code].status === 503) return sendProblem(request, reply, refusal)
  const waitS = limits.waitAfterFailure(request)
  if (waitS !== undefined) return refuseFailures(request, reply, waitS)
  reportDenial(api, request, refusal.code)
  return sendProblem(request, reply, refusal)
}

/**
 * The machine the path names, when the caller may do there what the route is for. Otherwise undefined: the refusal has
 * been reported and sent.
 */
export function machineFor(api: Api, request: FastifyRequest, reply: FastifyReply): MachineConfig | undefined {
  const machine = api.machines.get((request.params as { id: string }).id)
  const refusal =
    machine === undefined ? refuse('not-found') : decideAt(principalOf(request), actionOf(request), machine)
  if (refusal === undefined) return machine
  if (machine !== undefined) reportDenial(api, request, refusal.code)
  sendProblem(request, reply, refusal)
  return undefined
}

/** Whether the caller may do what concerns every machine; if not, the refusal has been reported and sent. */
export function isForWhole(api: Api, request: FastifyRequest, reply: FastifyReply): boolean {
  const principal = principalOf(request)
  if (principal.role !== 'technician' || principal.machines === undefined) return true
  reportDenial(api, request, 'forbidden')
  sendProblem(request, reply, refuse('forbidden', 'the key is for some machines only'))
  return false
}

/** The machines at which the caller may do this. */
export function machinesFor({ config }: Api, principal: Principal, action: Action): MachineConfig[] {
  return config.machines.filter((machine) => decideAt(principal, action, machine) === undefined)
}

/** What a route is for. */
export function actionOf({ routeOptions: { config, url } }: FastifyRequest): Action {
  if (config.action === undefined) throw new Error(`${url} has no action`)
  return config.action
}

/** To the control thread, which records it: only what the gateway itself knows, and nothing of the credential. */
export function reportDenial(api: Api, request: FastifyRequest, code: ProblemCode): void {
  const { id } = (request.params ?? {}) as { id?: string }
  const { url = '?' } = request.routeOptions
  const machine = url.startsWith('/v1/machines/') && id !== undefined && api.machines.has(id) ? { machine: id } : {}
  api.tell({ kind: 'denied', code, what: `${request.method} ${url}`, ...machine })
}

/** A route that forgets to say who may call it keeps the server from starting. */
function assertGuarded({ config, method, url }: RouteOptions): void {
  if (config?.action === undefined && config?.open !== true)
    throw new Error(`${String(method)} ${url} says neither who may call it nor that it is open`)
}

const isPin = ({ headers }: FastifyRequest) => /^pin /i.test(headers.authorization ?? '')
export const MISDIRECTED = 'with a PIN, call the gateway by its address, or by a name in `api.names` of its site file'

/** Calls per minute. Of an address only failures count: behind it there may be others with a good credential. */
export function createLimits({ nowNs }: Clock, most: number) {
  const nowMs = () => Number(nowNs() / NS_PER_MS)
  const ofCaller = createLimit(most, MINUTE_MS, nowMs)
  const ofFailures = createLimit(most, MINUTE_MS, nowMs)
  return {
    /** Counts a call of this caller; with one too many, after how many seconds to try again. */
    waitAfterCall: (request: FastifyRequest) => ofCaller(callerKey(request)),
    /** Counts a credential that was refused, likewise. */
    waitAfterFailure: (request: FastifyRequest) => ofFailures(request.ip),
  }
}
export type Limits = ReturnType<typeof createLimits>

export const refuseFailures = (request: FastifyRequest, reply: FastifyReply, retryAfterS: number): FastifyReply =>
  sendProblem(request, reply, refuse('rate-limited', 'too many failed credentials'), { retryAfterS })

/** Who calls, as far as a limit or a key belongs to them. */
export function callerKey(request: FastifyRequest): string {
  const principal = request.caller?.principal
  if (principal === undefined) return `from ${request.ip}`
  const known = keys.get(principal)
  if (known !== undefined) return known
  const key = 'key' in principal ? `key ${principal.key}` : `${principal.role} ${principal.issuer} ${principal.id}`
  keys.set(principal, key)
  return key
}

/** A token that is known has the same principal each time. */
const keys = new WeakMap<Principal, string>()
