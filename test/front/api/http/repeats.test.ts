/** A command under an Idempotency-Key is done once; a page of another origin is let in when the site names it. */
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refuse } from '../../../../gateway/core/ground/refusal.ts'
import { answerRepeats } from '../../../../gateway/front/api/http/repeats.ts'
import { type Bench, createBench } from '../bench.ts'
import { session } from '../rows.ts'

const PAGE = 'https://booking.example'
let bench: Bench
let authorization: string
let other: string

beforeAll(async () => {
  bench = await createBench((config) => ({ ...config, api: { ...config.api, origins: [PAGE] } }))
  const bearer = async (name: string) => `Bearer ${(await bench.addKey('technician', name)).key.text}`
  authorization = await bearer('Wang')
  other = await bearer('Li')
  bench.answer(() => ({ kind: 'done' }))
})
afterAll(() => bench.close())

const reasonOf = (payload: object = {}) => ({ on: true, reason: 'Nozzle changed', ...payload })
const maintain = (key: string, payload: object = {}, credential = authorization) =>
  bench.app.inject({
    method: 'POST',
    url: '/v1/machines/saw-1/maintenance',
    headers: { authorization: credential, 'idempotency-key': key },
    payload: reasonOf(payload),
  })
const asked = () => bench.commands.filter(({ kind }) => kind === 'maintenance').length

describe('a command under a key', () => {
  test('is done once, also when it comes twice at once, and is answered alike', async () => {
    const before = asked()
    const answers = [...(await Promise.all([maintain('k1'), maintain('k1')])), await maintain('k1')]
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([204, 204, 204])
    expect(asked()).toBe(before + 1)
  })

  test('is another one for another caller, and refused when something else is asked', async () => {
    const before = asked()
    await maintain('k2')
    expect((await maintain('k2', {}, other)).statusCode).toBe(204)
    expect(asked()).toBe(before + 2)
    expect((await maintain('k2', { on: false })).json().code).toBe('key-reused')
    expect((await maintain('a b')).json().code).toBe('bad-request')
    expect(asked()).toBe(before + 2)
  })

  test('that was refused may be asked again, and is forgotten after a day', async () => {
    const before = asked()
    bench.answer(() => ({ kind: 'refused', refusal: refuse('machine-in-use') }))
    expect((await maintain('k3')).statusCode).toBe(409)
    bench.answer(() => ({ kind: 'done' }))
    expect((await maintain('k3')).statusCode).toBe(204)
    expect(asked()).toBe(before + 2)
    bench.clock.ms += 86_400_001
    expect((await maintain('k3', { on: false })).statusCode).toBe(204)
  })

  test('keeps its answer however many keys another caller uses', async () => {
    await maintain('mine', {}, other)
    const before = asked()
    for (let key = 0; key < 1_001; key += 1) expect((await maintain(`many-${key}`)).statusCode).toBe(204)
    expect((await maintain('mine', {}, other)).statusCode).toBe(204)
    expect(asked()).toBe(before + 1_001)
  })
})

test('a long answer is kept too, until those of its caller are too long together', async () => {
  const app = fastify()
  let done = 0
  answerRepeats(app, { callerKey: ({ headers }) => String(headers.caller), nowMs: () => 0 })
  app.post('/long', { config: { action: 'statement.write' } }, async () => {
    done += 1
    return 'x'.repeat(3_000_000)
  })
  const ask = async (key: string, caller = 'one') => {
    const headers = { 'idempotency-key': key, caller }
    const { payload } = await app.inject({ method: 'POST', url: '/long', headers })
    return [payload.length, done]
  }
  expect(await ask('k1')).toEqual([3_000_000, 1])
  expect(await ask('k1')).toEqual([3_000_000, 1])
  await ask('k1', 'other')
  await ask('k2')
  expect(await ask('k1')).toEqual([3_000_000, 3])
  await ask('k3')
  expect(await ask('k1')).toEqual([3_000_000, 5])
  expect(await ask('k1', 'other')).toEqual([3_000_000, 5])
  await app.close()
})

describe('the end of a session under a key', () => {
  const ends = () => bench.commands.filter(({ kind }) => kind === 'end').length
  const [one, other] = [session(), session()]
  const end = (key: string, id = one.id) =>
    bench.app.inject({
      method: 'POST',
      url: `/v1/sessions/${id}/end`,
      headers: { authorization, 'idempotency-key': key },
    })

  test('is answered alike, and never refused for its key', async () => {
    for (const each of [one, other]) bench.commit({ kind: 'session', session: each })
    bench.answer(() => ({ kind: 'session', session: one }))
    const [first, again] = [await end('e1'), await end('e1')]
    expect([first.statusCode, again.statusCode, again.body, ends()]).toEqual([200, 200, first.body, 1])
    bench.answer(() => ({ kind: 'refused', refusal: refuse('session-ended') }))
    expect((await end('e1')).statusCode).toBe(200)
    for (const [key, id] of [
      ['e1', other.id],
      ['no key', other.id],
    ] as const)
      expect((await end(key, id)).json().code).toBe('session-ended')
    expect(ends()).toBe(3)
  })
})

describe('a page of another origin', () => {
  const get = (origin: string, more: object = {}) =>
    bench.app.inject({ url: '/v1/machines', headers: { authorization, origin }, ...more })

  test('that the site names may read, and may ask before', async () => {
    const { headers } = await get(PAGE)
    expect(headers).toMatchObject({ 'access-control-allow-origin': PAGE, vary: expect.stringContaining('Origin') })
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
    const preflight = { origin: PAGE, 'access-control-request-method': 'POST' }
    const allowed = await bench.app.inject({ method: 'OPTIONS', url: '/v1/machines/saw-1/unlock', headers: preflight })
    expect([allowed.statusCode, allowed.headers['access-control-allow-headers']]).toEqual([
      204,
      expect.stringContaining('Idempotency-Key'),
    ])
  })

  test.each(['https://evil.example', 'null', `${PAGE}.evil.example`])('%s gets no word of it', async (origin) => {
    expect((await get(origin)).headers).not.toHaveProperty('access-control-allow-origin')
    const headers = { origin, 'access-control-request-method': 'POST' }
    const { statusCode } = await bench.app.inject({ method: 'OPTIONS', url: '/v1/machines', headers })
    expect(statusCode).not.toBe(204)
  })
})

test.each([
  ['a calendar', () => `machines/saw-1/calendar?from=${new Date(bench.clock.ms + 60_000).toISOString()}`],
  ['blocks', () => 'machines/saw-1/blocks'],
  ['tariffs', () => 'tariffs'],
])('%s as the caller knows it is 304, without a body', async (_, pathOf) => {
  const url = `/v1/${pathOf()}`
  const first = await bench.app.inject({ url, headers: { authorization } })
  expect([first.statusCode, first.headers.etag]).toEqual([200, expect.stringMatching(/^"[\w-]{22}"$/)])
  const headers = { authorization, 'if-none-match': `W/"x", ${first.headers.etag}` }
  const again = await bench.app.inject({ url, headers })
  expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', first.headers.etag])
})
