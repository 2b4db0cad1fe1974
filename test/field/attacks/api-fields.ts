/**
 * Every text field of the API, from its description: in paths, queries, headers and bodies of all routes, and the
 * credentials. A field makes a request of a text; all else in it is as the examples of the description say.
 * Read next: fields.ts, texts.ts, wire-client.ts.
 */
import { readFileSync } from 'node:fs'
import { plausible, type Schema, textFields, withText } from './fields.ts'
import type { HostileText } from './texts.ts'
import type { Wire } from './wire-client.ts'

const FILE = new URL('../../../gateway/front/api/openapi.json', import.meta.url)
const METHODS = ['get', 'put', 'post', 'delete'] as const

let version = 0
const HOUR_MS = 3_600_000
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString()
const TIMES: Readonly<Record<string, number>> = { start: 1, end: 2, from: -2, to: -1 }

type Parameter = {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly required?: boolean
  readonly schema: Schema
  readonly example?: string
}
type Described = {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly 'x-roles'?: Readonly<Record<string, string>>
}
type Description = {
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<(typeof METHODS)[number], Described>>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export type Route = {
  readonly method: string
  readonly path: string
  /** Who may call it; empty: anybody. */
  readonly roles: readonly string[]
  /** With every parameter as in its example. */
  readonly wire: Wire
}

export type ApiField = {
  /** As `POST /v1/machines/{id}/drill body reason`. */
  readonly name: string
  readonly roles: readonly string[]
  /** What is kept of it is the text itself: no time, number, word of a list, or secret. */
  readonly isKept: boolean
  request(text: HostileText): Wire
}

const description = JSON.parse(readFileSync(FILE, 'utf8')) as Description
const resolve = (schema: Schema): Schema =>
  schema.$ref === undefined ? schema : resolve(description.components.schemas[schema.$ref.split('/').at(-1)!]!)

const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  METHODS.flatMap((method) => (methods[method] === undefined ? [] : [{ path, method, described: methods[method] }])),
)
type Operation = (typeof operations)[number]

export const apiRoutes: readonly Route[] = operations.map((operation) => ({
  method: operation.method.toUpperCase(),
  path: operation.path,
  roles: rolesOf(operation),
  wire: wireOf(operation),
}))

export const apiFields: readonly ApiField[] = [...operations.flatMap(fieldsOf), ...credentials()]

function rolesOf({ described }: Operation): string[] {
  return Object.keys(described['x-roles'] ?? {})
}

/** What has to be of now to be taken: a time to come or past, a version above the one before. */
function current(key: string, value: unknown): unknown {
  if (key === 'version') return ++version
  return TIMES[key] !== undefined && /^\d{4}-\d\d-\d\dT/.test(String(value)) ? inHours(TIMES[key]) : value
}

function bodyOf({ described }: Operation): Schema | undefined {
  return described.requestBody?.content['application/json']?.schema
}

function fieldsOf(operation: Operation): ApiField[] {
  const { described, method, path } = operation
  const head = `${method.toUpperCase()} ${path}`
  const roles = rolesOf(operation)
  const body = bodyOf(operation)
  return [
    ...(described.parameters ?? []).map((parameter) => ({
      name: `${head} ${parameter.in} ${parameter.name}`,
      roles,
      isKept: false,
      request: (text: HostileText) => wireOf(operation, { parameter, text }),
    })),
    ...(body === undefined ? [] : textFields(body, resolve)).map((field) => ({
      name: `${head} body ${field.name}`,
      roles,
      isKept: isKept(field.schema),
      request: (text: HostileText) => ({ ...wireOf(operation), body: withText(field, text, current) }),
    })),
  ]
}

/** Words of people, and ids. Times and amounts are kept as they are understood, and a PIN is kept from everybody. */
function isKept({ pattern = '' }: Schema): boolean {
  return /\\u2028|^\^\[A-Za-z0-9_\]|^\^\[a-z0-9-\]\{1,32\}\$/.test(pattern)
}

/** The header itself, in each of its forms. */
function credentials(): ApiField[] {
  return ['', 'Bearer ', 'Bearer lk_', 'Pin ', 'Pin booth-1:'].map((scheme) => ({
    name: `GET /v1/machines header authorization ${scheme}`,
    roles: [],
    isKept: false,
    request: ({ bytes }) => ({
      method: 'GET',
      target: '/v1/machines',
      headers: { authorization: Buffer.concat([Buffer.from(scheme), bytes]) },
    }),
  }))
}

type Put = { readonly parameter: Parameter; readonly text: HostileText }

function wireOf(operation: Operation, put?: Put): Wire {
  const { method, path, described } = operation
  const all = described.parameters ?? []
  const textOf = (parameter: Parameter) =>
    parameter === put?.parameter ? inTarget(put.text) : String(parameter.example ?? plausible(parameter.schema))
  const target = all
    .filter((parameter) => parameter.in === 'path')
    .reduce((soFar, parameter) => soFar.replace(`{${parameter.name}}`, () => textOf(parameter)), path)
  const query = all
    .filter((parameter) => parameter.in === 'query' && (parameter.required === true || parameter === put?.parameter))
    .map((parameter) => `${parameter.name}=${textOf(parameter)}`)
  const body = bodyOf(operation)
  return {
    method: method.toUpperCase(),
    target: query.length === 0 ? target : `${target}?${query.join('&')}`,
    headers: put?.parameter.in === 'header' ? { [put.parameter.name]: put.text.bytes } : {},
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(plausible(body, resolve), current)) }),
  }
}

/** As it is where it is about the escapes themselves; otherwise each odd byte as an escape. */
function inTarget({ category, bytes }: HostileText): string {
  const plain = bytes.toString('latin1')
  if (['percent', 'path'].includes(category) && /^[\x21-\x7e]*$/.test(plain)) return plain.replaceAll(/[#?]/g, '')
  return [...bytes]
    .map((byte) => (/[A-Za-z0-9._~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : escaped(byte)))
    .join('')
}

const escaped = (byte: number) => `%${byte.toString(16).padStart(2, '0')}`
