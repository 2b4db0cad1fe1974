/** Databases and buckets are made as each version takes it, and what is there already is no failure. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareInflux } from '../../../gateway/front/sinks/influx-prepare.ts'
import { INFLUX } from './rows.ts'

const DAY_MS = 86_400_000
let server: Server
let url: string
let asked: string[]
let answers: Record<string, { readonly status: number; readonly body: string }>

beforeEach(async () => {
  asked = []
  answers = {}
  server = createServer(async (request, response) => {
    const body = await text(request)
    asked.push(`${request.method} ${decodeURIComponent(request.url!.replaceAll('+', ' '))} ${body}`.trim())
    const { status, body: said } = answers[request.url!.split('?')[0]!] ?? { status: 200, body: '{}' }
    response.writeHead(status).end(said)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => server.close())

const ORGS = { '/api/v2/orgs': { status: 200, body: '{"orgs":[{"id":"0a"}]}' } }
const two = { version: 2, organisation: 'shop', token: 't' } as const

test.each([
  [{ version: 1 }, ['POST /query?q=CREATE DATABASE "d\\"b" WITH DURATION 86400s']],
  [
    two,
    [
      'GET /api/v2/orgs?org=shop',
      'POST /api/v2/buckets {"orgID":"0a","name":"d\\"b","retentionRules":[{"type":"expire","everySeconds":86400}]}',
    ],
  ],
  [{ version: 3, token: 't' }, ['POST /api/v3/configure/database {"db":"d\\"b","retention_period":"86400s"}']],
] as const)('%j', async (more, expected) => {
  answers = ORGS
  expect(await prepareInflux({ ...INFLUX, url, database: 'd"b', retentionMs: DAY_MS, ...more })).toBeUndefined()
  expect(asked).toEqual(expected)
})

test.each([
  [{ version: 1 }, '/query', 200, '{"results":[{"error":"not allowed"}]}', /not allowed/],
  [{ version: 1 }, '/query', 401, '{"error":"authorization failed"}', /401: authorization failed/],
  [two, '/api/v2/buckets', 422, '{"message":"bucket with name d already exists"}', undefined],
  [two, '/api/v2/buckets', 422, '{"message":"bad name"}', /422: bad name/],
  [two, '/api/v2/orgs', 200, '{"orgs":[]}', /no such organisation/],
  [{ version: 3 }, '/api/v3/configure/database', 409, '', undefined],
] as const)('%j, when %s answers %i %s', async (more, path, status, body, why) => {
  answers = { ...ORGS, [path]: { status, body } }
  const said = await prepareInflux({ ...INFLUX, url, ...more })
  if (why === undefined) expect(said).toBeUndefined()
  else expect(said).toMatch(why)
})
