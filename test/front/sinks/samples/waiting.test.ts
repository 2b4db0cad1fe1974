/**
 * What waits for a sink, in memory and on disk: in order, bounded, everything delivered or counted; and nothing that
 * happens to the files stops anything.
 */
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDrops } from '../../../../gateway/front/sinks/samples/drops.ts'
import { openKept } from '../../../../gateway/front/sinks/samples/kept.ts'
import { createWaiting } from '../../../../gateway/front/sinks/samples/waiting.ts'
import type { LivePoint } from '../../../../gateway/live/point.ts'
import type { LiveValue } from '../../../../gateway/live/sample.ts'
import { batches } from '../../../support/samples.ts'
import { range } from '../ledger.ts'

const NOW_MS = 1_793_491_200_000
const points: readonly LivePoint[] = range(0, 2).map((n) => ({ kind: 'signal', machine: 'm', id: `m/a.x${n}` }))
const [first, second] = points.map(({ id }) => id) as [string, string]
let folder: string
let batch: ReturnType<typeof batches>
const warnings: string[] = []

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'latchkey-samples-')), 'mqtt')
  batch = batches(points)
  warnings.splice(0)
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

type Bounds = { memory?: number; most?: number; maxAgeMs?: number; diskReserve?: number; points?: readonly LivePoint[] }

function open(bounds: Bounds = {}) {
  const { memory = 1000, most = 1000, maxAgeMs = 3_600_000, diskReserve = 0, points: known = points } = bounds
  const drops = createDrops(known, new Uint32Array(known.length))
  const log = { warn: (_: object, text: string) => void warnings.push(text) }
  return createWaiting(
    known,
    memory,
    openKept({ folder, points: known, most, maxAgeMs, diskReserve, drops, log }),
    drops,
  )
}
type Queue = ReturnType<typeof open>

/** One batch of samples with these values, of both points in turn. */
const values = (list: readonly LiveValue[], atMs = NOW_MS) =>
  batch(...list.map((value, n) => ({ kind: 'signal', id: points[n % 2]!.id, quality: 'good', value, atMs }) as const))
/** Puts them, and moves them to the disk. */
function keep(queue: Queue, list: readonly LiveValue[], atMs = NOW_MS): void {
  queue.put(values(list, atMs))
  queue.settle(false, NOW_MS + 6000)
}
/** Everything that waits, accepted, in the order in which a sink gets it. */
function drain({ live, kept }: Queue, limit = 7): unknown[] {
  const all: unknown[] = []
  for (const queue of [live, kept])
    for (let got = queue.read(limit); got.length > 0; got = queue.read(limit)) {
      all.push(...got.map(({ value }) => value))
      queue.accept(got.length)
    }
  return all
}
const files = () => readdirSync(folder).filter((file) => file.endsWith('.samples'))

test('from memory, in order, and again until they are accepted', () => {
  const queue = open()
  queue.put(values(range(0, 5)))
  queue.put(values(range(5, 9)))
  expect(queue.live.read(3).map(({ value }) => value)).toEqual([0, 1, 2])
  queue.live.accept(2)
  expect(queue.live.read(3).map(({ value }) => value)).toEqual([2, 3, 4])
  expect(drain(queue)).toEqual(range(2, 9))
  expect([queue.count(), existsSync(folder) && files().length]).toEqual([0, 0])
})

test('what waits while the sink is away is on disk, comes after what is live, and the files are gone with it', () => {
  const queue = open()
  keep(queue, [1.5, 'text — 文', true, 2n ** 70n])
  keep(queue, ['more'])
  queue.put(values([5]))
  expect([queue.count(), files().length]).toEqual([6, 1])
  expect(drain(queue)).toEqual([5, 1.5, 'text — 文', true, '1180591620717411303424', 'more'])
  expect([queue.count(), files().length]).toEqual([0, 0])
})

test('what was handed to the sink goes before what went to the disk meanwhile', () => {
  const queue = open()
  queue.put(values(range(0, 4)))
  queue.live.read(2)
  keep(queue, range(4, 8))
  expect(drain(queue)).toEqual(range(0, 8))
})

test('an outage that is short costs no file; a slow sink does, once half of the memory is full', () => {
  const queue = open({ memory: 100 })
  queue.put(values(range(0, 50)))
  queue.settle(false, NOW_MS + 4000)
  queue.settle(true, NOW_MS + 60_000)
  expect(files()).toEqual([])
  queue.put(values(range(50, 51)))
  queue.settle(true, NOW_MS)
  expect(files()).toHaveLength(1)
  expect(drain(queue)).toEqual(range(0, 51))
})

test('of more than the ring holds the oldest go, each counted at its signal', () => {
  const queue = open({ most: 100 })
  for (const block of range(0, 5)) keep(queue, range(block * 60, block * 60 + 60))
  expect(queue.count()).toBe(100)
  expect(queue.drops.list()).toEqual([
    { signal: first, reason: 'full', count: 100 },
    { signal: second, reason: 'full', count: 100 },
  ])
  expect(drain(queue)).toEqual(range(200, 300))
})

