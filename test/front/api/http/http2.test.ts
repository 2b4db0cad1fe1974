/** The API over HTTP/2: the same answers, and the bounds of a connection for each stream of it. */
import { once } from 'node:events'
import { type ClientHttp2Session, connect, createSecureServer, type Http2SecureServer } from 'node:http2'
import { get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { boundConnections } from '../../../../gateway/front/api/http/connections.ts'
import { boundNoise, boundStreams, http2Options } from '../../../../gateway/front/api/http/streams.ts'
import type { Tls } from '../../../../gateway/front/api/http/tls.ts'
import { makeCertificate } from '../../../support/certificate.ts'
import { until } from '../../../support/process.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken } from '../credentials.ts'

const pair = makeCertificate('gateway')
const HTTP2 = { requests: 20, memoryMb: 10, noise: 30 }
const BIG = Buffer.alloc(8 * 1024 * 1024, 'x')
/** `/page` is larger than what a client takes unread, and 20 of it are within what a connection may keep. */
const PAGES: Readonly<Record<string, Buffer>> = { '/big': BIG, '/page': BIG.subarray(0, 200_000) }

type Answer = { readonly status: number; readonly body: string }
type Asked = { readonly path?: string; readonly body?: string; readonly headers?: Record<string, string> }

const sessions: ClientHttp2Session[] = []
afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy()
})

