/** What a caller is told of a field that does not fit: a sentence of what it should be, never a regular expression. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SNAPSHOT } from '../../../../gateway/front/api/snapshot.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken, tenantToken } from '../credentials.ts'
import { session } from '../rows.ts'

let bench: Bench
let platform: Record<string, string>
beforeAll(async () => {
  bench = await createBench()
  platform = { authorization: `Bearer ${await platformToken()}` }
})
afterAll(() => bench.close())

const booking = {
  machine: 'saw-1',
  tenant: 'tenant-a',
  start: '2026-11-24T08:00:00Z',
  end: '2026-11-24T09:00:00Z',
  version: 1,
}
const put = (more: object, id = 'b-1') =>
  bench.app.inject({
    method: 'PUT',
    url: `/v1/bookings/${encodeURIComponent(id)}`,
    headers: platform,
    payload: { ...booking, ...more },
  })

describe('a field that does not fit is said in words', () => {
  test.each([
    [
      'a time',
      { start: '24.11.2026 08:00' },
      'is not as described: Begin. RFC 3339 with a zone; kept to the millisecond. Such as 2026-11-23T08:00:00+08:00.',
    ],
    [
      'a day that does not exist',
      { start: '2026-02-30T08:00:00Z' },
      'is not a valid time: RFC 3339 with a zone, of a day that exists between 2000 and 2100, such as 2026-11-23T08:00:00+08:00',
    ],
    [
      'a tenant',
      { tenant: 'a b' },
      expect.stringMatching(/^is not as described: Tenant\. 1 to 64 of A-Z.* Such as a@b\.example\.$/),
    ],
    ['a machine', { machine: 'SAW' }, 'is not as described: Machine. 1 to 32 of a-z, 0-9 and "-". Such as booth-1.'],
    ['a PIN', { pin: '12' }, expect.stringMatching(/^is not as described: 4 to 8 digits\. /)],
    [
      'a qualification',
      { qualifications: ['A B'] },
      'is not as described: Qualification. 1 to 32 of a-z, 0-9 and "-". Such as booth-1.',
    ],
  ])('%s', async (_, more, message) => {
    const { errors } = (await put(more)).json() as { errors: { message: string }[] }
    expect(errors.map((error) => error.message)).toEqual([message])
  })

  test('a word that is none of a list', async () => {
    const response = await bench.app.inject({ url: '/v1/usage?format=xls', headers: platform })
    expect(response.json().errors).toEqual([{ path: '/query/format', message: 'must be one of json, csv' }])
  })

  test('every pattern of the API stands beside words', () => {
    const bare: string[] = []
    /** What stands beside a parameter describes its schema. */
    const look = (node: unknown, at: string, beside = ''): void => {
      if (node === null || typeof node !== 'object') return
      const { pattern, description = beside } = node as { pattern?: unknown; description?: string }
      if (typeof pattern === 'string' && description.split(' ').length < 3) bare.push(at)
      for (const [key, value] of Object.entries(node)) look(value, `${at}/${key}`, key === 'schema' ? description : '')
    }
    look(JSON.parse(readFileSync(SNAPSHOT, 'utf8')), '')
    expect(bare).toEqual([])
  })
})

describe('what others write is taken', () => {
  test.each([
    ['2026-11-24T08:00:00.1Z', '08:00:00.100'],
    ['2026-11-24T08:00:00.123456Z', '08:00:00.123'],
    ['2026-11-24T08:00:00.1234567+00:00', '08:00:00.123'],
    ['2026-11-24T08:00:00.999999999Z', '08:00:00.999'],
    ['2026-11-24t08:00:00z', '08:00:00.000'],
    ['2026-11-24t16:00:00.5+08:00', '08:00:00.500'],
  ])('the time %s', async (start, shown) => {
    bench.commands.splice(0)
    await put({ start })
    const [command] = bench.commands
    expect(command?.kind === 'put-booking' && new Date(command.booking.startMs).toISOString()).toBe(
      `2026-11-24T${shown}Z`,
    )
  })

  test.each([
    'a@b.c',
    'auth0|5f7c',
    '60q30c1g@google.com',
    '_60q30c1g',
    'https://id.example/u/5',
    'urn:uuid:1-2',
    'a+b@c.de',
    'A==',
  ])('the id %s, of a tenant and of a booking, in the path too', async (id) => {
    bench.commands.splice(0)
    await put({ tenant: id }, id)
    expect(bench.commands).toMatchObject([{ booking: { id, tenant: id } }])
    expect(
      (
        await bench.app.inject({
          url: '/v1/machines',
          headers: { authorization: `Bearer ${await tenantToken({ sub: id, booking: id })}` },
        })
      ).statusCode,
    ).toBe(200)
  })

  test.each([
    '(erased)',
    '(key a)',
    'a b',
    '',
    '=1+1',
    '@x',
    '.',
    '..',
    'ä',
    'a"b',
    "a'b",
    'a<b',
    'a\\b',
    'x'.repeat(65),
  ])('but not the id "%s"', async (tenant) => {
    expect((await put({ tenant })).statusCode).toBe(400)
  })
})

describe('the end of a session takes any body', () => {
  const open = session({ status: 'open' })
  beforeAll(() => {
    bench.commit({ kind: 'session', session: open })
    bench.answer(() => ({ kind: 'session', session: open }))
  })

  test.each([
    ['none', undefined, undefined],
    ['an empty form', 'application/x-www-form-urlencoded', ''],
    ['a form', 'application/x-www-form-urlencoded', 'a=b'],
    ['null', 'application/json', 'null'],
    ['a reason', 'application/json', '{"reason":"done"}'],
    ['half a document', 'application/json', '{"reas'],
    ['XML', 'text/xml', '<end/>'],
    ['a type that is none', 'nonsense', 'x'],
    ['bytes without a type', undefined, 'x'],
    ['more than any body may hold', 'application/json', `"${'x'.repeat(200_000)}"`],
  ])('%s', async (_, type, payload) => {
    bench.commands.splice(0)
    const response = await bench.app.inject({
      method: 'POST',
      url: `/v1/sessions/${open.id}/end`,
      headers: { ...platform, ...(type === undefined ? {} : { 'content-type': type }) },
      ...(payload === undefined ? {} : { payload }),
    })
    expect([response.statusCode, bench.commands]).toMatchObject([200, [{ kind: 'end', session: open.id }]])
  })
})
