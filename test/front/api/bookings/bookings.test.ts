/** Bookings as the platform reads them back: in order, in pages without a gap, also when many end at one moment. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Booking } from '../../../../gateway/core/booking/booking.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken } from '../credentials.ts'
import { NOW_MS } from '../rows.ts'

let bench: Bench
let headers: Record<string, string>
const HOUR = 3_600_000
const booking = (id: string, endMs: number): Booking => ({
  id,
  version: 3,
  machine: 'saw-1',
  tenant: 'tenant-a',
  startMs: endMs - HOUR,
  endMs,
  limits: { pieces: 2 },
  status: 'held',
  source: 'push',
})

beforeAll(async () => {
  bench = await createBench()
  headers = { authorization: `Bearer ${await platformToken()}` }
  const many = Array.from({ length: 25 }, (_, index) =>
    booking(`same-${String(index).padStart(2, '0')}`, NOW_MS + 2 * HOUR),
  )
  bench.commit(
    ...[
      booking('past', NOW_MS - HOUR),
      booking('first', NOW_MS + HOUR),
      ...many,
      booking('last', NOW_MS + 3 * HOUR),
    ].map((each) => ({ kind: 'booking' as const, booking: each })),
    { kind: 'booking-snapshot', version: 7 },
  )
})
afterAll(() => bench.close())

test.each([1, 2, 3, 7, 24, 25, 26, 100])('pages of %d hold every booking once, in order', async (limit) => {
  const seen: string[] = []
  let cursor: string | undefined
  let pages = 0
  do {
    const page = (
      await bench.app.inject({
        url: `/v1/bookings?limit=${limit}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
        headers,
      })
    ).json()
    expect(page.snapshotVersion).toBe(7)
    expect(page.bookings.length).toBeLessThanOrEqual(limit)
    seen.push(...page.bookings.map((each: Booking) => each.id))
    cursor = page.next
    pages++
  } while (cursor !== undefined && pages < 100)
  expect(seen).toEqual([
    'first',
    ...Array.from({ length: 25 }, (_, index) => `same-${String(index).padStart(2, '0')}`),
    'last',
  ])
  expect(pages).toBe(Math.ceil(27 / limit))
})

test('those that have ended are shown when asked for', async () => {
  const page = (
    await bench.app.inject({
      url: `/v1/bookings?limit=1&endsAfter=${encodeURIComponent('2026-11-23T14:00:00+08:00')}`,
      headers,
    })
  ).json()
  expect(page.bookings).toEqual([
    {
      id: 'past',
      version: 3,
      machine: 'saw-1',
      tenant: 'tenant-a',
      start: '2026-11-23T06:00:00.000Z',
      end: '2026-11-23T07:00:00.000Z',
      limits: { pieces: 2 },
      status: 'held',
      source: 'push',
    },
  ])
})

test('one is read by its id; one that is not there is not found', async () => {
  expect((await bench.app.inject({ url: '/v1/bookings/first', headers })).json()).toMatchObject({
    id: 'first',
    end: '2026-11-23T09:00:00.000Z',
  })
  expect((await bench.app.inject({ url: '/v1/bookings/nothing', headers })).statusCode).toBe(404)
})

test('a snapshot may be larger than other bodies, and says what became of each', async () => {
  bench.answer((command) => ({
    kind: 'bookings',
    version: 8,
    put: command.kind === 'put-bookings' ? command.bookings.length : 0,
    cancelled: 2,
    refused: [{ id: 'b-0', code: 'booking-conflict' }],
  }))
  const bookings = Array.from({ length: 90 }, (_, index) => ({
    id: `b-${index}`,
    machine: 'saw-1',
    tenant: 'tenant-a',
    start: '2026-11-24T08:00:00Z',
    end: '2026-11-24T09:00:00Z',
    version: 1,
  }))
  const payload = JSON.stringify({ version: 8, bookings })
  expect(payload.length).toBeGreaterThan(bench.config.api.bodyLimit)
  const response = await bench.app.inject({
    method: 'PUT',
    url: '/v1/bookings',
    headers: { ...headers, 'content-type': 'application/json' },
    payload,
  })
  expect([response.statusCode, response.json()]).toEqual([
    200,
    { version: 8, put: 90, cancelled: 2, refused: [{ id: 'b-0', code: 'booking-conflict' }] },
  ])
})

// ArtisanPack-UI/bookings#65, nadineproject/nadine#46: the hour that is there twice is one, or an error.
test('the two halves past two of a night in autumn are an hour apart', async () => {
  const seen = bench.commands.length
  bench.answer(() => ({ kind: 'booking', created: true, booking: booking('first', NOW_MS + HOUR) }))
  for (const [id, start, end] of [
    ['before', '2027-10-31T02:30:00+02:00', '2027-10-31T02:30:00+01:00'],
    ['behind', '2027-10-31T02:30:00+01:00', '2027-10-31T03:00:00+01:00'],
  ]) {
    const payload = { machine: 'saw-1', tenant: 'tenant-a', start, end, version: 1 }
    expect((await bench.app.inject({ method: 'PUT', url: `/v1/bookings/${id}`, headers, payload })).statusCode).toBe(
      201,
    )
  }
  const [before, behind] = bench.commands
    .slice(seen)
    .map((command) => 'booking' in command && command.booking) as Booking[]
  expect([before!.endMs - before!.startMs, behind!.endMs - behind!.startMs]).toEqual([HOUR, HOUR / 2])
  expect(behind!.startMs).toBe(before!.endMs)
})

test('one that was there already is 200, and cancelling is 204', async () => {
  bench.answer((command) =>
    command.kind === 'cancel-booking'
      ? { kind: 'done' }
      : { kind: 'booking', created: false, booking: booking('first', NOW_MS + HOUR) },
  )
  const put = await bench.app.inject({
    method: 'PUT',
    url: '/v1/bookings/first',
    headers,
    payload: {
      machine: 'saw-1',
      tenant: 'tenant-a',
      start: '2026-11-23T08:00:00Z',
      end: '2026-11-23T09:00:00Z',
      version: 3,
    },
  })
  expect(put.statusCode).toBe(200)
  const cancelled = await bench.app.inject({ method: 'DELETE', url: '/v1/bookings/first', headers })
  expect([cancelled.statusCode, cancelled.body]).toEqual([204, ''])
})
