/** Publishes that wait for their acknowledgement: how many leave, together or not, and under which ids. */
import { expect, test } from 'vitest'
import type { Packet } from '../../../gateway/front/sinks/mqtt-bytes.ts'
import { openWindow } from '../../../gateway/front/sinks/mqtt-window.ts'
import { SinkError } from '../../../gateway/front/sinks/sink.ts'

function open(most: number) {
  const writes: Packet[][] = []
  const window = openWindow({
    most: () => most,
    ackTimeoutMs: 60_000,
    write: (packets) => void writes.push([...packets]),
    onLate: () => expect.unreachable(),
  })
  const publish = (payload: string) => window.publish({ topic: 't', payload, qos: 1 })
  const payloads = () => writes.map((packets) => packets.map(({ message }) => message.payload))
  return { window, writes, publish, payloads }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))
const gone = new SinkError('wait', 'gone')

test('what may leave in one turn leaves in one write, and in order', async () => {
  const { window, writes, publish, payloads } = open(3)
  const done = ['a', 'b', 'c', 'd', 'e', 'f'].map(publish)
  await turn()
  expect(payloads()).toEqual([['a', 'b', 'c']])
  for (const { id } of writes[0]!.slice(0, 2)) window.take(id, undefined)
  await turn()
  expect(payloads()).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ])
  window.end(gone, new SinkError('wait', 'never left'))
  const results = await Promise.allSettled(done)
  expect(results.map((result) => (result.status === 'rejected' ? result.reason.message : 'taken'))).toEqual([
    ...['taken', 'taken', 'gone', 'gone', 'gone', 'never left'],
  ])
})

test('an id is not used again while its message is on its way, and an answer to no message is passed over', async () => {
  const { window, writes, publish } = open(2)
  const slow = publish('slow')
  await turn()
  const slowId = writes[0]![0]!.id
  const ids = new Set<number>()
  for (let count = 0; count < 70_000; count += 1) {
    const quick = publish('quick')
    await null
    const { id } = writes.at(-1)![0]!
    ids.add(id)
    window.take(id, undefined)
    window.take(id, () => gone)
    await quick
  }
  expect(ids.has(slowId)).toBe(false)
  expect([ids.size, Math.min(...ids, slowId), Math.max(...ids)]).toEqual([65_534, 1, 65_535])
  window.take(slowId, () => gone)
  await expect(slow).rejects.toBe(gone)
})
