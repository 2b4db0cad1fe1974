/** Usage and meters: lines with their source, pages without a gap, the conservation line, and a CSV nobody can run. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MeterState } from '../../../../gateway/core/meter/meter.ts'
import type { Session } from '../../../../gateway/core/session/session.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken, tenantToken } from '../credentials.ts'
import { parseCsv } from '../http/csv-reader.ts'
import { boardRow, NOW_MS, session } from '../rows.ts'

let bench: Bench
let auditor: string
let owner: string
const sessions: Session[] = []
const HOUR = 3_600_000
const shares = [
  { owner: 'huajian', percent: '66.67' },
  { owner: 'institute', percent: '33.33' },
]

const meter = (machine: string, more: Partial<MeterState> = {}): MeterState => ({
  meter: `${machine}/main.energy`,
  machine,
  kind: 'register',
  unit: 'Wh',
  epoch: 1,
  raw: 190n,
  firstRaw: 100n,
  wraps: 0n,
  total: 90n,
  accounts: { session: 80n, unassigned: 7n, disputed: 3n },
  atMs: NOW_MS,
  atNs: 1n,
  bootId: 'boot-1',
  carryNs: 0n,
  holding: false,
  recordedTotal: 0n,
  ...more,
})

beforeAll(async () => {
  bench = await createBench()
  auditor = (await bench.addKey('auditor', 'Chen')).key.text
  owner = (await bench.addKey('owner', 'Li', 'huajian')).key.text
  for (let index = 0; index < 7; index++) {
    const ended = session({
      id: `01900000-0000-7000-8000-00000000000${index}`,
      status: 'ended',
      intendedAtMs: NOW_MS + index * HOUR,
      endedAtMs: NOW_MS + index * HOUR + 1,
      end: [{ meter: 'saw-1/main.energy', unit: 'Wh', raw: '140', epoch: 1, total: '140', atMs: NOW_MS + 1 }],
      tenant: index === 6 ? 'tenant-b' : 'tenant-a',
      ...(index === 6 ? { shares } : {}),
      ...(index === 2 ? { clock: 'informative' as const } : {}),
      ...(index === 1
        ? {
            bookedFromMs: NOW_MS - HOUR,
            clocks: {
              occupiedNs: '59000999999',
              poweredNs: '58000000000',
              executingNs: '40000000000',
              atNs: '1',
              bootId: 'b',
              occupied: false,
              powered: false,
              executing: false,
            },
          }
        : {}),
      ...(index === 5 ? { machine: 'press-1', owner: 'other-owner' } : {}),
    })
    sessions.push(ended)
    const entry = (kind: 'UnlockIntended' | 'SessionEnded') => ({
      kind: 'entry' as const,
      entry: {
        kind,
        version: 1 as const,
        machine: ended.machine,
        session: ended.id,
        at: { wallMs: NOW_MS, monoNs: '1', bootId: 'b', clock: 'synchronised' as const },
        data: {},
      },
    })
    bench.commit({ kind: 'session', session: ended }, entry('UnlockIntended'), entry('SessionEnded'))
  }
  bench.commit({ kind: 'session', session: session({ id: '01900000-0000-7000-8000-000000000008', status: 'refused' }) })
  bench.commit(
    { kind: 'meter', state: meter('saw-1') },
    { kind: 'meter', state: meter('press-1', { accounts: { session: 80n, unassigned: 7n, disputed: 2n } }) },
  )
})
afterAll(() => bench.close())

const get = (url: string, credential = auditor, headers: Record<string, string> = {}) =>
  bench.app.inject({ url, headers: { authorization: `Bearer ${credential}`, ...headers } })

test('a line names the readings and the entries it comes from', async () => {
  const { usage } = (await get('/v1/usage?limit=1')).json()
  expect(usage).toEqual([
    {
      session: sessions[0]!.id,
      machine: 'saw-1',
      owner: 'huajian',
      booking: 'b-1',
      tenant: 'tenant-a',
      tenantRef: 't-pseudonym',
      status: 'ended',
      startedAt: '2026-11-23T07:59:01.000Z',
      endedAt: '2026-11-23T08:00:00.001Z',
      meter: 'saw-1/main.energy',
      unit: 'Wh',
      quantity: '40',
      begin: { raw: '100', total: '100', epoch: 1, at: '2026-11-23T07:59:00.000Z' },
      end: { raw: '140', total: '140', epoch: 1, at: '2026-11-23T08:00:00.001Z' },
      entries: [0, 1],
      shares: [{ owner: 'huajian', percent: '100' }],
      simulated: true,
    },
  ])
})

test('a line says how far its times are to be trusted; so does its session', async () => {
  const { usage } = (await get('/v1/usage')).json()
  expect(usage[2]).toMatchObject({ session: sessions[2]!.id, clock: 'informative' })
  expect((await get(`/v1/sessions/${sessions[2]!.id}`)).json()).toMatchObject({ clock: 'informative' })
  const lines = (await get('/v1/usage?format=csv')).body.split('\r\n')
  expect(lines.filter((line) => line.endsWith(',informative'))).toHaveLength(1)
})

test('a line says how long the machine was booked, occupied, powered and executing; so does its session', async () => {
  const { usage } = (await get('/v1/usage')).json()
  expect(usage[0].clocks).toBeUndefined()
  const clocks = { bookedMs: 7_200_000, occupiedMs: 59_000, poweredMs: 58_000, executingMs: 40_000 }
  expect(usage[1]).toMatchObject({ session: sessions[1]!.id, clocks })
  expect((await get(`/v1/sessions/${sessions[1]!.id}`)).json()).toMatchObject({ clocks })
  const [head, ...lines] = (await get('/v1/usage?format=csv')).body.split('\r\n')
  expect(head).toMatch(/,booked_ms,occupied_ms,powered_ms,executing_ms,clock$/)
  expect(lines.filter((line) => line.endsWith(',7200000,59000,58000,40000,'))).toHaveLength(1)
})

test('a line says whose it is, by the shares that held when the session began', async () => {
  const { usage } = (await get('/v1/usage')).json()
  expect(usage.at(-1).shares).toEqual(shares)
  expect((await get('/v1/usage?format=csv')).body).toContain(',huajian 66.67 %; institute 33.33 %,')
})

test('the conservation line tells whether every unit is in one account', async () => {
  const { conservation } = (await get('/v1/usage')).json()
  expect(
    conservation.map((line: { meter: string; counted: string; conserved: boolean }) => [
      line.meter,
      line.counted,
      line.conserved,
    ]),
  ).toEqual([
    ['saw-1/main.energy', '90', true],
    ['press-1/main.energy', '90', false],
  ])
  expect((await get('/v1/meters/saw-1/main.energy')).json()).toMatchObject({
    firstRaw: '100',
    raw: '190',
    session: '80',
    unassigned: '7',
    disputed: '3',
    total: '90',
  })
})

test('a meter that has never counted is listed, and one that does not count says why', async () => {
  const silent = [{ meter: 'saw-1/main.energy', reason: 'timeout', detail: 'no answer within 500 ms' }]
  bench.setBoard(boardRow('saw-1', { silent }))
  const { meters } = (await get('/v1/meters')).json() as { meters: { meter: string; counting: boolean }[] }
  expect(meters.map(({ meter, counting }) => [meter, counting])).toContainEqual(['saw-1/main.running', true])
  expect((await get('/v1/meters/saw-1/main.energy')).json()).toMatchObject({
    counting: false,
    reason: 'timeout',
    reasonDetail: 'no answer within 500 ms',
  })
  expect((await get('/v1/meters/saw-1/main.running')).json()).toMatchObject({ total: '0', counting: true })
})

// rest-sh/restish#397, axios/axios#1732: programs that read JSON round what is above 2^53.
test('a counter above 2^53 is said digit for digit, where no program rounds it', async () => {
  const large = 9_007_199_254_740_993n
  const own = await createBench()
  const state = { firstRaw: 0n, raw: large, total: large, accounts: { session: 0n, unassigned: large, disputed: 0n } }
  own.commit({ kind: 'meter', state: meter('saw-1', state) })
  const headers = { authorization: `Bearer ${(await own.addKey('auditor', 'Chen')).key.text}` }
  const shown = (await own.app.inject({ url: '/v1/meters/saw-1/main.energy', headers })).body
  expect(JSON.parse(shown)).toMatchObject({ total: String(large), raw: String(large), unassigned: String(large) })
  await own.close()
})

test('tenants get their own lines and no totals of others; owners their own machines', async () => {
  const tenant = (await get('/v1/usage', await tenantToken({ sub: 'tenant-b' }))).json()
  expect([tenant.usage.map((line: { session: string }) => line.session), tenant.conservation]).toEqual([
    [sessions[6]!.id],
    [],
  ])
  const first = (await get('/v1/usage?limit=1', await tenantToken({ sub: 'tenant-b' }))).json()
  expect([first.usage.length, first.next]).toEqual([1, undefined])
  const own = (await get('/v1/usage', owner)).json()
  expect(own.usage).toHaveLength(6)
  expect(own.conservation.map((line: { machine: string }) => line.machine)).toEqual(['saw-1'])
  expect(JSON.stringify(own)).not.toContain('tenant-a')
})

test.each([1, 2, 3, 7])('pages of %d sessions hold each once, as JSON and as CSV', async (limit) => {
  for (const format of ['json', 'csv']) {
    const seen: string[] = []
    let url: string | undefined = `/v1/usage?limit=${limit}&format=${format}`
    for (let pages = 0; url !== undefined && pages < 20; pages++) {
      const response = await get(url)
      if (format === 'json') {
        const { usage, next } = response.json()
        seen.push(...usage.map((line: { session: string }) => line.session))
        url = next === undefined ? undefined : `/v1/usage?limit=${limit}&format=json&cursor=${next}`
      } else {
        seen.push(
          ...response.body
            .split('\r\n')
            .filter((line) => line.startsWith('use,'))
            .map((line) => line.split(',')[1]!),
        )
        url = /^<([^>]+)>; rel="next"$/.exec(String(response.headers.link ?? ''))?.[1]
      }
    }
    expect(seen).toEqual(sessions.map((each) => each.id))
  }
})

test('from and to narrow by begin; a machine that is not here is not found', async () => {
  const ids = async (query: string) =>
    (await get(`/v1/usage?${query}`)).json().usage?.map((line: { session: string }) => line.session)
  expect(await ids('from=2026-11-23T10:00:00Z&to=2026-11-23T12:00:00Z')).toEqual([sessions[2]!.id, sessions[3]!.id])
  expect(await ids('machine=press-1')).toEqual([sessions[5]!.id])
  expect((await get('/v1/usage?machine=lathe-7')).statusCode).toBe(404)
})

test('a day is one of the site; owner and tenant narrow; only auditors and the platform ask for a tenant', async () => {
  const ids = async (query: string, credential = auditor) =>
    (await get(`/v1/usage?${query}`, credential)).json().usage?.map((line: { session: string }) => line.session)
  // 08:00 UTC is 16:00 in Shanghai: all of them are on the 23rd, the eighth would not be
  expect(await ids('day=2026-11-23')).toHaveLength(7)
  expect(await ids('day=2026-11-24')).toEqual([])
  expect((await get('/v1/usage?day=2026-11-31')).json().errors[0].path).toBe('/query/day')
  expect(await ids('owner=other-owner')).toEqual([sessions[5]!.id])
  expect((await get('/v1/usage?owner=other-owner')).json().conservation).toHaveLength(1)
  expect(await ids('tenant=tenant-b')).toEqual([sessions[6]!.id])
  expect(await ids('tenant=tenant-b', await platformToken())).toEqual([sessions[6]!.id])
  for (const [query, credential] of [
    ['tenant=tenant-a', owner],
    ['tenant=tenant-a', await tenantToken()],
    ['owner=other-owner', owner],
  ] as const)
    expect((await get(`/v1/usage?${query}`, credential)).statusCode).toBe(403)
})

test('the entries of a line are those with its readings, whatever else was recorded of the session', async () => {
  const id = '01900000-0000-7000-8000-000000000009'
  const entry = (kind: 'BookingPut' | 'UnlockIntended' | 'SessionEnded' | 'LockConfirmed') => ({
    kind: 'entry' as const,
    entry: {
      kind,
      version: 1 as const,
      machine: 'saw-1',
      session: id,
      at: { wallMs: NOW_MS, monoNs: '1', bootId: 'b', clock: 'synchronised' as const },
      data: {},
    },
  })
  const first = bench.deps.reader.head().nextSeq
  bench.commit(
    { kind: 'session', session: session({ id, status: 'ended', tenant: 'tenant-c' }) },
    ...(['BookingPut', 'UnlockIntended', 'UnlockIntended', 'SessionEnded', 'LockConfirmed'] as const).map(entry),
  )
  const { usage } = (await get('/v1/usage?tenant=tenant-c')).json()
  expect(usage[0].entries).toEqual([first + 1, first + 3])
})

describe('CSV', () => {
  test('is asked for by Accept or by name; JSON otherwise', async () => {
    const type = async (query: string, accept?: string) =>
      String((await get(`/v1/usage${query}`, auditor, accept === undefined ? {} : { accept })).headers['content-type'])
    expect(await type('', 'text/csv')).toMatch(/^text\/csv/)
    expect(await type('?format=csv', 'application/json')).toMatch(/^text\/csv/)
    for (const accept of [undefined, '*/*', 'application/json, text/csv', 'text/html'])
      expect(await type('', accept)).toMatch(/^application\/json/)
    expect(await type('?format=json', 'text/csv')).toMatch(/^application\/json/)
  })

  test('ends with the conservation lines, in the same columns', async () => {
    const lines = (await get('/v1/usage?format=csv')).body.split('\r\n')
    expect(lines.pop()).toBe('')
    const table = lines.map((line) => line.split(','))
    expect(new Set(table.map((cells) => cells.length))).toEqual(new Set([table[0]!.length]))
    const last = Object.fromEntries(table[0]!.map((name, index) => [name, table.at(-1)![index]]))
    expect(last).toMatchObject({
      line: 'conservation',
      meter: 'press-1/main.energy',
      quantity: '80',
      unassigned: '7',
      disputed: '2',
      counted: '90',
      conserved: 'false',
    })
  })

  test('begins with a byte order mark and is split by semicolons when that is asked for', async () => {
    expect((await get('/v1/usage?format=csv')).body).toMatch(/^line,session,/)
    expect((await get('/v1/usage?format=csv&bom=yes')).rawPayload.subarray(0, 3)).toEqual(Buffer.from('\uFEFF'))
    expect((await get('/v1/usage?format=csv&separator=semicolon')).body).toMatch(/^line;session;/)
    expect((await get('/v1/usage?format=csv&separator=semicolon')).body).toContain(
      ';"huajian 66.67 %; institute 33.33 %";',
    )
  })

  test.each([
    ['sessions', 'session,machine,owner,booking', 7],
    ['meters', 'meter,machine,kind,unit', 2],
    ['corrections', 'entry,source,original,machine', 0],
  ])('has one table a file: %s', async (table, head, least) => {
    const response = await get(`/v1/usage?format=csv&table=${table}`)
    expect(response.headers['content-disposition']).toBe(`attachment; filename="${table}.csv"`)
    const [columns, ...rows] = parseCsv(response.body)
    expect(columns!.join(',')).toMatch(new RegExp(`^${head}`))
    for (const column of ['unit', 'quantity', 'zone'].slice(table === 'meters' ? 2 : 0))
      expect(columns).toContain(column)
    expect(rows.length).toBeGreaterThanOrEqual(least)
    expect(rows.every((row) => row.length === columns!.length)).toBe(true)
  })

  test('says when a session began and ended as a clock on the site showed it', async () => {
    const [columns, row] = parseCsv((await get('/v1/usage?format=csv&table=sessions&limit=1')).body)
    const cells = Object.fromEntries(columns!.map((name, index) => [name, row![index]]))
    expect(cells).toMatchObject({ end: '2026-11-23T16:00:00+08:00', zone: 'Asia/Shanghai', unit: 'Wh' })
  })
})