test('of texts no more is kept than the samples of the ring would take', () => {
  const queue = open({ most: 1000 })
  const text = (n: number) => String(n).padEnd(3000, '.')
  for (const n of range(0, 20)) keep(queue, [text(n)])
  expect(queue.count()).toBe(10)
  expect(queue.drops.total()).toBe(10)
  expect(drain(queue)).toEqual(range(10, 20).map(text))
})

test('what has waited too long goes, and is counted', () => {
  const queue = open({ maxAgeMs: 60_000 })
  keep(queue, [1, 2, 3], NOW_MS - 60_000)
  keep(queue, [4])
  queue.settle(false, NOW_MS + 6001)
  expect(queue.drops.list()).toEqual([
    { signal: first, reason: 'old', count: 2 },
    { signal: second, reason: 'old', count: 1 },
  ])
  expect(drain(queue)).toEqual([4])
})

test('a sample that is refused is counted, and the next one comes', () => {
  const queue = open()
  keep(queue, [1, 2, 3])
  queue.kept.read(3)
  queue.kept.accept(1)
  queue.kept.refuse()
  expect(queue.drops.list()).toEqual([{ signal: second, reason: 'refused', count: 1 }])
  expect(drain(queue)).toEqual([3])
})

test('without room on the disk the memory is the bound', () => {
  const queue = open({ memory: 10, diskReserve: Number.MAX_SAFE_INTEGER })
  for (const block of range(0, 3)) keep(queue, range(block * 6, block * 6 + 6))
  expect(queue.drops.list()).toEqual([
    { signal: first, reason: 'disk', count: 4 },
    { signal: second, reason: 'disk', count: 4 },
  ])
  expect(drain(queue)).toEqual(range(8, 18))
  expect(warnings).toEqual(['samples cannot be kept on disk; some are lost'])
})

/* ── the next run ── */

test('goes on where it was, with what was in memory', () => {
  const queue = open()
  keep(queue, range(0, 20))
  queue.put(values(range(20, 25)))
  queue.kept.read(5)
  queue.kept.accept(5)
  queue.close()
  const again = open()
  expect(again.count()).toBe(20)
  expect(drain(again)).toEqual(range(5, 25))
  expect(files()).toEqual([])
})

test('after a crash nothing on disk is lost, and at most a second of it comes again', () => {
  const queue = open()
  keep(queue, range(0, 20))
  for (const _ of range(0, 2)) {
    queue.kept.read(5)
    queue.kept.accept(5)
  }
  expect(drain(open())).toEqual(range(5, 20))
})

test('samples of another configuration keep their names', () => {
  const older = [{ kind: 'signal', machine: 'gone', id: 'gone/a.y' } as const, ...points]
  const queue = open({ points: older })
  batch = batches(older)
  keep(queue, [1, 2])
  queue.close()
  const again = open({ most: 1 })
  expect(again.drops.list()).toEqual([{ signal: 'm/a.x0', reason: 'full', count: 1 }])
  expect(again.kept.read(5).map(({ id }) => id)).toEqual(['m/a.x1'])
})

test.each<[string, (path: string) => void, unknown[]]>([
  ['a torn last block', (path) => truncateSync(path, 500), range(0, 10)],
  ['rubbish behind the last block', (path) => appendFileSync(path, 'rubbish'), range(0, 30)],
  ['rubbish in the middle', (path) => corrupt(path, 400), [...range(0, 10), ...range(20, 30)]],
  ['an empty file', (path) => truncateSync(path, 0), []],
  ['a file of another kind', (path) => writeFileSync(path, 'x'.repeat(5000)), []],
  ['no file', (path) => rmSync(path), []],
  ['no list of points', (path) => rmSync(listOf(path)), []],
  ['a list of points that was changed', (path) => writeFileSync(listOf(path), '[]'), []],
  ['a position of nowhere', (path) => writeFileSync(join(path, '..', 'position.json'), '{"segment":"x"'), range(0, 30)],
])('%s costs what was in it, counted, and nothing else', (name, happen, left) => {
  const queue = open()
  for (const block of range(0, 3)) keep(queue, range(block * 10, block * 10 + 10))
  queue.close()
  happen(join(folder, files()[0]!))
  const again = open()
  keep(again, [99])
  expect(drain(again)).toEqual([...left, 99])
  const isCounted = again.drops.list().some(({ reason, count }) => reason === 'unreadable' && count > 0)
  expect(isCounted).toBe(!['an empty file', 'no file', 'a position of nowhere'].includes(name))
})

test('a folder that cannot be used is no reason to stop', () => {
  writeFileSync(folder, 'a file in its place')
  const queue = open({ memory: 10 })
  keep(queue, range(0, 20))
  expect(drain(queue)).toEqual(range(10, 20))
  queue.close()
  expect(warnings.length).toBeGreaterThan(0)
})

function corrupt(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes.fill(0xff, at, at + 8)
  writeFileSync(path, bytes)
}

const listOf = (path: string) => path.replace(/\d+-([0-9a-f]{16})\.samples$/, '$1.json')
