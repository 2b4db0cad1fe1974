/** The event stream over a real connection: no loss, no gap, only what is one's own, bounded, and ended by a stop. */
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Bench, createBench } from '../bench.ts'
import { platformToken, tenantToken } from '../credentials.ts'
import { NOW_S, session } from '../rows.ts'

let bench: Bench
let url: string
beforeEach(async () => {
  bench = await createBench()
  url = await bench.app.listen({ port: 0, host: '127.0.0.1' })
})
afterEach(() => bench.close())

type Event = {
  id: number
  event?: string
  data?: { seq: number; prevSeq?: number | null; kind: string; machine?: string; session?: string }
}

async function open(
  credential: string,
  { last, from, signal }: { last?: number; from?: number; signal?: AbortSignal } = {},
) {
  const response = await fetch(`${url}/v1/events${from === undefined ? '' : `?from=${from}`}`, {
    headers: {
      authorization: `Bearer ${credential}`,
      ...(last === undefined ? {} : { 'last-event-id': String(last) }),
    },
    ...(signal === undefined ? {} : { signal }),
  })
  return { response, events: response.body === null ? undefined : read(response.body) }
}

async function* read(body: ReadableStream<Uint8Array>): AsyncGenerator<Event> {
  let text = ''
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8')
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .filter((line) => !line.startsWith(':'))
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      text = text.slice(end + 2)
      if (fields.id !== undefined)
        yield {
          id: Number.parseInt(fields.id, 10),
          ...(fields.event === undefined ? {} : { event: fields.event }),
          ...(fields.data === undefined ? {} : { data: JSON.parse(fields.data) }),
        }
    }
  }
}

async function take(events: AsyncGenerator<Event>, count: number): Promise<Event[]> {
  const taken: Event[] = []
  while (taken.length < count) {
    const { value, done } = await events.next()
    if (done) break
    taken.push(value)
  }
  return taken
}

