/** The image of values: what was read last, exactly, and never half of it. */
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import { createImage, imageReader, imageWriter } from '../../gateway/live/image.ts'

const reading = (more: Partial<Reading> = {}): Reading => ({
  point: 'm/a.x',
  quality: 'good',
  value: 1.5,
  readAtMs: 1_793_491_200_000,
  readAtNs: 5_000_000n,
  ...more,
})

function openImage(points = 3) {
  const memory = createImage(points)
  return { memory, writer: imageWriter(memory), read: imageReader(memory) }
}

test.each<[Reading['value'], unknown]>([
  [1.5, 1.5],
  [true, true],
  [false, false],
  [42n, 42],
  [9_007_199_254_740_993n, '9007199254740993'],
  [18_446_744_073_709_551_615n, '18446744073709551615'],
  ['喷漆 🎨', '喷漆 🎨'],
  ['\ufeffmarked', '\ufeffmarked'],
  ['', ''],
])('the value %o is shown as %o', (value, shown) => {
  const { writer, read } = openImage()
  writer.put(1, reading({ value: value! }), 3000)
  expect(read(1)).toEqual({
    quality: 'good',
    value: shown,
    readAtMs: 1_793_491_200_000,
    readAtMonoMs: 5,
    maxAgeMs: 3000,
  })
  expect([read(0), read(2)]).toEqual([undefined, undefined])
})

test.each([1.5, -0.1, 0, true, false])(
  'the plain value %o is shown in the same way, and what was there is gone',
  (value) => {
    const { writer, read } = openImage()
    const text = reading({ value: 'a text', quality: 'uncertain', cause: 'refused', detail: 'a word', sourceAtMs: 1 })
    const times = { readAtMs: 1_793_491_200_000, readAtMonoMs: 5, sourceAtMs: 7, maxAgeMs: 3000 }
    writer.put(1, text, 9000)
    writer.put(2, reading({ value, sourceAtMs: 7 }), 3000)
    expect(writer.putPlain(1, value, times)).toBe(true)
    expect(read(1)).toEqual(read(2))
    expect(writer.putPlain(1, 3, { ...times, readAtMonoMs: 4 })).toBe(false)
    expect(read(1)).toEqual(read(2))
  },
)

test('a value that is not there has its cause, and the word of the device', () => {
  const { writer, read } = openImage()
  const { value: _, ...bad } = reading({
    quality: 'bad',
    cause: 'refused',
    detail: 'BadNodeIdUnknown — 无',
    sourceAtMs: 7,
  })
  writer.put(0, reading({ value: 'a text that was there before' }), 3000)
  writer.put(0, bad, 3000)
  expect(read(0)).toEqual({
    quality: 'bad',
    cause: 'refused',
    detail: 'BadNodeIdUnknown — 无',
    readAtMs: 1_793_491_200_000,
    readAtMonoMs: 5,
    sourceAtMs: 7,
    maxAgeMs: 3000,
  })
})

test('an older reading replaces nothing', () => {
  const { writer, read } = openImage()
  expect(writer.put(0, reading({ value: 2, readAtNs: 9_000_000n }), 3000)).toBe(true)
  expect(writer.put(0, reading({ value: 1, readAtNs: 8_000_000n }), 3000)).toBe(false)
  expect(read(0)?.value).toBe(2)
})

test('a text that finds no room is shown as bad, and its neighbours keep theirs', () => {
  const { writer, read } = openImage()
  writer.put(1, reading({ value: 'here' }), 3000)
  writer.put(0, reading({ value: 'x'.repeat(65_537) }), 3000)
  expect(read(0)).toMatchObject({ quality: 'bad', cause: 'out-of-range' })
  expect(read(0)).not.toHaveProperty('value')
  expect(read(1)?.value).toBe('here')
})

test('a writer in another thread: what is read is always one reading, whole', async () => {
  const { memory, read } = openImage(1)
  const thread = new Worker(new URL('./image-writer.ts', import.meta.url), { workerData: { memory, count: 200_000 } })
  let ended = false
  let seen = 0
  thread.once('exit', () => {
    ended = true
  })
  while (!ended) {
    for (let turn = 0; turn < 1000; turn += 1) {
      const row = read(0)
      if (row === undefined) continue
      if (Number(row.value) !== row.readAtMs || row.readAtMonoMs !== row.readAtMs)
        throw new Error(`${row.value} was read at ${row.readAtMs}`)
      seen += 1
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(seen).toBeGreaterThan(0)
  expect(read(0)?.readAtMs).toBe(199_999)
})
