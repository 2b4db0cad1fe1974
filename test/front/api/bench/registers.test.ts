/** Registers of a device through a running gateway: who may look, how much, and what is said when there is nothing. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Bench, createBench } from '../bench.ts'

let bench: Bench
let technician: string
beforeAll(async () => {
  bench = await createBench()
  technician = (await bench.addKey('technician', 'Wang')).key.text
})
afterAll(() => bench.close())
beforeEach(() => {
  bench.clock.ns += 60_000_000_000n
  bench.commands.splice(0)
})

const blocks = (count: number) => Array.from({ length: count }, (_, at) => ({ table: 'holding', start: at, count: 1 }))
const read = (body: object) =>
  bench.app.inject({
    method: 'POST',
    url: '/v1/bench/registers',
    headers: { authorization: `Bearer ${technician}`, 'content-type': 'application/json' },
    payload: JSON.stringify({ link: 'bus', unit: 3, ...body }),
  })

test('what was read goes back as it was, a block that was refused without words', async () => {
  const found = [
    { table: 'holding', start: 0, words: [1, 65_535] },
    { table: 'input', start: 9, cause: 'refused', detail: 'exception 2' },
  ] as const
  bench.answer(() => ({ kind: 'registers', blocks: found }))
  const asked = [
    { table: 'holding', start: 0, count: 2 },
    { table: 'input', start: 9, count: 1 },
  ]
  const answer = await read({ blocks: asked })
  expect([answer.statusCode, answer.json()]).toEqual([200, { blocks: found }])
  expect(bench.commands).toMatchObject([{ kind: 'read-registers', link: 'bus', unit: 3, blocks: asked }])
})

test('more blocks in a minute than the site allows wait', async () => {
  bench.answer(() => ({ kind: 'registers', blocks: [] }))
  const most = bench.config.bounds.benchPerMinute
  for (let left = most; left > 0; left -= 15)
    expect((await read({ blocks: blocks(Math.min(15, left)) })).statusCode).toBe(200)
  const answer = await read({ blocks: blocks(1) })
  expect([answer.statusCode, answer.json().code]).toEqual([429, 'rate-limited'])
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
})

test.each([
  ['a block of too many registers', { blocks: [{ table: 'holding', start: 0, count: 126 }] }],
  ['too many blocks', { blocks: blocks(17) }],
  ['a table that is no register', { blocks: [{ table: 'coil', start: 0, count: 1 }] }],
])('%s is refused', async (_, body) => {
  expect((await read(body)).json()).toMatchObject({ code: 'bad-request' })
  expect(bench.commands).toEqual([])
})
