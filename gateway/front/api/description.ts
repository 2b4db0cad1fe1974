/**
 * What stands in the description of the API beside the schemas of the routes: who may call and what may be refused,
 * tags and tables of answers, components, and what no route says. Pure.
 * Read next: docs.ts (where it is served), refusals.ts (what a route can answer with).
 */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyContextConfig, FastifySchema } from 'fastify'
import { type ProblemCode, problems } from '../../core/ground/problems.ts'
import { type Action, pinActions, scopeOf } from './caller/policy.ts'
import { problemSchema } from './http/problem.ts'
import { KEY_PATTERN } from './http/repeats.ts'
import { common } from './refusals.ts'

type Node = { [key: string]: unknown }

const roles = ['platform', 'tenant', 'owner', 'technician', 'auditor'] as const

/** Adds who may call, and what may be refused. */
export function describe(
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
  if (action && isRepeatable(method, action)) described.headers = withKey((schema?.headers ?? {}) as Node)
  if (schema?.response) described.response = withForms(schema.response as Node, config)
  if (schema?.hide !== true && (action || config?.problems))
    described.response = {
      ...(described.response as object),
      ...refusals([...(action ? common : []), ...(config?.problems ?? [])]),
    }
  if ([method].flat().includes('GET')) delete described.body
  return described
}

const isRepeatable = (method: string | string[], action: Action) =>
  [method].flat().some((each) => each !== 'GET' && each !== 'HEAD') && action !== 'machine.unlock'

/** What http/repeats.ts takes of every command. */
const withKey = (headers: Node): Node => ({
  type: 'object',
  ...headers,
  properties: {
    'idempotency-key': {
      type: 'string',
      pattern: KEY_PATTERN,
      examples: ['order-4711'],
      description: 'The same command under the same key is done once, and answered alike for a day.',
    },
    ...(headers.properties as Node | undefined),
  },
})

/** The other forms of a 200: the same as a table, and nothing at all for a caller that has it. */
function withForms(response: Node, { csv, tagged }: FastifyContextConfig = {}): Node {
  const good = response[200] as Node | undefined
  if (good === undefined || (csv === undefined && tagged === undefined)) return response
  const { description } = good
  const content = {
    'application/json': { schema: good },
    ...(csv ? { 'text/csv': { schema: { type: 'string', description: 'A table, RFC 4180.' } } } : {}),
  }
  const etag = { ETag: { type: 'string', description: 'Changes with what is said; send it as `If-None-Match`.' } }
  return {
    ...response,
    200: { description: description ?? 'Good.', content, ...(tagged ? { headers: etag } : {}) },
    ...(tagged ? { 304: { description: 'As the `If-None-Match` says, the caller has it.', type: 'null' } } : {}),
  }
}

/** A path of any length has a name in the description, since a generator makes an argument of it. */
export function named(url: string, schema: FastifySchema): { readonly url: string; readonly schema: FastifySchema } {
  const { properties } = (schema.params ?? {}) as { properties?: Node }
  if (!url.includes('*') || properties === undefined) return { url, schema }
  return {
    url: url.replace('*', ':path'),
    schema: { ...schema, params: { type: 'object', required: ['path'], properties: { path: properties['*'] } } },
  }
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
export function hoist(document: Node): Node {
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
export const frame = (version: string): NonNullable<FastifyDynamicSwaggerOptions['openapi']> => ({
  openapi: '3.1.0',
  info: {
    title: 'Latchkey',
    version,
    summary: 'What a shared machine is doing, and the permission to start it.',
    description:
      'One gateway, one shop floor. Times are RFC 3339; counters are decimal text in the smallest unit; every refusal is a problem document with a stable `code`. `locked` never means safe to service.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/', description: 'The gateway that serves this description.' }],
  tags: [
    { name: 'machines', description: 'What is free, until when, why not; unlock.' },
    { name: 'bookings', description: 'Who may use which machine from when to when.' },
    { name: 'sessions', description: 'One use of one machine.' },
    { name: 'usage', description: 'What was used, and that it adds up.' },
    { name: 'money', description: 'What it costs, and who gets it.' },
    { name: 'ledger', description: 'What happened, in order, without a gap.' },
    { name: 'sinks', description: 'What waits for a broker or a store, and what was set aside.' },
    { name: 'webhooks', description: 'Other programs that get it posted.' },
    { name: 'console', description: 'For the pages of the gateway itself, which come and go with it.' },
    { name: 'configuration', description: 'How the site is configured, and who changed it.' },
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
