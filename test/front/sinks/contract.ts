/**
 * What every sink promises, tried against its real server: all entries, in order, over a crash of either side; what
 * the server will never take is set aside alone; nothing waits without end. A new sink passes this suite.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, type SinkLog, systemClock } from '../../../gateway/front/sinks/sink.ts'
import { type SinkHandle, type SinkStatus, startSink } from '../../../gateway/front/sinks/sink-loop.ts'
import { until } from '../../support/process.ts'
import { entry, metered, openLedger, range, signal, type TestLedger } from './ledger.ts'

export type SinkServer = {
  start(): Promise<void>
  /** Goes away, at any moment, but keeps what it has acknowledged. */
  crash(): Promise<void>
  freeze(): Promise<void>
  thaw(): void
  remove(): Promise<void>
}

/** One server with one consumer that sees all it takes. */
export type Bench = {
  readonly server: SinkServer
  /** Gives up a silent server after 1.5 s. */
  sink(): Sink
  /** Sequences of entries on one machine, `saw`, in the order of their arrival, repeats included. */
  sequences(): Promise<number[]>
  /** Values of the signals that arrived. */
  samples(): Promise<number[]>
  /** Prepares the server, and changes that hold exactly one entry it will never take. */
  badEntry(): Promise<Parameters<TestLedger['commit']>>
  /** A sink that the server does not let in; a server of its own. */
  refused(): Promise<{ sink: Sink; advice: RegExp; mend(): Promise<void>; remove(): Promise<void> }>
}

export const quiet: SinkLog = { info: () => undefined, warn: () => undefined, error: () => undefined }

export function run(sink: Sink, ledger: TestLedger, log: SinkLog = quiet): SinkHandle {
  const handle = startSink(sink, {
    reader: ledger.reader,
    ledger: ledger.client,
    waiting: ledger.waiting(),
    snapshot: () => ({ rows: [], meters: ledger.reader.meters() }),
    log,
    clock: systemClock,
    reconnectMinMs: 50,
    reconnectMaxMs: 200,
  })
  ledger.onSample(handle.sampled)
  return handle
}

