/** When a machine may be booked, and which machines are free at a time. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { booking } from '../../../core/support.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken } from '../credentials.ts'
import { boardRow, NOW_MS } from '../rows.ts'

const HOUR_MS = 3_600_000
let bench: Bench
let headers: Record<string, string>

beforeAll(async () => {
  bench = await createBench()
  headers = { authorization: `Bearer ${await platformToken()}` }
  const [startMs, endMs] = [NOW_MS + 2 * HOUR_MS, NOW_MS + 3 * HOUR_MS]
  bench.commit({ kind: 'booking', booking: booking({ id: 'b-1', machine: 'saw-1', startMs, endMs }) })
  const block = { id: 'k', fromMs: NOW_MS + 5 * HOUR_MS, untilMs: NOW_MS + 6 * HOUR_MS, reason: 'own', by: 'li' }
  bench.commit({ kind: 'machine', row: { machine: 'saw-1', fencingCounter: 0, blocks: [block] } })
})
afterAll(() => bench.close())
beforeEach(() => {
  bench.setBoard(boardRow('saw-1'), boardRow('press-1'))
})

const get = async (url: string) => {
  const response = await bench.app.inject({ url: `/v1${url}`, headers })
  return { status: response.statusCode, body: response.json() }
}

describe('the calendar of a machine', () => {
  it('has the times that neither a booking nor a block takes', async () => {
    const { status, body } = await get('/machines/saw-1/calendar?to=2026-11-23T16:00:00Z')
    expect([status, body]).toEqual([
      200,
      {
        machine: 'saw-1',
        from: '2026-11-23T08:00:00.000Z',
        to: '2026-11-23T16:00:00.000Z',
        timeslotIncrement: 15,
        availableTimeslots: [
          { startFrom: '2026-11-23T08:00:00.000Z', endBefore: '2026-11-23T10:00:00.000Z' },
          { startFrom: '2026-11-23T11:00:00.000Z', endBefore: '2026-11-23T13:00:00.000Z' },
          { startFrom: '2026-11-23T14:00:00.000Z', endBefore: '2026-11-23T16:00:00.000Z' },
        ],
      },
    ])
  })

  it('leaves out what is shorter than asked for', async () => {
    const { body } = await get('/machines/saw-1/calendar?to=2026-11-23T17:00:00Z&minutes=150')
    expect(body.availableTimeslots).toEqual([
      { startFrom: '2026-11-23T14:00:00.000Z', endBefore: '2026-11-23T17:00:00.000Z' },
    ])
  })

  it.each([
    ['a machine that is not there', '/machines/none/calendar', 404],
    ['an end that is past', '/machines/saw-1/calendar?to=2026-11-23T07:00:00Z', 400],
    ['a season', '/machines/saw-1/calendar?to=2027-11-23T08:00:00Z', 400],
    ['no time', '/machines/saw-1/calendar?from=tomorrow', 400],
    ['no duration', '/machines/saw-1/calendar?minutes=0', 400],
  ])('is refused for %s', async (_, url, status) => {
    expect((await get(url)).status).toBe(status)
  })
})

describe('the machines that are free', () => {
  const free = async (query: string) =>
    (await get(`/machines?${query}`)).body.machines?.map(({ id }: { id: string }) => id)

  it.each([
    ['now, for an hour', 'minutes=60', ['saw-1', 'press-1']],
    ['now, for longer than until the next booking', 'minutes=121', ['press-1']],
    ['while another has it', 'from=2026-11-23T10:30:00Z&minutes=30', ['press-1']],
    ['right after that', 'from=2026-11-23T11:00:00Z&minutes=120', ['saw-1', 'press-1']],
    ['of a kind that no machine has', 'kind=lathe', []],
    ['now, for a step of the calendar', 'free=true', ['saw-1', 'press-1']],
    ['then, for a step of the calendar', 'free=true&from=2026-11-23T09:50:00Z', ['press-1']],
  ])('%s', async (_, query, ids) => {
    expect(await free(query)).toEqual(ids)
  })

  it('are those that are Available, when it is about now', async () => {
    bench.setBoard(boardRow('saw-1', { availability: { state: 'OutOfOrder' } }), boardRow('press-1'))
    expect(await free('free=true')).toEqual(['press-1'])
    expect(await free('minutes=30')).toEqual(['press-1'])
    expect(await free('from=2026-11-23T07:00:00Z&minutes=30')).toEqual(['press-1'])
    expect(await free('from=2026-11-23T08:30:00Z&minutes=30')).toEqual(['saw-1', 'press-1'])
  })

  it('are asked for with a time and how long', async () => {
    expect((await get('/machines?from=2026-11-23T11:00:00Z')).status).toBe(400)
    expect((await get('/machines?free=false')).status).toBe(400)
  })
})
