/**
 * Signing in with a browser: the cookie stands for its holder on pages of this gateway alone, ends with the credential,
 * with the sign-out and with quiet, and nothing that another site causes is done in its name.
 */
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { type Bench, createBench } from '../bench.ts'
import { boardRow } from '../rows.ts'

const host = '127.0.0.1:8080'
const origin = `http://${host}`
let bench: Bench
let key: string
beforeAll(async () => {
  bench = await createBench((config) => ({ ...config, api: { ...config.api, board: 'free' } }))
  const added = await bench.addKey('technician', 'Wang')
  key = added.key.text
  bench.setBoard(...bench.config.machines.map(({ id }) => boardRow(id)))
})
afterAll(() => bench.close())

const ask = (method: 'GET' | 'POST' | 'DELETE', url: string, headers: Record<string, string> = {}, payload?: object) =>
  bench.app.inject({ method, url, headers: { host, ...headers }, ...(payload === undefined ? {} : { payload }) })

async function signIn(): Promise<string> {
  const answer = await ask('POST', '/console/session', { origin, authorization: `Bearer ${key}` })
  expect([answer.statusCode, answer.json().role, answer.json().id]).toEqual([200, 'technician', 'Wang'])
  const cookie = String(answer.headers['set-cookie'])
  expect(cookie).toMatch(/^latchkey=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  return cookie.split(';')[0]!
}

const maintain = (headers: Record<string, string>) =>
  ask('POST', '/v1/machines/saw-1/maintenance', headers, { on: true, reason: 'because' })

describe('the cookie', () => {
  it('stands for its holder, and says nothing of the credential', async () => {
    const cookie = await signIn()
    expect(cookie).not.toContain(key.slice(-10))
    expect((await ask('GET', '/v1/machines', { cookie })).statusCode).toBe(200)
    expect((await ask('GET', '/console/session', { cookie })).json().role).toBe('technician')
    bench.answer(() => ({ kind: 'done' }))
    expect((await maintain({ cookie, origin })).statusCode).toBe(204)
  })

  it('is worth nothing after the sign-out', async () => {
    const cookie = await signIn()
    expect((await ask('DELETE', '/console/session', { cookie, origin })).statusCode).toBe(204)
    expect((await ask('GET', '/v1/machines', { cookie })).statusCode).toBe(401)
    expect((await ask('GET', '/console/session', { cookie })).json().role).toBeUndefined()
  })

  it('ends when nothing is asked for too long, and at the end of a long shift', async () => {
    const cookie = await signIn()
    const later = (minutes: number) => {
      bench.clock.ns += BigInt(minutes) * 60_000_000_000n
      return ask('GET', '/v1/machines', { cookie })
    }
    expect((await later(14)).statusCode).toBe(200)
    expect((await later(14)).statusCode).toBe(200)
    expect((await later(16)).statusCode).toBe(401)
    const long = await signIn()
    let last = 0
    for (let minutes = 0; minutes <= 16 * 60; minutes += 10) {
      bench.clock.ns += 600_000_000_000n
      bench.setBoard(...bench.config.machines.map(({ id }) => boardRow(id)))
      last = (await ask('GET', '/v1/machines', { cookie: long })).statusCode
    }
    expect(last).toBe(401)
  })

  test.each([
    ['an origin of somebody else', { origin: 'http://evil.example' }],
    ['another port of this host', { origin: 'http://127.0.0.1:9090' }],
    ['no origin at all', {}],
    ['an opaque origin', { origin: 'null' }],
    ['a page of another site, by what the browser says', { origin, 'sec-fetch-site': 'cross-site' }],
    ['a page of another port, by what the browser says', { origin, 'sec-fetch-site': 'same-site' }],
    ['a name that anybody could have registered', { origin: 'http://evil.example', host: 'evil.example' }],
  ])('changes nothing with %s', async (_what, headers) => {
    const cookie = await signIn()
    bench.commands.splice(0)
    const answer = await maintain({ cookie, ...(headers as Record<string, string>) })
    expect([answer.statusCode, bench.commands]).toEqual([401, []])
    const out = await ask('DELETE', '/console/session', { cookie, ...(headers as Record<string, string>) })
    expect(out.statusCode).toBe(400)
    expect((await ask('GET', '/v1/machines', { cookie })).statusCode).toBe(200)
  })

  it('is not taken when there are two of them', async () => {
    const cookie = await signIn()
    expect((await ask('GET', '/v1/machines', { cookie: `${cookie}; latchkey=planted` })).statusCode).toBe(401)
  })

  it('is not made for a credential that does not hold, nor for a page of somebody else', async () => {
    const wrong = await ask('POST', '/console/session', { origin, authorization: 'Bearer lk_nobody' })
    expect([wrong.statusCode, wrong.headers['set-cookie']]).toEqual([401, undefined])
    const forged = await ask('POST', '/console/session', {
      origin: 'http://evil.example',
      authorization: `Bearer ${key}`,
    })
    expect([forged.statusCode, forged.headers['set-cookie']]).toEqual([400, undefined])
  })
})

describe('the pages', () => {
  const pages = ['/', '/machines/saw-1', '/m/saw-1', '/books', '/bench', '/sign-in']

  test.each(pages)('%s loads from here alone, runs no script of others and stands in no frame', async (url) => {
    const { statusCode, headers, body } = await ask('GET', url)
    expect([statusCode, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ])
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    for (const [, asset] of body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const part = await ask('GET', asset!)
      expect([asset, part.statusCode]).toEqual([asset, 200])
      expect(part.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    }
  })

  it('are not sent again to whoever has them', async () => {
    const { headers } = await ask('GET', '/')
    expect((await ask('GET', '/', { 'if-none-match': String(headers.etag) })).statusCode).toBe(304)
  })

  test.each(['/console/assets/nothing.js', '/console/assets/..%2findex.html', '/console/assets/__proto__'])(
    '%s is nothing',
    async (url) => {
      expect((await ask('GET', url)).statusCode).toBe(404)
    },
  )
})

describe('without signing in', () => {
  it('the day of the floor is not shown where only "free" is', async () => {
    expect((await ask('GET', '/console/day?day=2026-11-23')).statusCode).toBe(401)
    const cookie = await signIn()
    const day = await ask('GET', '/console/day?day=2026-11-23', { cookie })
    expect([day.statusCode, day.json().machines.length]).toEqual([200, 2])
  })

  it('nothing is told to a page that calls the gateway by a name of its own', async () => {
    for (const url of ['/console/session', '/console/live'])
      expect((await ask('GET', url, { host: 'evil.example' })).statusCode).toBe(421)
  })
})
