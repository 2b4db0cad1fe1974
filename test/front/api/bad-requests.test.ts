/** Requests that are not as described: the right code, a problem document, and nothing sent to the control thread. */
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, createBench } from './bench.ts'
import { platformToken, tenantToken } from './credentials.ts'
import { readByHand, session } from './rows.ts'

let bench: Bench
let platform: string
let tenant: string
let technician: string
let auditor: string
const open = session()

beforeAll(async () => {
  bench = await createBench()
  platform = await platformToken()
  tenant = await tenantToken()
  technician = (await bench.addKey('technician', 'Wang')).key.text
  auditor = (await bench.addKey('auditor', 'Chen')).key.text
  bench.commit({ kind: 'session', session: open })
})
afterAll(() => bench.close())
beforeEach(() => bench.commands.splice(0))

const booking = {
  machine: 'saw-1',
  tenant: 'tenant-a',
  start: '2026-11-24T08:00:00+08:00',
  end: '2026-11-24T10:00:00+08:00',
  version: 1,
}
const put = (change: Record<string, unknown>) =>
  ({ method: 'PUT', url: '/v1/bookings/b-9', payload: { ...booking, ...change } }) as const
const without = (name: string) =>
  ({
    method: 'PUT',
    url: '/v1/bookings/b-9',
    payload: Object.fromEntries(Object.entries(booking).filter(([key]) => key !== name)),
  }) as const
const raw = (payload: string | Buffer, type = 'application/json') =>
  ({ method: 'PUT', url: '/v1/bookings/b-9', payload, headers: { 'content-type': type } }) as const
const text = (fields: string) =>
  raw(`{"machine":"saw-1","tenant":"t","start":"2026-11-24T08:00:00Z","end":"2026-11-24T10:00:00Z",${fields}}`)

const correct = (change: Record<string, unknown>) =>
  ({
    method: 'POST',
    url: '/v1/corrections',
    payload: { original: 3, reason: 'accepted', text: 'looked at', ...change },
    as: 'auditor',
  }) as const
const move = (change: Record<string, unknown>) =>
  correct({ adjust: [{ meter: 'saw-1/main.energy', from: 'disputed', to: 'session', quantity: '3', ...change }] })
const manual = (change: Record<string, unknown>) =>
  ({
    method: 'POST',
    url: '/v1/machines/saw-1/manual-entries',
    payload: { ...readByHand, ...change },
    as: 'technician',
  }) as const

type Row = {
  method: 'PUT' | 'POST' | 'GET' | 'DELETE'
  url: string
  payload?: unknown
  headers?: Record<string, string>
  as?: 'tenant' | 'technician' | 'auditor'
  status?: number
  code?: string
  at?: string
}

