/**
 * The pictures that the site file names: the floor, and the photo of each machine. Who may see the board sees them.
 * They are read when they are asked for, so that another one needs no restart; a picture runs no script, wherever it
 * is opened.
 * Read next: card.ts (which machine has one), pages.ts (the other files of the pages).
 */
import { hash } from 'node:crypto'
import { constants, open } from 'node:fs/promises'
import { extname } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import type { Browsers } from '../caller/browsers.ts'
import type { Limits } from '../guard.ts'
import { isKnownHost } from '../http/host.ts'
import { sendProblem } from '../http/problem.ts'

const MOST_BYTES = 4_194_304
const TYPES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
}
/** Of a picture that is opened by itself: an SVG may have styles, and nothing else. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

export function pictureRoutes(app: App, api: Api, limits: Limits, browsers: Browsers): void {
  const send = async (request: FastifyRequest, reply: FastifyReply, path: string | undefined) => {
    const { names, board } = api.config.api
    const seen = board === 'states' && isKnownHost(request.headers.host, names)
    if (browsers.callerOf(request) === undefined && !seen) return sendProblem(request, reply, refuse('unauthenticated'))
    const retryAfterS = limits.waitAfterCall(request)
    if (retryAfterS !== undefined) return sendProblem(request, reply, refuse('rate-limited'), { retryAfterS })
    const type = TYPES[extname(path ?? '').toLowerCase()]
    const bytes = path === undefined || type === undefined ? undefined : await readPicture(path)
    if (bytes === undefined) return sendProblem(request, reply, refuse('not-found'))
    const tag = `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"`
    reply.header('content-security-policy', POLICY).header('cache-control', 'private, no-cache').header('etag', tag)
    return request.headers['if-none-match'] === tag ? reply.code(304).send() : reply.type(type!).send(bytes)
  }
  app.get('/console/plan', { schema: { hide: true } }, (request, reply) => send(request, reply, api.config.plan))
  app.get('/console/photos/:id', { schema: { hide: true } }, (request, reply) =>
    send(request, reply, api.machines.get((request.params as { id: string }).id)?.about?.photo),
  )
}

/** Undefined: it is not there, is no file, or is too large. */
async function readPicture(path: string): Promise<Buffer | undefined> {
  // A pipe that nobody writes to would keep an ordinary open waiting.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const stat = await file.stat()
    if (!stat.isFile() || stat.size > MOST_BYTES) return undefined
    const bytes = Buffer.alloc(stat.size)
    const { bytesRead } = await file.read(bytes, 0, stat.size, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
