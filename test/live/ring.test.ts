/** The ring of both threads: every sample is taken or counted, exactly once, whoever is quicker. */
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { LivePoint } from '../../gateway/live/point.ts'
import { createRing, ringReader, ringWriter } from '../../gateway/live/ring.ts'
import { type Batch, type LiveValue, sampleAt } from '../../gateway/live/sample.ts'
import { range } from '../front/sinks/ledger.ts'

const points: readonly LivePoint[] = range(0, 3).map((n) => ({ kind: 'signal', machine: 'm', id: `m/a.x${n}` }))
const all = (batch: Batch | undefined) =>
  batch === undefined ? [] : range(0, batch.count).map((index) => sampleAt(batch, index, points))

function openRing(samples = 1024) {
  const memory = createRing(samples, points.length)
  return { memory, writer: ringWriter(memory), reader: ringReader(memory) }
}

describe('a sample', () => {
  test.each<[LiveValue, unknown]>([
    [1.5, 1.5],
    [-0, -0],
    [true, true],
    [false, false],
    ['', ''],
    ['喷漆 🎨', '喷漆 🎨'],
    [7n, 7],
    [9_007_199_254_740_991n, 9_007_199_254_740_991],
    ['\ufeffmarked', '\ufeffmarked'],
    [9_007_199_254_740_993n, '9007199254740993'],
    [-(2n ** 80n), '-1208925819614629174706176'],
  ])('%o comes out as %o', (given, taken) => {
    const { writer, reader } = openRing()
    writer.put(1, 'uncertain', given, 5, 4)
    const sample = { ...points[1], n: 0, atMs: 5, sourceAtMs: 4, quality: 'uncertain', value: taken }
    expect(all(reader.take(10))).toEqual([sample])
  })

  test.each<[string, LiveValue | undefined]>([
    ['without a value', undefined],
    ['of a number that is none', Number.NaN],
    ['of a text that is too long for the ring', 'x'.repeat(65_537)],
  ])('%s comes out without one', (_, value) => {
    const { writer, reader } = openRing()
    writer.put(0, 'bad', value, 5)
    expect(all(reader.take(10))).toEqual([{ ...points[0], n: 0, atMs: 5, quality: 'bad' }])
  })
})

test('what does not fit drops the oldest, which are counted at their point; numbers go on', () => {
  const { writer, reader } = openRing()
  for (const n of range(0, 1024 + 30)) writer.put(n % 3, 'good', n, n)
  expect([...reader.dropped]).toEqual([10, 10, 10])
  const first = all(reader.take(4))
  expect(first.map(({ n, value }) => [n, value])).toEqual(range(30, 34).map((n) => [n, n]))
  expect(all(reader.take(2000)).map(({ n }) => n)).toEqual(range(34, 1054))
  expect(reader.take(1)).toBeUndefined()
})

test('texts that need more room than there is drop the oldest samples', () => {
  const { writer, reader } = openRing()
  const text = (n: number) => String(n).padEnd(60_000, '.')
  for (const n of range(0, 40)) writer.put(0, 'good', text(n), n)
  const taken = all(reader.take(100))
  expect(taken.length + reader.dropped[0]!).toBe(40)
  expect(taken.length).toBeGreaterThan(4)
  expect(taken.map(({ value }) => value)).toEqual(range(40 - taken.length, 40).map(text))
})

test('the reader is told once, until it rests', () => {
  const { writer, reader } = openRing()
  expect(writer.mustTell()).toBe(false)
  writer.put(0, 'good', 1, 1)
  expect([writer.mustTell(), writer.mustTell()]).toEqual([true, false])
  reader.take(10)
  writer.put(0, 'good', 2, 2)
  expect(writer.mustTell()).toBe(false)
  reader.rest()
  expect(all(reader.take(10))).toHaveLength(1)
  expect(writer.mustTell()).toBe(false)
  writer.put(0, 'good', 3, 3)
  expect(writer.mustTell()).toBe(true)
})

test('a writer in another thread that never waits: each sample is taken or counted, in order, whole', async () => {
  const { memory, reader } = openRing()
  const count = 400_000
  const thread = new Worker(new URL('./ring-writer.ts', import.meta.url), { workerData: { memory, count } })
  let taken = 0
  let last = -1
  let ended = false
  thread.once('exit', () => {
    ended = true
  })
  for (;;) {
    const wasEnded = ended
    const batch = reader.take(512)
    for (const { n, value, atMs } of all(batch)) {
      // Every fifth is a text; each says its number twice.
      if (Number(value) !== n || atMs !== n || n <= last)
        throw new Error(`${n} after ${last} says ${value} and ${atMs}`)
      last = n
      taken += 1
    }
    if (batch === undefined && wasEnded) break
    if (batch === undefined) await new Promise((resolve) => setImmediate(resolve))
  }
  const dropped = reader.dropped.reduce((sum, each) => sum + each, 0)
  expect(taken + dropped).toBe(count)
  expect(dropped).toBeGreaterThan(0)
  expect(last).toBe(count - 1)
})