const rows: [string, Row][] = [
  ['an unknown field', { ...put({ colour: 'red' }), at: '/body/colour' }],
  ['an unknown field in limits', { ...put({ limits: { hours: 1 } }), at: '/body/limits/hours' }],
  ['a missing machine', { ...without('machine'), at: '/body/machine' }],
  ['a missing version', { ...without('version'), at: '/body/version' }],
  ['null for a number', { ...put({ version: null }), at: '/body/version' }],
  ['text for a number', { ...put({ version: '5' }), at: '/body/version' }],
  ['true for a number', put({ version: true })],
  ['a broken number', put({ version: 1.5 })],
  ['a negative version', put({ version: -1 })],
  ['a version beyond exact integers', put({ version: 2 ** 60 })],
  ['a list for text', put({ tenant: ['tenant-a'] })],
  ['a number for text', put({ tenant: 7 })],
  ['an empty tenant', put({ tenant: '' })],
  ['a tenant with a newline', put({ tenant: 'a\nb' })],
  ['a tenant that begins like a formula', put({ tenant: '=cmd' })],
  ['a tenant too long', put({ tenant: 'a'.repeat(65) })],
  ['a machine in capitals', put({ machine: 'SAW-1' })],
  ['a machine with a slash', put({ machine: 'a/b' })],
  ['a machine that is not here', { ...put({ machine: 'lathe-7' }), status: 404, code: 'not-found' }],
  ['null limits', put({ limits: null })],
  ['a limit of zero', put({ limits: { minutes: 0 } })],
  ['a limit as text', put({ limits: { pieces: '10' } })],
  ['a date without a zone', put({ start: '2026-11-24T08:00:00' })],
  ['a date with an unknown zone', { ...put({ start: '2026-11-24T08:00:00-00:00' }), at: '/body/start' }],
  ['a day that does not exist', { ...put({ start: '2026-02-30T08:00:00Z' }), at: '/body/start' }],
  ['a month that does not exist', { ...put({ start: '2026-13-01T08:00:00Z' }), at: '/body/start' }],
  ['hour 24', { ...put({ end: '2026-11-24T24:00:00Z' }), at: '/body/end' }],
  ['a leap second', put({ end: '2026-12-31T23:59:60Z' })],
  ['picoseconds', put({ end: '2026-11-24T10:00:00.1234567890Z' })],
  ['a date as a number', put({ start: 1_795_000_000 })],
  ['a local date', put({ start: '24.11.2026 08:00' })],
  ['a date in another century', { ...put({ end: '3026-11-24T10:00:00Z' }), at: '/body/end' }],
  ['an end before the start', { ...put({ end: '2026-11-24T07:00:00+08:00' }), at: '/body/end' }],
  ['an end at the start', { ...put({ end: booking.start }), at: '/body/end' }],
  ['a correction of no entry', { ...correct({ original: -1 }), at: '/body/original' }],
  ['a correction of a text', { ...correct({ original: '3' }), at: '/body/original' }],
  ['a correction with a reason of its own', { ...correct({ reason: 'because' }), at: '/body/reason' }],
  ['a correction without words', { ...correct({ text: '' }), at: '/body/text' }],
  ['a correction with a line break', { ...correct({ text: 'looked\nat' }), at: '/body/text' }],
  ['a correction that makes units', { ...move({ from: 'nothing' }), at: '/body/adjust/0/from' }],
  ['a correction of a fraction', { ...move({ quantity: '0.5' }), at: '/body/adjust/0/quantity' }],
  ['a correction of less than nothing', { ...move({ quantity: '-3' }), at: '/body/adjust/0/quantity' }],
  ['a correction of a number', { ...move({ quantity: 3 }), at: '/body/adjust/0/quantity' }],
  ['a correction with an unknown field', { ...move({ total: '3' }), at: '/body/adjust/0/total' }],
  ['a manual entry of a number', { ...manual({ quantity: 7 }), at: '/body/quantity' }],
  ['a manual entry of a comma', { ...manual({ quantity: '7,5' }), at: '/body/quantity' }],
  ['a manual entry of less than nothing', { ...manual({ quantity: '-7' }), at: '/body/quantity' }],
  ['a manual entry that ends before it begins', { ...manual({ to: '2026-11-23T05:00:00Z' }), at: '/body/to' }],
  ['a manual entry of what is yet to come', { ...manual({ to: '2026-11-23T09:00:00Z' }), at: '/body/to' }],
  ['a manual entry on a day that is none', { ...manual({ from: '2026-02-30T06:00:00Z' }), at: '/body/from' }],
  ['a manual entry without a reason', { ...manual({ reason: '' }), at: '/body/reason' }],
  [
    'a manual entry for a machine that is not here',
    { ...manual({}), url: '/v1/machines/lathe-7/manual-entries', status: 404, code: 'not-found' },
  ],
  ['a key given twice', text('"version":1,"version":2')],
  ['a key given twice, once escaped', text('"version":1,"\\u0076ersion":2')],
  ['a nested key given twice', text('"version":1,"limits":{"minutes":1,"minutes":600}')],
  ['a __proto__ key', text('"version":1,"__proto__":{"admin":true}')],
  ['an escaped __proto__ key', text('"version":1,"\\u005f_proto__":{"admin":true}')],
  ['a constructor key', text('"version":1,"constructor":{"prototype":{}}')],
  ['not JSON', raw('{"machine":')],
  ['JSON with a comment', raw('{} // hello')],
  ['a byte order mark', raw('\uFEFF{}')],
  ['bytes that are not UTF-8', raw(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))],
  ['a list as the body', raw('[]')],
  ['null as the body', raw('null')],
  ['a number as the body', raw('5')],
  ['a body nested too deep', raw(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)],
  ['a body that is too large', { ...raw(JSON.stringify({ ...booking, tenant: 'a'.repeat(5000) })), status: 413 }],
  ['a form', { ...raw('machine=saw-1', 'application/x-www-form-urlencoded'), status: 415 }],
  ['plain text', { ...raw('{}', 'text/plain'), status: 415 }],
  ['a booking id with a space', { method: 'PUT', url: '/v1/bookings/b%209', payload: booking }],
  ['a booking id that begins with a dot', { method: 'PUT', url: '/v1/bookings/.env', payload: booking }],
  ['a path that cannot be decoded', { method: 'GET', url: '/v1/machines/%zz' }],
  ['a machine id that climbs', { method: 'GET', url: '/v1/machines/..%2f..%2fetc' }],
  ['a session id that is no UUIDv7', { method: 'GET', url: '/v1/sessions/42' }],
  [
    'a session id in UUIDv4',
    { method: 'POST', url: '/v1/sessions/0b6ffb6e-4d3e-4a52-9d1a-0f4f2b6f0b11/end', payload: {} },
  ],
  ['a limit of zero in a query', { method: 'GET', url: '/v1/bookings?limit=0' }],
  ['a limit that is no number', { method: 'GET', url: '/v1/bookings?limit=ten' }],
  ['an unknown query field', { method: 'GET', url: '/v1/bookings?page=2' }],
  ['a query field given twice', { method: 'GET', url: '/v1/bookings?limit=1&limit=2' }],
  ['a cursor that is none', { method: 'GET', url: '/v1/bookings?cursor=%27%20OR%201%3D1' }],
  ['a moment in a query that is none', { method: 'GET', url: '/v1/bookings?endsAfter=2026-02-30T00:00:00Z' }],
  ['a sequence below zero', { method: 'GET', url: '/v1/ledger/entries?from=-1' }],
  [
    'a snapshot with a booking twice',
    {
      method: 'PUT',
      url: '/v1/bookings',
      payload: {
        version: 1,
        bookings: [
          { id: 'b', ...booking },
          { id: 'b', ...booking },
        ],
      },
      at: '/body/bookings/1/id',
    },
  ],
  [
    'a snapshot with a bad date',
    {
      method: 'PUT',
      url: '/v1/bookings',
      payload: { version: 1, bookings: [{ id: 'b', ...booking, end: '2026-02-30T00:00:00Z' }] },
      at: '/body/bookings/0/end',
    },
  ],
  ['a snapshot without a version', { method: 'PUT', url: '/v1/bookings', payload: { bookings: [] } }],
  [
    'an unlock by the platform without a booking',
    { method: 'POST', url: '/v1/machines/saw-1/unlock', payload: {}, at: '/body/booking' },
  ],
  [
    'an unlock by a tenant with a booking',
    {
      method: 'POST',
      url: '/v1/machines/saw-1/unlock',
      payload: { booking: 'b-1' },
      as: 'tenant',
      at: '/body/booking',
    },
  ],
  [
    'an unlock of another machine',
    {
      method: 'POST',
      url: '/v1/machines/press-1/unlock',
      payload: {},
      as: 'tenant',
      status: 403,
      code: 'wrong-machine',
    },
  ],
  [
    'an unlock of no machine',
    { method: 'POST', url: '/v1/machines/lathe-7/unlock', payload: {}, as: 'tenant', status: 404, code: 'not-found' },
  ],
  [
    'an Idempotency-Key with a space',
    {
      method: 'POST',
      url: '/v1/machines/saw-1/unlock',
      payload: {},
      as: 'tenant',
      headers: { 'idempotency-key': 'a b' },
    },
  ],
  [
    'an Idempotency-Key too long',
    {
      method: 'POST',
      url: '/v1/machines/saw-1/unlock',
      payload: {},
      as: 'tenant',
      headers: { 'idempotency-key': 'k'.repeat(129) },
    },
  ],
  [
    'maintenance without a reason',
    {
      method: 'POST',
      url: '/v1/machines/saw-1/maintenance',
      payload: { on: true },
      as: 'technician',
      at: '/body/reason',
    },
  ],
  [
    'maintenance with "true"',
    {
      method: 'POST',
      url: '/v1/machines/saw-1/maintenance',
      payload: { on: 'true', reason: 'belt' },
      as: 'technician',
      at: '/body/on',
    },
  ],
  [
    'maintenance with a control character',
    {
      method: 'POST',
      url: '/v1/machines/saw-1/maintenance',
      payload: { on: true, reason: 'a\u0007bcd' },
      as: 'technician',
    },
  ],
]

