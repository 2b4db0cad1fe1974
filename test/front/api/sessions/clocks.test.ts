/** The clocks of a session as they are read: while it is open as they stand now, with the moment they stood so. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, createBench } from '../bench.ts'
import { platformToken } from '../credentials.ts'
import { boardRow, NOW_MS, session } from '../rows.ts'

let bench: Bench
let headers: Record<string, string>
beforeAll(async () => {
  bench = await createBench()
  headers = { authorization: `Bearer ${await platformToken()}` }
})
afterAll(() => bench.close())

const recorded = {
  occupiedNs: '5000000000',
  poweredNs: '4000000000',
  executingNs: '0',
  atNs: '1',
  bootId: 'boot-1',
  occupied: true,
  powered: true,
  executing: false,
}
const running = { bookedMs: 3_600_000, occupiedMs: 65_000, poweredMs: 64_000, executingMs: 30_000, atMs: NOW_MS }
const read = async (id: string) => (await bench.app.inject({ url: `/v1/sessions/${id}`, headers })).json()

test('an open one shows them as they stand now, one of before as they were recorded', async () => {
  const open = session({ status: 'open', clocks: recorded })
  const before = session({ status: 'ended', clocks: recorded })
  bench.commit({ kind: 'session', session: open }, { kind: 'session', session: before })
  expect((await read(open.id)).clocks).toMatchObject({ occupiedMs: 5_000, executingMs: 0 })
  bench.setBoard(boardRow('saw-1', { session: open.id, clocks: running }))
  const { atMs: _, ...times } = running
  expect((await read(open.id)).clocks).toEqual({ ...times, asOf: '2026-11-23T08:00:00.000Z' })
  expect((await read(before.id)).clocks).toMatchObject({ occupiedMs: 5_000 })
  expect((await read(before.id)).clocks.asOf).toBeUndefined()
})
