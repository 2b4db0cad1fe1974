/**
 * Pages of other origins that may call the API from a browser (CORS): those that the site file names, and no others.
 * A credential is never sent along by itself: no cookie of the console counts for them, so they need a token of their
 * own. Read next: server.ts.
 */
import type { FastifyInstance } from 'fastify'

/** How long a browser may keep the answer, s. */
const KEPT_S = 600
const METHODS = 'GET, POST, PUT, DELETE'
const SENT = 'Authorization, Content-Type, If-None-Match, Idempotency-Key, Last-Event-ID'
const SHOWN = 'ETag, Retry-After, Date, Link, Content-Disposition'

/** `origins`: asked on each request, since a configuration can be applied while the gateway runs. */
export function admitOrigins(app: FastifyInstance, origins: () => readonly string[]): void {
  app.addHook('onRequest', ({ method, url, headers }, reply, done) => {
    const { origin } = headers
    if (origin === undefined || !url.startsWith('/v1/') || !origins().includes(origin)) return done()
    reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': SHOWN, vary: 'Origin' })
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return done()
    const asked = { 'access-control-allow-methods': METHODS, 'access-control-allow-headers': SENT }
    reply
      .code(204)
      .headers({ ...asked, 'access-control-max-age': KEPT_S })
      .send()
  })
}
