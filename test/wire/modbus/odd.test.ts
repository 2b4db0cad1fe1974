/** Devices that are odd, not broken, are read without a lost link; where they cannot be, the words say why. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Link, Point } from '../../../adapters/adapter.ts'
import { modbusAdapter } from '../../../adapters/modbus/link.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { linkDeps, makeLink, open, rejection, timed } from '../../support/links.ts'
import type { ModbusAsk, ModbusBehaviour, ModbusRequest } from '../../support/modbus-server.ts'

const TIMEOUT_MS = 400
const point = (address: number, unit = 1): Point => ({
  id: `r${unit}-${address}`,
  address: { table: 'holding', address, type: 'u16' },
  device: { unit },
  intervalMs: 1000,
})
const block = {
  id: 'b',
  address: { table: 'holding', address: 95, type: 'words', count: 2 },
  device: { unit: 1 },
  words: [1, 2],
}
/** Far enough apart for a request each. */
const ranges = Array.from({ length: 10 }, (_, index) => point(index * 10))
const neighbours = Array.from({ length: 23 }, (_, index) => point(index))

let server: ChildServer<ModbusAsk>
beforeAll(async () => {
  server = await startChild('modbus-server.ts', 0)
  const values = Array.from({ length: 100 }, (_, index) => index)
  await server.ask({ kind: 'load', ranges: [1, 2].map((unit) => ({ unit, table: 'holding', start: 0, values })) })
})
afterEach(() => server.ask({ kind: 'behave-usually' }))
afterAll(() => server?.kill())

async function opened(behaviour: Partial<ModbusBehaviour>, options: object = {}): Promise<Link> {
  await server.ask({ kind: 'behave', behaviour })
  await server.ask({ kind: 'journal' })
  const given = { transport: 'tcp', host: '127.0.0.1', port: server.port, timeoutMs: TIMEOUT_MS, ...options }
  const link = makeLink(modbusAdapter, given, linkDeps())
  await open(link)
  return link
}

