/**
 * Answers that are wrong, late or cut to pieces: what they say is never used as a value, nor as a receipt of a write.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Link, Point } from '../../../adapters/adapter.ts'
import { modbusAdapter } from '../../../adapters/modbus/link.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { linkDeps, makeLink, open, rejection } from '../../support/links.ts'
import type { ModbusAsk, ModbusBehaviour, ModbusLie, ModbusRequest } from '../../support/modbus-server.ts'
import { until } from '../../support/process.ts'

/** For tests in which something does not answer: long enough for a busy computer, short enough to wait for. */
const TIMEOUT_MS = 400
const device = { unit: 1 }
const point = (address: number, unit = 1): Point => ({
  id: `r${unit}-${address}`,
  address: { table: 'holding', address, type: 'u16' },
  device: { unit },
  intervalMs: 1000,
})
const block = (unit = 1) => ({
  id: 'b',
  address: { table: 'holding', address: 10, type: 'words', count: 2 },
  device: { unit },
  words: [1, 2],
})

let server: ChildServer<ModbusAsk>
beforeAll(async () => {
  server = await startChild('modbus-server.ts', 0)
  const values = Array.from({ length: 20 }, (_, index) => 100 + index)
  await server.ask({ kind: 'load', ranges: [1, 2, 3].map((unit) => ({ unit, table: 'holding', start: 0, values })) })
})
afterEach(async () => {
  await server.ask({ kind: 'behave-usually' })
  await server.ask({ kind: 'journal' })
})
afterAll(() => server?.kill())

const behave = (behaviour: Partial<ModbusBehaviour>) => server.ask({ kind: 'behave', behaviour })
const lie = (kind: ModbusLie | null) => behave({ lie: kind })

async function opened(options: object = {}, deps = linkDeps()): Promise<Link> {
  const given = { transport: 'tcp', host: '127.0.0.1', port: server.port, timeoutMs: TIMEOUT_MS, ...options }
  const link = makeLink(modbusAdapter, given, deps)
  await open(link)
  return link
}

describe('an answer that is wrong', () => {
  it.each<[ModbusLie, string]>([
    ['wrong-transaction', 'timeout'],
    ['wrong-unit', 'malformed'],
    ['exception-of-another-unit', 'malformed'],
    ['wrong-function', 'malformed'],
    ['wrong-byte-count', 'malformed'],
    ['short', 'malformed'],
  ])('is no value: %s', async (kind, cause) => {
    const link = await opened()
    await lie(kind)
    const [reading] = await link.read([point(0)])
    expect(reading).toMatchObject({ quality: 'bad', cause })
    expect(reading).not.toHaveProperty('value')
    await lie(null)
    expect((await link.read([point(0)]))[0]).toMatchObject({ quality: 'good', value: 100 })
  })

  it.each<ModbusLie>(['wrong-protocol', 'huge-length'])(
    'ends the connection when it is not Modbus: %s',
    async (kind) => {
      const link = await opened()
      await lie(kind)
      expect(await rejection(link.read([point(0)]))).toMatchObject({ message: expect.stringContaining('not Modbus') })
      await lie(null)
      expect((await rejection(link.write(block()))).outcome).toBe('unsent')
      await open(link)
      expect((await link.read([point(0)]))[0]).toMatchObject({ quality: 'good', value: 100 })
    },
  )

  it('is no value when it answers the question before', async () => {
    const link = await opened()
    await lie('previous-answer')
    await link.read([point(0)])
    const [reading] = await link.read([point(1)])
    expect(reading).toMatchObject({ quality: 'bad', cause: 'timeout' })
  })

  it.each<ModbusLie>([
    'wrong-transaction',
    'wrong-unit',
    'wrong-function',
    'short',
    'exception-of-another-unit',
    'wrong-protocol',
    'wrong-echo',
  ])('leaves a write unknown: %s', async (kind) => {
    const link = await opened()
    await lie(kind)
    expect((await rejection(link.write(block()))).outcome).toBe('unknown')
  })

  it('is put together when it comes in pieces', async () => {
    const link = await opened()
    await behave({ drip: true })
    expect((await link.read([point(0), point(15)])).map(({ value }) => value)).toEqual([100, 115])
  })
})

describe('an answer that is late', () => {
  it('belongs to nobody', async () => {
    const link = await opened({ timeoutMs: 400 })
    await behave({ delayMs: 600 })
    expect((await link.read([point(0)]))[0]).toMatchObject({ cause: 'timeout' })
    await behave({ delayMs: 0 })
    // The answer to the first arrives while these are asked.
    const endMs = performance.now() + 500
    while (performance.now() < endMs)
      expect((await link.read([point(1)]))[0]).toMatchObject({ quality: 'good', value: 101 })
  })
})

