import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SiteConfig } from '../../../config/site.ts'
import { createInfluxSink } from '../../../gateway/front/sinks/influx.ts'
import type { Delivery, Sink } from '../../../gateway/front/sinks/sink.ts'
import type { LiveValue } from '../../../gateway/live/sample.ts'
import { type Influxd, startInfluxd } from '../../support/influxd.ts'
import { runProcess } from '../../support/process.ts'
import { commandPath, realPart } from '../../support/real.ts'
import { type Bench, run, sinkContract, untilStatus } from './contract.ts'
import { entry, metered, openLedger, range, SITE, signal, type TestLedger } from './ledger.ts'
import { INFLUX } from './rows.ts'

type InfluxConfig = NonNullable<SiteConfig['influx']>

function influxSink(url: string, more: Partial<InfluxConfig> = {}): Sink {
  const influx = { ...INFLUX, url, database: 'latchkey', batch: 1_000, timeoutMs: 500, ...more }
  return createInfluxSink({ site: SITE, influx })
}

const deliver = (sink: Sink, delivery: Delivery) => sink.deliver([sink.make(delivery)])
const nothing = () => ({ rows: [], meters: [] })
const signalOfNobody = new AbortController().signal

const BY_TIME = `FROM meter WHERE machine = 'saw' AND origin = 'ledger'`

async function openBench(): Promise<Bench> {
  const server = await startInfluxd()
  return {
    server: { ...server, crash: server.kill },
    sink: () => influxSink(server.url),
    // Times are in the order of the entries within a test, and tests follow each other.
    sequences: async () => (await server.query(`SELECT seq ${BY_TIME}`)).map((row) => Number(row.seq)),
    samples: async () => (await server.query('SELECT value FROM signal')).map((row) => Number(row.value)),
    async badEntry() {
      await server.write(server.database, `availability,site=${SITE},machine=saw seq=1.5`)
      return [entry('AvailabilityChanged', { from: 'Unknown', to: 'Available' }, { machine: 'saw' })]
    },
    async refused() {
      const login = { username: 'admin', password: 'right' }
      const guarded = await startInfluxd({ login })
      const gateway = { username: 'gateway', password: 'secret' }
      return {
        sink: influxSink(guarded.url, gateway),
        advice: /influx\.username/,
        async mend() {
          await guarded.query(`CREATE USER gateway WITH PASSWORD 'secret'`)
          await guarded.query('GRANT WRITE ON latchkey TO gateway')
        },
        remove: guarded.remove,
      }
    },
  }
}

