/** Readings of a meter as the ledger holds them: each with its entry, pages without a gap, days that add up. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ClockState, EntryKind, JsonObject } from '../../../../gateway/core/ground/entry.ts'
import { type Bench, createBench } from '../bench.ts'
import { tenantToken } from '../credentials.ts'

let bench: Bench
let auditor: string
let owner: string
const METER = 'saw-1/main.energy'
const at = (text: string) => Date.parse(text)
const point = (total: number, atMs: number, meter = METER) => ({
  meter,
  unit: 'Wh',
  raw: String(total),
  epoch: 1,
  total: String(total),
  at: atMs,
})

function add(
  kind: EntryKind,
  time: string,
  data: JsonObject,
  machine = 'saw-1',
  session?: string,
  clock: ClockState = 'synchronised',
): void {
  const stamp = { wallMs: at(time), monoNs: '1', bootId: 'b', clock }
  bench.commit({
    kind: 'entry',
    entry: { kind, version: 1, machine, ...(session ? { session } : {}), at: stamp, data },
  })
}
const sampled = (time: string, total: number, machine = 'saw-1') =>
  add('MeterSampled', time, { meters: [point(total, at(time), `${machine}/main.energy`)] }, machine)

beforeAll(async () => {
  bench = await createBench()
  auditor = (await bench.addKey('auditor', 'Chen')).key.text
  owner = (await bench.addKey('owner', 'Li', 'other-owner')).key.text
  const change = { meter: METER, unit: 'Wh', epoch: 1, account: 'unassigned' }
  add('MeterChanged', '2026-11-21T01:00:00Z', { ...change, change: 'first', to: '0', delta: '0', total: '0' })
  sampled('2026-11-22T15:59:59.999Z', 10) // the 22nd, in Shanghai
  sampled('2026-11-22T16:00:00Z', 12) // the 23rd
  sampled('2026-11-22T16:00:01Z', 999, 'press-1')
  add('UnlockIntended', '2026-11-23T01:00:01Z', { begin: [point(20, at('2026-11-23T01:00:00Z'))] }, 'saw-1', 's-1')
  add('UnlockConfirmed', '2026-11-23T01:00:02Z', {}, 'saw-1', 's-1')
  add('SessionFinishing', '2026-11-23T02:00:00Z', { meters: [point(30, at('2026-11-23T02:00:00Z'))] }, 'saw-1', 's-1')
  add(
    'SessionEnded',
    '2026-11-23T02:00:09Z',
    { end: [point(33, at('2026-11-23T01:59:00Z'))], incomplete: true },
    'saw-1',
    's-1',
  )
  add('MeterChanged', '2026-11-23T03:00:00Z', {
    ...change,
    change: 'gap',
    from: '33',
    to: '40',
    delta: '7',
    total: '40',
  })
  add('MeterChanged', '2026-11-23T03:00:00Z', {
    ...change,
    meter: 'saw-1/main.other',
    change: 'gap',
    delta: '7',
    total: '7',
  })
  sampled('2026-11-23T16:00:00Z', 55) // the 24th
  sampled('2026-11-23T15:00:00Z', 60) // the clock went back: the 23rd again
  sampled('2026-11-25T16:00:00Z', 70) // the 26th; none on the 25th
})
afterAll(() => bench.close())

const get = (url: string, credential = auditor, headers: Record<string, string> = {}) =>
  bench.app.inject({ url: `/v1/meters/${url}`, headers: { authorization: `Bearer ${credential}`, ...headers } })
type Line = { entry: number; kind: string; total: string }
const totals = async (query: string) =>
  (await get(`${METER}/readings?${query}`)).json().readings.map((line: Line) => line.total)

test('every reading is there in the order of the ledger, with its entry and what became of the counter', async () => {
  const { readings, next } = (await get(`${METER}/readings`)).json()
  expect(next).toBeUndefined()
  expect(readings.map((line: Line) => [line.entry, line.kind, line.total])).toEqual([
    [0, 'changed', '0'],
    [1, 'sampled', '10'],
    [2, 'sampled', '12'],
    [4, 'begin', '20'],
    [6, 'finishing', '30'],
    [7, 'end', '33'],
    [8, 'changed', '40'],
    [10, 'sampled', '55'],
    [11, 'sampled', '60'],
    [12, 'sampled', '70'],
  ])
  expect(readings[5]).toEqual({
    meter: METER,
    unit: 'Wh',
    at: '2026-11-23T01:59:00.000Z',
    recordedAt: '2026-11-23T02:00:09.000Z',
    clock: 'synchronised',
    kind: 'end',
    entry: 7,
    session: 's-1',
    raw: '33',
    epoch: 1,
    total: '33',
    incomplete: true,
  })
  expect(readings[6]).toMatchObject({ change: 'gap', from: '33', raw: '40', delta: '7', account: 'unassigned' })
})

test.each([1, 2, 3, 10])('pages of %d hold each once, as JSON and as CSV', async (limit) => {
  const all = ['0', '10', '12', '20', '30', '33', '40', '55', '60', '70']
  const json: string[] = []
  for (let after: number | undefined = -1; after !== undefined; ) {
    const query = after < 0 ? '' : `&after=${after}`
    const page: { readings: Line[]; next?: number } = (await get(`${METER}/readings?limit=${limit}${query}`)).json()
    json.push(...page.readings.map((line) => line.total))
    after = page.next
  }
  expect(json).toEqual(all)
  const csv: string[] = []
  for (let url: string | undefined = `/v1/meters/${METER}/readings?limit=${limit}&format=csv`; url !== undefined; ) {
    const response: Awaited<ReturnType<typeof get>> = await get(url.replace('/v1/meters/', ''))
    const [header, ...lines] = response.body.trimEnd().split('\r\n')
    csv.push(...lines.map((line) => line.split(',')[header!.split(',').indexOf('total')]!))
    url = /^<([^>]+)>; rel="next"$/.exec(String(response.headers.link ?? ''))?.[1]
  }
  expect(csv).toEqual(all)
})

test('from, to and day narrow by when it was recorded; a day is one of the site', async () => {
  expect(await totals('day=2026-11-22')).toEqual(['10'])
  expect(await totals('day=2026-11-23')).toEqual(['12', '20', '30', '33', '40', '60'])
  expect(await totals('from=2026-11-23T02:00:00Z&to=2026-11-23T02:00:09Z')).toEqual(['30'])
  expect(await totals('day=2026-11-25')).toEqual([])
})

test('days add up to what the counter made, whatever the clock did, and one without a reading has no line', async () => {
  const { days } = (await get(`${METER}/days?from=2026-11-01&to=2026-11-30`)).json()
  expect(days.map((line: { day: string; quantity: string }) => [line.day, line.quantity])).toEqual([
    ['2026-11-21', '0'],
    ['2026-11-22', '10'],
    ['2026-11-23', '35'], // 2 to the begin of the day, 28 to 40, 5 when the clock had gone back
    ['2026-11-24', '15'],
    ['2026-11-26', '10'],
  ])
  const one = (await get(`${METER}/days?from=2026-11-23&to=2026-11-23`)).json().days
  expect(one).toEqual([days[2]])
  expect(one[0]).toMatchObject({ from: '2026-11-22T16:00:00.000Z', to: '2026-11-23T16:00:00.000Z', firstEntry: 2 })
  const csv = await get(`${METER}/days?from=2026-11-23&to=2026-11-24`, auditor, { accept: 'text/csv' })
  expect(csv.body.split('\r\n')).toHaveLength(4)
})

test('what was made before midnight is in that day, though its last reading is recorded a moment, or days, later', async () => {
  const meter = 'press-1/main.energy'
  const closing = (recorded: string, read: string, total: number) =>
    add('MeterSampled', recorded, { meters: [point(total, at(read), meter)] }, 'press-1')
  sampled('2026-11-30T15:45:00Z', 1000, 'press-1') // 23:45 of the 30th, in Shanghai
  closing('2026-11-30T16:00:00.054Z', '2026-11-30T15:59:59.800Z', 1007)
  closing('2026-11-30T16:15:00.060Z', '2026-11-30T16:14:59.900Z', 1021)
  closing('2026-12-03T01:00:00Z', '2026-12-01T15:00:00Z', 1030) // the gateway was off since the evening of the 1st
  closing('2026-12-03T16:00:00.010Z', '2026-12-03T15:59:59.990Z', 1031)
  const days = async (from: string, to: string) =>
    (await get(`${meter}/days?from=${from}&to=${to}`))
      .json()
      .days.map((line: { day: string; quantity: string }) => [line.day.slice(5), line.quantity])
  expect(await days('2026-11-30', '2026-11-30')).toEqual([['11-30', '8']])
  expect(await days('2026-12-01', '2026-12-01')).toEqual([['12-01', '23']])
  expect(await days('2026-12-02', '2026-12-02')).toEqual([])
  expect(await days('2026-12-03', '2026-12-03')).toEqual([['12-03', '1']])
  expect(await days('2026-11-30', '2026-12-03')).toEqual([
    ['11-30', '8'],
    ['12-01', '23'],
    ['12-03', '1'],
  ])
})

test('what was made by a clock that was wrong is in the day of the next reading whose time is known, and is in no day twice', async () => {
  const meter = 'press-1/main.energy'
  const read = (time: string, total: number, clock: ClockState) =>
    add('MeterSampled', time, { meters: [point(total, at(time), meter)] }, 'press-1', undefined, clock)
  read('2027-01-04T15:00:00Z', 2000, 'synchronised') // the 4th, in Shanghai
  read('2027-01-05T01:00:00Z', 2001, 'informative') // the host was off over night: its clock was right all the same
  read('2027-01-05T01:15:00Z', 2003, 'synchronised')
  read('1970-01-01T00:00:30Z', 2008, 'relative') // a dead battery
  read('2031-01-05T02:00:00Z', 2013, 'informative') // years ahead
  read('2027-01-05T02:15:00Z', 2020, 'synchronised')
  read('2027-01-06T02:00:00Z', 2024, 'informative') // nothing has spoken against it yet
  const days = async (from: string, to: string) =>
    (await get(`${meter}/days?from=${from}&to=${to}`))
      .json()
      .days.map((line: { day: string; quantity: string }) => [line.day, line.quantity])
  const fifth = ['2027-01-05', '20']
  const sixth = ['2027-01-06', '4']
  expect(await days('2027-01-05', '2027-01-06')).toEqual([fifth, sixth])
  expect(await days('2027-01-05', '2027-01-05')).toEqual([fifth])
  expect(await days('2027-01-06', '2027-01-06')).toEqual([sixth])
  expect(await days('2031-01-05', '2031-01-05')).toEqual([])
})

test('a meter whose unit changes has a line per unit on that day, and no unit is in the sum of another', async () => {
  const meter = 'press-1/main.energy'
  const of = (unit: string, total: string) => ({ meter, unit, total, account: 'unassigned', delta: '0' })
  const sample = (time: string, unit: string, total: number) =>
    add('MeterSampled', time, { meters: [{ ...point(total, at(time), meter), unit }] }, 'press-1')
  sample('2027-02-01T01:00:00Z', 'Wh', 5000)
  sample('2027-02-02T01:00:00Z', 'Wh', 5010)
  const changed = { change: 'reconfigured', from: '5015', to: '5', epoch: 2, fromUnit: 'Wh', fromTotal: '5015' }
  add('MeterChanged', '2027-02-02T02:00:00Z', { ...of('kWh', '0'), ...changed }, 'press-1')
  sample('2027-02-02T03:00:00Z', 'kWh', 3)
  const { days } = (await get(`${meter}/days?from=2027-02-02&to=2027-02-02`)).json()
  expect(days.map(({ unit, quantity, total }: Record<string, string>) => [unit, quantity, total])).toEqual([
    ['Wh', '15', '5015'],
    ['kWh', '3', '3'],
  ])
  const { readings } = (await get(`${meter}/readings?day=2027-02-02`)).json()
  expect(readings[1]).toMatchObject({ unit: 'kWh', total: '0', fromUnit: 'Wh', fromTotal: '5015' })
})

test.each([
  ['readings?day=2026-02-30', '/query/day'],
  ['readings?day=2026-11-23&from=2026-11-23T02:00:00Z', '/query/day'],
  ['readings?from=2026-02-30T02:00:00Z', '/query/from'],
  ['days?from=2026-11-31&to=2026-12-01', '/query/from'],
  ['days?from=2026-11-02&to=2026-11-01', '/query/to'],
  ['days?from=2026-11-01&to=2026-12-02', '/query/to'],
])('%s is refused', async (query, path) => {
  const response = await get(`${METER}/${query}`)
  expect([response.statusCode, response.json().errors?.[0]?.path]).toEqual([400, path])
})

test("somebody else's meter, and one that is none, are not found; tenants have no meters", async () => {
  for (const what of ['readings', 'days?from=2026-11-23&to=2026-11-23']) {
    expect((await get(`${METER}/${what}`, owner)).statusCode).toBe(404)
    expect((await get(`saw-1/main.power/${what}`)).statusCode).toBe(404)
    expect((await get(`press-1/main.energy/${what}`, owner)).statusCode).toBe(200)
    expect((await get(`${METER}/${what}`, await tenantToken())).statusCode).toBe(403)
  }
})
