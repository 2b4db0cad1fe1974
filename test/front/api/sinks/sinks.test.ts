/** What sinks have set aside, over the API: seen, sent again, mended, given up; recorded before it is forgotten. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, createBench } from '../bench.ts'

let bench: Bench
let order: string[]
let why: string | undefined
let technician: string

beforeEach(async () => {
  order = []
  why = undefined
  const item = { entry: 7, kind: 'MeterSampled', machine: 'saw-1', atMs: 0, parkedAtMs: 1, reason: 'type', lines: 'l' }
  bench = await createBench(undefined, {
    parked: {
      list: () => [item],
      find: (sink, entry) => (sink === 'mqtt' && entry === 7 ? item : undefined),
      async send(sink, entry, lines) {
        order.push(`send ${sink} ${entry} ${lines}`)
        return why
      },
      async forget(sink, entry) {
        order.push(`forget ${sink} ${entry}`)
      },
    },
  })
  bench.answer(({ kind }) => {
    order.push(kind)
    return { kind: 'done' }
  })
  technician = `Bearer ${(await bench.addKey('technician', 'Wang')).key.text}`
})
afterEach(() => bench.close())

const ask = async (url: string, payload?: object) => {
  const method = payload === undefined ? 'GET' : 'POST'
  const headers = { authorization: technician }
  const answer = await bench.app.inject({ method, url, headers, ...(payload && { payload }) })
  return { status: answer.statusCode, body: answer.json() }
}
const handle = (body: object, entry = 7) => ask(`/v1/sinks/mqtt/parked/${entry}`, { reason: 'as agreed', ...body })

test('sinks and what they have set aside are shown', async () => {
  expect((await ask('/v1/sinks')).body.sinks).toMatchObject([{ name: 'mqtt', behind: 0, rate: 0, parked: 0 }])
  expect((await ask('/v1/sinks/mqtt/parked')).body.parked).toEqual([
    {
      ...{ entry: 7, kind: 'MeterSampled', machine: 'saw-1', reason: 'type', lines: 'l' },
      ...{ at: '1970-01-01T00:00:00.000Z', parkedAt: '1970-01-01T00:00:00.001Z' },
    },
  ])
  expect((await ask('/v1/sinks/nobody/parked')).status).toBe(404)
})

test.each([
  [{ what: 'release' }, ['send mqtt 7 undefined', 'handle-parked', 'forget mqtt 7']],
  [{ what: 'mend', lines: 'm a=1' }, ['send mqtt 7 m a=1', 'handle-parked', 'forget mqtt 7']],
  [{ what: 'drop' }, ['handle-parked', 'forget mqtt 7']],
])('%j is done, recorded, and then it is set aside no more', async (body, expected) => {
  expect(await handle(body)).toEqual({ status: 200, body: { done: true } })
  expect(order).toEqual(expected)
})

test('what is refused again stays set aside, with the reason, and nothing is recorded', async () => {
  why = 'still of another type'
  expect((await handle({ what: 'release' })).body).toEqual({ done: false, note: why })
  expect(order).toEqual(['send mqtt 7 undefined'])
})

test.each([[{ what: 'mend' }], [{ what: 'release', lines: 'm a=1' }]])('%j makes no sense', async (body) => {
  expect((await handle(body)).status).toBe(400)
})

test('nothing is done with an entry that is not set aside', async () => {
  expect((await handle({ what: 'drop' }, 8)).status).toBe(404)
  expect(order).toEqual([])
})