describe('a stream', () => {
  test('sends what is there and then what is committed, each once, in order', async () => {
    bench.addEntries(450)
    const { response, events } = await open(await platformToken(), { from: 0 })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const first = await take(events!, 450)
    bench.addEntries(5)
    const then = await take(events!, 5)
    const all = [...first, ...then]
    expect(all.map((event) => event.id)).toEqual(Array.from({ length: 455 }, (_, index) => index))
    for (const { id, event, data } of all) expect([data!.seq, data!.kind]).toEqual([id, event])
  })

  // theopenconversationkit/tock#1895, mpetrunic/fastify-sse-v2#8: a proxy gathers or compresses, and nothing comes out.
  test('names the entry before each in its chain, where that is wanted and all of the chain is shown', async () => {
    bench.addEntries(3)
    const chain = async (credential: string) => {
      const response = await fetch(`${url}/v1/events?from=0&chained=true`, {
        headers: { authorization: `Bearer ${credential}` },
      })
      return (await take(read(response.body!), 3)).map(({ data }) => data?.prevSeq)
    }
    expect(await chain(await platformToken())).toEqual([null, 0, 1])
  })

  test('is neither kept, gathered nor compressed on its way', async () => {
    const { response } = await open(await platformToken())
    expect(response.headers.get('cache-control')).toBe('private, no-store, no-transform')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
  })

  test('that has nothing to say sends a comment every 15 s, so that no proxy ends it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const { response } = await open(await platformToken())
      const reader = response.body!.getReader()
      const said = async () => Buffer.from((await reader.read()).value ?? []).toString()
      expect(await said()).toBe('retry: 2000\n\n')
      vi.advanceTimersByTime(15_000)
      expect(await said()).toBe(': heartbeat\n\n')
      await reader.cancel()
    } finally {
      vi.useRealTimers()
    }
  })

  test('begins now unless told otherwise', async () => {
    bench.addEntries(3)
    const { events } = await open(await platformToken())
    bench.addEntries(1)
    expect((await take(events!, 1)).map((event) => event.id)).toEqual([3])
  })

  test('cut again and again while entries are written, resumes without loss or repeat', async () => {
    const seen: number[] = []
    const credential = await platformToken()
    const writing = setInterval(() => bench.addEntries(7), 2)
    try {
      for (let round = 0; round < 12; round++) {
        const cut = new AbortController()
        const { events } = await open(credential, {
          ...(seen.length === 0 ? { from: 0 } : { last: seen.at(-1)! }),
          signal: cut.signal,
        })
        seen.push(...(await take(events!, 17)).map((event) => event.id))
        cut.abort()
        await events!.next().catch(() => undefined)
      }
    } finally {
      clearInterval(writing)
    }
    expect(seen).toEqual(Array.from({ length: 12 * 17 }, (_, index) => index))
  })

  test('of a tenant holds its own sessions only, and its id goes on over the rest', async () => {
    const own = session()
    const foreign = session({ tenant: 'tenant-b' })
    bench.commit({ kind: 'session', session: own }, { kind: 'session', session: foreign })
    bench.addEntries(300, (index) => ({
      kind: 'SessionEnded',
      ...(index === 10 || index === 250 ? { session: own.id } : index % 3 === 0 ? { session: foreign.id } : {}),
    }))
    const { events } = await open(await tenantToken(), { from: 0 })
    const taken = await take(events!, 4)
    expect(taken.filter((event) => event.data !== undefined).map((event) => [event.id, event.data!.session])).toEqual([
      [10, own.id],
      [250, own.id],
    ])
    expect(taken.filter((event) => event.data === undefined).map((event) => event.id)).toEqual([199, 299])
    const resumed = await open(await tenantToken(), { last: 299 })
    bench.addEntries(1, () => ({ kind: 'SessionSuspended', session: own.id }))
    expect((await take(resumed.events!, 1)).map((event) => event.id)).toEqual([300])
  })

  test('of an owner holds its own machines only', async () => {
    const { key } = await bench.addKey('owner', 'Li', 'other-owner')
    bench.addEntries(6, (index) => ({ machine: index % 2 === 0 ? 'saw-1' : 'press-1' }))
    const { events } = await open(key.text, { from: 0 })
    expect((await take(events!, 3)).map((event) => [event.id, event.data?.machine])).toEqual([
      [1, 'press-1'],
      [3, 'press-1'],
      [5, 'press-1'],
    ])
  })

  test('beyond the head of the ledger is refused: the caller knows another one', async () => {
    bench.addEntries(3)
    const { response } = await open(await platformToken(), { last: 3 })
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'bad-request'])
    expect((await open(await platformToken(), { last: 2 })).response.status).toBe(200)
  })

  test('asked for as JSON is refused', async () => {
    const response = await bench.app.inject({
      url: '/v1/events',
      headers: { authorization: `Bearer ${await platformToken()}`, accept: 'application/json' },
    })
    expect(response.statusCode).toBe(406)
    expect(response.headers['content-type']).toBe('application/problem+json')
  })
})

test('one stream too many is 503, and a closed one makes room', async () => {
  const credential = await platformToken()
  const cuts = Array.from({ length: bench.config.api.maxStreams }, () => new AbortController())
  for (const cut of cuts) expect((await open(credential, { signal: cut.signal })).response.status).toBe(200)
  const refused = await open(credential)
  expect([refused.response.status, refused.response.headers.get('retry-after')]).toEqual([503, '2'])
  cuts[0]!.abort()
  await expect.poll(async () => (await open(credential)).response.status).toBe(200)
})

