/**
 * Hostile devices and issuers against the parts that speak with them, and hostile words of brokers, stores and devices:
 * each call ends by its own deadline with a value or a refusal, and what a refusal says is one line of plain text.
 * Read next: sinks.test.ts (brokers and stores that lie otherwise); `test/prove/field/` (all of it beside a gateway).
 */
import { expect, test } from 'vitest'
import { LinkError, type Point } from '../../../adapters/adapter.ts'
import { modbusAdapter } from '../../../adapters/modbus/link.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import { createKeySet, KeysUnavailable } from '../../../gateway/front/api/caller/key-set.ts'
import { createInfluxSink } from '../../../gateway/front/sinks/influx.ts'
import { createMqttSink } from '../../../gateway/front/sinks/mqtt.ts'
import { SinkError } from '../../../gateway/front/sinks/sink.ts'
import { quiet } from '../../front/sinks/contract.ts'
import { SITE } from '../../front/sinks/ledger.ts'
import { BEATS, forgetful, INFLUX, NO_MACHINES } from '../../front/sinks/rows.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { linkDeps, open, withDefaults } from '../../support/links.ts'
import { inLanes } from '../../support/proof.ts'
import { type Behaviour, startHostile } from './hostile.ts'
import { issuerBehaviours } from './issuer-behaviours.ts'
import { modbusBehaviours } from './modbus-behaviours.ts'
import { frame } from './opcua-frames.ts'
import { hostileTexts, shown } from './texts.ts'
import { textFault } from './well-formed.ts'

const LANES = 16
/** Of one call of the slowest, and what a busy computer adds. */
const MOST_MS = 20_000
const folder = temporaryFolder()

/** Runs `call` against each; the names of those that did not end as they should. */
async function oddOnes(
  behaviours: Readonly<Record<string, Behaviour>>,
  call: (port: number) => Promise<string | undefined>,
): Promise<string[]> {
  const ends = await inLanes(Object.entries(behaviours), LANES, async ([name, behaviour]) => {
    const hostile = await startHostile(behaviour)
    const startMs = performance.now()
    const fault = await call(hostile.port).catch((error: Error) => `threw ${error.stack}`)
    hostile.close()
    const late = performance.now() - startMs > MOST_MS ? 'it took too long' : undefined
    return fault === undefined && late === undefined ? [] : [`${name}: ${fault ?? late}`]
  })
  return ends.flat()
}

/** As a behaviour each: what it writes once it is spoken to. */
const saying = (bytesOf: (text: Buffer) => Buffer): Record<string, Behaviour> =>
  Object.fromEntries(
    hostileTexts.map((text, index) => [`${index} ${shown(text)}`, (socket) => void socket.write(bytesOf(text.bytes))]),
  )

/** Undefined when it is what it should be, and says so in one line. */
function refusalFault(error: unknown, kind: new (...given: never[]) => Error): string | undefined {
  return error instanceof kind ? textFault(error.message) : `threw ${(error as Error)?.stack}`
}

const point: Point = {
  id: 'power',
  address: { table: 'holding', address: 0, type: 'u16' },
  device: { unit: 1 },
  intervalMs: 1_000,
}

test('a Modbus device', async () => {
  const odd = await oddOnes(modbusBehaviours, async (port) => {
    const options = { transport: 'tcp', host: '127.0.0.1', port, timeoutMs: 300 }
    const link = modbusAdapter.createLink(withDefaults(modbusAdapter.optionsSchema, options), linkDeps(folder))
    try {
      await open(link)
      const [reading] = await link.read([point])
      return reading?.quality === 'good' && typeof reading.value !== 'number' ? JSON.stringify(reading) : undefined
    } catch (error) {
      return refusalFault(error, LinkError)
    } finally {
      await link.close()
    }
  })
  expect(odd).toEqual([])
}, 120_000)

