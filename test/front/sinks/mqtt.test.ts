import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SiteConfig } from '../../../config/site.ts'
import type { BoardRow } from '../../../gateway/core/board/message.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import type { MeterState } from '../../../gateway/core/meter/meter.ts'
import { createMqttSink } from '../../../gateway/front/sinks/mqtt.ts'
import { type Sink, systemClock } from '../../../gateway/front/sinks/sink.ts'
import { type SinkHandle, startSink } from '../../../gateway/front/sinks/sink-loop.ts'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { startProcess, until } from '../../support/process.ts'
import { realPart } from '../../support/real.ts'
import { type Bench, quiet, run, sinkContract, untilStatus } from './contract.ts'
import { entry, metered, openLedger, range, SITE, signal, type TestLedger } from './ledger.ts'
import { BEATS, boardRow, forgetful, meterState, NO_MACHINES } from './rows.ts'
import { type Subscriber, subscribe } from './subscriber.ts'

type MqttConfig = NonNullable<SiteConfig['mqtt']>

const base = `latchkey/v1/${SITE}`

function mqttSink(url: string, version: 4 | 5, more: Partial<MqttConfig> = {}): Sink {
  const mqtt = {
    url,
    version,
    clientId: 'latchkey-test',
    keepaliveMs: 15_000,
    window: 20,
    ackTimeoutMs: 1_500,
    ...BEATS,
    ...more,
  }
  return createMqttSink({ site: SITE, mqtt, ...NO_MACHINES }, { log: quiet, memory: forgetful() })
}

async function openBench(version: 4 | 5): Promise<Bench> {
  const server = await startMosquitto()
  const subscriber = await subscribe(server.url, `${base}/#`, version)
  return {
    server: {
      ...server,
      crash: server.stop,
      async remove() {
        subscriber.close()
        await server.remove()
      },
    },
    sink: () => mqttSink(server.url, version),
    sequences: async () => subscriber.on(`${base}/saw/events`).map((message) => message.json.seq as number),
    samples: async () =>
      [`${base}/saw/signals`, `${base}/backfill/saw/signals`]
        .flatMap((topic) => subscriber.on(topic))
        .flatMap(({ json }) => (json.values as { value: number }[]).map((one) => one.value)),
    badEntry: async () => [entry('AccessDenied', { what: 'a machine that cannot be a topic' }, { machine: 'saw/+' })],
    async refused() {
      const login = { username: 'gateway', password: 'right' }
      const guarded = await startMosquitto({ login: { ...login, password: 'wrong' } })
      return {
        sink: mqttSink(guarded.url, version, login),
        advice: /user name or password|let this client in/,
        mend: () => guarded.setPassword(login),
        remove: guarded.remove,
      }
    },
  }
}

