/** What the MQTT sink makes of a broker's answers, and how much it sends without one. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Entry } from '../../../gateway/core/ground/entry.ts'
import { createMqttSink } from '../../../gateway/front/sinks/mqtt.ts'
import type { Delivery, Sink } from '../../../gateway/front/sinks/sink.ts'
import { until } from '../../support/process.ts'
import { type BrokerStub, type StubOptions, startBrokerStub } from './broker-stub.ts'
import { quiet } from './contract.ts'
import { range, SITE } from './ledger.ts'
import { BEATS, forgetful, NO_MACHINES } from './rows.ts'

const nothing = () => ({ rows: [], meters: [] })
const signal = new AbortController().signal

const deliver = (...seqs: number[]) => sink.deliver(seqs.map((seq) => sink.make(delivery(seq))))

function delivery(seq: number): Delivery {
  const body = {
    seq,
    kind: 'ForeignUse',
    v: 1,
    site: SITE,
    at: '',
    clock: 'unknown',
    boot: '',
    mono: '',
    data: {},
  } as const
  const entry: Entry = { seq, kind: 'ForeignUse', atMs: 0, timeNs: '0', machine: 'saw', body }
  return { entry, prevSeq: null }
}

let broker: BrokerStub
let sink: Sink
afterEach(async () => {
  broker.close()
  await sink.close()
})

/** Where no acknowledgement is late on purpose, a busy computer is no failure. */
const PATIENT_MS = 10_000

async function opened(options: StubOptions, ackTimeoutMs = 400): Promise<void> {
  broker = await startBrokerStub(options)
  const { url } = broker
  const mqtt = { url, version: options.version, clientId: 'c', keepaliveMs: 15_000, window: 10, ackTimeoutMs, ...BEATS }
  sink = createMqttSink({ site: SITE, mqtt, ...NO_MACHINES }, { log: quiet, memory: forgetful() })
  await sink.open(nothing, signal)
}

describe('publishes without an acknowledgement', () => {
  test.each([
    ['the window of the configuration', { version: 4 }, 10],
    ['the window of the configuration', { version: 5 }, 10],
    ['the smaller window that the broker grants', { version: 5, receiveMaximum: 3 }, 3],
    ['the window of the configuration when the broker grants more', { version: 5, receiveMaximum: 50 }, 10],
  ] as const)('are never more than %s: %j', async (_, options, most) => {
    await opened(options, PATIENT_MS)
    const done = deliver(...range(0, 40))
    let seen = 0
    while (seen < 40) {
      const full = Math.min(most, 40 - seen)
      await until(() => broker.held.length >= full, 2_000, `${broker.held.length} are on their way, not ${full}`)
      expect(broker.held.length).toBe(full)
      broker.acknowledge(1)
      seen += 1
    }
    await done
  })
})

test.each([4, 5] as const)('an acknowledgement that does not come ends the connection, MQTT %i', async (version) => {
  await opened({ version })
  const lost = sink.lost()
  const done = deliver(...range(0, 5))
  await until(() => broker.held.length === 5, 2_000, 'not sent')
  broker.acknowledge(2)
  await expect(done).rejects.toMatchObject({ action: 'wait', accepted: 2, message: expect.stringMatching('400 ms') })
  await expect(lost).resolves.toMatchObject({ action: 'wait' })
  await expect(deliver(9)).rejects.toMatchObject({ action: 'wait', accepted: 0 })
})

test('a connection that is cut refuses what is under way at once', async () => {
  await opened({ version: 4 })
  const startedAt = performance.now()
  const done = deliver(...range(0, 30))
  await until(() => broker.held.length === 10, 2_000, 'not sent')
  broker.close()
  await expect(done).rejects.toMatchObject({ action: 'wait', accepted: 0 })
  expect(performance.now() - startedAt).toBeLessThan(400)
})