test('an issuer of keys', async () => {
  const clock = { nowMs: () => Date.now(), nowNs: () => process.hrtime.bigint() }
  const odd = await oddOnes(issuerBehaviours, async (port) => {
    const jwks = { kind: 'url', url: `http://127.0.0.1:${port}/` } as const
    const issuer = { issuer: `urn:${port}`, audience: 'a', toleranceMs: 0, jwks }
    const keySet = createKeySet(issuer, { dataDir: folder, clock, log: quietLog, fetch })
    try {
      const keys = await keySet.keysFor('EdDSA', 'k')
      return keys.length <= 8 ? undefined : `${keys.length} keys`
    } catch (error) {
      return refusalFault(error, KeysUnavailable)
    } finally {
      keySet.stop()
    }
  })
  expect(odd).toEqual([])
}, 120_000)

const quietLog = { child: () => quietLog, info() {}, warn() {}, error() {}, debug() {} } as never

test('what a broker says in words', async () => {
  const property = (text: Buffer) => Buffer.concat([Buffer.from([0x1f, text.length >> 8, text.length & 0xff]), text])
  const connack = (text: Buffer) => {
    const reason = property(text.subarray(0, 60_000))
    const body = Buffer.concat([Buffer.from([0, 0x87]), variable(reason.length), reason])
    return Buffer.concat([Buffer.from([0x20]), variable(body.length), body])
  }
  const odd = await oddOnes(saying(connack), async (port) => {
    const url = `mqtt://127.0.0.1:${port}`
    const mqtt = { url, version: 5, clientId: 'c', keepaliveMs: 1_000, window: 5, ackTimeoutMs: 400, ...BEATS } as const
    const sink = createMqttSink({ site: SITE, mqtt, ...NO_MACHINES }, { log: quiet, memory: forgetful() })
    const error = await sink
      .open(() => ({ rows: [], meters: [] }), new AbortController().signal)
      .then(
        () => new Error('it was let in'),
        (cause: unknown) => cause,
      )
    await sink.close()
    return refusalFault(error, SinkError)
  })
  expect(odd).toEqual([])
}, 120_000)

/** A variable byte integer. */
function variable(length: number): Buffer {
  const bytes: number[] = []
  for (let rest = length; rest > 0 || bytes.length === 0; rest >>= 7)
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
  return Buffer.from(bytes)
}

test('what a store says in words', async () => {
  const refusal = (text: Buffer) => {
    const body = Buffer.concat([Buffer.from('{"error":"partial write: '), text, Buffer.from('"}')])
    return Buffer.concat([Buffer.from(`HTTP/1.1 401 No\r\ncontent-length: ${body.length}\r\n\r\n`), body])
  }
  const odd = await oddOnes(saying(refusal), async (port) => {
    const influx = { ...INFLUX, url: `http://127.0.0.1:${port}`, timeoutMs: 400 }
    const sink = createInfluxSink({ site: SITE, influx })
    const error = await sink
      .open(() => ({ rows: [], meters: [] }), new AbortController().signal)
      .catch((cause) => cause)
    return refusalFault(error, SinkError)
  })
  expect(odd).toEqual([])
}, 120_000)

test('what a server of OPC UA says in words', async () => {
  const BAD = 0x80010000
  const error = (text: Buffer) => {
    const words = text.subarray(0, 4_000)
    return Buffer.concat([frame('ERRF', 16 + words.length, BAD, words.length), words])
  }
  const every = Object.entries(saying(error)).filter((_, index) => index % 5 === 0)
  const odd = await oddOnes(Object.fromEntries(every), async (port) => {
    const options = {
      endpoint: `opc.tcp://127.0.0.1:${port}`,
      security: 'None',
      timeoutMs: 300,
      connectTimeoutMs: 3_000,
    }
    const link = opcuaAdapter.createLink(withDefaults(opcuaAdapter.optionsSchema, options), linkDeps(folder))
    const refused = await open(link).catch((cause: unknown) => cause)
    await link.close()
    return refusalFault(refused, LinkError)
  })
  expect(odd).toEqual([])
}, 120_000)