test('a stop ends open streams, also of a reader that takes nothing, within a bound', async () => {
  bench.addEntries(3000, () => ({ data: { filler: 'x'.repeat(2000) } }))
  const reading = await open(await platformToken(), { from: 2990 })
  await take(reading.events!, 10)
  const stuck = connect(Number(new URL(url).port), '127.0.0.1')
  stuck.pause()
  stuck.on('error', () => undefined)
  stuck.write(`GET /v1/events?from=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${await platformToken()}\r\n\r\n`)
  await expect.poll(() => bench.listeners.size).toBe(2)
  const began = performance.now()
  await bench.app.close()
  expect(performance.now() - began).toBeLessThan(3_000)
  expect((await reading.events!.next()).done).toBe(true)
  expect(bench.listeners.size).toBe(0)
  stuck.destroy()
})

test('tenants leave a quarter of the streams to the others', async () => {
  const cuts: AbortController[] = []
  const statusOf = async (credential: string) => {
    const cut = new AbortController()
    cuts.push(cut)
    return (await open(credential, { signal: cut.signal })).response.status
  }
  const statuses = []
  for (const tenant of ['a', 'b', 'c', 'd', 'e']) statuses.push(await statusOf(await tenantToken({ sub: tenant })))
  expect(statuses).toEqual([200, 200, 200, 503, 503])
  expect(await statusOf((await bench.addKey('auditor', 'Chen')).key.text)).toBe(200)
  for (const cut of cuts) cut.abort()
})

test('a reader that hangs up is forgotten', async () => {
  const cut = new AbortController()
  await open(await platformToken(), { signal: cut.signal })
  expect(bench.listeners.size).toBe(1)
  cut.abort()
  await expect.poll(() => bench.listeners.size).toBe(0)
})

test('a credential holds for its own time, a key until it is revoked', async () => {
  const { createAuthenticator } = await import('../../../../gateway/front/api/caller/auth.ts')
  const authenticator = createAuthenticator(bench.deps)
  const { key, row } = await bench.addKey('auditor', 'Chen')
  const callers = await Promise.all(
    [tenantToken({ exp: NOW_S + 100 }), Promise.resolve(key.text)].map(async (each) =>
      authenticator.authenticate(`Bearer ${await each}`),
    ),
  )
  const valid = () => callers.map((each) => each.kind === 'caller' && authenticator.stillValid(each.caller))
  expect(valid()).toEqual([true, true])
  bench.clock.ms += 130_000
  bench.commit({ kind: 'key', row: { ...row, revokedAtMs: 1 } })
  expect(valid()).toEqual([false, false])
})

describe('a reader that comes back', () => {
  const lines = async (last: string, count: number) => {
    const response = await fetch(`${url}/v1/events`, {
      headers: { authorization: `Bearer ${await platformToken()}`, 'last-event-id': last },
    })
    const seen: string[] = []
    let text = ''
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString('utf8')
      seen.splice(0, seen.length, ...text.split('\n').filter((line) => /^(id|event): |^data: .*"seen"/.test(line)))
      if (seen.length >= count) break
    }
    return seen.slice(0, count)
  }
  const log = '0011223344556677'

  test('to this log goes on behind the last event, whose id names the log', async () => {
    bench.addEntries(5)
    expect((await lines(`2-${log}`, 2)).sort()).toEqual(['event: AvailabilityChanged', `id: 3-${log}`])
  })

  test.each(['2-ffffffffffffffff', '999-ffffffffffffffff'])(
    'to another log, %s, is told so and gets this one whole',
    async (last) => {
      bench.addEntries(5)
      const seen = await lines(last, 4)
      expect(seen.slice(0, 2).sort()).toEqual([`data: {"log":"${log}","seen":"ffffffffffffffff"}`, 'event: AnotherLog'])
      expect(seen.slice(2)).toContain(`id: 0-${log}`)
    },
  )

  test('to a ledger that was put back is refused, with what to do', async () => {
    const response = await fetch(`${url}/v1/events`, {
      headers: { authorization: `Bearer ${await platformToken()}`, 'last-event-id': `70-${log}` },
    })
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      400,
      'the ledger ends before 71: it was put back to an older state; begin anew with from=0',
    ])
  })
})
