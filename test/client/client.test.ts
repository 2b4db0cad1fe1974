/** The typed client: what it is made from, and what it does when a server dies, is silent or busy. */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createClient } from '../../gateway/client/client.ts'
import { DESCRIPTION, madeFrom } from '../../gateway/client/generate/generate.ts'

const BUILT = new URL('../../gateway/client/built/', import.meta.url)
const built = (name: string) => readFileSync(new URL(name, BUILT), 'utf8')
type Description = { paths: Record<string, Record<string, { operationId: string }>> }

describe('what is given to programs', () => {
  it('is made from the sources and the description of the API as they are: `npm run client` makes it anew', () => {
    expect(JSON.parse(built('made-from.json'))).toEqual(madeFrom())
  })

  it('has every operation but those of the pages, and nothing that is not described', () => {
    const { paths } = JSON.parse(readFileSync(DESCRIPTION, 'utf8')) as Description
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      path.startsWith('/console/') ? [] : Object.values(methods).map(({ operationId }) => operationId),
    )
    const types = built('api.d.ts')
    const typed = [...types.slice(types.indexOf('interface operations')).matchAll(/^ {4}(\w+): \{$/gm)]
    expect(typed.map(([, name]) => name).toSorted()).toEqual(described.toSorted())
  })

  it('declares what it needs in words that a compiler finds beside it', () => {
    expect(built('client.d.ts')).not.toMatch(/from '[^']*\.ts'/)
  })
})

describe('the client', () => {
  type Asked = { method: string; url: string; key: string | undefined; credential: string | undefined; body: string }
  const asked: Asked[] = []
  let close = () => {}
  afterEach(() => {
    asked.length = 0
    close()
  })

  /** A server that answers each request in turn; the last answer stays. */
  async function serve(...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]): Promise<string> {
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const { method = '', url = '', headers } = request
      const key = headers['idempotency-key'] as string | undefined
      asked.push({ method, url, key, credential: headers.authorization, body })
      answers[Math.min(asked.length, answers.length) - 1]!(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    close = () => {
      server.close()
      server.closeAllConnections()
    }
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const json =
    (status: number, body: object, headers: object = {}) =>
    (_: IncomingMessage, response: ServerResponse) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  const dies = ({ socket }: IncomingMessage) => void socket.destroy()
  const clientOf = (url: string, more: object = {}) => createClient({ url, token: () => `t${asked.length}`, ...more })
  const extend = (client: ReturnType<typeof createClient>, init: object = {}) =>
    client.POST('/v1/sessions/{id}/extend', {
      params: { path: { id: 'a b' } },
      body: { until: '2026-11-28T08:00:00Z' },
      ...init,
    })

  it('sends a command again under its key when the server dies, with a credential asked anew', async () => {
    const { data } = await extend(clientOf(await serve(dies, json(200, { id: 's-1' }))))
    expect(data).toEqual({ id: 's-1' })
    expect(asked).toEqual([
      { ...asked[0]!, url: '/v1/sessions/a%20b/extend', credential: 'Bearer t0' },
      { ...asked[0]!, credential: 'Bearer t1', body: '{"until":"2026-11-28T08:00:00Z"}' },
    ])
    expect(asked[0]!.key).toMatch(/^[\da-f-]{36}$/)
  })

  it('keeps the key that it is given, and gives none to a question', async () => {
    const client = clientOf(await serve(json(200, {})))
    await extend(client, { params: { path: { id: 's' }, header: { 'idempotency-key': 'mine' } } })
    await client.GET('/v1/machines')
    expect(asked.map(({ key }) => key)).toEqual(['mine', undefined])
  })

  it('gives up after its tries: with what went wrong, or with the last answer', async () => {
    await expect(extend(clientOf(await serve(dies), { tries: 2 }))).rejects.toThrow()
    expect(asked.length).toBe(2)
    close()
    const busy = { code: 'busy' }
    const url = await serve(json(503, busy, { 'retry-after': '0' }))
    const { error, response } = await extend(clientOf(url, { tries: 3 }))
    expect([error, response.status, asked.length]).toEqual([busy, 503, 5])
  })

  it('waits no longer than it may, and cuts an answer that does not come to its end', async () => {
    const patient = await serve(json(429, { code: 'rate-limited' }, { 'retry-after': '60' }))
    expect((await extend(clientOf(patient))).response.status).toBe(429)
    expect(asked.length).toBe(1)
    close()
    const halves = await serve((_, response) => void response.writeHead(200, { 'content-length': '9' }).write('{'))
    await expect(extend(clientOf(halves, { timeoutMs: 50, tries: 1 }))).rejects.toThrow('no answer within 50 ms')
  })

  it('takes a refusal as an answer, and asks no second time', async () => {
    const { error, data } = await extend(clientOf(await serve(json(409, { code: 'booking-conflict' }))))
    expect([error, data, asked.length]).toEqual([{ code: 'booking-conflict' }, undefined, 1])
  })

  it('stops when its caller does', async () => {
    const caller = new AbortController()
    const url = await serve(() => caller.abort())
    const wanted = extend(clientOf(url), { signal: caller.signal })
    await expect(wanted).rejects.toThrow()
    expect(asked.length).toBe(1)
  })

  it('has no deadline for a stream once it has begun', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 1\n\n')
      setTimeout(() => response.end('id: 1\n\n'), 120)
    })
    const { data } = await clientOf(url, { timeoutMs: 60 }).GET('/v1/events', { parseAs: 'stream' })
    let text = ''
    for await (const chunk of data!) text += Buffer.from(chunk as Uint8Array)
    expect(text).toBe('retry: 1\n\nid: 1\n\n')
  })
})
