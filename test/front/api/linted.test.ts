/**
 * The rules by which linters and generators of clients fail on a description: those of Redocly's and Spectral's
 * recommended sets that are errors, and what breaks the names a generator makes. Both linters and five generators took
 * the committed description; they are too heavy to stand among what is installed for every test.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { SNAPSHOT } from '../../../gateway/front/api/snapshot.ts'

type Content = Record<string, { schema: unknown }>
type Operation = {
  operationId: string
  tags: string[]
  security?: Record<string, unknown>[]
  parameters?: { name: string; in: string; required?: boolean }[]
  responses: Record<string, { description: string; content?: Content; headers?: Record<string, unknown> }>
}
const description = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as {
  servers: { url: string }[]
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> }
}
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, ...operation })),
)
const failing = (holds: (operation: (typeof operations)[number]) => boolean) =>
  operations.filter((operation) => !holds(operation)).map(({ name }) => name)

test('there is a server, and it is no example', () => {
  expect(description.servers.map(({ url }) => url)).toEqual(['/'])
})

describe('every operation', () => {
  test.each<[string, (operation: (typeof operations)[number]) => boolean]>([
    [
      'has a path whose parameters are words and are all described',
      ({ path, parameters = [] }) => {
        const inPath = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name!)
        const described = parameters.filter((each) => each.in === 'path')
        return (
          inPath.every((name) => /^[a-z][A-Za-z]*$/.test(name)) &&
          JSON.stringify(inPath.sort()) === JSON.stringify(described.map(({ name }) => name).sort()) &&
          described.every(({ required }) => required === true)
        )
      },
    ],
    ['has a path that does not end in a slash', ({ path }) => !path.endsWith('/')],
    ['has a name that is one in any language', ({ operationId }) => /^[a-z][A-Za-z]+$/.test(operationId)],
    [
      'says its security, of schemes that there are',
      ({ security }) =>
        security?.every((each) => Object.keys(each).every((name) => name in description.components.securitySchemes)) ??
        false,
    ],
    ['has tags that there are', ({ tags }) => tags.every((tag) => description.tags.some(({ name }) => name === tag))],
    [
      'can be refused, and succeeds',
      ({ responses }) => ['2', '4'].every((digit) => Object.keys(responses).some((status) => status.startsWith(digit))),
    ],
    [
      'describes every answer',
      ({ responses }) => Object.values(responses).every((each) => each.description.length > 0),
    ],
    [
      'gives no two parameters one name',
      ({ parameters = [] }) => new Set(parameters.map((each) => `${each.in} ${each.name}`)).size === parameters.length,
    ],
  ])('%s', (_, holds) => {
    expect(failing(holds)).toEqual([])
  })
})

test('every component is used, and no two paths lead to one place', () => {
  const text = JSON.stringify(description)
  for (const name of Object.keys(description.components.schemas))
    expect(text).toContain(`"#/components/schemas/${name}"`)
  const places = Object.keys(description.paths).map((path) => path.replace(/\{[^}]*\}/g, '{}'))
  expect(new Set(places).size).toBe(places.length)
})

const hasExample = (schema: object) => 'examples' in schema || 'example' in schema

test('every pattern has an example, which it matches, and what is required is there', () => {
  const strange: string[] = []
  /** The example of a parameter stands beside its schema. */
  const look = (node: unknown, at: string, beside: object = {}): void => {
    if (node === null || typeof node !== 'object') return
    const {
      pattern,
      examples = [],
      required,
      properties,
    } = node as {
      pattern?: unknown
      examples?: unknown[]
      required?: unknown
      properties?: object
    }
    if (typeof pattern === 'string' && !hasExample(node) && !hasExample(beside))
      strange.push(`${at}: a page would show random text`)
    if (typeof pattern === 'string' && Array.isArray(examples))
      for (const example of examples)
        if (!new RegExp(pattern, 'u').test(String(example))) strange.push(`${at}: ${example}`)
    if (Array.isArray(required) && properties !== undefined)
      for (const name of required) if (!(name in properties)) strange.push(`${at}: ${name} is required and not there`)
    for (const [key, value] of Object.entries(node)) look(value, `${at}/${key}`, key === 'schema' ? node : {})
  }
  look(description, '')
  expect(strange).toEqual([])
})

test('what is said of answers is so: tables, tags, receipts, tiles', () => {
  const forms = (name: string, status = '200') =>
    Object.keys(operations.find(({ operationId }) => operationId === name)!.responses[status]?.content ?? {})
  for (const name of ['listUsage', 'listReadings', 'listMeterDays'])
    expect([name, forms(name)]).toEqual([name, ['application/json', 'text/csv']])
  for (const name of ['getCheckpoint', 'getProof']) expect([name, forms(name)]).toEqual([name, ['text/plain']])
  for (const name of ['getTile', 'getEntryBundle']) expect(forms(name)).toEqual(['application/octet-stream'])
  for (const name of ['listMachines', 'getMachine']) {
    const { responses } = operations.find(({ operationId }) => operationId === name)!
    expect(Object.keys(responses)).toContain('304')
    expect(responses['200']!.headers).toHaveProperty('ETag')
    expect(responses['304']!.content).toBeUndefined()
  }
  const receipt = operations.find(({ operationId }) => operationId === 'getReceipt')!.responses['200']!
  expect(receipt.content!['application/json']!.schema).toEqual({ $ref: '#/components/schemas/Receipt' })
})
