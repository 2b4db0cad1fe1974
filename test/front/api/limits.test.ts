/** Limits a caller, the process and the network set: who is held back, who never is, and how it is said. */
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type Bench, createBench } from './bench.ts'
import { platformToken, tenantToken } from './credentials.ts'
import { boardRow, session } from './rows.ts'

let bench: Bench
afterEach(() => bench.close())

const withRate = (rateLimit: number) => createBench((config) => ({ ...config, api: { ...config.api, rateLimit } }))

describe('the limit of requests', () => {
  test('holds back one caller and not the next, and never the end of a session', async () => {
    bench = await withRate(5)
    const open = session()
    bench.commit({ kind: 'session', session: open })
    bench.answer(() => ({ kind: 'session', session: open }))
    const platform = { authorization: `Bearer ${await platformToken()}` }
    const statuses = []
    for (let index = 0; index < 8; index++)
      statuses.push((await bench.app.inject({ url: '/v1/machines', headers: platform })).statusCode)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
    const limited = await bench.app.inject({ url: '/v1/machines', headers: platform })
    expect([limited.json().code, Number(limited.headers['retry-after'])]).toEqual(['rate-limited', expect.any(Number)])
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)

    expect(
      (await bench.app.inject({ url: '/v1/machines', headers: { authorization: `Bearer ${await tenantToken()}` } }))
        .statusCode,
    ).toBe(200)
    for (let index = 0; index < 20; index++)
      expect(
        (await bench.app.inject({ method: 'POST', url: `/v1/sessions/${open.id}/end`, headers: platform })).statusCode,
      ).toBe(200)
    for (let index = 0; index < 20; index++)
      expect((await bench.app.inject({ url: '/health/live' })).statusCode).toBe(200)
  })

  test('a flood of bad credentials is told to wait, is recorded a few times, and holds back nobody else behind the same address', async () => {
    bench = await withRate(5)
    const statuses = []
    for (let index = 0; index < 8; index++)
      statuses.push(
        (await bench.app.inject({ url: '/v1/machines', headers: { authorization: 'Bearer nonsense' } })).statusCode,
      )
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
    expect(bench.denials).toHaveLength(5)
    expect(
      (await bench.app.inject({ url: '/v1/machines', headers: { authorization: `Bearer ${await platformToken()}` } }))
        .statusCode,
    ).toBe(200)
  })
})

test('while the thread is late, reads are shed and what unlocks and locks is not', async () => {
  bench = await createBench((config) => ({ ...config, api: { ...config.api, maxLoopDelayMs: 1000 } }))
  const open = session()
  bench.commit({ kind: 'session', session: open })
  bench.answer(() => ({ kind: 'session', session: open }))
  await bench.app.ready()
  const platform = { authorization: `Bearer ${await platformToken()}` }
  // the next sample of the loop's delay sees this
  const read = () => bench.app.inject({ url: '/v1/machines', headers: platform })
  await expect
    .poll(
      async () => {
        const until = performance.now() + 2_500
        while (performance.now() < until);
        await new Promise((resolve) => setImmediate(resolve))
        const [shed, ended, unlocked, health] = await Promise.all([
          read(),
          bench.app.inject({ method: 'POST', url: `/v1/sessions/${open.id}/end`, headers: platform }),
          bench.app.inject({
            method: 'POST',
            url: '/v1/machines/saw-1/unlock',
            headers: platform,
            payload: { booking: 'b-1' },
          }),
          bench.app.inject({ url: '/health/live' }),
        ])
        return [
          shed.statusCode,
          shed.statusCode === 503 ? shed.json().code : '',
          ended.statusCode,
          unlocked.statusCode,
          health.statusCode,
        ]
      },
      { timeout: 30_000, interval: 10 },
    )
    .toEqual([503, 'busy', 200, 200, 200])
}, 40_000)

