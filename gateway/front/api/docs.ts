/**
 * The description of the API at /openapi.json, which is the committed one, and a page to browse it at /docs that needs
 * no network; both are for the people who run the gateway. Neither is loaded before somebody asks.
 * Read next: docs-page.ts, snapshot.ts (which makes the description from the schemas that validate).
 */
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ProblemCode, problems } from '../../core/ground/problems.ts'
import { refuse } from '../../core/ground/refusal.ts'
import { sendProblem } from './http/problem.ts'
import type { Nearby } from './nearby.ts'

type Description = { readonly info: object }

const SNAPSHOT = new URL('./openapi.json', import.meta.url)
/** What the page's own server says of a connection that there is none of. */
const NOT_PASSED_ON = new Set(['connection', 'date', 'keep-alive', 'content-length', 'transfer-encoding'])

export function docRoutes(app: FastifyInstance, version: string, nearby: Nearby): void {
  const hidden = { schema: { hide: true } }
  const describe = (): Description => {
    const { info, ...rest } = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as Description
    return { ...rest, info: { ...info, version } }
  }
  /** Bytes, so that many slow readers share them. */
  let description: Buffer | undefined
  let page: Promise<FastifyInstance> | undefined

  const openPage = async () => (await import('./docs-page.ts')).openDocsPage(describe())

  async function show(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    page ??= openPage()
    const { statusCode, headers, rawPayload } = await (await page).inject({ url: request.url })
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined && !NOT_PASSED_ON.has(name)) reply.header(name, value)
    return reply.code(statusCode).send(rawPayload)
  }
  for (const url of ['/docs', '/docs/*']) app.get(url, { ...hidden, onRequest: nearby }, show)
  app.addHook('onClose', async () => (await page)?.close())

  app.get('/openapi.json', { ...hidden, onRequest: nearby }, async (_request, reply) => {
    description ??= Buffer.from(JSON.stringify(describe()))
    return reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8').send(description)
  })
  app.get('/problems/:code', hidden, async (request, reply) => {
    const { code } = request.params as { code: string }
    if (!Object.hasOwn(problems, code)) return sendProblem(request, reply, refuse('not-found'))
    return { code, ...problems[code as ProblemCode] }
  })
}
