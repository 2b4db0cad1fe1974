/**
 * The description of the API at /openapi.json and of MQTT at /asyncapi.json, which are the committed ones, and a page
 * to browse the API at /docs that needs no network; all are for the people who run the gateway. None is loaded before
 * somebody asks. Read next: docs-page.ts, snapshot.ts and reference/asyncapi.ts (which make the descriptions).
 */
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest, LightMyRequestResponse } from 'fastify'
import { type ProblemCode, problems } from '../../core/ground/problems.ts'
import { refuse } from '../../core/ground/refusal.ts'
import { sendProblem } from './http/problem.ts'
import type { Nearby } from './nearby.ts'

type Description = { readonly info: object }
type Found = Pick<LightMyRequestResponse, 'statusCode' | 'headers' | 'rawPayload'>

const SNAPSHOT = new URL('./openapi.json', import.meta.url)
const ASYNCAPI = new URL('../sinks/asyncapi.json', import.meta.url)
/** What the page's own server says of a connection that there is none of. */
const NOT_PASSED_ON = new Set(['connection', 'date', 'keep-alive', 'content-length', 'transfer-encoding'])

/** The page has fewer, but a path can be written in many ways. */
const MOST_FILES = 32

export function docRoutes(app: FastifyInstance, version: string, nearby: Nearby): void {
  const hidden = { schema: { hide: true } }
  const describe = (committed: URL): Description => {
    const { info, ...rest } = JSON.parse(readFileSync(committed, 'utf8')) as Description
    return { ...rest, info: { ...info, version } }
  }
  let page: Promise<FastifyInstance> | undefined

  const openPage = async () => (await import('./docs-page.ts')).openDocsPage(describe(SNAPSHOT))
  /** By path, what is there: many who ask at once, and read slowly, share the bytes. */
  const files = new Map<string, Promise<Found>>()

  function fileOf(path: string): Promise<Found> {
    const known = files.get(path)
    if (known !== undefined) return known
    const asked = readFile(path)
    if (files.size >= MOST_FILES) return asked
    files.set(path, asked)
    const forget = () => files.delete(path)
    asked.then(({ statusCode }) => statusCode === 200 || forget(), forget)
    return asked
  }

  async function readFile(path: string): Promise<Found> {
    page ??= openPage()
    const { statusCode, headers, rawPayload } = await (await page).inject({ url: path })
    return { statusCode, headers, rawPayload }
  }

  async function show(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { statusCode, headers, rawPayload } = await fileOf(request.url.split('?')[0]!)
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined && !NOT_PASSED_ON.has(name)) reply.header(name, value)
    return reply.code(statusCode).send(rawPayload)
  }
  for (const url of ['/docs', '/docs/*']) app.get(url, { ...hidden, onRequest: nearby }, show)
  app.addHook('onClose', async () => (await page)?.close())

  for (const [url, committed] of Object.entries({ '/openapi.json': SNAPSHOT, '/asyncapi.json': ASYNCAPI })) {
    /** Bytes, so that many slow readers share them. */
    let description: Buffer | undefined
    app.get(url, { ...hidden, onRequest: nearby }, async (_request, reply) => {
      description ??= Buffer.from(JSON.stringify(describe(committed)))
      return reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8').send(description)
    })
  }
  app.get('/problems/:code', hidden, async (request, reply) => {
    const { code } = request.params as { code: string }
    if (!Object.hasOwn(problems, code)) return sendProblem(request, reply, refuse('not-found'))
    return { code, ...problems[code as ProblemCode] }
  })
}