describe.skipIf(!realPart('influxd'))('with a real InfluxDB', () => {
  sinkContract('influx', openBench)

  describe('values', () => {
    let server: Influxd
    let ledger: TestLedger
    beforeAll(async () => {
      server = await startInfluxd()
    })
    afterAll(() => server.remove())
    beforeEach(async () => {
      ledger = await openLedger()
    })
    afterEach(() => ledger.close())

    async function delivered(...changes: Parameters<TestLedger['commit']>): Promise<void> {
      await ledger.commit(...changes)
      const handle = run(influxSink(server.url), ledger)
      await untilStatus(handle, (status) => status.backlog === 0)
      expect(handle.status().parked).toBe(0)
      await handle.stop()
    }

    const total = (value: string, machine: string) => {
      const meter = { meter: `${machine}/energy.total`, unit: 'Wh', epoch: 1, total: value, raw: value }
      return entry('MeterSampled', { meters: [meter] }, { machine })
    }

    test.skipIf(!realPart('influx'))('64-bit integers are exact, read by the server’s own client', async () => {
      const exact = ['9007199254740993', '9223372036854775807', '-9223372036854775808', '1', '18446744073709551615']
      await delivered(...exact.map((value, index) => total(value, `exact-${index}`)))
      const csv = await runProcess(commandPath('influx'), [
        ...['-host', '127.0.0.1', '-port', String(server.port), '-database', 'latchkey', '-format', 'csv', '-execute'],
        'SELECT total, totalText FROM meter',
      ])
      for (const value of exact) expect(csv).toContain(value)
      const fields = await server.query('SHOW FIELD KEYS FROM meter')
      const types = Object.fromEntries(fields.map((row) => [row.fieldKey, row.fieldType]))
      expect(types).toMatchObject({
        total: 'integer',
        raw: 'integer',
        epoch: 'integer',
        seq: 'integer',
        totalText: 'string',
      })
    })

    test('a repeat overwrites: two entries of one millisecond stay two, and sent twice they stay two', async () => {
      const atMs = Date.now()
      const twins = range(0, 2).map((n) => {
        const meter = { meter: 'twin/energy.total', unit: 'Wh', epoch: 1, total: String(n) }
        return entry('MeterSampled', { meters: [meter] }, { machine: 'twin', atMs })
      })
      await delivered(...twins)
      const again = run({ ...influxSink(server.url), name: 'influx-again' }, ledger)
      await untilStatus(again, (status) => status.backlog === 0 && status.delivered === 2)
      await again.stop()
      expect(await server.query(`SELECT count(total) FROM meter WHERE machine = 'twin'`)).toMatchObject([
        { count: '2' },
      ])
    })

    test('signals of every type live beside each other', async () => {
      const handle = run(influxSink(server.url), ledger)
      await untilStatus(handle, (status) => status.state === 'up')
      const of = (value: LiveValue) => signal(value, { id: 'mixed/a.x' })
      const { value: _, ...bad } = of(0)
      ledger.sample(of(1.5), of(true), of('quote " back\\slash, comma = \n line'), of(7), {
        ...bad,
        atMs: Date.now(),
        quality: 'bad',
      })
      await untilStatus(handle, (status) => status.samples === 5)
      await handle.stop()
      expect(handle.status().skipped).toBe(0)
      const rows = await server.query(`SELECT value, "bool", text, quality FROM signal WHERE machine = 'mixed'`)
      expect(rows.map((row) => [row.value, row.bool, row.text, row.quality])).toEqual([
        ['1.5', '', '', 'good'],
        ['', 'true', '', 'good'],
        ['', '', 'quote " back\\slash, comma =   line', 'good'],
        ['7', '', '', 'good'],
        ['', '', '', 'bad'],
      ])
    })

    test('a session and an availability are found by machine', async () => {
      const use = [{ meter: 'lathe/energy.total', unit: 'Wh', quantity: '9007199254740993' }]
      const times = { startedAt: '2026-11-01T00:00:00.000Z', endedAt: '2026-11-01T00:10:00.000Z' }
      const more = { machine: 'lathe', session: 'some-session' }
      await delivered(
        entry('AvailabilityChanged', { from: 'Available', to: 'InUse', reason: 'session', access: 'Unlocked' }, more),
        entry('AvailabilityChanged', { from: 'InUse', to: 'Available', access: 'Locked' }, more),
        entry('SessionEnded', { stoppedReason: 'Local', begin: [], end: [], use, ...times }, more),
      )
      const states = await server.query(`SELECT state, reason FROM availability WHERE machine = 'lathe'`)
      expect(states.map((row) => [row.state, row.reason])).toEqual([
        ['InUse', 'session'],
        ['Available', ''],
      ])
      expect(await server.query(`SELECT * FROM session WHERE machine = 'lathe'`)).toMatchObject([
        { event: 'SessionEnded', 'use_energy.total': '9007199254740993', durationMs: '600000', stoppedReason: 'Local' },
      ])
    })
  })

  test('a missing database stops it with the command that makes one, and it goes on when that was run', async () => {
    const server = await startInfluxd({ database: null })
    const ledger = await openLedger()
    await ledger.commit(metered(0))
    const handle = run(influxSink(server.url), ledger)
    try {
      const { lastError } = await untilStatus(handle, (status) => status.state === 'stopped')
      const [, command] = /-execute '(.*)'/.exec(lastError ?? '') ?? []
      await server.query(command ?? '')
      await untilStatus(handle, (status) => status.state === 'up' && status.backlog === 0)
    } finally {
      await handle.stop()
      await ledger.close()
      await server.remove()
    }
  })
})

