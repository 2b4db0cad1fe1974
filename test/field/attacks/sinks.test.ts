/**
 * Hostile stores and brokers against the sinks: whatever they send, each call ends with a refusal within its deadline,
 * nothing is taken for delivered but what was acknowledged, and what is kept of it is bounded.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { createInfluxSink } from '../../../gateway/front/sinks/influx.ts'
import { createMqttSink } from '../../../gateway/front/sinks/mqtt.ts'
import { findCheckpoint } from '../../../gateway/front/sinks/mqtt-anchor.ts'
import { type Delivery, type Sink, SinkError } from '../../../gateway/front/sinks/sink.ts'
import { quiet } from '../../front/sinks/contract.ts'
import { SITE } from '../../front/sinks/ledger.ts'
import { BEATS, boardRow, forgetful, INFLUX, NO_MACHINES } from '../../front/sinks/rows.ts'
import { brokerBehaviours } from './broker-behaviours.ts'
import { type Behaviour, type Hostile, startHostile } from './hostile.ts'
import { influxBehaviours } from './influx-behaviours.ts'

/** Of a sink here, and what a busy computer may add to it, ms. */
const DEADLINE_MS = 400
const SLACK_MS = 4_000
/** What one hostile peer may make us keep, bytes. */
const MOST_KEPT = 48 * 2 ** 20

let hostile: Hostile
afterEach(() => hostile.close())

const delivery: Delivery = {
  prevSeq: null,
  entry: {
    ...{ seq: 0, kind: 'AvailabilityChanged', atMs: 0, timeNs: '0', machine: 'saw' },
    body: {
      ...{ seq: 0, kind: 'AvailabilityChanged', v: 1, site: SITE, at: '', clock: 'unknown', boot: '', mono: '' },
      data: { to: 'Available' },
    },
  },
}

/** How it ended: undefined when the call was accepted. It must have ended by its own deadline. */
async function ending(work: Promise<unknown>): Promise<unknown> {
  const startedAt = performance.now()
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(performance.now() - startedAt).toBeLessThan(DEADLINE_MS * 3 + SLACK_MS)
  return outcome
}

const resident = () => process.memoryUsage().rss

describe('InfluxDB that', () => {
  test.each(Object.entries(influxBehaviours))('%s ends that write alone', async (name, behaviour) => {
    hostile = await startHostile(behaviour as Behaviour)
    const before = resident()
    const influx = { ...INFLUX, url: `http://127.0.0.1:${hostile.port}`, timeoutMs: DEADLINE_MS }
    const sink = createInfluxSink({ site: SITE, influx })
    const error = await ending(sink.deliver([sink.make(delivery)]))
    if (/204/.test(name) && error === undefined) return
    expect(error).toBeInstanceOf(SinkError)
    expect((error as SinkError).message).toMatch(/^[^\p{Cc}\p{Cf}]{1,800}$/u)
    expect(resident() - before).toBeLessThan(MOST_KEPT)
  })
})

describe.each([4, 5] as const)('a broker of MQTT version %i that', (version) => {
  let sink: Sink
  afterEach(() => sink.close())

  test.each(Object.entries(brokerBehaviours(version)))('%s ends that connection alone', async (_, behaviour) => {
    hostile = await startHostile(behaviour)
    const before = resident()
    const url = `mqtt://127.0.0.1:${hostile.port}`
    const options = { url, version, clientId: 'c', keepaliveMs: 1_000, window: 5, ackTimeoutMs: DEADLINE_MS, ...BEATS }
    sink = createMqttSink({ site: SITE, mqtt: options, ...NO_MACHINES }, { log: quiet, memory: forgetful() })
    const snapshot = () => ({ rows: [boardRow()], meters: [] })
    const refused = await ending(sink.open(snapshot, new AbortController().signal))
    const error = refused ?? (await ending(sink.deliver([sink.make(delivery)])))
    expect(error).toBeInstanceOf(SinkError)
    const found = await findCheckpoint(options, `latchkey/v1/${SITE}/checkpoint`, '', DEADLINE_MS)
    expect(found).toMatchObject({ kind: expect.stringMatching(/away|hidden/) })
    expect(resident() - before).toBeLessThan(MOST_KEPT)
  })
})
