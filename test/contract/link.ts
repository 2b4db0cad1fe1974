/**
 * What every link must do, whatever its protocol: adapters/adapter.ts as tests, against a device that is a process.
 * A new adapter passes this with a harness of its own. Read next: link-modbus.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Adapter, Block, Link, Point } from '../../adapters/adapter.ts'
import { makeLink, open, rejection, timed } from '../support/links.ts'
import { until } from '../support/process.ts'

export type DeviceUnderTest = {
  readonly adapter: Adapter
  /** Of the link, without defaults. */
  readonly options: Record<string, unknown>
  /** Points that can be read, and what they hold. */
  readonly good: readonly { readonly point: Point; readonly value: unknown }[]
  /** A point that the device refuses. */
  readonly refused: Point
  /** Sixteen words that can be written, and the point that reads them. */
  block(words: readonly number[]): Block
  readonly blockPoint: Point
  /** Blocks the device received since the last call. */
  received(): Promise<readonly (readonly number[])[]>
  /** Connections (or sessions) the device has with us. */
  connections(): Promise<number>
  freeze(): Promise<void>
  thaw(): void
  kill(): Promise<void>
  /** On the same port, with the same content. */
  restart(): Promise<void>
}

export type LinkHarness = {
  readonly name: string
  /** Of the options: the deadline of one request and that of a connect. */
  readonly timeoutMs: number
  readonly connectTimeoutMs: number
  /** It opens though nobody listens: without connections, only a request shows it. */
  readonly opensUnseen?: true
  /** Reads at once that must overflow the queue, and options that make it small. */
  readonly flood: { readonly reads: number; readonly options: Record<string, unknown> }
  start(): Promise<DeviceUnderTest>
}

/** For the event loop and two busy cores; every bound below is this much above what the contract says. */
const SLACK_MS = 700

/** Where nothing is late on purpose, a busy computer is no failure. */
const PATIENT = { timeoutMs: 5000, connectTimeoutMs: 15_000 }

const WORDS = Array.from({ length: 16 }, (_, index) => 1000 + index)
const MARKER = Array.from({ length: 16 }, () => 7)

/** One device under test, and links to it. */
type Bench = {
  readonly harness: LinkHarness
  readonly device: DeviceUnderTest
  link(options?: Record<string, unknown>): Link
  /** For a device that does not answer. */
  hasty(): Link
  points(): Point[]
}

export function testLink(harness: LinkHarness): void {
  describe(`a link of ${harness.name}`, () => {
    const { timeoutMs, connectTimeoutMs } = harness
    let device: DeviceUnderTest
    const link = (options: Record<string, unknown> = {}) =>
      makeLink(device.adapter, { ...device.options, ...PATIENT, ...options })
    const bench: Bench = {
      harness,
      get device() {
        return device
      },
      link,
      hasty: () => link({ timeoutMs, connectTimeoutMs }),
      points: () => device.good.map(({ point }) => point),
    }

    beforeAll(async () => {
      device = await harness.start()
    })
    afterAll(async () => {
      device?.thaw()
      await device?.kill()
    })

    for (const tests of [opening, answers, refusals, endings, flood, frozen, killed]) tests(bench)
  })
}

function opening(bench: Bench): void {
  it('opens nothing when it is made', async () => {
    bench.link()
    expect(await bench.device.connections()).toBe(0)
  })

  it('closes twice, without having been open, and opens again after that', async () => {
    const one = bench.link()
    await one.close()
    await open(one)
    await one.close()
    await one.close()
    await open(one)
    expect(await one.read(bench.points())).toHaveLength(bench.points().length)
  })

  it('leaves nothing of the old connection when it is opened again', async () => {
    const one = bench.link()
    await open(one)
    await open(one)
    await open(one)
    await until(async () => (await bench.device.connections()) === 1, 3000, 'old connections are still there')
    await one.close()
    await until(async () => (await bench.device.connections()) === 0, 3000, 'the connection is still there')
  })
}

