/**
 * What every answer says to caches and browsers, and by which names and from where the gateway may be called: one table
 * over all routes and names.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PAGE } from '../../../gateway/ledger/verify/page/build.ts'
import { createBench } from './bench.ts'
import { createMatrixBench, type MatrixBench, type Place, sessions, versioned } from './caller/matrix.ts'

let bench: MatrixBench
const own: Place = { machine: 'saw-1', session: sessions.own.id }
beforeAll(async () => {
  bench = await createMatrixBench()
})
afterAll(() => bench.close())

describe('what a cache may keep', () => {
  test.each(versioned.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
    '%s is for nobody but the caller',
    async (_name, operation) => {
      if (operation.operationId === 'streamEvents' || operation.operationId === 'getTile') return
      for (const authorization of [undefined, ...bench.credentials.values()]) {
        const { headers } = await bench.ask(operation, own, authorization)
        expect(headers['cache-control']).toMatch(/^(private, no-store|private, no-cache|no-cache)$/)
        if (headers['cache-control'] === 'private, no-cache') expect(headers.vary).toContain('Authorization')
        if (headers['cache-control'] === 'no-cache') expect(operation.security).toEqual([])
      }
    },
  )

  test('entries are private, in bundles too; only tiles of hashes are public', async () => {
    const { length: size } = sessionsOf()
    const bundle = await bench.app.inject({
      url: `/v1/ledger/bundle/000.p/${size}`,
      headers: { authorization: bench.credentials.get('auditor')! },
    })
    expect([bundle.statusCode, bundle.headers['cache-control']]).toEqual([200, 'private, no-store'])
    const tile = await bench.app.inject({ url: `/v1/ledger/tile/0/000.p/${size}` })
    expect([tile.statusCode, tile.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable'])
  })
})

/** Each made one entry. */
const sessionsOf = () => Object.values(sessions)

describe('the name by which it is called', () => {
  const known = ['127.0.0.1:8080', '192.168.1.7', '[::1]:8080', '[fe80::1]', 'localhost:8080', 'latchkey', 'GW.local']
  const strange = ['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', 'localhost.evil.example', 'local.']

  test.each(known)('%s counts as this host', async (host) => {
    for (const url of ['/health/ready', '/metrics', '/docs', '/openapi.json', '/asyncapi.json'])
      expect([url, (await bench.app.inject({ url, headers: { host } })).statusCode]).not.toEqual([url, 401])
  })

  test.each(strange)('"%s" does not, and takes no PIN', async (host) => {
    for (const url of [
      '/health/live',
      '/health/ready',
      '/metrics',
      '/docs',
      '/openapi.json',
      '/asyncapi.json',
      '/docs/static/index.html',
    ])
      expect([url, (await bench.app.inject({ url, headers: { host } })).statusCode]).toEqual([url, 401])
    const pin = { method: 'POST', url: '/v1/machines/saw-1/unlock', payload: {} } as const
    const answer = await bench.app.inject({ ...pin, headers: { host, authorization: 'Pin saw-1:4711' } })
    expect([answer.statusCode, answer.json().code]).toEqual([421, 'bad-request'])
    const authorization = bench.credentials.get('technician')!
    const { statusCode } = await bench.app.inject({ url: '/v1/machines', headers: { host, authorization } })
    expect(statusCode).toBe(200)
  })

  test('may be that of a proxy, which takes PINs and is not this host', async () => {
    const headers = { host: 'gateway.example', authorization: 'Pin saw-1:4711' }
    const answer = await bench.app.inject({ method: 'POST', url: '/v1/machines/saw-1/unlock', payload: {}, headers })
    expect(answer.json().code).toBe('pin-wrong')
    expect((await bench.app.inject({ url: '/metrics', headers: { host: 'gateway.example' } })).statusCode).toBe(401)
  })

  test('is one', async () => {
    const url = new URL(await bench.app.listen({ port: 0, host: '127.0.0.1' }))
    const socket = connect(Number(url.port), url.hostname)
    socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\nConnection: close\r\n\r\n')
    let answer = ''
    for await (const bytes of socket) answer += bytes
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })
})

test.each(['via', 'x-forwarded-host', 'x-forwarded-proto', 'x-client-ip', 'cf-connecting-ip', 'x-forwarded-for'])(
  'a proxy on this host that sends %s speaks for somebody else',
  async (name) => {
    const { statusCode } = await bench.app.inject({ url: '/health/ready', headers: { [name]: 'x' } })
    expect(statusCode).toBe(401)
  },
)

test('bad credentials for health from afar are limited as everywhere', async () => {
  const limited = await createBench((config) => ({ ...config, api: { ...config.api, rateLimit: 5 } }))
  const statuses = []
  for (const url of ['/health/live', '/metrics', '/openapi.json', '/health/ready', '/v1/machines', '/docs', '/metrics'])
    statuses.push((await limited.app.inject({ url, remoteAddress: '10.1.0.7' })).statusCode)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
  await limited.close()
})

test('a path with a slash at its end is no path, and not another method of it', async () => {
  const { statusCode, headers } = await bench.app.inject({ url: '/v1/usage/' })
  expect([statusCode, headers.allow]).toEqual([404, undefined])
})

test('a page may use nothing of the device it is shown on, and has no other base', async () => {
  const { headers } = await bench.app.inject({ url: '/docs' })
  expect(headers['permissions-policy']).toContain('camera=()')
  expect(headers['content-security-policy']).toContain("base-uri 'none'")
})

test.each([
  ['from this host', {}],
  ['from afar, without a credential', { remoteAddress: '10.1.0.7' }],
  ['under a strange name', { headers: { host: 'evil.example' } }],
  ['through a proxy', { headers: { 'x-forwarded-for': '203.0.113.7' } }],
])('the page that checks receipts is for everybody, under its own policy: %s', async (_name, from) => {
  const { statusCode, headers, body } = await bench.app.inject({ url: '/verify', ...from })
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(body).toBe(readFileSync(PAGE, 'utf8'))
  const [, own] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(body)!
  expect(own).toMatch(/^default-src 'none'; script-src 'sha256-/)
  expect(headers['content-security-policy']).toBe(`${own}; frame-ancestors 'none'`)
  const [, steps] = /^<([^>]+)>; rel="help"$/.exec(String(headers.link))!
  const page = await bench.app.inject({ url: steps!, ...from })
  expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8'])
  expect(page.body).toMatch(/^# For auditors/)
})
