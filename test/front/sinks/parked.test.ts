/** What sinks have set aside, as people see it: the entry, why, and the lines where they can be mended. */
import { expect, test } from 'vitest'
import { createParkedDesk } from '../../../gateway/front/sinks/parked.ts'
import type { Sink } from '../../../gateway/front/sinks/sink.ts'
import type { SinkHandle } from '../../../gateway/front/sinks/sink-loop.ts'
import type { Reader } from '../../../gateway/ledger/store/reader.ts'

const asked: string[] = []
const item = (sink: string, seq: number) => ({ sink, seq, reason: `no ${seq}`, atMs: 100 + seq })
/** Entry 9 is not in the ledger any more; entry 4 is of the site. */
const reader = {
  parkedItems: () => [item('broker', 4), item('store', 4), item('store', 5), item('store', 9)],
  entries: (seq: number) =>
    seq === 9 ? [] : [{ seq, kind: 'MeterSampled', atMs: seq, ...(seq === 4 ? {} : { machine: 'saw' }) }],
  previousOf: () => undefined,
} as unknown as Reader

function sinkOf(name: string, more: Partial<Sink<unknown>> = {}) {
  const sink = { name, make: ({ entry }: { entry: { seq: number } }) => `m seq=${entry.seq}`, ...more } as Sink
  const handle = {
    async again(seq: number, lines?: string) {
      asked.push(`again ${name} ${seq} ${lines}`)
      return seq === 5 ? 'still no' : undefined
    },
    forget: async (seq: number) => void asked.push(`forget ${name} ${seq}`),
  } as Partial<SinkHandle> as SinkHandle
  return { sink, handle }
}
const mend = (text: string) => text
const desk = createParkedDesk(reader, [sinkOf('broker'), sinkOf('store', { mend })])

test('each sink has its own, oldest first and as many as asked for', () => {
  const [four, five] = [
    { entry: 4, kind: 'MeterSampled', atMs: 4, parkedAtMs: 104, reason: 'no 4' },
    { entry: 5, kind: 'MeterSampled', atMs: 5, parkedAtMs: 105, reason: 'no 5', machine: 'saw' },
  ]
  expect(desk.list('store', 100)).toEqual([
    { ...four, lines: 'm seq=4' },
    { ...five, lines: 'm seq=5' },
  ])
  expect(desk.list('store', 1)).toHaveLength(1)
  expect(desk.list('broker', 100)).toEqual([four])
  expect(desk.list('nobody', 100)).toEqual([])
})

test('one is found by its number, and one that the ledger does not have is not', () => {
  expect(desk.find('store', 5)).toMatchObject({ entry: 5, reason: 'no 5' })
  expect([desk.find('broker', 5), desk.find('store', 9)]).toEqual([undefined, undefined])
})

test('an entry of which nothing can be made is shown without lines', () => {
  const make = () => {
    throw new Error('no such unit')
  }
  const broken = createParkedDesk(reader, [sinkOf('store', { mend, make })])
  expect(broken.find('store', 5)).toEqual(expect.not.objectContaining({ lines: expect.anything() }))
})

test('what is done with one is asked of its own sink, and why it was refused comes back', async () => {
  expect(await desk.send('broker', 4)).toBeUndefined()
  expect(await desk.send('store', 5, 'm seq=6')).toBe('still no')
  await desk.forget('store', 5)
  expect(asked).toEqual(['again broker 4 undefined', 'again store 5 m seq=6', 'forget store 5'])
})

test('a sink that the site file has no more takes nothing, and says so', async () => {
  expect(await desk.send('gone', 4)).toMatch(/no such sink/)
  await desk.forget('gone', 4)
})