function answers(bench: Bench): void {
  it('gives one answer for each point in the order asked, a bad one for a point that is refused', async () => {
    const one = bench.link()
    await open(one)
    const asked = [...bench.points(), bench.device.refused, ...bench.points().toReversed()]
    const before = process.hrtime.bigint()
    const readings = await one.read(asked)
    expect(readings.map(({ point }) => point)).toEqual(asked.map(({ id }) => id))
    for (const reading of readings) {
      const good = bench.device.good.find(({ point }) => point.id === reading.point)
      expect(reading.quality).toBe(good ? 'good' : 'bad')
      if (good) expect(reading.value).toEqual(good.value)
      else expect(reading).toMatchObject({ cause: 'refused', detail: expect.any(String) })
      expect('value' in reading).toBe(good !== undefined)
      expect(reading.readAtNs).toBeGreaterThanOrEqual(before)
      expect(reading.readAtNs).toBeLessThanOrEqual(process.hrtime.bigint())
    }
  })

  it('reads nothing when nothing is asked', async () => {
    const one = bench.link()
    await open(one)
    expect(await one.read([])).toEqual([])
  })

  it('writes a block in one request, and reads it back', async () => {
    const one = bench.link()
    await open(one)
    await bench.device.received()
    await one.write(bench.device.block(WORDS))
    expect(await bench.device.received()).toEqual([WORDS])
    const [reading] = await one.read([bench.device.blockPoint], { urgent: true })
    expect(reading).toMatchObject({ quality: 'good', value: WORDS })
  })
}

/** What must never be sent. */
function refusals(bench: Bench): void {
  it.each([
    ['a negative word', [-1]],
    ['a word too large', [65_536]],
    ['a fraction', [1.9]],
    ['no number', [Number.NaN]],
    ['text', ['7' as unknown as number]],
  ])('sends nothing of a block with %s', async (_, [word]) => {
    const one = bench.link()
    await open(one)
    await bench.device.received()
    const error = await rejection(one.write(bench.device.block([...WORDS.slice(1), word as number])))
    expect(error).toMatchObject({ outcome: 'unsent', retriable: false })
    expect(await bench.device.received()).toEqual([])
  })

  it.each([
    ['of the wrong length', WORDS.slice(1)],
    ['without words', []],
  ])('sends nothing of a block %s', async (_, words) => {
    const one = bench.link()
    await open(one)
    await bench.device.received()
    expect(await rejection(one.write(bench.device.block(words)))).toMatchObject({ outcome: 'unsent', retriable: false })
    expect(await bench.device.received()).toEqual([])
  })

  it('rejects at once what is asked of it before it is open and after it is closed, and sends nothing', async () => {
    const one = bench.link()
    await bench.device.received()
    expect(await rejection(one.write(bench.device.block(WORDS)))).toMatchObject({ outcome: 'unsent' })
    expect(await rejection(one.read(bench.points()))).toMatchObject({ retriable: true })
    await open(one)
    await one.close()
    expect(await rejection(one.write(bench.device.block(WORDS)))).toMatchObject({ outcome: 'unsent' })
    expect(await rejection(one.read(bench.points()))).toMatchObject({ retriable: true })
    await open(one)
    expect(await bench.device.received()).toEqual([])
  })
}

/** Ended on purpose, before or after it is open. */
function endings(bench: Bench): void {
  it('does not open when the signal is aborted before or meanwhile', async () => {
    const one = bench.link()
    expect(await rejection(one.open(AbortSignal.abort()))).toMatchObject({ outcome: 'unsent' })
    const abort = new AbortController()
    const opening = rejection(one.open(abort.signal))
    abort.abort()
    expect(await opening).toMatchObject({ outcome: 'unsent' })
    expect(await rejection(one.read(bench.points()))).toMatchObject({ retriable: true })
    await until(async () => (await bench.device.connections()) === 0, 3000, 'the aborted connection is still there')
    await open(one)
  })

  it('does not open when it is closed meanwhile', async () => {
    const one = bench.link()
    const opening = rejection(open(one))
    await one.close()
    expect(await opening).toMatchObject({ outcome: 'unsent' })
    expect(await rejection(one.read(bench.points()))).toMatchObject({ retriable: true })
    await until(async () => (await bench.device.connections()) === 0, 3000, 'the connection is still there')
  })

  it('lets reads and writes under way end when it is closed', async () => {
    const one = bench.hasty()
    await open(one)
    await bench.device.freeze()
    try {
      const read = rejection(one.read(bench.points()))
      const write = rejection(one.write(bench.device.block(WORDS)))
      const { tookMs } = await timed(one.close())
      expect(tookMs).toBeLessThan(2000 + SLACK_MS)
      await read
      expect((await write).outcome).toMatch(/^(unknown|unsent)$/)
    } finally {
      bench.device.thaw()
    }
    await bench.device.received()
  })
}