export async function untilStatus(handle: SinkHandle, check: (status: SinkStatus) => boolean, withinMs = 20_000) {
  const text = `status is ${check}`
  await until(() => check(handle.status()), withinMs, text).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(handle.status())}`)
  })
  return handle.status()
}

/** A ledger of its own on the server that all tests share. */
type Life = {
  readonly bench: Bench
  readonly ledger: TestLedger
  /** A sink of the bench; stopped with the test. */
  begin(): SinkHandle
  /** Stopped with the test. */
  keep(handle: SinkHandle): SinkHandle
  /** Sequences that arrived in this test, once there are `count`: sequences begin at 0 in each. */
  arrived(count: number): Promise<number[]>
}

export function sinkContract(name: string, open: () => Promise<Bench>): void {
  describe(`${name}: a sink`, () => {
    let bench: Bench
    let ledger: TestLedger
    let handles: SinkHandle[] = []
    let seen = 0
    const keep = (handle: SinkHandle) => {
      handles.push(handle)
      return handle
    }

    beforeAll(async () => {
      bench = await open()
    })
    afterAll(async () => {
      await bench?.server.remove()
    })
    beforeEach(async () => {
      ledger = await openLedger()
    })
    afterEach(async () => {
      bench.server.thaw()
      await Promise.all(handles.map((handle) => handle.stop()))
      handles = []
      await ledger.close()
    })

    const life: Life = {
      get bench() {
        return bench
      },
      get ledger() {
        return ledger
      },
      begin: () => keep(run(bench.sink(), ledger)),
      keep,
      async arrived(count) {
        const before = seen
        const fresh = async () => (await bench.sequences()).slice(before)
        await until(async () => new Set(await fresh()).size >= count, 20_000, `${count} entries did not arrive`)
        seen = (await bench.sequences()).length
        return (await bench.sequences()).slice(before)
      },
    }
    for (const tests of [delivering, frozen, setAside, samples, refused]) tests(life)
  })
}

function delivering(life: Life): void {
  test('delivers every entry in order, and remembers how far it is', async () => {
    await life.ledger.commit(...range(0, 1_500).map((n) => metered(n)))
    const handle = life.begin()
    await untilStatus(handle, (status) => status.backlog === 0)
    await life.ledger.commit(...range(1_500, 1_700).map((n) => metered(n)))
    expect(await life.arrived(1_700)).toEqual(range(0, 1_700))
    await until(
      () => life.ledger.reader.cursor(handle.status().name)?.next === 1_700,
      5_000,
      'the cursor does not follow',
    )
    expect(handle.status()).toMatchObject({ state: 'up', backlog: 0, backlogAgeMs: 0, delivered: 1_700, parked: 0 })
  })

  test('goes on from where it was', async () => {
    await life.ledger.commit(...range(0, 100).map((n) => metered(n)))
    const first = life.begin()
    await untilStatus(first, (status) => status.backlog === 0)
    await first.stop()
    await life.ledger.commit(...range(100, 200).map((n) => metered(n)))
    const second = life.begin()
    await untilStatus(second, (status) => status.backlog === 0)
    expect(second.status().delivered).toBe(100)
    expect(await life.arrived(200)).toEqual(range(0, 200))
  })

  test('loses nothing and keeps the order when the server goes and comes back', async () => {
    const handle = life.begin()
    await untilStatus(handle, (status) => status.state === 'up')
    let total = 0
    const commit = async (count: number) => {
      await life.ledger.commit(...range(total, total + count).map((n) => metered(n)))
      total += count
    }
    for (const _ of range(0, 3)) {
      await commit(1_000)
      await untilStatus(handle, (status) => status.delivered >= total - 900)
      await life.bench.server.crash()
      await commit(100)
      await life.bench.server.start()
      await commit(100)
    }
    await untilStatus(handle, (status) => status.backlog === 0)
    const first = [...new Set(await life.arrived(total))]
    expect(first).toEqual(range(0, total))
  })
}

/** A server that stands still. */
function frozen(life: Life): void {
  test('moves its cursor after the acceptance and not before; a frozen server holds up its stop for 3 s at most', async () => {
    const handle = life.begin()
    await life.ledger.commit(...range(0, 10).map((n) => metered(n)))
    await untilStatus(handle, (status) => status.backlog === 0)
    await until(() => life.ledger.reader.cursor(handle.status().name)?.next === 10, 5_000, 'the cursor does not follow')
    await life.bench.server.freeze()
    await life.ledger.commit(...range(10, 30).map((n) => metered(n)))
    await untilStatus(handle, (status) => status.state === 'waiting')
    expect(handle.status()).toMatchObject({
      backlog: 20,
      lastError: expect.stringMatching(/within \d+ ms|timed out/i),
    })
    const startedAt = performance.now()
    await handle.stop()
    expect(performance.now() - startedAt).toBeLessThan(3_200)
    expect(life.ledger.reader.cursor(handle.status().name)?.next).toBe(10)
    life.bench.server.thaw()
    const again = life.begin()
    await untilStatus(again, (status) => status.backlog === 0)
    expect([...new Set(await life.arrived(30))].sort((a, b) => a - b)).toEqual(range(0, 30))
  })

  test('a stop in the middle of a delivery to a frozen server is bounded too', async () => {
    const handle = life.begin()
    await untilStatus(handle, (status) => status.state === 'up')
    await life.bench.server.freeze()
    await life.ledger.commit(...range(0, 500).map((n) => metered(n)))
    const startedAt = performance.now()
    await Promise.all([handle.stop(), handle.stop()])
    expect(performance.now() - startedAt).toBeLessThan(3_200)
    expect(handle.status().state).toBe('closed')
    life.bench.server.thaw()
    await untilStatus(life.begin(), (status) => status.backlog === 0)
    await life.arrived(500)
  })
}

function setAside(life: Life): void {
  test('sets aside the one entry the server will never take, and delivers the rest', async () => {
    const handle = life.begin()
    const before = range(0, 60).map((n) => metered(n))
    const bad = await life.bench.badEntry()
    const after = range(0, 60).map((n) => metered(n))
    await life.ledger.commit(...before, ...bad, ...after)
    await untilStatus(handle, (status) => status.backlog === 0)
    expect(handle.status()).toMatchObject({ parked: 1, delivered: 119 + bad.length, state: 'up' })
    expect(life.ledger.reader.parked(handle.status().name)).toBe(1)
    const sequences = new Set(await life.arrived(120))
    for (const seq of [...range(0, 60), ...range(60 + bad.length, 120 + bad.length)]) expect(sequences).toContain(seq)
  })
}

/** Samples, of which some may be dropped, and each is counted. */
function samples(life: Life): void {
  test('passes over samples that the ring no longer holds, counts them, and shows the newest', async () => {
    const small = await openLedger(100)
    try {
      const first = run(life.bench.sink(), small)
      small.sample(signal(-1))
      await untilStatus(first, (status) => status.samples === 1)
      await first.stop()
      for (const block of range(0, 5)) {
        small.sample(...range(block * 60, block * 60 + 60).map((n) => signal(n)))
        small.waiting().settle(false, Date.now() + 10_000)
      }
      const second = run(life.bench.sink(), small)
      const status = await untilStatus(second, ({ skipped, samples }) => skipped + samples === 300)
      await second.stop()
      expect(status.skipped).toBe(200)
      expect(small.waiting().drops.list()).toEqual([])
      await until(async () => (await life.bench.samples()).includes(299), 5_000, 'the newest sample did not arrive')
      expect(await life.bench.samples()).not.toContain(199)
      expect(small.waiting().count()).toBe(0)
    } finally {
      await small.close()
    }
  })

  test('takes entries from the first, samples from the newest when it has never run', async () => {
    life.ledger.store('1001')
    await life.ledger.commit(metered(0), entry('LinkLost', { link: 'plc' }))
    life.ledger.store('1002')
    const handle = life.begin()
    await untilStatus(handle, (status) => status.backlog === 0)
    life.ledger.sample(signal(1_003))
    await untilStatus(handle, (status) => status.samples === 1)
    expect(handle.status()).toMatchObject({ delivered: 2, samples: 1, skipped: 0 })
    await until(async () => (await life.bench.samples()).includes(1_003), 5_000, 'the sample did not arrive')
    expect(await life.bench.samples()).not.toContain(1_002)
    await life.arrived(1)
  })

  test('delivers what an older gateway has left in the ledger, once, and then it is gone', async () => {
    const name = life.bench.sink().name
    await life.ledger.client.setCursor(name, 0, 0)
    for (const value of [2_001, 2_002, 2_003]) life.ledger.store(String(value))
    const first = life.begin()
    await untilStatus(first, (status) => status.samples === 3)
    await first.stop()
    expect(life.ledger.reader.samples(0, 10)).toEqual([])
    await until(async () => (await life.bench.samples()).includes(2_003), 5_000, 'the samples did not arrive')
    const arrived = (await life.bench.samples()).filter((value) => value > 2_000 && value < 2_100)
    expect(arrived).toEqual([2_001, 2_002, 2_003])
  })
}

function refused(life: Life): void {
  test('stops with one line in the log when it is not let in, and goes on when somebody has mended it', async () => {
    const { sink, advice, mend, remove } = await life.bench.refused()
    const errors: string[] = []
    const handle = life.keep(run(sink, life.ledger, { ...quiet, error: (_, text) => void errors.push(text) }))
    try {
      await life.ledger.commit(metered(0))
      const status = await untilStatus(handle, ({ state }) => state === 'stopped')
      expect(status.lastError).toMatch(advice)
      expect(status.backlog).toBe(1)
      await mend()
      await untilStatus(handle, ({ state, backlog }) => state === 'up' && backlog === 0)
      expect(errors).toHaveLength(1)
      expect(life.ledger.reader.parked(status.name)).toBe(0)
    } finally {
      await handle.stop()
      await remove()
    }
  })
}