describe('an answer', () => {
  let server: Server
  let url: string
  let answers: (number | { status: number; body: string })[]
  let bodies: string[]
  let paths: (string | undefined)[]
  let encodings: (string | undefined)[]
  let authorizations: (string | undefined)[]
  beforeEach(async () => {
    answers = []
    bodies = []
    paths = []
    encodings = []
    authorizations = []
    server = createServer(async (request, response) => {
      const encoding = request.headers['content-encoding']
      encodings.push(encoding)
      paths.push(request.url)
      bodies.push(await text(encoding === 'gzip' ? request.pipe(createGunzip()) : request))
      authorizations.push(request.headers.authorization)
      const answer = answers.shift() ?? 204
      if (typeof answer === 'number') response.writeHead(answer).end()
      else response.writeHead(answer.status).end(answer.body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const one = async () => {
    const ledger = await openLedger()
    await ledger.commit(metered(5))
    const [first] = ledger.reader.entries(0, 1)
    await ledger.close()
    return { entry: first!, prevSeq: null }
  }

  test.each([
    [200, 'stop'],
    [202, 'stop'],
    [302, 'stop'],
    [400, 'bad'],
    [401, 'stop'],
    [403, 'stop'],
    [404, 'stop'],
    [405, 'stop'],
    [301, 'stop'],
    [408, 'wait'],
    [413, 'bad'],
    [422, 'bad'],
    [429, 'wait'],
    [500, 'wait'],
    [503, 'wait'],
  ])('of %i means %s, and the next write is tried at once', async (status, action) => {
    const sink = influxSink(url)
    answers = [status, 204]
    const delivery = await one()
    await expect(deliver(sink, delivery)).rejects.toMatchObject({ action })
    await expect(deliver(sink, delivery)).resolves.toBeUndefined()
    expect(bodies).toHaveLength(2)
    expect(bodies[0]).toBe(bodies[1])
  })

  test('that does not come is given up', async () => {
    server.removeAllListeners('request')
    await expect(deliver(influxSink(url, { timeoutMs: 100 }), await one())).rejects.toMatchObject({ action: 'wait' })
  })

  test.each([400, 404, 500])('of %i whose body does not end is given up', async (status) => {
    server.removeAllListeners('request')
    server.on('request', (_request, response) => void response.writeHead(status).write('x'))
    await expect(deliver(influxSink(url, { timeoutMs: 100 }), await one())).rejects.toMatchObject({ action: 'wait' })
  })

  test.each([400, 401, 500])('of %i with bytes without end is left after its bound', async (status) => {
    let sent = 0
    server.removeAllListeners('request')
    server.on('request', (_request, response) => {
      response.writeHead(status)
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) sent += 65_536
      }
      response.on('drain', more)
      more()
    })
    const startedAt = performance.now()
    await expect(deliver(influxSink(url, { timeoutMs: 10_000 }), await one())).rejects.toMatchObject({
      action: 'wait',
      message: expect.stringMatching('does not end'),
    })
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(sent).toBeLessThan(64 * 2 ** 20)
  })

  test('that is a success of something else delivers nothing, and says where to look', async () => {
    answers = [{ status: 200, body: '<html>Log in</html>' }, 204]
    const sink = influxSink(url)
    await expect(sink.open(nothing, signalOfNobody)).rejects.toMatchObject({
      action: 'stop',
      message: expect.stringMatching(/204; check influx\.url/),
    })
  })

  test.each([
    ['{"error":"partial write: max-series-per-database limit exceeded: (3) dropped=1"}', 'stop', /raise the limit/],
    ['{"error":"partial write: max-values-per-tag limit exceeded (9/9): dropped=1"}', 'stop', /raise the limit/],
    ['{"error":"partial write: field type conflict: input field \\"seq\\""}', 'bad', /field type conflict/],
    [
      '{"error":"partial write","data":[{"error_message":"invalid type for column \'seq\'","line_number":1}]}',
      'bad',
      /400: partial write: invalid type for column 'seq'$/,
    ],
    ['{"error":"Update to schema would exceed number of tables limit of 2000 tables"}', 'stop', /raise the limit/],
    ['{"code":"invalid","message":"unable to parse"}', 'bad', /400: unable to parse$/],
    ['<html>400 Bad Request</html>', 'stop', /something in between/],
    [`"\u001b]0;\u202e${'x'.repeat(900)}`, 'bad', /^[^\p{Cc}\p{Cf}]{500,540}$/u],
  ])('of 400 that says %j means %s', async (body, action, message) => {
    answers = [{ status: 400, body }]
    await expect(deliver(influxSink(url), await one())).rejects.toMatchObject({
      action,
      message: expect.stringMatching(message),
    })
  })

  test('is asked for with no credentials unless some are configured', async () => {
    const delivery = await one()
    await deliver(influxSink(url), delivery)
    await deliver(influxSink(url, { username: 'u', password: 'p' }), delivery)
    expect(authorizations).toEqual([undefined, `Basic ${btoa('u:p')}`])
  })

  test.each([
    [{ version: 1 }, '/write?db=latchkey&precision=ns', undefined],
    [{ version: 2, organisation: 'a b', token: 't' }, '/api/v2/write?org=a+b&bucket=latchkey&precision=ns', 'Token t'],
    [{ version: 3, token: 't' }, '/api/v3/write_lp?db=latchkey&precision=nanosecond&accept_partial=true', 'Bearer t'],
  ] as const)('is asked for as the write API of %j wants it', async (more, path, authorization) => {
    await deliver(influxSink(`${url}/behind/a/proxy/`, more), await one())
    expect(paths).toEqual([`/behind/a/proxy${path}`])
    expect(authorizations).toEqual([authorization])
  })

  test.each([
    [{ version: 1, username: 'u' }, 403, /GRANT WRITE ON "latchkey" TO "u"/],
    [{ version: 2, organisation: 'o', token: 't' }, 401, /influx auth create --org "o" --write-buckets/],
    [{ version: 2, organisation: 'o', token: 't' }, 404, /influx bucket create --org "o" --name "latchkey"/],
    [{ version: 3, token: 't' }, 401, /influxdb3 create token --admin/],
    [{ version: 3, token: 't' }, 403, /influxdb3 create token --permission "db:latchkey:write"/],
    [{ version: 3, token: 't' }, 404, /influxdb3 create database "latchkey"/],
  ] as const)('of %j and %i says the command that mends it, and no token', async (more, status, command) => {
    answers = [status]
    const error = await deliver(influxSink(url, more), await one()).catch((cause: Error) => cause)
    expect(error).toMatchObject({ action: 'stop', message: expect.stringMatching(command) })
    expect(error?.message).not.toMatch(/token t/)
  })

  test('is asked for compressed, unless a packet takes it as it is', async () => {
    const delivery = await one()
    const sink = influxSink(url, { gzip: true })
    const made = sink.make(delivery)
    await sink.deliver([made])
    await sink.deliver(range(0, 20).map(() => made))
    expect(encodings).toEqual([undefined, 'gzip'])
    expect(bodies[1]).toBe(
      range(0, 20)
        .map(() => made)
        .join('\n'),
    )
  })

  test('is asked for in lines of exact integers at the time of the commit', async () => {
    const delivery = await one()
    await deliver(influxSink(url), delivery)
    expect(bodies).toEqual([
      `meter,site=${SITE},machine=saw,meter=energy.total,unit=Wh,origin=ledger clock="synchronised",epoch=1i,raw=5i,seq=0i,total=5i ${delivery.entry.timeNs}`,
    ])
  })
})