function open(port: number): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${port}`, { ca: pair.cert })
  session.on('error', () => undefined)
  // Else an answer that is not read holds up all others of its reader.
  session.once('connect', () => session.setLocalWindowSize(2 * BIG.length))
  sessions.push(session)
  return session
}

/** Status 0: it was cut. */
function ask(session: ClientHttp2Session, { path = '/', body, headers }: Asked = {}): Promise<Answer> {
  const stream = session.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST', ...headers })
  const { promise, resolve } = Promise.withResolvers<Answer>()
  let status = 0
  let text = ''
  stream.on('response', (head) => {
    status = head[':status'] ?? 0
  })
  stream.on('data', (bytes) => {
    text += bytes
  })
  stream.on('end', () => resolve({ status, body: text }))
  stream.on('error', () => resolve({ status: 0, body: text }))
  stream.end(body)
  return promise
}

describe('the API', () => {
  let bench: Bench
  let port: number
  const tls = { options: pair, notes: () => [], watch: () => () => undefined } as unknown as Tls
  beforeEach(async () => {
    bench = await createBench((config) => ({ ...config, api: { ...config.api, http2: HTTP2 } }), { tls })
    const url = await bench.app.listen({ port: 0, host: '127.0.0.1' })
    port = Number(new URL(url).port)
  })
  afterEach(() => bench.close())

  test('answers over both versions alike, many requests on one connection', async () => {
    const authorization = `Bearer ${await platformToken()}`
    const asked = { path: '/v1/machines', headers: { authorization } }
    const session = open(port)
    const answers = await Promise.all(Array.from({ length: 15 }, () => ask(session, asked)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const options = { port, host: '127.0.0.1', path: asked.path, ca: pair.cert, headers: asked.headers }
    const old = await new Promise<string>((resolve, reject) => {
      get(options, async (response) => {
        let text = ''
        for await (const bytes of response) text += bytes
        resolve(text)
      }).on('error', reject)
    })
    expect(answers[0]?.body).toBe(old)
    expect(await ask(session, { path: '/v1/machines' })).toMatchObject({ status: 401 })
  })

  test('goes on with a stream of events beside other requests, and ends it when it stops', async () => {
    const authorization = `Bearer ${await platformToken()}`
    const session = open(port)
    bench.addEntries(3)
    const events = ask(session, { path: '/v1/events?from=0', headers: { authorization } })
    expect(await ask(session, { path: '/v1/machines', headers: { authorization } })).toMatchObject({ status: 200 })
    await pause(100)
    const startedAt = performance.now()
    await bench.app.close()
    expect((await events).body.match(/^id: /gm)).toHaveLength(3)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  test('takes the host from where HTTP/2 has it, and no request names two', async () => {
    const session = open(port)
    const live = (headers: Record<string, string>) => ask(session, { path: '/console/live', headers })
    const stranger = await live({ ':authority': 'gateway.stranger.example' })
    expect([stranger.status, JSON.parse(stranger.body).code]).toEqual([421, expect.any(String)])
    expect((await live({ ':authority': 'localhost', host: 'localhost' })).status).toBe(400)
  })
})

describe('a server of HTTP/2', () => {
  let server: Http2SecureServer
  let port: number
  async function serve(stallMs: number): Promise<void> {
    server = createSecureServer({ ...pair, ...http2Options(16_384, HTTP2) }, (request, response) => {
      const answer = () => response.end(PAGES[request.url] ?? 'small')
      request.resume()
      if (request.url === '/late') setTimeout(answer, 800)
      else if (request.method === 'POST') request.once('end', answer)
      else answer()
    })
    const { cut } = boundConnections(server as never, { most: 4, stallMs, answerMs: 60_000 })
    boundNoise(server, HTTP2, cut)
    boundStreams(server, { requestMs: 300, stallMs, answerMs: 60_000 })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ;({ port } = server.address() as AddressInfo)
  }
  beforeEach(() => serve(200))
  afterEach(() => new Promise((resolve) => server.close(resolve)))

  /** Reads nothing of its answer; whether it was cut. */
  function slow(session: ClientHttp2Session, path = '/big'): () => boolean {
    const stream = session.request({ ':path': path }).pause()
    stream.on('error', () => undefined)
    return () => stream.closed || session.closed
  }

  test('cuts an answer that nobody reads, and no other on the same connection', async () => {
    const session = open(port)
    const isCut = slow(session)
    const answers = []
    for (let index = 0; index < 6; index++) {
      answers.push(ask(session, { path: index === 0 ? '/late' : '/' }))
      await pause(100)
    }
    await until(isCut, 3_000, 'it is never cut')
    expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(Array(6).fill('small'))
    expect(session.closed).toBe(false)
  })

  test('cuts a request whose body never comes, however often a little of it does', async () => {
    const session = open(port)
    const stream = session.request({ ':path': '/', ':method': 'POST' })
    stream.on('error', () => undefined)
    const drip = setInterval(() => stream.write('x'), 100)
    await until(() => stream.closed, 3_000, 'it is never cut').finally(() => clearInterval(drip))
    expect(await ask(session, { body: 'whole' })).toMatchObject({ status: 200 })
  })

  test('lets a connection that reads nothing give way, and none whose answer is still being made', async () => {
    const waiting = ask(open(port), { path: '/late' })
    const readers = []
    for (let index = 0; index < 6; index++) {
      readers.push(slow(open(port)))
      await pause(60)
    }
    expect(readers.slice(0, 2).every((isCut) => isCut())).toBe(true)
    expect((await waiting).body).toBe('small')
  })

  test('lets a connection that reads nothing give way to those that ask, however few connections there are', async () => {
    server.close()
    await serve(60_000)
    const [first, second] = [open(port), open(port)]
    const cut = Array.from({ length: 16 }, () => slow(first, '/page'))
    await once(first, 'connect')
    await pause(100)
    expect(cut.some((isCut) => isCut())).toBe(false)
    const answers = await Promise.all(Array.from({ length: 3 }, () => ask(second)))
    expect(answers.map(({ body }) => body)).toEqual(['small', 'small', 'small'])
    await until(() => cut.every((isCut) => isCut()), 3_000, 'it holds what others need')
  })

  test('takes 20 requests at once on a connection, and no more', async () => {
    const session = open(port)
    await ask(session)
    expect(session.remoteSettings.maxConcurrentStreams).toBe(20)
  })

  test.each([
    [
      'takes back what it asks for',
      (session: ClientHttp2Session) =>
        session
          .request({ ':path': '/late' })
          .on('error', () => undefined)
          .close(8),
    ],
    ['pings', (session: ClientHttp2Session) => session.ping(() => undefined)],
    ['changes its settings', (session: ClientHttp2Session) => session.settings({ initialWindowSize: 70_000 })],
  ])('cuts a connection that %s again and again, and no other', async (_, noise) => {
    server.close()
    await serve(60_000)
    const [loud, quiet] = [open(port), open(port)]
    await Promise.all([ask(loud), ask(quiet)])
    const isOver = () => loud.closed || loud.destroyed
    for (let time = 0; time < 3 * HTTP2.noise && !isOver(); time += 1) {
      if (time === HTTP2.noise / 2) expect((await ask(loud)).body).toBe('small')
      if (!isOver()) noise(loud)
      await pause(1)
    }
    await until(() => loud.destroyed, 3_000, 'it is never cut')
    expect((await ask(quiet)).body).toBe('small')
  })
})
