/** What is shown of a machine, and for how long it may be believed; the way of an unlock. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { refuse } from '../../../../gateway/core/ground/refusal.ts'
import type { Reading } from '../../../../gateway/core/reading/reading.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken, tenantToken } from '../credentials.ts'
import { boardRow, NOW_MS, session } from '../rows.ts'

let bench: Bench
let platform: string
let technician: string
beforeAll(async () => {
  bench = await createBench()
  platform = await platformToken()
  technician = (await bench.addKey('technician', 'Wang')).key.text
})
afterAll(() => bench.close())
beforeEach(() => {
  bench.clock.ns = 1_000_000_000_000n
  bench.commands.splice(0)
  bench.setBoard(boardRow('saw-1'))
})

const get = (url: string, credential = platform, headers: Record<string, string> = {}) =>
  bench.app.inject({ url, headers: { authorization: `Bearer ${credential}`, ...headers } })
const later = (ms: number) => {
  bench.clock.ns += BigInt(ms) * 1_000_000n
}

describe('a machine', () => {
  test('is shown with both state axes, free until, and never as safe', async () => {
    expect((await get('/v1/machines/saw-1')).json()).toEqual({
      id: 'saw-1',
      name: { en: 'Machine saw-1' },
      owner: 'huajian',
      simulated: true,
      availability: {
        state: 'Available',
        freeUntil: '2026-11-23T09:00:00.000Z',
        asOf: '2026-11-23T07:59:59.500Z',
        clock: 'synchronised',
        maxAgeMs: 3000,
      },
      itemState: 'NotExecuting',
      mode: 'Processing',
      access: 'Locked',
      safetyRelevant: false,
    })
  })

  test('has a title in the language that is asked for, or in the nearest there is', async () => {
    expect((await get('/v1/machines/saw-1?lang=de-CH')).json().title).toBe('Machine saw-1')
    expect((await get('/v1/machines?lang=zh-Hant')).json().machines[0].title).toBe('Machine saw-1')
    for (const path of ['/v1/machines', '/v1/machines/saw-1'])
      expect((await get(`${path}?lang=en-x`)).json()).toMatchObject({
        code: 'bad-request',
        errors: [{ path: '/query/lang' }],
      })
  })

  test.each([
    [2_500, 'Available'],
    [2_501, 'Unknown'],
    [60_000, 'Unknown'],
  ])('whose readings are 500 ms old when the board comes is, %d ms later, %s', async (ms, state) => {
    later(ms)
    const { availability, itemState, access } = (await get('/v1/machines/saw-1')).json()
    expect(availability.state).toBe(state)
    if (state !== 'Unknown') return
    expect(availability).toEqual({
      state: 'Unknown',
      reason: 'stale:board',
      asOf: '2026-11-23T07:59:59.500Z',
      clock: 'synchronised',
      maxAgeMs: 3000,
    })
    expect([itemState, access]).toEqual(['Unknown', 'Unknown'])
    expect((await get('/v1/machines')).json().machines[0].availability.state).toBe('Unknown')
  })

  test('keeps the reason the control thread has given for not knowing', async () => {
    bench.setBoard(boardRow('saw-1', { availability: { state: 'Unknown', reason: 'link-down:saw-1/main.power' } }))
    later(60_000)
    expect((await get('/v1/machines/saw-1')).json().availability.reason).toBe('link-down:saw-1/main.power')
  })

  test('nothing was heard of is Unknown', async () => {
    expect((await get('/v1/machines/press-1')).json().availability).toEqual({
      state: 'Unknown',
      reason: 'stale:board',
      maxAgeMs: 3000,
    })
  })

  test('that has not changed is 304 for who has the tag, however time passes, until something else is said', async () => {
    const { etag } = (await get('/v1/machines/saw-1')).headers
    expect((await get('/v1/machines/saw-1', platform, { 'if-none-match': `"x", W/${etag}` })).statusCode).toBe(304)
    // gocd/gocd#2758, wiremock/wiremock#2822: a proxy that compresses writes on into the tag.
    const changed = String(etag).replace(/"$/, '--gzip"')
    expect((await get('/v1/machines/saw-1', platform, { 'if-none-match': changed })).statusCode).toBe(200)
    bench.setBoard(boardRow('saw-1', { asOfMs: NOW_MS }))
    expect((await get('/v1/machines/saw-1', platform, { 'if-none-match': String(etag) })).statusCode).toBe(304)
    const all = (await get('/v1/machines')).headers.etag
    bench.setBoard(boardRow('saw-1', { asOfMs: NOW_MS, itemState: 'Executing' }))
    expect((await get('/v1/machines/saw-1', platform, { 'if-none-match': String(etag) })).statusCode).toBe(200)
    expect((await get('/v1/machines', platform, { 'if-none-match': String(all) })).statusCode).toBe(200)
    // Nobody has heard of the machine for a while: that it is not known is another thing said.
    const { etag: executing } = (await get('/v1/machines/saw-1')).headers
    bench.clock.ns += 60_000_000_000n
    expect((await get('/v1/machines/saw-1', platform, { 'if-none-match': String(executing) })).statusCode).toBe(200)
  })

  test('in use says so to everyone, the session to its tenant and to technicians only', async () => {
    const open = session()
    bench.commit({ kind: 'session', session: open })
    bench.setBoard(boardRow('saw-1', { availability: { state: 'InUse', reason: 'session' }, session: open.id }))
    const seen = await Promise.all(
      [platform, technician, await tenantToken(), await tenantToken({ sub: 'tenant-b' })].map(async (each) =>
        (await get('/v1/machines/saw-1', each)).json(),
      ),
    )
    expect(seen.map((view) => view.session)).toEqual([undefined, open.id, open.id, undefined])
    expect(seen.map((view) => view.availability.state)).toEqual(['InUse', 'InUse', 'InUse', 'InUse'])
    for (const view of [seen[0], seen[3]]) expect(JSON.stringify(view)).not.toContain('tenant')
  })
})

describe('signals', () => {
  const live = (more: Partial<Reading>, maxAgeMs = 3000) =>
    bench.putSignal(
      {
        point: 'saw-1/main.power',
        quality: 'good',
        value: 1200.5,
        readAtMs: NOW_MS,
        readAtNs: bench.clock.ns,
        ...more,
      },
      maxAgeMs,
    )
  const signal = async () => (await get('/v1/machines/saw-1/signals', technician)).json().signals[0]

  test('carry value, quality and age', async () => {
    live({})
    later(250)
    expect(await signal()).toEqual({
      id: 'saw-1/main.power',
      unit: 'W',
      quality: 'good',
      value: 1200.5,
      readAt: '2026-11-23T08:00:00.000Z',
      ageMs: 250,
    })
  })

  test('keep it for longer where changes are reported, and nothing has changed', async () => {
    live({}, 30_000)
    later(29_999)
    expect(await signal()).toMatchObject({ quality: 'good', value: 1200.5 })
    later(2)
    expect(await signal()).toMatchObject({ quality: 'bad', cause: 'stale' })
  })

  test('lose their value when it is old', async () => {
    live({})
    later(3_001)
    expect(await signal()).toEqual({
      id: 'saw-1/main.power',
      unit: 'W',
      quality: 'bad',
      cause: 'stale',
      readAt: '2026-11-23T08:00:00.000Z',
      ageMs: 3001,
    })
  })

  test('keep integers exact', async () => {
    live({ value: 9_007_199_254_740_993n })
    expect((await signal()).value).toBe('9007199254740993')
    live({ value: 42n })
    expect((await signal()).value).toBe(42)
  })
})

describe('an unlock', () => {
  const unlock = async (credential: string, payload: object | undefined, headers: Record<string, string> = {}) =>
    bench.app.inject({
      method: 'POST',
      url: '/v1/machines/saw-1/unlock',
      headers: { authorization: `Bearer ${credential}`, ...headers },
      ...(payload === undefined ? {} : { payload }),
    })

  test('passes the Idempotency-Key, and answers with the session', async () => {
    const open = session()
    bench.answer(() => ({ kind: 'session', session: open }))
    const response = await unlock(platform, { booking: 'b-1' }, { 'idempotency-key': 'retry/1~2' })
    expect([response.statusCode, response.json().id]).toEqual([200, open.id])
    expect(bench.commands).toEqual([
      {
        kind: 'unlock',
        principal: { role: 'platform', id: 'booking-service', issuer: 'https://platform.example' },
        machine: 'saw-1',
        booking: 'b-1',
        idempotencyKey: 'retry/1~2',
      },
    ])
  })

  test('by a tenant needs no body', async () => {
    bench.answer(() => ({ kind: 'session', session: session() }))
    expect((await unlock(await tenantToken(), undefined)).statusCode).toBe(200)
    expect((await unlock(await tenantToken(), undefined, { 'content-type': 'application/json' })).statusCode).toBe(200)
  })

  test.each([
    ['machine-in-use', 409],
    ['machine-refused', 409],
    ['wrong-time', 403],
    ['token-replayed', 409],
    ['key-reused', 422],
    ['not-fresh', 503],
    ['time-untrusted', 503],
    ['unconfirmed', 504],
    ['timed-out', 504],
    ['busy', 503],
  ] as const)('refused with %s is a %d with its members', async (code, status) => {
    bench.answer(() => ({
      kind: 'refused',
      refusal: refuse(code, 'in particular', { locksBy: '2026-11-23T08:00:07.000Z' }),
    }))
    const response = await unlock(await tenantToken(), {})
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toBe('application/problem+json')
    expect(response.json()).toMatchObject({
      code,
      status,
      detail: 'in particular',
      locksBy: '2026-11-23T08:00:07.000Z',
    })
    expect(response.headers['retry-after'] !== undefined).toBe(status === 503)
  })
})
