/** A webhook: signed as Standard Webhooks has it, in order, until it is taken, and never to where it may not go. */
import { createPublicKey, verify } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDeliveryRecord } from '../../../gateway/front/sinks/delivery-record.ts'
import { systemClock } from '../../../gateway/front/sinks/sink.ts'
import { type SinkHandle, startSink } from '../../../gateway/front/sinks/sink-loop.ts'
import { createWebhook } from '../../../gateway/front/sinks/webhook.ts'
import { headersOf, messageOf } from '../../../gateway/front/sinks/webhook-message.ts'
import { isPrivate, post } from '../../../gateway/front/sinks/webhook-post.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { until } from '../../support/process.ts'
import { quiet, untilStatus } from './contract.ts'
import { entry, metered, openLedger, range, type TestLedger } from './ledger.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const ORIGIN = 'test/0011223344556677'

describe('a message', () => {
  test('is signed with the example of the specification', () => {
    const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', type: 'test', body: '{"test": 2432232314}' }
    const headers = headersOf(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], 1_614_265_330_000)
    expect(headers).toMatchObject({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  test('is signed with both keys while they change, also with one of Ed25519', () => {
    // RFC 8032, 7.1, test 1.
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
    const x = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex').toString(
      'base64url',
    )
    const message = { id: 'm-1', type: 'test', body: '{}' }
    const { 'webhook-signature': both = '' } = headersOf(message, [`whsk_${seed.toString('base64')}`, SECRET], 5_000)
    const [v1a = '', v1 = ''] = both.split(' ')
    expect(v1).toMatch(/^v1,/)
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    expect(v1a.startsWith('v1a,')).toBe(true)
    expect(verify(null, Buffer.from('m-1.5.{}'), key, Buffer.from(v1a.slice(4), 'base64'))).toBe(true)
  })

  test('is a CloudEvent, and leaves out what is too large for one', () => {
    const made = (text: string) => {
      const kind = 'ManualEntry'
      const body = {
        seq: 7,
        kind,
        v: 1,
        site: 'test',
        machine: 'saw',
        at: 'then',
        clock: 'unknown',
        boot: '',
        mono: '',
      }
      const of = { seq: 7, kind, atMs: 0, timeNs: '0', machine: 'saw', body: { ...body, data: { text } } }
      const message = messageOf(ORIGIN, { entry: of as never, prevSeq: 3 })
      return { ...message, event: JSON.parse(message.body) as Record<string, unknown> }
    }
    const { id, event } = made('short')
    expect(id).toBe('test-0011223344556677-7')
    expect(event).toMatchObject({
      ...{ specversion: '1.0', id: '7', source: `/${ORIGIN}`, type: 'latchkey.manual.entry.v1', subject: 'saw' },
      data: { seq: 7, prevSeq: 3, kind: 'ManualEntry' },
    })
    expect(made('x'.repeat(20_000)).event).toMatchObject({ dataref: '/v1/ledger/entries?from=7&limit=1' })
    expect(made('x'.repeat(20_000)).event).not.toHaveProperty('data')
  })
})

describe('an address', () => {
  test.each([
    ...[
      '127.0.0.1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '255.255.255.255',
    ],
    ...['::1', '::', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '::7f00:1'],
  ])('%s is in a private network', (address) => expect(isPrivate(address)).toBe(true))

  test.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])('%s is not', (address) =>
    expect(isPrivate(address)).toBe(false),
  )

  test.each([
    'http://127.0.0.1:9',
    'http://[::1]:9',
    'http://localhost:9',
    'http://[::ffff:127.0.0.1]:9',
    'http://0x7f.1:9',
  ])('%s is not spoken to', async (url) => {
    const asked = post({ url, headers: {}, body: '', timeoutMs: 1_000, mayBePrivate: false })
    await expect(asked).rejects.toThrow(/private network/)
  })
})