describe('a request that is not as described', () => {
  test.each(rows)('%s is refused and goes no further', async (_name, row) => {
    const credential = row.as === undefined ? platform : { tenant, technician, auditor }[row.as]
    const response = await bench.app.inject({
      method: row.method,
      url: row.url,
      headers: { authorization: `Bearer ${credential}`, ...row.headers },
      ...(row.payload === undefined ? {} : { payload: row.payload as object }),
    })
    expect([response.statusCode, response.body]).toEqual([row.status ?? 400, response.body])
    expect(response.headers['content-type']).toBe('application/problem+json')
    const problem = response.json()
    expect(problem).toMatchObject({
      status: row.status ?? 400,
      code: row.code ?? 'bad-request',
      type: `/problems/${row.code ?? 'bad-request'}`,
      decision: expect.any(String),
      title: expect.any(String),
      advice: { en: expect.any(String), zh: expect.any(String) },
      instance: expect.stringMatching(/^[0-9a-f]{12}-/),
    })
    if (row.at !== undefined) expect(problem.errors.map((error: { path: string }) => error.path)).toContain(row.at)
    expect(bench.commands).toEqual([])
    expect(response.body).not.toContain('at Object')
  })
})

test('the same request as described is taken, so that the table above can fail', async () => {
  bench.answer(() => ({
    kind: 'booking',
    created: true,
    booking: {
      id: 'b-9',
      version: 1,
      machine: 'saw-1',
      tenant: 'tenant-a',
      startMs: 0,
      endMs: 1,
      limits: {},
      status: 'held',
      source: 'push',
    },
  }))
  const response = await bench.app.inject({
    ...put({ limits: { pieces: 3, minutes: 60 } }),
    headers: { authorization: `Bearer ${platform}` },
  })
  expect(response.statusCode).toBe(201)
  expect(bench.commands).toMatchObject([
    {
      kind: 'put-booking',
      booking: {
        id: 'b-9',
        startMs: Date.UTC(2026, 10, 24, 0),
        endMs: Date.UTC(2026, 10, 24, 2),
        limits: { minutes: 60, pieces: 3 },
      },
    },
  ])
})