test.each([
  [0, 'accepted'],
  [16, 'accepted'],
  [128, 'wait'],
  [131, 'wait'],
  [135, 'stop'],
  [144, 'bad'],
  [151, 'wait'],
  [153, 'bad'],
])('a PUBACK with reason %i means %s', async (reason, meaning) => {
  await opened({ version: 5 })
  const done = deliver(0, 1)
  await until(() => broker.held.length === 2, 2_000, 'not sent')
  broker.acknowledge(1)
  broker.acknowledge(1, reason)
  if (meaning === 'accepted') await expect(done).resolves.toBeUndefined()
  else await expect(done).rejects.toMatchObject({ action: meaning, accepted: 1 })
})

test('a publish that the access list refuses names the topic and the rule that is missing', async () => {
  await opened({ version: 5 })
  const done = deliver(0)
  await until(() => broker.held.length === 1, 2_000, 'not sent')
  broker.acknowledge(1, 135)
  const topic = `latchkey/v1/${SITE}/saw/events`
  await expect(done).rejects.toThrow(`${topic}: the broker does not let this client in or publish`)
  await expect(done).rejects.toThrow(`"topic write ${topic}" in its acl_file`)
})

test('a message above the largest packet of the broker is not sent, and is named', async () => {
  await opened({ version: 5, maximumPacketSize: 200 })
  const refused = deliver(0)
  const topic = `latchkey/v1/${SITE}/saw/events`
  await expect(refused).rejects.toMatchObject({
    action: 'bad',
    message: expect.stringMatching(`^${topic}: [0-9]+ bytes, and the broker takes packets of 200; raise its maximum`),
  })
  expect(broker.held).toEqual([])
})

test.each([
  [139, 'wait'],
  [142, 'stop'],
  [149, 'wait'],
])('a DISCONNECT with reason %i means %s, and condemns no entry', async (reason, action) => {
  await opened({ version: 5 })
  const done = deliver(0)
  await until(() => broker.held.length === 1, 2_000, 'not sent')
  broker.disconnect(reason)
  await expect(done).rejects.toMatchObject({ action, accepted: 0 })
  await expect(deliver(1)).rejects.toMatchObject({ action, accepted: 0 })
})

test.each([
  [4, 1, 'stop', /mqtt\.version/],
  [4, 2, 'stop', /mqtt\.clientId/],
  [4, 3, 'wait', /unavailable/i],
  [4, 4, 'stop', /mqtt\.password/],
  [4, 5, 'stop', /access list/],
  [5, 132, 'stop', /mqtt\.version to 4/],
  [5, 134, 'stop', /mqtt\.password/],
  [5, 135, 'stop', /access list/],
  [5, 136, 'wait', /unavailable/i],
  [5, 137, 'wait', /busy/i],
] as const)('MQTT %i refused with %i means %s', async (version, connack, action, message) => {
  await expect(opened({ version, connack })).rejects.toMatchObject({ action, message: expect.stringMatching(message) })
})

test('a broker that is not there is named, with what to look at', async () => {
  const mqtt = { url: 'mqtt://127.0.0.1:1', version: 5 as const, clientId: 'c', keepaliveMs: 1_000, window: 1 }
  sink = createMqttSink(
    { site: SITE, mqtt: { ...mqtt, ackTimeoutMs: 2000, ...BEATS }, ...NO_MACHINES },
    { log: quiet, memory: forgetful() },
  )
  const message = expect.stringMatching(
    /127\.0\.0\.1:1: nothing accepts connections there; correct mqtt\.url, or start/,
  )
  await expect(sink.open(nothing, signal)).rejects.toMatchObject({ action: 'wait', message })
})

test('a broker that accepts the connection and says nothing is given up', async () => {
  broker = await startBrokerStub({ version: 5 })
  const { createServer } = await import('node:net')
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as { port: number }
  const mqtt = {
    url: `mqtt://127.0.0.1:${port}`,
    version: 5 as const,
    clientId: 'c',
    keepaliveMs: 1_000,
    window: 1,
    ackTimeoutMs: 200,
    ...BEATS,
  }
  sink = createMqttSink({ site: SITE, mqtt, ...NO_MACHINES }, { log: quiet, memory: forgetful() })
  await expect(sink.open(nothing, signal)).rejects.toMatchObject({ action: 'wait' })
  silent.close()
})