describe.skipIf(!realPart('mosquitto')).each([4, 5] as const)('MQTT version %i', (version) => {
  sinkContract(`mqtt ${version}`, () => openBench(version))

  describe('state', () => {
    let server: Mosquitto
    let ledger: TestLedger
    let subscriber: Subscriber
    let rows: BoardRow[]
    let meters: MeterState[]
    const handles: SinkHandle[] = []

    beforeAll(async () => {
      server = await startMosquitto()
    })
    afterAll(() => server.remove())
    beforeEach(async () => {
      ledger = await openLedger()
      subscriber = await subscribe(server.url, `${base}/#`, version)
      rows = [boardRow({ maxAgeMs: 400 })]
      meters = [meterState({ total: 9_007_199_254_740_993n })]
    })
    afterEach(async () => {
      await Promise.all(handles.splice(0).map((handle) => handle.stop()))
      subscriber.close()
      await ledger.close()
    })

    function begin(more: Partial<MqttConfig> = {}): SinkHandle {
      const handle = startSink(mqttSink(server.url, version, more), {
        reader: ledger.reader,
        ledger: ledger.client,
        waiting: ledger.waiting(),
        snapshot: () => ({ rows: rows.map((row) => ({ ...row, asOfMs: Date.now() })), meters }),
        log: quiet,
        clock: systemClock,
        reconnectMinMs: 50,
        reconnectMaxMs: 200,
      })
      handles.push(handle)
      ledger.onSample(handle.sampled)
      return handle
    }
    const seen = (topic: string) => subscriber.on(`${base}/${topic}`)
    const online = () => seen('status').map((message) => message.json.online)

    test('goes out on each connect, before the backlog, and the birth after it', async () => {
      await ledger.commit(...range(0, 50).map((n) => metered(n)))
      const handle = begin()
      await untilStatus(handle, (status) => status.backlog === 0)
      await until(() => seen('saw/events').length === 50, 5_000, 'events did not arrive')
      const live = subscriber.all.filter((message) => !message.retain).map((message) => message.topic)
      expect(live.slice(0, 4)).toEqual([
        `${base}/saw/availability`,
        `${base}/saw/meters/energy/total`,
        `${base}/status`,
        `${base}/saw/events`,
      ])
      await server.stop()
      await server.start()
      await until(() => seen('saw/meters/energy/total').length >= 2, 5_000, 'not repeated after a reconnect')
      await until(() => online().filter(Boolean).length >= 2, 5_000, 'no birth after a reconnect')
    })

    test('the birth waits until the state of the machines is known', async () => {
      const known = rows
      rows = []
      const handle = begin()
      await ledger.commit(metered(0))
      await until(() => seen('saw/events').length === 1, 5_000, 'the event did not arrive')
      expect(online()).not.toContain(true)
      rows = known
      handle.changed()
      await until(() => online().at(-1) === true, 5_000, 'no birth')
    })

    test('is retained for whoever comes later, with exact meters and nothing about who is at the machine', async () => {
      rows = [boardRow({ maxAgeMs: 60_000, session: 'secret-session' })]
      await untilStatus(begin(), (status) => status.state === 'up')
      const late = await subscribe(server.url, `${base}/#`, version)
      await until(() => late.all.length >= 3, 5_000, 'nothing is retained')
      const [availability] = late.on(`${base}/saw/availability`)
      expect(availability).toMatchObject({ retain: true, qos: 1, json: { state: 'Available', machine: 'saw' } })
      expect(availability?.text).not.toContain('secret')
      expect(late.on(`${base}/saw/meters/energy/total`)[0]).toMatchObject({
        retain: true,
        json: { total: '9007199254740993', raw: '5', epoch: 1, unit: 'Wh' },
      })
      expect(late.on(`${base}/status`)[0]).toMatchObject({ retain: true, json: { online: true } })
      late.close()
    })

    test('one heartbeat says how fresh everything is; availability goes out again seldom, and on a change at once', async () => {
      rows = [boardRow({ maxAgeMs: 400 })]
      const handle = begin({ heartbeatMs: 500, repeatMs: 2_500 })
      const mine = () => seen('saw/availability').filter((message) => !message.retain)
      await until(() => mine().length >= 2, 10_000, 'not repeated')
      const [first, second] = mine().map((message) => Date.parse(message.json.asOf as string))
      expect(second! - first!).toBeGreaterThan(2_400)
      const beats = seen('status').filter(({ json }) => json.online)
      expect(beats.length).toBeGreaterThanOrEqual(3)
      expect(Date.parse(beats.at(-1)?.json.asOf as string)).toBeGreaterThan(first!)
      // The newer of the two times of a reader may be three heartbeats old.
      expect(mine()[0]?.json.maxAgeMs).toBe(1_500)
      if (version === 5) expect(mine()[0]).toMatchObject({ expiryS: 8, contentType: 'application/json' })
      else expect(mine()[0]).not.toHaveProperty('expiryS')
      rows = [boardRow({ maxAgeMs: 60_000, availability: { state: 'OutOfOrder', reason: 'fault' } })]
      const startedAt = performance.now()
      handle.changed()
      await until(() => mine().at(-1)?.json.state === 'OutOfOrder', 2_000, 'the change did not go out')
      expect(performance.now() - startedAt).toBeLessThan(1_900)
    })

    test('says goodbye when it is stopped', async () => {
      const handle = begin()
      await untilStatus(handle, (status) => status.state === 'up')
      await handle.stop()
      await until(() => online().at(-1) === false, 5_000, 'no goodbye')
      expect(seen('status').at(-1)?.json).toHaveProperty('at')
    })

    test('the last will is said when the gateway is killed', async () => {
      const child = startProcess(process.execPath, [
        new URL('mqtt-child.ts', import.meta.url).pathname,
        JSON.stringify({ url: server.url, version, site: SITE }),
      ])
      try {
        await child.ready()
        await until(() => online().at(-1) === true, 5_000, 'no birth')
        await child.kill('SIGKILL')
        await until(() => online().at(-1) === false, 5_000, 'no last will')
        expect(seen('status').at(-1)?.text).toBe(`{"site":"${SITE}","online":false}`)
        if (version === 5) expect(seen('status').at(-1)).toHaveProperty('contentType', 'application/json')
      } finally {
        await child.kill()
      }
    })

    test('events chain by seq and prevSeq on their topic', async () => {
      const other = metered(0, 'booth')
      const site = entry('LinkLost', { link: 'plc' })
      await ledger.commit(metered(0), other, site, metered(1), site, other, metered(2))
      await untilStatus(begin(), (status) => status.backlog === 0)
      await until(
        () => subscriber.all.filter((one) => one.topic.endsWith('/events')).length === 7,
        5_000,
        'events missing',
      )
      const chain = (topic: string) => seen(topic).map(({ json }) => [json.seq, json.prevSeq])
      expect(chain('saw/events')).toEqual([
        [0, null],
        [3, 0],
        [6, 3],
      ])
      expect(chain('booth/events')).toEqual([
        [1, null],
        [5, 1],
      ])
      expect(chain('events')).toEqual([
        [2, null],
        [4, 2],
      ])
    })

    test('a sample that comes late goes to the backfill, an entry that comes late stays in its chain', async () => {
      const handle = begin()
      await untilStatus(handle, (status) => status.state === 'up')
      const late = Date.now() - 61_000
      ledger.sample(signal(1), signal(2, { atMs: late }))
      await ledger.commit(entry('ForeignUse', {}, { machine: 'saw', atMs: late }))
      await until(() => seen('backfill/saw/signals').length === 1, 5_000, 'no backfill')
      await until(() => seen('saw/signals').length === 1 && seen('saw/events').length === 1, 5_000, 'not all arrived')
      const values = (topic: string) => (seen(topic)[0]!.json.values as { value: number }[]).map((one) => one.value)
      expect(values('saw/signals')).toEqual([1])
      expect(values('backfill/saw/signals')).toEqual([2])
      expect(seen('saw/signals')[0]?.qos).toBe(0)
    })

    test('a client that takes over with the same id does not stop the entries', async () => {
      const handle = begin()
      await untilStatus(handle, (status) => status.state === 'up')
      const thief = await subscribe(server.url, `${base}/#`, version, { clientId: 'latchkey-test' })
      await untilStatus(handle, (status) => status.lastError !== undefined)
      thief.close()
      await ledger.commit(...range(0, 10).map((n) => metered(n)))
      await untilStatus(handle, (status) => status.backlog === 0)
    })
  })
})

