import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SiteConfig } from '../../../config/site.ts'
import { reachAll } from '../../../gateway/front/reach.ts'
import { createMqttSink } from '../../../gateway/front/sinks/mqtt.ts'
import { clearRetained } from '../../../gateway/front/sinks/mqtt-clear.ts'
import { openMemory, RETAINED } from '../../../gateway/front/sinks/published.ts'
import { systemClock } from '../../../gateway/front/sinks/sink.ts'
import { type SinkHandle, startSink } from '../../../gateway/front/sinks/sink-loop.ts'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { until } from '../../support/process.ts'
import { realPart } from '../../support/real.ts'
import { quiet, untilStatus } from './contract.ts'
import { entry, metered, openLedger, SITE, signal, type TestLedger } from './ledger.ts'
import { BEATS, boardRow, forgetful, meterState, NO_MACHINES } from './rows.ts'
import { type Subscriber, subscribe } from './subscriber.ts'

const base = `latchkey/v1/${SITE}`

describe.skipIf(!realPart('mosquitto'))('mqtt.publish', () => {
  let server: Mosquitto
  let ledger: TestLedger
  let subscriber: Subscriber
  let handle: SinkHandle

  beforeAll(async () => {
    server = await startMosquitto()
  })
  afterAll(() => server.remove())
  beforeEach(async () => {
    ledger = await openLedger()
    subscriber = await subscribe(server.url, `${base}/#`, 4)
  })
  afterEach(async () => {
    await handle.stop()
    subscriber.close()
    await ledger.close()
  })

  const options = (publish: 'unretained' | 'events'): NonNullable<SiteConfig['mqtt']> => ({
    ...{ url: server.url, version: 4, clientId: 'latchkey-test', keepaliveMs: 15_000, window: 20, ackTimeoutMs: 1_500 },
    ...{ ...BEATS, repeatMs: 400, publish },
  })

  async function begin(publish: 'unretained' | 'events', memory = forgetful()): Promise<void> {
    const sink = createMqttSink({ site: SITE, mqtt: options(publish), ...NO_MACHINES }, { log: quiet, memory })
    handle = startSink(sink, {
      ...{ reader: ledger.reader, ledger: ledger.client, waiting: ledger.waiting(), reconnectMaxMs: 200 },
      snapshot: () => ({ rows: [boardRow()], meters: [meterState()], checkpoint: 'a note' }),
      ...{ log: quiet, clock: systemClock },
    })
    ledger.onSample(handle.sampled)
    await untilStatus(handle, (status) => status.state === 'up')
  }

  test('unretained: state goes out again and again, and what the broker kept is cleared but for the evidence', async () => {
    const states = ['status', 'saw/availability', 'saw/meters/energy/total'].map((topic) => `${base}/${topic}`)
    const evidence = `${base}/checkpoint`
    for (const topic of [...states, evidence]) subscriber.publish(topic, '{}', { qos: 1, retain: true })
    await until(() => subscriber.all.length === 4, 5_000, 'the broker has nothing to keep')
    const memory = forgetful()
    await memory.write({ topics: [...states, evidence] })
    await begin('unretained', memory)
    const late = await subscribe(server.url, `${base}/#`, 4)
    const heard = (topic: string) => late.all.filter((one) => one.topic === topic).length > 1
    const all = () => {
      handle.changed()
      return states.slice(1).every(heard)
    }
    await until(all, 5_000, 'not repeated')
    expect(late.all.filter(({ retain }) => retain).map(({ topic }) => topic)).toEqual([evidence])
    expect(memory.read().topics).toEqual([evidence])
    late.close()
    await handle.stop()
    await until(() => subscriber.on(states[0]!).at(-1)?.json.online === false, 5_000, 'no goodbye')
  })

  test('events: entries go alone, and nobody is told of an end', async () => {
    subscriber.publish(`${base}/checkpoint`, '', { qos: 1, retain: true })
    await begin('events')
    ledger.sample(signal(1))
    await ledger.commit(metered(0), entry('LinkLost', { link: 'plc' }))
    await until(() => subscriber.on(`${base}/events`).length === 1, 5_000, 'the event did not arrive')
    await handle.stop()
    const mine = subscriber.all.filter(({ text }) => text.startsWith('{"') && text !== '{}')
    expect(mine.map(({ topic }) => topic)).toEqual([`${base}/saw/events`, `${base}/events`])
  })

  test('a gateway that is taken away clears what it retained, but for the evidence', async () => {
    const mqtt = options('unretained')
    const [status, gone, evidence] = ['status', 'saw/about', 'checkpoint'].map((topic) => `${base}/${topic}`)
    for (const topic of [status!, gone!, evidence!]) subscriber.publish(topic, '{}', { qos: 1, retain: true })
    await until(() => subscriber.all.length >= 3, 5_000, 'the broker has nothing to keep')
    const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-clear-'))
    const open = () => openMemory(join(dataDir, RETAINED), quiet)
    await open().write({ topics: [status!, gone!, evidence!], checkpoint: 'a note' })
    const config = { site: SITE, fencingId: 0, dataDir, mqtt }
    const away = await clearRetained({ ...config, mqtt: { ...mqtt, url: 'mqtt://127.0.0.1:9' } }, quiet)
    expect(away).toEqual({ cleared: 0, refusals: [expect.stringMatching('127.0.0.1:9: .*nothing accepts')] })
    expect(open().read().topics).toHaveLength(3)
    expect(await clearRetained(config, quiet)).toEqual({ cleared: 2, refusals: [] })
    expect(open().read()).toEqual({ topics: [evidence], checkpoint: 'a note' })
    const late = await subscribe(server.url, `${base}/#`, 4)
    await until(() => late.all.length > 0, 5_000, 'the evidence is gone')
    expect(late.all.map(({ topic }) => topic)).toEqual([evidence])
    late.close()
    rmSync(dataDir, { recursive: true })
    subscriber.publish(evidence!, '', { qos: 1, retain: true })
    await begin('unretained')
  })

  test('a broker that is to keep nothing is asked only to let the gateway in', async () => {
    await begin('events')
    const site = { bookings: { source: 'push' }, issuers: [], fencingId: 0 } as unknown as SiteConfig
    const before = subscriber.all.length
    const [found] = await reachAll({ ...site, site: SITE, mqtt: options('events') })
    expect(found).toEqual({ what: 'broker', ok: true, detail: server.url })
    expect(subscriber.all.length).toBe(before)
    const away = { ...options('events'), url: 'mqtt://127.0.0.1:9' }
    expect(await reachAll({ ...site, site: SITE, mqtt: away })).toMatchObject([{ ok: false }])
  })
})