async function readsAll(link: Link, points: readonly Point[]): Promise<void> {
  const readings = await link.read(points)
  expect(readings.filter(({ quality }) => quality !== 'good')).toEqual([])
  expect(readings.map(({ value }) => value)).toEqual(
    points.map(({ address }) => (address as { address: number }).address),
  )
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const journal = async () => (await server.ask({ kind: 'journal' })) as ModbusRequest[]
const connectionsSoFar = async () => (await server.ask({ kind: 'connections-so-far' })) as number

describe('a device is read and written', () => {
  it.each<[string, Partial<ModbusBehaviour>, object?]>([
    ['that closes the connection after each answer', { closesAfterAnswer: true }],
    [
      'that closes the connection after each answer, asked for two at once',
      { closesAfterAnswer: true },
      { inFlight: 2 },
    ],
    ['that counts a byte too many', { lie: 'byte-too-many' }],
    ['that sends a checksum behind its answers', { lie: 'checksum-behind' }],
    ['that sends a stray byte before its answers', { strays: true }],
    ['that drops what comes at once after an answer, given a pause', { deafAfterAnswerMs: 50 }, { pauseMs: 80 }],
    ['that is deaf after a connect, given a delay', { deafAfterConnectMs: 150 }, { connectDelayMs: 250 }],
  ])('%s', async (_, behaviour, options) => {
    const link = await opened(behaviour, options)
    for (let round = 0; round < 3; round++) await readsAll(link, ranges)
    await link.write(block)
    await readsAll(link, ranges)
  })

  it('that closes what is idle: for the poll, and for the write', async () => {
    const link = await opened({ closesIdleMs: 60 })
    for (let round = 0; round < 3; round++) {
      await readsAll(link, ranges.slice(0, 2))
      await pause(150)
    }
    await link.write(block)
    await pause(150)
    expect((await link.read([point(95)], { urgent: true }))[0]).toMatchObject({ quality: 'good', value: 1 })
  })
})

describe('a device that is busy at every fourth request', () => {
  it('is read', async () => {
    const link = await opened({ busyEvery: 4 })
    for (let round = 0; round < 3; round++) await readsAll(link, ranges)
  })

  it('gets no write twice', async () => {
    const link = await opened({ busyEvery: 1 })
    expect(await rejection(link.write(block))).toMatchObject({ outcome: 'refused' })
    expect(await journal()).toHaveLength(1)
  })
})

describe('a device that closes after each answer', () => {
  it('is asked each question once, as soon as that is known', async () => {
    const link = await opened({ closesAfterAnswer: true })
    await readsAll(link, ranges)
    await journal()
    const before = await connectionsSoFar()
    await readsAll(link, ranges)
    expect(await journal()).toHaveLength(ranges.length)
    expect((await connectionsSoFar()) - before).toBe(ranges.length)
  })

  it('gets each write once', async () => {
    const link = await opened({ closesAfterAnswer: true })
    await readsAll(link, ranges)
    await link.write(block)
    await link.write(block)
    expect((await journal()).filter(({ code }) => code === 16)).toHaveLength(2)
  })
})

describe('a device that is silent to long requests', () => {
  it('is asked for less at once, in the same read, and then always', async () => {
    const link = await opened({ deafOver: 10 })
    await readsAll(link, neighbours)
    await journal()
    const { tookMs } = await timed(readsAll(link, neighbours))
    expect(tookMs).toBeLessThan(TIMEOUT_MS)
    expect(Math.max(...(await journal()).map(({ count }) => count))).toBeLessThanOrEqual(10)
  })

  it('leaves its neighbour as it is', async () => {
    const link = await opened({ silent: [2] })
    await link.read([...neighbours, point(0, 2), point(1, 2)])
    await journal()
    await readsAll(link, neighbours)
    expect(await journal()).toEqual([{ unit: 1, code: 3, start: 0, count: 23 }])
  })
})

describe('a device that fails as a whole', () => {
  it('is not cut to pieces: it is asked as before when it is well', async () => {
    const link = await opened({ exception: 4 })
    for (const reading of await link.read(neighbours)) expect(reading).toMatchObject({ cause: 'refused' })
    await journal()
    await link.read(neighbours)
    expect(await journal()).toHaveLength(1)
    await server.ask({ kind: 'behave-usually' })
    await readsAll(link, neighbours)
    expect(await journal()).toEqual([{ unit: 1, code: 3, start: 0, count: 23 }])
  })
})

describe('a device that is slow', () => {
  it('has each of its ranges read in a round that takes longer than its polls', async () => {
    const link = await opened({ delayMs: 170 }, { timeoutMs: 1000 })
    await readsAll(link, ranges)
  })

  it('has each range read in turn where there is never time for all', async () => {
    const link = await opened({ delayMs: 120 }, { timeoutMs: 200 })
    const many = Array.from({ length: 30 }, (_, index) => point(index * 3))
    const read = new Set<string>()
    for (let round = 0; round < 2; round++)
      for (const { point: id, quality } of await makeRead(link, many)) if (quality === 'good') read.add(id)
    expect(read.size).toBe(many.length)
  })

  const makeRead = (link: Link, points: readonly Point[]) => link.read(points.map((one) => ({ ...one })))
})

// NModbus/NModbus#16, pymodbus-dev/pymodbus#538, zephyrproject-rtos/zephyr#63668: from the first answer that is late,
// each is taken for that to the request behind it.
describe('a device whose answers come later than is waited for them', () => {
  it('never has one taken for another, and it is said what to do', async () => {
    const link = await opened({ delayMs: TIMEOUT_MS + 60 })
    for (const reading of await link.read(ranges.slice(0, 2))) expect(reading).toMatchObject({ cause: 'timeout' })
    expect((await rejection(link.read(ranges.slice(0, 2)))).message).toMatch(
      /unit 1 does not answer.*answers come after they were given up; raise timeoutMs/,
    )
  })

  // stephane/libmodbus#255
  it('has each of them for its own request when they overtake each other', async () => {
    const link = await opened({ overtakenMs: 60 }, { inFlight: 4 })
    for (let round = 0; round < 3; round++) await readsAll(link, ranges)
  })
})

// NModbus4/NModbus4#167, RichiH/modbus_exporter#69: a gateway that does not reach one of the units behind it.
describe('a unit that a gateway does not reach', () => {
  it('is named as such, and its neighbour is read as often as before', async () => {
    const link = await opened({ unreached: [2], unreachedMs: 200 })
    const [behind] = await link.read([point(0, 2), ...neighbours])
    expect(behind).toMatchObject({ cause: 'refused', detail: 'exception 11 (gateway target did not respond)' })
    for (let time = 0; time < 2; time++) await link.read([point(0, 2)])
    await journal()
    const { tookMs } = await timed(link.read([point(0, 2), point(50, 2), ...neighbours]))
    expect(tookMs).toBeLessThan(200)
    expect(await journal()).toEqual([{ unit: 1, code: 3, start: 0, count: 23 }])
  })
})

describe('what cannot be read', () => {
  it('says which unit answered in the place of which', async () => {
    const link = await opened({ lie: 'wrong-unit' })
    const [reading] = await link.read([point(0)])
    expect(reading).toMatchObject({
      cause: 'malformed',
      detail: expect.stringContaining('unit 2 answers in the place of unit 1'),
    })
  })

  it('says that answers come with another transaction, also when the line is given up', async () => {
    const link = await opened({ lie: 'own-transactions' })
    const [reading] = await link.read([point(0)])
    expect(reading).toMatchObject({ cause: 'timeout', detail: expect.stringMatching(/transaction 7, asked was \d+/) })
    expect((await rejection(link.read([point(0)]))).message).toMatch(/unit 1 does not answer.*transaction 7, asked was/)
  })

  it('names the unit that does not answer', async () => {
    const link = await opened({ silent: [9] })
    await link.read([point(0, 9)])
    expect((await rejection(link.read([point(0, 9)]))).message).toContain('unit 9 does not answer')
  })

  it('says what a peer may be that closes before it answers anything', async () => {
    const link = await opened({ closesAtOnce: true })
    expect((await rejection(link.read([point(0)]))).message).toMatch(
      /does not speak Modbus, or another client holds its only connection/,
    )
  })

  it('is not more than one request that makes the device close', async () => {
    const link = await opened({})
    await readsAll(link, ranges)
    await server.ask({ kind: 'behave', behaviour: { closesAtOnce: true } })
    expect((await rejection(link.read([point(0)]))).message).toContain('before it answered anything')
  })
})