describe.skipIf(!realPart('mosquitto'))('MQTT 5', () => {
  test('keeps to the window the broker grants, and sets aside what is larger than it takes', async () => {
    const server = await startMosquitto({ config: ['max_inflight_messages 3', 'max_packet_size 2000'] })
    const ledger = await openLedger()
    const subscriber = await subscribe(server.url, `${base}/#`, 4)
    const handle = run(mqttSink(server.url, 5, { window: 100 }), ledger)
    try {
      const large = entry('ManualEntry', { text: 'x'.repeat(3_000) }, { machine: 'saw' })
      await ledger.commit(...range(0, 200).map((n) => metered(n)), large, metered(201))
      await untilStatus(handle, (status) => status.backlog === 0)
      expect(handle.status()).toMatchObject({ parked: 1, delivered: 201, state: 'up' })
      await until(() => subscriber.on(`${base}/saw/events`).length >= 201, 5_000, 'events missing')
      expect(server.output()).not.toMatch(/exceeded|protocol error/i)
    } finally {
      await handle.stop()
      subscriber.close()
      await ledger.close()
      await server.remove()
    }
  })
})

describe.skipIf(!realPart('mosquitto')).each([
  ['MQTT 3.1.1 and a limit of packets', 4, 'max_packet_size 2000'],
  ['MQTT 3.1.1 and a limit of messages', 4, 'message_size_limit 1500'],
  ['MQTT 5 and a limit that the broker does not say', 5, 'message_size_limit 1500'],
] as const)('with %s', (_, version, limit) => {
  test('an entry at which the broker ends the connection is set aside alone, and what is behind it arrives', async () => {
    const server = await startMosquitto({ config: [limit] })
    const ledger = await openLedger()
    const subscriber = await subscribe(server.url, `${base}/#`, 4)
    const handle = run(mqttSink(server.url, version), ledger)
    try {
      const large = entry('ManualEntry', { text: 'x'.repeat(3_000) }, { machine: 'saw' })
      await ledger.commit(...range(0, 30).map((n) => metered(n)), large, ...range(31, 60).map((n) => metered(n)))
      await untilStatus(handle, (status) => status.backlog === 0, 40_000)
      const arrived = new Set(subscriber.on(`${base}/saw/events`).map(({ json }) => json.seq))
      // A broker of 3.1.1 may also say that it has the message, and drop it: nobody can tell.
      expect(arrived).toEqual(new Set([...range(0, 30), ...range(31, 60)]))
      if (handle.status().parked > 0) expect(handle.status()).toMatchObject({ parked: 1 })
      else expect([version, limit]).toEqual([4, 'message_size_limit 1500'])
    } finally {
      await handle.stop()
      subscriber.close()
      await ledger.close()
      await server.remove()
    }
  }, 60_000)
})

