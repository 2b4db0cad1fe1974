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
  return startSink(sink, {
    reader: ledger.reader,
    ledger: ledger.client,
    snapshot: () => ({ rows: [], meters: ledger.reader.meters() }),
    log,
    clock: systemClock,
    reconnectMinMs: 50,
    reconnectMaxMs: 200,
  })
}

export async function untilStatus(handle: SinkHandle, check: (status: SinkStatus) => boolean, withinMs = 20_000) {
  const text = `status is ${check}`
  await until(() => check(handle.status()), withinMs, text).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(handle.status())}`)
  })
  return handle.status()
}

export function sinkContract(name: string, open: () => Promise<Bench>): void {
  describe(`${name}: a sink`, () => {
    let bench: Bench
    let ledger: TestLedger
    let handles: SinkHandle[] = []
    const begin = () => {
      const handle = run(bench.sink(), ledger)
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

    /** Each test is a new ledger on the same server: sequences start again at 0. */
    async function arrived(count: number): Promise<number[]> {
      const before = seen
      const fresh = async () => (await bench.sequences()).slice(before)
      await until(async () => new Set(await fresh()).size >= count, 20_000, `${count} entries did not arrive`)
      seen = (await bench.sequences()).length
      return (await bench.sequences()).slice(before)
    }
    let seen = 0

    test('delivers every entry in order, and remembers how far it is', async () => {
      await ledger.commit(...range(0, 1_500).map((n) => metered(n)))
      const handle = begin()
      await untilStatus(handle, (status) => status.backlog === 0)
      await ledger.commit(...range(1_500, 1_700).map((n) => metered(n)))
      expect(await arrived(1_700)).toEqual(range(0, 1_700))
      await until(() => ledger.reader.cursor(handle.status().name)?.next === 1_700, 5_000, 'the cursor does not follow')
      expect(handle.status()).toMatchObject({ state: 'up', backlog: 0, backlogAgeMs: 0, delivered: 1_700, parked: 0 })
    })

    test('goes on from where it was', async () => {
      await ledger.commit(...range(0, 100).map((n) => metered(n)))
      const first = begin()
      await untilStatus(first, (status) => status.backlog === 0)
      await first.stop()
      await ledger.commit(...range(100, 200).map((n) => metered(n)))
      const second = begin()
      await untilStatus(second, (status) => status.backlog === 0)
      expect(second.status().delivered).toBe(100)
      expect(await arrived(200)).toEqual(range(0, 200))
    })

    test('loses nothing and keeps the order when the server goes and comes back', async () => {
      const handle = begin()
      await untilStatus(handle, (status) => status.state === 'up')
      let total = 0
      const commit = async (count: number) => {
        await ledger.commit(...range(total, total + count).map((n) => metered(n)))
        total += count
      }
      for (const _ of range(0, 3)) {
        await commit(1_000)
        await untilStatus(handle, (status) => status.delivered >= total - 900)
        await bench.server.crash()
        await commit(100)
        await bench.server.start()
        await commit(100)
      }
      await untilStatus(handle, (status) => status.backlog === 0)
      const first = [...new Set(await arrived(total))]
      expect(first).toEqual(range(0, total))
    })

    test('moves its cursor after the acceptance and not before; a frozen server holds up its stop for 3 s at most', async () => {
      const handle = begin()
      await ledger.commit(...range(0, 10).map((n) => metered(n)))
      await untilStatus(handle, (status) => status.backlog === 0)
      await until(() => ledger.reader.cursor(handle.status().name)?.next === 10, 5_000, 'the cursor does not follow')
      await bench.server.freeze()
      await ledger.commit(...range(10, 30).map((n) => metered(n)))
      await untilStatus(handle, (status) => status.state === 'waiting')
      expect(handle.status()).toMatchObject({
        backlog: 20,
        lastError: expect.stringMatching(/within \d+ ms|timed out/i),
      })
      const startedAt = performance.now()
      await handle.stop()
      expect(performance.now() - startedAt).toBeLessThan(3_200)
      expect(ledger.reader.cursor(handle.status().name)?.next).toBe(10)
      bench.server.thaw()
      const again = begin()
      await untilStatus(again, (status) => status.backlog === 0)
      expect([...new Set(await arrived(30))].sort((a, b) => a - b)).toEqual(range(0, 30))
    })

    test('a stop in the middle of a delivery to a frozen server is bounded too', async () => {
      const handle = begin()
      await untilStatus(handle, (status) => status.state === 'up')
      await bench.server.freeze()
      await ledger.commit(...range(0, 500).map((n) => metered(n)))
      const startedAt = performance.now()
      await Promise.all([handle.stop(), handle.stop()])
      expect(performance.now() - startedAt).toBeLessThan(3_200)
      expect(handle.status().state).toBe('closed')
      bench.server.thaw()
      await untilStatus(begin(), (status) => status.backlog === 0)
      await arrived(500)
    })

    test('sets aside the one entry the server will never take, and delivers the rest', async () => {
      const handle = begin()
      const before = range(0, 60).map((n) => metered(n))
      const bad = await bench.badEntry()
      const after = range(0, 60).map((n) => metered(n))
      await ledger.commit(...before, ...bad, ...after)
      await untilStatus(handle, (status) => status.backlog === 0)
      expect(handle.status()).toMatchObject({ parked: 1, delivered: 119 + bad.length, state: 'up' })
      expect(ledger.reader.parked(handle.status().name)).toBe(1)
      const sequences = new Set(await arrived(120))
      for (const seq of [...range(0, 60), ...range(60 + bad.length, 120 + bad.length)]) expect(sequences).toContain(seq)
    })

    test('passes over samples that the ring no longer holds, counts them, and shows the newest', async () => {
      const small = await openLedger(100)
      try {
        const first = run(bench.sink(), small)
        await small.commit(signal(-1))
        await untilStatus(first, (status) => status.samples === 1)
        await first.stop()
        for (const block of range(0, 5)) await small.commit(...range(block * 60, block * 60 + 60).map((n) => signal(n)))
        const second = run(bench.sink(), small)
        const status = await untilStatus(second, ({ skipped, samples }) => skipped + samples === 300)
        await second.stop()
        expect(status.skipped).toBe(200)
        await until(async () => (await bench.samples()).includes(299), 5_000, 'the newest sample did not arrive')
        expect(await bench.samples()).not.toContain(199)
        expect(small.reader.cursor(status.name)?.nextSample).toBe(301)
      } finally {
        await small.close()
      }
    })

    test('takes entries from the first, samples from the newest when it has never run', async () => {
      await ledger.commit(signal(1_001), metered(0), signal(1_002), entry('LinkLost', { link: 'plc' }))
      const handle = begin()
      await untilStatus(handle, (status) => status.backlog === 0)
      await ledger.commit(signal(1_003))
      await untilStatus(handle, (status) => status.samples === 1)
      expect(handle.status()).toMatchObject({ delivered: 2, samples: 1, skipped: 0 })
      await until(async () => (await bench.samples()).includes(1_003), 5_000, 'the sample did not arrive')
      expect(await bench.samples()).not.toContain(1_002)
      await arrived(1)
    })

    test('stops aloud, once, when it is not let in, and goes on when somebody has mended it', async () => {
      const { sink, advice, mend, remove } = await bench.refused()
      const errors: string[] = []
      const handle = run(sink, ledger, { ...quiet, error: (_, text) => void errors.push(text) })
      handles.push(handle)
      try {
        await ledger.commit(metered(0))
        const status = await untilStatus(handle, ({ state }) => state === 'stopped')
        expect(status.lastError).toMatch(advice)
        expect(status.backlog).toBe(1)
        await mend()
        await untilStatus(handle, ({ state, backlog }) => state === 'up' && backlog === 0)
        expect(errors).toHaveLength(1)
        expect(ledger.reader.parked(status.name)).toBe(0)
      } finally {
        await handle.stop()
        await remove()
      }
    })
  })
}
