/**
 * Answers with a tag: whoever sends it back in `If-None-Match` gets 304 for as long as the same would be said. A route
 * says `tagged: true`; one that knows a better tag than its whole text sends it itself.
 * Read next: machines/shown.ts (a tag without the time at which a thing was seen to be so).
 */
import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export const tagOf = (said: string): string => `"${hash('sha256', said, 'base64url').slice(0, 22)}"`

export function tagAnswers(scope: FastifyInstance): void {
  scope.addHook('onSend', (request, reply, payload, done) => {
    const isTagged =
      typeof payload === 'string' &&
      reply.statusCode === 200 &&
      !reply.hasHeader('etag') &&
      request.routeOptions.config.tagged === true
    done(null, isTagged && isKnown(request, reply, tagOf(payload)) ? null : payload)
  })
}

/** Puts the tag into the answer; when the caller has it already, the answer is 304. */
export function isKnown(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  reply.header('etag', tag).header('cache-control', 'private, no-cache').header('vary', 'Authorization, Origin')
  const known = request.headers['if-none-match']
  if (known?.split(',').some((each) => each.trim().replace(/^W\//, '') === tag) !== true) return false
  reply.code(304).removeHeader('content-type').removeHeader('content-length')
  return true
}