describe('an answer to a request long ago', () => {
  it('is not taken for that of another, though the library counts requests to 256 only', async () => {
    const link = await opened({ timeoutMs: 900 })
    await behave({ delayMs: 1500 })
    expect((await link.read([point(0)]))[0]).toMatchObject({ cause: 'timeout' })
    await behave({ delayMs: 0 })
    for (let index = 0; index < 255; index++) await link.read([point(1)])
    await behave({ silent: [1] })
    expect((await link.read([point(1)]))[0]).toMatchObject({ quality: 'bad', cause: 'timeout' })
  })
})

describe('a write that the device answers with an exception', () => {
  it.each([
    [1, 'refused'],
    [2, 'refused'],
    [3, 'refused'],
    [6, 'refused'],
    [10, 'refused'],
    // Failed while at it; accepted, under way; forwarded, unanswered.
    [4, 'unknown'],
    [5, 'unknown'],
    [11, 'unknown'],
  ])('%i is %s', async (exception, outcome) => {
    const link = await opened()
    await behave({ exception })
    const error = await rejection(link.write(block()))
    expect(error).toMatchObject({ outcome, detail: expect.stringContaining(`exception ${exception}`) })
    await behave({ exception: null })
  })

  it('is not sent to a table that cannot be written', async () => {
    const link = await opened()
    const { address } = block()
    const error = await rejection(link.write({ ...block(), address: { ...address, table: 'input' } }))
    expect(error).toMatchObject({ outcome: 'unsent', retriable: false })
  })
})

describe('a connection that the device ends', () => {
  it.each(['fin', 'rst'] as const)('is lost at once: %s', async (how) => {
    const link = await opened({ timeoutMs: 2000 })
    await server.ask({ kind: 'behave', behaviour: { silent: [1] } })
    const reading = rejection(link.read([point(0)]))
    const writing = rejection(link.write(block()))
    await until(
      async () => ((await server.ask({ kind: 'journal' })) as ModbusRequest[]).length > 0,
      1000,
      'nothing asked',
    )
    const startMs = performance.now()
    await server.ask({ kind: 'hang-up', how })
    await reading
    // It waited behind the read: one request at a time.
    expect((await writing).outcome).toBe('unsent')
    expect(performance.now() - startMs).toBeLessThan(1000)
    expect((await rejection(link.write(block()))).outcome).toBe('unsent')
  })
})

describe('a unit that is silent', () => {
  const silentAfter = 3
  const probeEveryMs = 2000

  it('is set aside while others answer, costs them nothing, and returns when it answers', async () => {
    const deps = linkDeps()
    const link = await opened({ silentAfter, probeEveryMs }, deps)
    await link.read([point(0, 1), point(0, 2)])
    await behave({ silent: [2] })
    let tries = 0
    await until(
      async () => {
        tries += 1
        const [one, two] = await link.read([point(0, 1), point(0, 2)])
        expect(one?.quality).toBe('good')
        expect(two?.quality).toBe('bad')
        return two?.cause === 'unit-silent'
      },
      5000,
      'never set aside',
    )
    expect(tries).toBe(silentAfter + 1)
    await server.ask({ kind: 'journal' })
    const startMs = performance.now()
    for (let index = 0; index < 20; index++) {
      const [one, two] = await link.read([point(0, 1), point(0, 2)])
      expect([one?.value, two?.cause]).toEqual([100, 'unit-silent'])
    }
    expect(performance.now() - startMs).toBeLessThan(TIMEOUT_MS)
    expect((await rejection(link.write(block(2)))).outcome).toBe('unsent')
    const asked = (await server.ask({ kind: 'journal' })) as ModbusRequest[]
    expect(asked.filter(({ unit }) => unit === 2)).toEqual([])

    await behave({ silent: [] })
    await until(async () => (await link.read([point(0, 2)]))[0]?.quality === 'good', 3 * probeEveryMs, 'never back')
    await link.write(block(2))
    expect(deps.logged.map(({ message }) => message)).toEqual([
      'unit does not answer and is set aside',
      'unit answers again',
    ])
  })

  it('is probed every so often, and no more', async () => {
    const link = await opened({ silentAfter: 1, probeEveryMs: 500 })
    await link.read([point(0, 1)])
    await behave({ silent: [2] })
    await link.read([point(0, 2)])
    await server.ask({ kind: 'journal' })
    const endMs = performance.now() + 1200
    while (performance.now() < endMs) await link.read([point(0, 1), point(0, 2)])
    const asked = (await server.ask({ kind: 'journal' })) as ModbusRequest[]
    const probes = asked.filter(({ unit }) => unit === 2).length
    expect(probes).toBeGreaterThanOrEqual(1)
    expect(probes).toBeLessThanOrEqual(2)
  })

  it('does not break the link of those that answer, though they are asked seldom', async () => {
    const link = await opened({ silentAfter })
    await link.read([point(0, 1)])
    await behave({ silent: [2, 3] })
    for (let index = 0; index < silentAfter; index++) {
      await link.read([point(0, 2)])
      await link.read([point(0, 3)])
    }
    expect((await link.read([point(0, 2), point(0, 3)])).map(({ cause }) => cause)).toEqual([
      'unit-silent',
      'unit-silent',
    ])
    expect((await link.read([point(0, 1)]))[0]).toMatchObject({ quality: 'good' })
  })

  it('is asked after the others, so that they wait for one timeout at most', async () => {
    const link = await opened({ silentAfter: 100 })
    const units = [2, 3, 1]
    for (const unit of units) await link.read([point(0, unit)])
    await behave({ silent: [2, 3] })
    await Promise.all(units.map((unit) => link.read([point(0, unit)])))
    const ended: number[] = []
    await Promise.all(units.map((unit) => link.read([point(0, unit)]).then(() => ended.push(unit))))
    // Unit 2 was on the wire before the others were asked.
    expect(ended).toEqual([2, 1, 3])
  })

  it('does not hide one that answers when most are off at the start', async () => {
    const link = await opened({ silentAfter })
    await behave({ silent: [1, 2] })
    const readings = await link.read([point(0, 1), point(0, 2), point(0, 3)])
    expect(readings.map(({ quality }) => quality)).toEqual(['bad', 'bad', 'good'])
  })

  it('costs one timeout a read, however many requests it would take', async () => {
    const link = await opened({ maxGap: 0 })
    await link.read([point(0, 1)])
    await behave({ silent: [2] })
    const startMs = performance.now()
    const readings = await link.read([point(0, 2), point(5, 2), point(10, 2), point(0, 1)])
    expect(readings.map(({ cause }) => cause)).toEqual(['timeout', 'timeout', 'timeout', undefined])
    expect(performance.now() - startMs).toBeLessThan(2 * TIMEOUT_MS)
  })

  it('is set aside as well when a gateway answers in its place', async () => {
    const link = await opened({ silentAfter })
    await link.read([point(0, 1)])
    await behave({ exception: 11 })
    for (let index = 0; index < silentAfter; index++) {
      expect((await link.read([point(0, 2)]))[0]).toMatchObject({
        cause: 'refused',
        detail: expect.stringContaining('11'),
      })
    }
    expect((await link.read([point(0, 2)]))[0]).toMatchObject({ cause: 'unit-silent' })
    await behave({ exception: null })
  })

  it('loses the link when nothing answers', async () => {
    const link = await opened()
    await link.read([point(0, 1)])
    await behave({ silent: [1, 2] })
    await link.read([point(0, 1)])
    expect(await rejection(link.read([point(0, 1)]))).toMatchObject({ retriable: true })
  })
})