describe('health', () => {
  test('is ready only while the control thread says so and was heard lately', async () => {
    bench = await createBench()
    const ready = async () => {
      const response = await bench.app.inject({ url: '/health/ready' })
      return [response.statusCode, response.json().ready, response.json().notes]
    }
    expect(await ready()).toEqual([503, false, ['nothing was heard from the control thread lately']])
    bench.setBoard(boardRow('saw-1'))
    expect(await ready()).toEqual([200, true, []])
    bench.clock.ns += 5_000_000_001n
    expect((await ready())[0]).toBe(503)
    bench.deps.board.take(
      {
        kind: 'board',
        rows: [],
        asOf: new Float64Array(),
        links: [],
        health: { ready: false, notes: ['the disk reserve is used up'], clock: 'unknown', counters: {} },
      },
      bench.clock.ns,
    )
    expect(await ready()).toEqual([503, false, ['the disk reserve is used up']])
  })

  test('and metrics are for the same host, or for who has a credential', async () => {
    bench = await createBench()
    for (const url of ['/health/live', '/health/ready', '/metrics']) {
      expect((await bench.app.inject({ url, remoteAddress: '10.1.0.7' })).statusCode).toBe(401)
      expect((await bench.app.inject({ url, remoteAddress: '::ffff:127.0.0.1' })).statusCode).not.toBe(401)
      expect(
        (
          await bench.app.inject({
            url,
            remoteAddress: '10.1.0.7',
            headers: { authorization: `Bearer ${await platformToken()}` },
          })
        ).statusCode,
      ).not.toBe(401)
    }
  })

  test('metrics carry no ids of people', async () => {
    bench = await createBench()
    bench.setBoard(boardRow('saw-1'))
    await bench.app.inject({ url: '/v1/machines/saw-1', headers: { authorization: `Bearer ${await tenantToken()}` } })
    const { body } = await bench.app.inject({ url: '/metrics' })
    expect(body).toContain('latchkey_machine_state{machine="saw-1",state="Available"} 1')
    expect(body).toContain('latchkey_sink_connected{sink="mqtt"} 1')
    expect(body).toContain('latchkey_control_total{name="commits"} 1')
    expect(body).not.toContain('tenant-a')
  })
})

test('connections that say nothing give way to one that ends a session', async () => {
  bench = await createBench()
  const open = session()
  bench.commit({ kind: 'session', session: open })
  bench.answer(() => ({ kind: 'session', session: open }))
  const url = await bench.app.listen({ port: 0, host: '127.0.0.1' })
  const sockets = Array.from({ length: 1100 + bench.config.api.maxStreams }, () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    return socket.on('error', () => undefined)
  })
  const closed = Promise.race(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
  )
  await closed
  const authorization = `Bearer ${await tenantToken()}`
  const end = await fetch(`${url}/v1/sessions/${open.id}/end`, { method: 'POST', headers: { authorization } })
  expect(end.status).toBe(200)
  for (const socket of sockets) socket.destroy()
})

describe('bytes that are not HTTP', () => {
  const send = async (text: string) => {
    const socket = connect(Number(new URL(await bench.app.listen({ port: 0, host: '127.0.0.1' })).port), '127.0.0.1')
    let answer = ''
    socket.on('error', () => undefined)
    socket.write(text)
    for await (const chunk of socket) answer += chunk
    return answer
  }

  test('are answered with a problem and closed', async () => {
    bench = await createBench()
    const answer = await send('\x16\x03\x01 hello\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('application/problem+json')
  })

  test('headers too long for a token as well are 431', async () => {
    bench = await createBench()
    expect(
      await send(`GET /v1/machines HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'a'.repeat(20_000)}\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 431 /)
  })

  test('a request that is begun and never ended is cut', async () => {
    bench = await createBench((config) => ({ ...config, api: { ...config.api, requestTimeoutMs: 300 } }))
    const answer = await send('POST /v1/machines/saw-1/unlock HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{')
    expect(answer).toMatch(/^(HTTP\/1\.1 40[18] |$)/)
  })
})
