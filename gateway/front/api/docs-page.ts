/**
 * The page to browse the API, as a server of its own that nobody listens to: it is made when it is first asked for,
 * since most gateways never show it. Read next: docs.ts (who asks).
 */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyInstance } from 'fastify'
import { logo, theme } from './docs-theme.ts'

/** `description`: the OpenAPI document that it shows. */
export async function openDocsPage(description: object): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(swagger, { mode: 'static', specification: { document: description as never } })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: false,
    logo,
    theme,
    uiConfig: { validatorUrl: null, docExpansion: 'list' },
  })
  await app.ready()
  return app
}
