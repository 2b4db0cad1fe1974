/** The description of the API: what is committed is what is served, and it is whole. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problems } from '../../../gateway/core/ground/problems.ts'
import { describeApi, SNAPSHOT } from '../../../gateway/front/api/snapshot.ts'
import { type Bench, createBench } from './bench.ts'

type Operation = {
  operationId?: string
  summary?: string
  tags?: string[]
  security?: unknown[]
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>
  parameters?: { name: string; description?: string }[]
}
const committed = readFileSync(SNAPSHOT, 'utf8')
const description = JSON.parse(committed) as {
  openapi: string
  info: { version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
)

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
})
afterAll(() => bench.close())

test('the committed description is the one this code makes; else run node gateway/front/api/snapshot.ts and look at the change', async () => {
  expect(await describeApi()).toBe(committed)
})

test('any gateway serves the same, whatever its site', async () => {
  const served = (await bench.app.inject({ url: '/openapi.json' })).json()
  expect({ ...served, info: { ...served.info, version: description.info.version } }).toEqual(description)
  expect(description.openapi).toBe('3.1.0')
})

test('every command takes an Idempotency-Key; to sign in and out is none', () => {
  const commands = operations.filter(({ name }) => !/^(get|head) /.test(name) && !name.includes('/console/session'))
  expect(commands.length).toBeGreaterThan(30)
  const without = commands.filter(
    ({ parameters }) => !parameters?.some(({ name }) => name.toLowerCase() === 'idempotency-key'),
  )
  expect(without.map(({ name }) => name)).toEqual([])
})

test('every operation has a name, words, a tag, its own refusals, and words for every parameter', () => {
  expect(new Set(operations.map((operation) => operation.operationId)).size).toBe(operations.length)
  for (const operation of operations) {
    expect([operation.name, operation.operationId, operation.summary, operation.tags?.length]).toEqual([
      operation.name,
      expect.any(String),
      expect.any(String),
      1,
    ])
    for (const parameter of operation.parameters ?? [])
      expect([operation.name, parameter.name, parameter.description]).toEqual([
        operation.name,
        parameter.name,
        expect.any(String),
      ])
    if (!operation.name.includes('/v1/') || operation.security?.length === 0) continue
    for (const status of ['400', '401', '403', '429', '500', '503'])
      expect([operation.name, operation.responses[status]?.content?.['application/problem+json']?.schema.$ref]).toEqual(
        [operation.name, '#/components/schemas/Problem'],
      )
  }
})

test('every reference leads somewhere', () => {
  const references = [...committed.matchAll(/"\$ref": "#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]!)
  expect(references.length).toBeGreaterThan(20)
  for (const name of new Set(references)) expect(description.components.schemas).toHaveProperty(name)
})

test('every kind of problem can be read at its type', async () => {
  for (const code of Object.keys(problems)) {
    const response = await bench.app.inject({ url: `/problems/${code}` })
    expect([code, response.statusCode, response.json().code]).toEqual([code, 200, code])
  }
  expect((await bench.app.inject({ url: '/problems/__proto__' })).statusCode).toBe(404)
})

test('the page to browse it needs no other host, and its policy lets nothing else in', async () => {
  const page = await bench.app.inject({ url: '/docs' })
  expect(page.statusCode).toBe(200)
  const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!)
  expect(assets.length).toBeGreaterThan(3)
  for (const asset of assets) {
    const response = await bench.app.inject({ url: asset })
    expect([asset, response.statusCode]).toEqual([asset, 200])
  }
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toMatch(/https?:|unsafe-eval|upgrade-insecure/)
  expect(page.headers['strict-transport-security']).toBeUndefined()
})