describe.skipIf(!realPart('mosquitto')).each([4, 5] as const)('with MQTT version %i', (version) => {
  test('what a machine has left behind that is no longer configured is cleared, and nothing else', async () => {
    const server = await startMosquitto()
    const ledger = await openLedger()
    const subscriber = await subscribe(server.url, `${base}/#`, version)
    const memory = forgetful()
    const machineOf = (id: string) =>
      ({ id, name: { en: id }, devices: {}, meters: [{ id: `${id}/energy.total` }] }) as unknown as MachineConfig
    const life = async (ids: readonly string[], meters: readonly MeterState[]) => {
      const mqtt = {
        url: server.url,
        version,
        clientId: 'c',
        keepaliveMs: 15_000,
        window: 20,
        ackTimeoutMs: 1_500,
        ...BEATS,
      }
      const config = { site: SITE, fencingId: 0, machines: ids.map(machineOf), mqtt }
      const rows = ids.map((machine) => boardRow({ machine, maxAgeMs: 60_000 }))
      const sink = createMqttSink(config, { log: quiet, memory })
      await sink.open(() => ({ rows, meters }), new AbortController().signal)
      await sink.close()
    }
    const retained = async () => {
      const late = await subscribe(server.url, `${base}/#`, version)
      await until(() => late.on(`${base}/status`).length > 0, 5_000, 'nothing is retained')
      late.close()
      return late.all.map(({ topic }) => topic.slice(base.length + 1)).sort()
    }
    try {
      const meters = ['saw', 'old'].map((machine) => meterState({ meter: `${machine}/energy.total`, machine }))
      await life(['saw', 'old'], meters)
      expect(await retained()).toEqual([
        'old/about',
        'old/availability',
        'old/meters/energy/total',
        'saw/about',
        'saw/availability',
        'saw/meters/energy/total',
        'status',
      ])
      await life(['saw'], meters.slice(0, 1))
      expect(await retained()).toEqual(['saw/about', 'saw/availability', 'saw/meters/energy/total', 'status'])
      expect(memory.read().topics).not.toContain(`${base}/old/availability`)
    } finally {
      subscriber.close()
      await ledger.close()
      await server.remove()
    }
  })
})

test('a broker that speaks 3.1.1 only is not spoken to in another version without being asked', async () => {
  const { Aedes } = await import('aedes')
  const { createServer } = await import('node:net')
  const broker = await Aedes.createBroker()
  const server = createServer(broker.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const ledger = await openLedger()
  const strict = run(mqttSink(`mqtt://127.0.0.1:${port}`, 5), ledger)
  const fitting = run(mqttSink(`mqtt://127.0.0.1:${port}`, 4), ledger)
  try {
    await untilStatus(fitting, (status) => status.state === 'up')
    const { lastError } = await untilStatus(strict, (status) => status.state === 'stopped')
    expect(lastError).toMatch(/mqtt\.version/)
  } finally {
    await Promise.all([strict.stop(), fitting.stop()])
    await ledger.close()
    await new Promise<void>((resolve) => broker.close(() => resolve()))
    server.close()
  }
})