describe('deliveries', () => {
  let ledger: TestLedger
  let server: Server
  let answer: (seq: number) => number
  let folder: string
  const posted: number[] = []
  const handles: SinkHandle[] = []

  beforeEach(async () => {
    ledger = await openLedger()
    folder = temporaryFolder()
    posted.length = 0
    answer = () => 204
    server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const { id, data } = JSON.parse(body) as { id: string; data?: { seq: number } }
      const status = answer(data?.seq ?? -1)
      if (status < 300) posted.push(data?.seq ?? Number(id))
      response.writeHead(status, { location: '/elsewhere' }).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    await Promise.all(handles.splice(0).map((handle) => handle.stop()))
    server.close()
    await ledger.close()
  })

  function begin(more: Partial<Parameters<typeof createWebhook>[0]> = {}) {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const bounds = { timeoutMs: 2_000, retryMaxMs: 100, giveUpMs: 3_600_000, mayBePrivate: true }
    const options = { id: 'hook', url, secrets: [SECRET], begin: 'log' as const, ...bounds, ...more }
    const record = openDeliveryRecord({ folder: folder, id: options.id, most: 100, log: quiet })
    const webhook = createWebhook(options, { origin: () => ORIGIN, clock: systemClock, record })
    const handle = startSink(webhook.sink, {
      ...{ reader: ledger.reader, ledger: ledger.client, waiting: ledger.waiting() },
      ...{ snapshot: () => ({ rows: [], meters: [] }), log: quiet, clock: systemClock },
      ...{ reconnectMinMs: 20, reconnectMaxMs: 100 },
    })
    handles.push(handle)
    return { webhook, handle }
  }

  test('come in order and once, though the other side fails again and again', async () => {
    let calls = 0
    answer = () => (++calls % 3 === 0 ? 503 : 204)
    await ledger.commit(...range(0, 20).map((n) => metered(n)))
    const { webhook, handle } = begin()
    await untilStatus(handle, (status) => status.backlog === 0)
    expect(posted).toEqual(range(0, 20))
    expect(webhook.record.recent().filter(({ status }) => status === 503).length).toBeGreaterThan(5)
    expect(webhook.record.recent().at(-1)).toMatchObject({ type: 'latchkey.meter.sampled.v1', status: 204 })
  })

  test('one that it cannot take is set aside; one that has gone or moved stops it, and so does a long refusal', async () => {
    answer = (seq) => (seq === 1 ? 413 : 204)
    await ledger.commit(...range(0, 3).map((n) => metered(n)))
    const { handle } = begin()
    expect(await untilStatus(handle, (status) => status.backlog === 0)).toMatchObject({ parked: 1 })
    expect(posted).toEqual([0, 2])
    for (const [status, says] of [
      [410, /nobody wants/],
      [302, /redirect/],
    ] as const) {
      answer = () => status
      await ledger.commit(metered(9))
      expect((await untilStatus(handle, ({ state }) => state === 'stopped')).lastError).toMatch(says)
      answer = () => 204
      await untilStatus(handle, ({ backlog }) => backlog === 0)
    }
    const hasty = begin({ id: 'hasty', giveUpMs: 0 })
    answer = () => 500
    await ledger.commit(metered(10))
    expect((await untilStatus(hasty.handle, ({ state }) => state === 'stopped')).lastError).toMatch(/answers 500, for/)
    expect(hasty.webhook.record.recent().at(-1)).toMatchObject({
      status: 500,
      stopped: expect.stringMatching(/answers 500, for/),
    })
  })

  test('stand in the record before the cursor moves on, each try with its answer, also for the next life', async () => {
    let calls = 0
    answer = () => (++calls === 2 ? 503 : 204)
    await ledger.commit(...range(0, 3).map((n) => metered(n)))
    const first = begin()
    await untilStatus(first.handle, (status) => status.backlog === 0)
    const again = begin().webhook.record // nobody has closed the first one
    const tries = (await again.all()).map(({ entry, status }) => [entry, status])
    expect(tries).toEqual([
      [0, 204],
      [1, 503],
      [1, 204],
      [2, 204],
    ])
    expect(again.recent()).toEqual(await again.all())
  })

  test('a new one begins with what comes, also when it was stopped before anything came', async () => {
    await ledger.commit(metered(0))
    answer = () => 500
    const first = begin({ begin: 'now' })
    await ledger.commit(metered(1))
    await untilStatus(first.handle, ({ lastError }) => lastError !== undefined)
    await first.handle.stop()
    answer = () => 204
    const again = begin({ begin: 'now' })
    await untilStatus(again.handle, ({ backlog }) => backlog === 0)
    expect(posted).toEqual([1])
  })

  test('are of the chosen kinds, and an event for a try comes beside them', async () => {
    await ledger.commit(metered(0), entry('ForeignUse', {}, { machine: 'saw' }), metered(2))
    const { webhook, handle } = begin({ events: ['ForeignUse'] })
    await untilStatus(handle, (status) => status.backlog === 0)
    expect(posted).toEqual([1])
    expect(await webhook.test()).toMatchObject({ type: 'latchkey.test.v1', status: 204 })
    await until(() => posted.length === 2, 1_000, 'the test event did not come')
  })
})