test('a path that exists under another method is 405 with Allow; one that does not is 404', async () => {
  const wrong = await bench.app.inject({ method: 'DELETE', url: '/v1/machines/saw-1/unlock' })
  expect([wrong.statusCode, wrong.json().code, wrong.headers.allow]).toEqual([405, 'read-only', 'POST'])
  const none = await bench.app.inject({ url: '/v1/machine' })
  expect([none.statusCode, none.json().code]).toEqual([404, 'not-found'])
})

test('a failure of our own is a problem without a cause, and the cause is in the log', async () => {
  bench.answer(() => {
    throw new Error('the disk is on fire')
  })
  const response = await bench.app.inject({
    method: 'POST',
    url: '/v1/machines/saw-1/unlock',
    headers: { authorization: `Bearer ${tenant}` },
    payload: {},
  })
  expect([response.statusCode, response.json().code]).toEqual([500, 'internal'])
  expect(response.body).not.toContain('fire')
  expect(bench.logged.join('')).toContain('the disk is on fire')
})

test('a request that names a type and announces no body is answered at once, over a real connection', async () => {
  const { port, hostname } = new URL(await bench.app.listen({ port: 0, host: '127.0.0.1' }))
  const head = ['POST /v1/machines/saw-1/unlock HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${tenant}`]
  const statusOf = async (type: string) => {
    const socket = connect(Number(port), hostname)
    socket.write([...head, `Content-Type: ${type}`, 'Connection: close', '', ''].join('\r\n'))
    let answer = ''
    for await (const bytes of socket) answer += bytes
    return Number(answer.split(' ')[1])
  }
  expect(await statusOf('text/plain')).toBe(415)
  expect(bench.commands).toEqual([])
  expect(await statusOf('application/json')).not.toBe(408)
  expect(bench.commands.map(({ kind }) => kind)).toEqual(['unlock'])
})
