/**
 * The description of the API: OpenAPI 3.1 made from the schemas that validate, at /openapi.json, and a page to browse
 * it at /docs that needs no network; both are for the people who run the gateway. Schemas with a title become
 * components, and every route says who may call it.
 * Read next: snapshot.ts (the committed copy), refusals.ts (what a route can answer with).
 */
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyContextConfig, FastifyInstance, FastifySchema } from 'fastify'
import { type ProblemCode, problems } from '../../core/ground/problems.ts'
import { refuse } from '../../core/ground/refusal.ts'
import { pinActions, scopeOf } from './caller/policy.ts'
import { problemSchema, sendProblem } from './http/problem.ts'
import type { Nearby } from './nearby.ts'
import { common } from './refusals.ts'

type Node = { [key: string]: unknown }

const roles = ['platform', 'tenant', 'owner', 'technician', 'auditor'] as const

export function docRoutes(app: FastifyInstance, version: string, nearby: Nearby): void {
  app.register(swagger, {
    openapi: frame(version),
    transform: ({ schema, url, route }) => ({
      schema: describe(schema as (FastifySchema & Node) | undefined, route.config, route.method),
      url,
    }),
    transformObject: (document) =>
      ('openapiObject' in document
        ? hoist(document.openapiObject as unknown as Node)
        : document.swaggerObject) as never,
  })
  app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: false,
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

/** Adds who may call, and what may be refused. */
function describe(
  schema: (FastifySchema & Node) | undefined,
  config: FastifyContextConfig | undefined,
  method: string | string[],
): FastifySchema {
  const described: FastifySchema & Node = { ...schema }
  const { action } = config ?? {}
  if (config?.open) described.security = []
  if (action) {
    described.security = [{ token: [] }, { key: [] }, ...(pinActions.has(action) ? [{ pin: [] }] : [])]
    described['x-roles'] = Object.fromEntries(
      roles.flatMap((role) => (scopeOf(role, action) ? [[role, scopeOf(role, action)]] : [])),
    )
  }
  if (schema?.hide !== true && (action || config?.problems))
    described.response = {
      ...(schema?.response as object),
      ...refusals([...(action ? common : []), ...(config?.problems ?? [])]),
    }
  if ([method].flat().includes('GET')) delete described.body
  return described
}

/** By status: the codes that come with it. */
function refusals(codes: readonly ProblemCode[]): Node {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of new Set(codes))
    byStatus.set(problems[code].status, [...(byStatus.get(problems[code].status) ?? []), code])
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      {
        description: names.map((code) => `\`${code}\`: ${problems[code].title}.`).join('\n'),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  )
}

type Operation = { requestBody?: { required?: boolean; content: Record<string, { schema: Node }> } }

/** Moves every schema with a title to components and leaves a reference; a body that may be empty may be left out. */
function hoist(document: Node): Node {
  const schemas: Node = {}
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk)
    if (node === null || typeof node !== 'object') return node
    const walked = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value)])) as Node
    if (typeof walked.title !== 'string' || walked.type !== 'object') return walked
    schemas[walked.title] ??= walked
    return { $ref: `#/components/schemas/${walked.title}` }
  }
  const paths = walk(document.paths) as Record<string, Record<string, Operation>>
  for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    const schema = operation.requestBody?.content['application/json']?.schema
    const required = (schema?.required as string[] | undefined) ?? []
    if (operation.requestBody && schema?.type === 'object' && required.length === 0)
      operation.requestBody.required = false
  }
  const components = document.components as Node
  return {
    ...document,
    components: {
      ...components,
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
    paths,
  }
}

/** What no route says. */
const frame = (version: string): NonNullable<FastifyDynamicSwaggerOptions['openapi']> => ({
  openapi: '3.1.0',
  info: {
    title: 'Latchkey',
    version,
    summary: 'What a shared machine is doing, and the permission to start it.',
    description:
      'One gateway, one shop floor. Times are RFC 3339; counters are decimal text in the smallest unit; every refusal is a problem document with a stable `code`. `locked` never means safe to service.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  tags: [
    { name: 'machines', description: 'What is free, until when, why not; unlock.' },
    { name: 'bookings', description: 'Who may use which machine from when to when.' },
    { name: 'sessions', description: 'One use of one machine.' },
    { name: 'usage', description: 'What was used, and that it adds up.' },
    { name: 'ledger', description: 'What happened, in order, without a gap.' },
    { name: 'health', description: 'For whoever runs the gateway.' },
  ],
  components: {
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description:
          'Of the booking platform: `latchkey-booking+jwt` makes a tenant, `latchkey-service+jwt` the platform.',
      },
      key: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'lk_<id>_<secret>',
        description: 'Of a local person: technician, owner, auditor; made with `latchkey keys add`.',
      },
      pin: {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description:
          '`Pin <machine>:<digits>`: the tenant whose booking holds at the machine now. Wrong ones are counted for each machine; those with the id of the open session, to end it, apart.',
      },
    },
  },
})
