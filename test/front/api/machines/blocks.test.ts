/** Blocks over HTTP, and what the platform says of a tenant's qualifications. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { refuse } from '../../../../gateway/core/ground/refusal.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken, tenantToken } from '../credentials.ts'
import { NOW_MS } from '../rows.ts'

let bench: Bench
let owner: Record<string, string>
let platform: Record<string, string>
const url = '/v1/machines/saw-1/blocks/k-1'
const body = { start: '2026-11-24T08:00:00+08:00', end: '2026-11-24T09:30:00.500-03:30', reason: 'own order' }

beforeAll(async () => {
  bench = await createBench()
  owner = { authorization: `Bearer ${(await bench.addKey('owner', 'Li', 'huajian')).key.text}` }
  platform = { authorization: `Bearer ${await platformToken()}` }
})
afterAll(() => bench.close())
beforeEach(() => {
  bench.commands.splice(0)
  bench.answer((command) =>
    command.kind === 'put-block'
      ? { kind: 'block', created: true, block: { ...command.block, by: 'huajian' } }
      : { kind: 'done' },
  )
})

test('times with any zone are taken, and shown in UTC', async () => {
  const response = await bench.app.inject({ method: 'PUT', url, headers: owner, payload: body })
  expect([response.statusCode, response.json()]).toEqual([
    201,
    {
      id: 'k-1',
      start: '2026-11-24T00:00:00.000Z',
      end: '2026-11-24T13:00:00.500Z',
      reason: 'own order',
      by: 'huajian',
    },
  ])
  expect(bench.commands).toMatchObject([{ kind: 'put-block', machine: 'saw-1', principal: { role: 'owner' } }])
})

test.each([
  ['a time without a zone', { start: '2026-11-24T08:00:00' }],
  ['a day that does not exist', { end: '2026-02-30T08:00:00Z' }],
  ['no reason', { reason: '' }],
  ['an unknown field', { version: 1 }],
])('%s is refused, and nothing is asked', async (_, change) => {
  const response = await bench.app.inject({ method: 'PUT', url, headers: owner, payload: { ...body, ...change } })
  expect([response.statusCode, response.json().code]).toEqual([400, 'bad-request'])
  expect(bench.commands).toEqual([])
})

test('what the control thread refuses is answered with its reason', async () => {
  bench.answer(() => ({ kind: 'refused', refusal: refuse('booking-conflict', 'part of this time is booked') }))
  const response = await bench.app.inject({ method: 'PUT', url, headers: owner, payload: body })
  expect([response.statusCode, response.json().code]).toEqual([409, 'booking-conflict'])
})

test('those that are not over are listed by begin', async () => {
  const block = (id: string, fromMs: number) => ({ id, fromMs, untilMs: fromMs + 1000, reason: 'own', by: 'huajian' })
  const blocks = [block('later', NOW_MS + 5000), block('over', NOW_MS - 5000), block('now', NOW_MS)]
  bench.commit({ kind: 'machine', row: { machine: 'saw-1', fencingCounter: 0, blocks } })
  const list = await bench.app.inject({ url: '/v1/machines/saw-1/blocks', headers: owner })
  expect(list.json().blocks.map((each: { id: string }) => each.id)).toEqual(['now', 'later'])
})

test('qualifications of a booking are sorted, and each stands once', async () => {
  bench.answer((command) => {
    if (command.kind !== 'put-booking') throw new Error(command.kind)
    return { kind: 'booking', created: true, booking: { ...command.booking, status: 'held', source: 'push' } }
  })
  const payload = {
    machine: 'saw-1',
    tenant: 'tenant-a',
    start: '2026-11-24T08:00:00+08:00',
    end: '2026-11-24T09:00:00+08:00',
    version: 1,
    qualifications: ['spray', 'crane', 'spray'],
  }
  const response = await bench.app.inject({ method: 'PUT', url: '/v1/bookings/b-9', headers: platform, payload })
  expect(response.json()).toMatchObject({ qualifications: ['crane', 'spray'], start: '2026-11-24T00:00:00.000Z' })
})

test('qualifications of a token reach the decision', async () => {
  bench.answer(() => ({ kind: 'refused', refusal: refuse('not-qualified', 'missing: crane') }))
  const token = await tenantToken({ qualifications: ['spray'] })
  const response = await bench.app.inject({
    method: 'POST',
    url: '/v1/machines/saw-1/unlock',
    headers: { authorization: `Bearer ${token}` },
    payload: {},
  })
  expect([response.statusCode, response.json().decision]).toEqual([403, 'NotQualified'])
  expect(bench.commands).toMatchObject([{ principal: { claims: { qualifications: ['spray'] } } }])
})
