/**
 * The description of the API: OpenAPI 3.1 made from the schemas that validate, at /openapi.json, and a page to browse
 * it at /docs that needs no network; both are for the people who run the gateway. Schemas with a title become
 * components, and every route says who may call it.
 * Read next: description.ts (what is added to the schemas), snapshot.ts (the committed copy).
 */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { type ProblemCode, problems } from '../../core/ground/problems.ts'
import { refuse } from '../../core/ground/refusal.ts'
import { describe, frame, hoist, named } from './description.ts'
import { logo, theme } from './docs-theme.ts'
import { sendProblem } from './http/problem.ts'
import type { Nearby } from './nearby.ts'

type Node = { [key: string]: unknown }

export function docRoutes(app: FastifyInstance, version: string, nearby: Nearby): void {
  app.register(swagger, {
    openapi: frame(version),
    transform: ({ schema, url, route }) =>
      named(url, describe(schema as (FastifySchema & Node) | undefined, route.config, route.method)),
    transformObject: (document) =>
      ('openapiObject' in document
        ? hoist(document.openapiObject as unknown as Node)
        : document.swaggerObject) as never,
  })
  app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: false,
    logo,
    theme,
    uiHooks: { onRequest: async (request, reply) => void (await nearby(request, reply)) },
    uiConfig: { validatorUrl: null, docExpansion: 'list' },
  })

  /** Bytes, so that many slow readers share them. */
  let description: Buffer | undefined
  app.get('/openapi.json', { schema: { hide: true }, onRequest: nearby }, async (_request, reply) => {
    description ??= Buffer.from(JSON.stringify(app.swagger()))
    return reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8').send(description)
  })
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))
  app.get('/problems/:code', { schema: { hide: true } }, async (request, reply) => {
    const { code } = request.params as { code: string }
    if (!Object.hasOwn(problems, code)) return sendProblem(request, reply, refuse('not-found'))
    return { code, ...problems[code as ProblemCode] }
  })
}