function flood(bench: Bench): void {
  it('bounds what waits: a read too many is answered bad, none is lost, commands do not wait behind', async () => {
    const one = bench.link(bench.harness.flood.options)
    await open(one)
    const ended: string[] = []
    const note = <T>(what: string, promise: Promise<T>) => promise.finally(() => ended.push(what))
    const polls = Array.from({ length: bench.harness.flood.reads }, () =>
      note('poll', one.read(bench.points().slice(0, 1))),
    )
    const urgent = note('urgent', one.read([bench.device.blockPoint], { urgent: true }))
    const write = note('write', one.write(bench.device.block(WORDS)))
    expect((await urgent)[0]?.quality).toBe('good')
    await write
    const readings = (await Promise.all(polls)).flat()
    expect(readings).toHaveLength(bench.harness.flood.reads)
    const refused = readings.filter(({ quality }) => quality === 'bad')
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(bench.harness.flood.reads)
    for (const reading of refused)
      expect(reading).toMatchObject({ cause: 'timeout', detail: expect.stringContaining('not sent') })
    const last = Math.max(ended.indexOf('urgent'), ended.indexOf('write'))
    expect(ended.slice(last).filter((what) => what === 'poll').length).toBeGreaterThan(2)
  })
}

/** A device that stands still and comes back. */
function frozen(bench: Bench): void {
  it('does not know what became of a write to a device that is frozen, and loses it soon; it opens again after', async () => {
    const one = bench.hasty()
    await open(one)
    await bench.device.freeze()
    try {
      const write = await timed(rejection(one.write(bench.device.block(WORDS))))
      expect(write.result.outcome).toBe('unknown')
      expect(write.tookMs).toBeLessThan(bench.harness.timeoutMs + SLACK_MS)
      // A bad reading or a lost connection, each within its deadline; lost at the latest with the second.
      const attempts = []
      for (let index = 0; index < 3; index++) {
        const attempt = await timed(
          one.read(bench.points().slice(0, 1)).then(
            ([reading]) => reading?.quality,
            () => 'lost',
          ),
        )
        expect(attempt.tookMs).toBeLessThan(2 * bench.harness.timeoutMs + SLACK_MS)
        attempts.push(attempt.result)
      }
      expect(attempts.at(-1)).toBe('lost')
      expect(attempts).not.toContain('good')
      const late = await timed(rejection(one.write(bench.device.block(WORDS))))
      expect(late.result.outcome).toBe('unsent')
      expect(late.tookMs).toBeLessThan(SLACK_MS)
    } finally {
      bench.device.thaw()
    }
    await until(
      async () =>
        await open(one).then(
          () => true,
          () => false,
        ),
      10_000,
      'it does not open again',
    )
    await bench.device.received()
    await one.write(bench.device.block(MARKER))
    expect((await bench.device.received()).at(-1)).toEqual(MARKER)
  })
}

/** A device that dies and comes back. */
function killed(bench: Bench): void {
  it('is lost when the device is killed, and sends nothing of what it was told meanwhile when it is back', async () => {
    const one = bench.hasty()
    await open(one)
    await bench.device.kill()
    await until(
      async () =>
        (await one.read(bench.points()).then(
          () => 'open',
          () => 'lost',
        )) === 'lost',
      5000,
      'not lost',
    )
    const write = await timed(rejection(one.write(bench.device.block(WORDS))))
    expect(write.result.outcome).toBe('unsent')
    expect(write.tookMs).toBeLessThan(SLACK_MS)
    if (!bench.harness.opensUnseen) {
      const opening = await timed(rejection(open(one)))
      expect(opening.result).toMatchObject({ retriable: true, outcome: 'unsent' })
      // It was told at once that nobody listens: nothing inside tries again.
      expect(opening.tookMs).toBeLessThan(bench.harness.connectTimeoutMs)
    }
    await bench.device.restart()
    expect(await rejection(one.write(bench.device.block(WORDS)))).toMatchObject({ outcome: 'unsent' })
    await open(one)
    expect((await one.read(bench.points())).every(({ quality }) => quality === 'good')).toBe(true)
    await one.write(bench.device.block(MARKER))
    expect(await bench.device.received()).toEqual([MARKER])
  })

  it('never repeats a write whose connection died under it', async () => {
    const one = bench.hasty()
    await open(one)
    await bench.device.received()
    await bench.device.freeze()
    const write = rejection(one.write(bench.device.block(WORDS)))
    await new Promise((resolve) => setImmediate(resolve))
    await bench.device.kill()
    expect((await write).outcome).toBe('unknown')
    await bench.device.restart()
    await until(
      async () =>
        await open(one).then(
          () => true,
          () => false,
        ),
      5000,
      'it does not open again',
    )
    await one.write(bench.device.block(MARKER))
    expect(await bench.device.received()).toEqual([MARKER])
  })
}