describe('the queue', () => {
  it('sends writes and urgent reads before polls, one request at a time', async () => {
    const link = await opened({ timeoutMs: 2000, maxGap: 0 })
    await behave({ delayMs: 20 })
    const polls = [0, 2, 4, 6, 8].map((address) => link.read([point(address)]))
    const urgent = link.read([point(12)], { urgent: true })
    const write = link.write({ ...block(), device })
    await Promise.all([...polls, urgent, write])
    const asked = (await server.ask({ kind: 'journal' })) as ModbusRequest[]
    expect(asked.map(({ code, start }) => `${code}:${start}`)).toEqual([
      '3:0',
      '16:10',
      '3:12',
      '3:2',
      '3:4',
      '3:6',
      '3:8',
    ])
  })

  it.each([1, 2, 8])('gives each question its own answer with %i under way', async (inFlight) => {
    const link = await opened({ timeoutMs: 5000, inFlight, maxQueue: 1000 })
    const asked = Array.from({ length: 400 }, (_, index) => index % 10)
    const readings = await Promise.all(asked.map((address) => link.read([point(address)])))
    expect(readings.map(([reading]) => reading?.value)).toEqual(asked.map((address) => 100 + address))
  })

  it('sends one at a time for a while once one was not answered, since nobody can tell where the next answer ends', async () => {
    const delayMs = 100
    const link = await opened({ inFlight: 8, silentAfter: 100 })
    await behave({ silent: [2] })
    await link.read([point(0, 2)])
    await behave({ silent: [], delayMs })
    const startMs = performance.now()
    const readings = await Promise.all([0, 1, 2].map((address) => link.read([point(address)])))
    expect(readings.map(([reading]) => reading?.value)).toEqual([100, 101, 102])
    expect(performance.now() - startMs).toBeGreaterThan(3 * delayMs - 10)
  })

  it('never keeps a write for later', async () => {
    const link = await opened({ timeoutMs: 500, silentAfter: 100 })
    await link.read([point(0, 1)])
    await behave({ delayMs: 400 })
    // Three writes before it, 400 ms each: the fourth would start after its time.
    const writes = [1, 2, 3].map(() => link.write(block()).catch(() => {}))
    const late = rejection(link.write(block()))
    expect(await late).toMatchObject({ outcome: 'unsent', message: expect.stringContaining('turn') })
    await Promise.all(writes)
    const asked = (await server.ask({ kind: 'journal' })) as ModbusRequest[]
    expect(asked.filter(({ code }) => code === 16).length).toBeLessThan(4)
  })
})
