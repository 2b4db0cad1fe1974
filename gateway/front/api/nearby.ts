/**
 * For the people who run the gateway: health, metrics and the pages of the API are answered to this host, and from
 * elsewhere to any credential. A proxy on this host speaks for somebody else, and so does a page in a browser that
 * calls the gateway by a name of its own.
 * Read next: guard.ts (everything under /v1), http/host.ts.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../core/ground/refusal.ts'
import type { Authenticator } from './caller/auth.ts'
import type { Browsers } from './caller/browsers.ts'
import type { Authentication } from './caller/caller.ts'
import { decide } from './caller/policy.ts'
import { type Limits, refuseFailures } from './guard.ts'
import { isKnownHost } from './http/host.ts'
import { sendProblem } from './http/problem.ts'

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])
/** With one of these headers a proxy on this host speaks for somebody else. */
const FORWARDED = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-original-forwarded-for',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'fly-client-ip',
] as const

const NEEDED = refuse('unauthenticated', 'from another host, or under its name, a credential is needed')

/** Runs before such a route. */
export type Nearby = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>

export function onlyFromHere(authenticator: Authenticator, limits: Limits, browsers: Browsers): Nearby {
  return async (request, reply) => {
    if (isFromHere(request)) return undefined
    const { authorization } = request.headers
    const caller = authorization === undefined ? browsers.callerOf(request) : undefined
    const authentication: Authentication =
      caller === undefined ? await authenticator.authenticate(authorization) : { kind: 'caller', caller }
    if (authentication.kind === 'refused') {
      const waitS = limits.waitAfterFailure(request)
      return waitS === undefined ? sendProblem(request, reply, NEEDED) : refuseFailures(request, reply, waitS)
    }
    request.caller = authentication.caller
    const refusal = decide(authentication.caller.principal, 'health.read', undefined)
    return refusal && sendProblem(request, reply, refusal)
  }
}

/** Under a name in `api.names` it is a proxy that asks. */
function isFromHere({ socket, headers }: FastifyRequest): boolean {
  if (!LOOPBACK.has(socket.remoteAddress ?? '')) return false
  return FORWARDED.every((name) => headers[name] === undefined) && isKnownHost(headers.host, [])
}
