/** What numbers were: means over steps, with gaps where nothing was read, and for those alone who see live values. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTrends } from '../../../../gateway/front/api/machines/trends.ts'
import { type Bench, createBench } from '../bench.ts'

const STEP_MS = 15_000

describe('the trend of a signal', () => {
  const put = (values: readonly (readonly [atMs: number, value: number])[]) => {
    const trends = createTrends(10)
    for (const [atMs, value] of values) trends.put('a', value, atMs)
    return trends
  }

  it('is the mean of each step, and a gap where nothing was read', () => {
    const trends = put([
      [0, 1],
      [5_000, 3],
      [STEP_MS, 7],
      [3 * STEP_MS, 9],
    ])
    expect(trends.of('a', 'hour', 3 * STEP_MS)).toEqual({ fromMs: 0, stepMs: STEP_MS, values: [2, 7, null, 9] })
    expect(trends.of('a', 'day', 3 * STEP_MS)).toEqual({ fromMs: 0, stepMs: 300_000, values: [5] })
  })

  it('keeps an hour, a day and a week, and no more', () => {
    const trends = createTrends(10)
    const endMs = 8 * 86_400_000
    for (let atMs = 0; atMs <= endMs; atMs += 60_000) trends.put('a', atMs, atMs)
    const lengths = (['hour', 'day', 'week'] as const).map((span) => trends.of('a', span, endMs).values.length)
    // A minute holds four steps of the hour, and a value is put in one of them.
    expect(lengths).toEqual([237, 288, 336])
    expect(trends.of('a', 'hour', endMs).values.slice(-5)).toEqual([endMs - 60_000, null, null, null, endMs])
  })

  it('is empty after a silence that is longer than what is kept', () => {
    const trends = put([[0, 1]])
    expect(trends.of('a', 'hour', 3_600_000).values).toEqual([])
    expect(trends.of('a', 'week', 3_600_000).values).toHaveLength(3)
  })

  it('is kept of so many signals, and of none that is gone', () => {
    const trends = createTrends(1)
    trends.put('a', 1, 0)
    trends.put('b', 1, 0)
    expect([trends.of('a', 'hour', 0).values, trends.of('b', 'hour', 0).values]).toEqual([[1], []])
    trends.keep((signal) => signal !== 'a')
    trends.put('b', 2, 0)
    expect([trends.of('a', 'hour', 0).values, trends.of('b', 'hour', 0).values]).toEqual([[], [2]])
  })
})

describe('asked over the API', () => {
  let bench: Bench
  let key: string
  beforeAll(async () => {
    bench = await createBench()
    key = (await bench.addKey('technician', 'Wang')).key.text
  })
  afterAll(() => bench.close())

  const ask = (query: string) =>
    bench.app.inject({ url: `/v1/machines/saw-1/trend?${query}`, headers: { authorization: `Bearer ${key}` } })

  it('says the good numbers, and leaves out what is stale', async () => {
    const look = async (value: number) => {
      const read = { readAtMs: bench.clock.ms, readAtNs: bench.clock.ns }
      bench.putSignal({ point: 'saw-1/main.power', quality: 'good', value, ...read }, 60_000)
      const answer = await ask('signal=main.power&span=hour')
      bench.clock.ns += 15_000_000_000n
      bench.clock.ms += 15_000
      return answer.json()
    }
    await look(2)
    const body = await look(4)
    expect([body.signal, body.unit, body.stepMs, body.values]).toEqual(['saw-1/main.power', 'W', STEP_MS, [2, 4]])
    bench.clock.ns += 300_000_000_000n
    expect((await ask('signal=main.power&span=hour')).json().values.slice(0, 4)).toEqual([2, 4, null, null])
  })

  it('knows its signals, and says so', async () => {
    expect((await ask('signal=plc.nothing&span=hour')).statusCode).toBe(404)
    expect((await ask('signal=main.power&span=year')).statusCode).toBe(400)
  })
})
