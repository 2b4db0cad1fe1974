/**
 * The pages of the gateway, as they were built and committed: one document, at the address of every page, and its
 * parts, whose names change with what is in them. It serves files and knows nothing of what they show. They may load
 * from here alone, run no script of anybody else, and stand in no frame.
 * Read next: console/build.ts (what makes them), console/main.tsx (where they begin).
 */
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../../core/ground/refusal.ts'
import { sendProblem } from '../http/problem.ts'

const BUILT = join(import.meta.dirname, '..', '..', 'console', 'built')
const PAGES = ['/', '/machines/:id', '/m/:id', '/books', '/bench', '/sign-in']
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join(';')
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Plain and packed, so that many slow readers share them. */
type Built = { readonly plain: Buffer; readonly packed: Buffer; readonly type: string; readonly tag: string }

export function consolePages(app: FastifyInstance): void {
  const files = new Map<string, Built>()
  /** Read when it is first asked for: most gateways are asked by programs alone. */
  const built = (name: string): Built => {
    const known = files.get(name)
    if (known !== undefined) return known
    const plain = readFileSync(join(BUILT, name))
    const tag = `"${hash('sha256', plain, 'base64url').slice(0, 22)}"`
    const made = { plain, packed: gzipSync(plain, { level: 9 }), type: TYPES[extname(name)] ?? 'text/plain', tag }
    files.set(name, made)
    return made
  }
  const parts = new Set(readdirSync(join(BUILT, 'assets')))

  for (const url of PAGES)
    app.get(url, { schema: { hide: true } }, async (request, reply) => {
      reply.header('content-security-policy', POLICY).header('cache-control', 'no-cache')
      return sendBuilt(request, reply, built('index.html'))
    })
  app.get('/console/assets/:name', { schema: { hide: true } }, async (request, reply) => {
    const { name } = request.params as { name: string }
    if (!parts.has(name)) return sendProblem(request, reply, refuse('not-found'))
    reply.header('cache-control', 'public, max-age=31536000, immutable')
    return sendBuilt(request, reply, built(join('assets', name)))
  })
}

function sendBuilt(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { plain, packed, type, tag }: Built,
): FastifyReply {
  reply.header('etag', tag).header('vary', 'Accept-Encoding')
  if (headers['if-none-match']?.includes(tag)) return reply.code(304).send()
  const packs = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
  if (packs) reply.header('content-encoding', 'gzip')
  return reply.type(type).send(packs ? packed : plain)
}
