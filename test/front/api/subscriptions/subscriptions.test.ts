/**
 * Calendar addresses from end to end but for the threads: what the control thread decides, what is durable of it, and
 * what a calendar program gets. What it gets is read by a parser that shares nothing with the writer.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ICAL from 'ical.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSubscriptions } from '../../../../gateway/control/commands/subscriptions.ts'
import type { Booking } from '../../../../gateway/core/booking/booking.ts'
import type { EntryDraft, EntryKind } from '../../../../gateway/core/ground/entry.ts'
import { DAY_MS, MINUTE_MS } from '../../../../gateway/core/ground/moment.ts'
import type { Change } from '../../../../gateway/core/machine/change.ts'
import { MOST_OF_MAKER } from '../../../../gateway/core/permission/subscription.ts'
import { holdDraft } from '../../../support/described.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken, tenantToken } from '../credentials.ts'
import { entryDraft, NOW_MS } from '../rows.ts'

const HOSTILE =
  'Saw; 1, \\n "x"\r\nEND:VEVENT\r\nATTENDEE:mailto:evil@example.com\u0000\u2028锯木机锯木机锯木机锯木机锯木机锯木机锯木机🪚'

let bench: Bench
let platform: string
beforeEach(async () => {
  bench = await createBench((config) => ({
    ...config,
    api: { ...config.api, rateLimit: 200 },
    bounds: { ...config.bounds, maxSubscriptions: 25 },
    machines: config.machines.map((each) =>
      each.id === 'saw-1' ? { ...each, name: { en: HOSTILE, zh: '锯' } } : each,
    ),
  }))
  platform = await platformToken()
  connectControl(bench)
})
afterEach(() => bench.close())

/** The control thread's own decision in place of a script. */
function connectControl({ config, answer, commit, deps }: Bench): void {
  let waiting: Change[] = []
  const append = (change: Change) => void waiting.push(change)
  const subscriptions = createSubscriptions({
    subscriptions: deps.reader.subscriptions(),
    maxSubscriptions: config.bounds.maxSubscriptions,
    machines: new Map(config.machines.map((machine) => [machine.id, { state: { config: machine } }])) as never,
    nowMs: () => bench.clock.ms,
    tenantRef: (tenant) => `t-${tenant.length}`,
    append,
    record(kind, data) {
      const { machine: _, ...draft } = entryDraft()
      holdDraft({ ...draft, kind, data })
      append({ kind: 'entry', entry: { ...draft, kind, data } })
    },
    flush: async () => {
      commit(...waiting)
      waiting = []
    },
  })
  answer((command) =>
    command.kind === 'subscribe' || command.kind === 'unsubscribe' ? subscriptions.take(command) : { kind: 'done' },
  )
}

const booking = (id: string, more: Partial<Booking> = {}): Booking => ({
  ...{ id, version: 1, machine: 'saw-1', tenant: 'tenant-a', limits: {}, status: 'held', source: 'push' },
  ...{ startMs: NOW_MS + DAY_MS, endMs: NOW_MS + DAY_MS + 60 * MINUTE_MS },
  ...more,
})

/** Puts a booking as the control thread does, with its entry. */
function put(kind: EntryKind, row: Booking): void {
  const entry: EntryDraft = { ...entryDraft(), kind, data: { booking: row.id, version: row.version } }
  bench.commit(
    { kind: 'booking', booking: row },
    { kind: 'entry', entry: { ...entry, at: { ...entry.at, wallMs: bench.clock.ms } } },
  )
}

const ask = (method: 'GET' | 'POST' | 'DELETE', url: string, credential: string, payload?: object) =>
  bench.app.inject({ method, url, headers: { authorization: `Bearer ${credential}` }, ...(payload ? { payload } : {}) })
const make = async (credential: string, asked: object = {}) => ask('POST', '/v1/subscriptions', credential, asked)
const made = async (credential: string, asked: object = {}) => {
  const { statusCode, body } = await make(credential, asked)
  expect([statusCode, body]).toEqual([201, body])
  return JSON.parse(body) as { id: string; path: string }
}
const read = (path: string, headers: object = {}) => bench.app.inject({ url: path, headers: { ...headers } })
const keyOf = async (...who: Parameters<Bench['addKey']>) => (await bench.addKey(...who)).key.text

/** As an independent parser sees it: the properties of each event, by name. */
async function calendar(path: string) {
  const { statusCode, body, headers } = await read(path)
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/calendar; charset=utf-8'])
  const root = new ICAL.Component(ICAL.parse(body))
  const events = root.getAllSubcomponents('vevent').map((event) => ({
    ...Object.fromEntries(event.getAllProperties().map(({ name, jCal }) => [name, String(jCal[3])])),
    names: event.getAllProperties().map(({ name }) => name),
  }))
  return { body, root, events: events as (Record<string, string> & { names: string[] })[] }
}

describe('a calendar', () => {
  it('shows a tenant what they have booked, with ids, times in UTC and when it was changed', async () => {
    put('BookingPut', booking('b-1'))
    put(
      'BookingPut',
      booking('b,2;x', { machine: 'press-1', startMs: NOW_MS + 2 * DAY_MS, endMs: NOW_MS + 2 * DAY_MS + 1_000 }),
    )
    put('BookingPut', booking('b-3', { tenant: 'tenant-b' }))
    const { events, root } = await calendar((await made(await tenantToken())).path)
    expect(events.map(({ uid, summary, description }) => [uid, summary, description])).toEqual([
      ['b-1@test-site', expect.stringContaining('Saw'), 'b-1'],
      ['b%2C2%3Bx@test-site', 'Machine press-1', 'b,2;x'],
    ])
    expect(events[0]).toMatchObject({
      dtstart: new Date(NOW_MS + DAY_MS).toISOString().replace('.000', ''),
      dtstamp: new Date(NOW_MS).toISOString().replace('.000', ''),
      ...{ sequence: '0', status: 'CONFIRMED' },
    })
    expect(root.getFirstPropertyValue('refresh-interval')?.toString()).toBe('PT15M')
  })

  it('keeps what was cancelled or missed as cancelled, under the same UID and a higher SEQUENCE', async () => {
    const { path } = await made(platform, { tenant: 'tenant-a' })
    put('BookingPut', booking('b-1'))
    bench.clock.ms += MINUTE_MS
    put('BookingCancelled', booking('b-1', { status: 'cancelled', cancellation: { reason: 'rain' } }))
    put('BookingPut', booking('b-2', { status: 'ended', endMs: NOW_MS - DAY_MS, startMs: NOW_MS - 2 * DAY_MS }))
    put(
      'BookingCancelled',
      booking('b-2', { status: 'released', endMs: NOW_MS - DAY_MS, startMs: NOW_MS - 2 * DAY_MS }),
    )
    put('BookingPut', booking('b-0', { status: 'ended', endMs: NOW_MS - 40 * DAY_MS, startMs: NOW_MS - 41 * DAY_MS }))
    const { events } = await calendar(path)
    expect(events.map(({ uid, status, sequence, description }) => [uid, status, sequence, description])).toEqual([
      ['b-1@test-site', 'CANCELLED', '1', 'b-1: rain'],
      ['b-2@test-site', 'CANCELLED', '1', 'b-2'],
    ])
    expect(events[0]!['last-modified']).toBe(new Date(NOW_MS + MINUTE_MS).toISOString().replace('.000', ''))
  })

  it('names nobody to owner and technician, and shows each the machines they may see', async () => {
    put(
      'BookingPut',
      booking('b-secret', { tenant: 'tenant-secret', cancellation: { reason: 'ill' }, status: 'cancelled' }),
    )
    put('BookingPut', booking('p-secret', { machine: 'press-1', tenant: 'tenant-secret' }))
    const owner = await keyOf('owner', 'Li', 'huajian')
    const ofOne = await keyOf('technician', 'Wang', undefined, ['press-1'])
    const texts = await Promise.all(
      [await made(owner), await made(owner, { machine: 'saw-1' }), await made(ofOne)].map(({ path }) => calendar(path)),
    )
    expect(texts.map(({ events }) => events.map(({ uid }) => uid))).toEqual([
      ['b-secret@test-site'],
      ['b-secret@test-site'],
      ['p-secret@test-site'],
    ])
    for (const { body } of texts) expect(body).not.toMatch(/tenant-secret|ill|DESCRIPTION/)
    const whole = await calendar((await made(platform)).path)
    expect(whole.events.map(({ summary }) => summary!.slice(-13))).toEqual(['tenant-secret', 'tenant-secret'])
  })

  it('stays what it is whatever a machine is called', async () => {
    put('BookingPut', booking('b-1', { status: 'cancelled', cancellation: { reason: 'x\\, BEGIN:VALARM; y' } }))
    const { path } = await made(platform, { machine: 'saw-1' })
    const { root, events, body } = await calendar(path)
    const clean =
      'Saw; 1, \\n "x" END:VEVENT ATTENDEE:mailto:evil@example.com 锯木机锯木机锯木机锯木机锯木机锯木机锯木机🪚'
    expect(events[0]!.summary).toBe(`${clean}: tenant-a`)
    expect(events[0]!.description).toBe('b-1: x\\, BEGIN:VALARM; y')
    expect(events[0]!.names.toSorted()).toEqual([
      'description',
      'dtend',
      'dtstamp',
      'dtstart',
      'last-modified',
      'location',
      'sequence',
      'status',
      'summary',
      'uid',
    ])
    // The parser leaves the escapes of what it does not know.
    const escaped = clean.replace(/[\\;,]/g, '\\$&')
    for (const name of ['name', 'x-wr-calname']) expect(root.getFirstPropertyValue(name)).toBe(escaped)
    const lines = body.split('\r\n')
    expect(lines.at(-1)).toBe('')
    for (const line of lines) {
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
      expect(line).not.toMatch(/[\p{Cc}\ufffd]/u)
    }
    const { events: inChinese } = await calendar(`${path}?lang=zh-CN`)
    expect(inChinese[0]!.summary).toBe('锯: tenant-a')
  })

  it('is 304 for who has it, and another text once a booking has changed', async () => {
    put('BookingPut', booking('b-1'))
    const { path } = await made(platform)
    const { headers } = await read(path)
    bench.clock.ms += MINUTE_MS
    expect((await read(path, { 'if-none-match': headers.etag })).statusCode).toBe(304)
    put('BookingPut', booking('b-1', { version: 2 }))
    expect((await read(path, { 'if-none-match': headers.etag })).statusCode).toBe(200)
  })

  it('holds the next 1,000 bookings of very many', async () => {
    const many = Array.from({ length: 1_500 }, (_, n) =>
      booking(`b-${n}`, { startMs: NOW_MS + n * MINUTE_MS, endMs: NOW_MS + (n + 1) * MINUTE_MS }),
    )
    bench.commit(...many.map((each) => ({ kind: 'booking' as const, booking: each })))
    put('BookingPut', booking('before', { startMs: NOW_MS - DAY_MS, endMs: NOW_MS - DAY_MS + 1 }))
    const { events } = await calendar((await made(platform)).path)
    expect([events.length, events.at(-1)!.uid]).toEqual([1_000, 'b-999@test-site'])
  })
})

describe('an address', () => {
  it('is stored as a hash alone, and stands in no log', async () => {
    const { path } = await made(await tenantToken())
    await read(path)
    const secret = path.split('/').at(-1)!.slice(0, 43)
    expect(secret).toMatch(/^[\w-]{43}$/)
    for (const name of readdirSync(bench.dir)) expect(readFileSync(join(bench.dir, name)).includes(secret)).toBe(false)
    expect(bench.logged.join('')).not.toContain(secret)
  })

  it('is refused alike when it is wrong, of another, revoked, or of a key that is gone', async () => {
    put('BookingPut', booking('b-1'))
    const { key, row } = await bench.addKey('owner', 'Li', 'huajian')
    const [one, other, ofKey] = [await made(platform), await made(platform), await made(key.text)]
    const [, , , , file] = other.path.split('/')
    expect((await ask('DELETE', `/v1/subscriptions/${one.id}`, platform)).statusCode).toBe(204)
    bench.commit({ kind: 'key', row: { ...row, revokedAtMs: NOW_MS } })
    const wrong = [
      `/v1/subscriptions/${other.id}/${'A'.repeat(43)}.ics`,
      `/v1/subscriptions/${ofKey.id}/${file}`,
      `/v1/subscriptions/none/${file}`,
      one.path,
      ofKey.path,
    ]
    for (const path of wrong) {
      const { statusCode, body } = await read(path)
      expect([path, statusCode, JSON.parse(body).code]).toEqual([path, 404, 'not-found'])
    }
    expect(bench.denials.length).toBe(wrong.length)
    expect(JSON.stringify(bench.denials)).not.toContain('A'.repeat(43))
    expect((await read(other.path)).statusCode).toBe(200)
  })

  it('cannot be guessed at leisure', async () => {
    const { id } = await made(platform)
    const codes = new Set<number>()
    for (let n = 0; n < 201; n += 1)
      codes.add((await read(`/v1/subscriptions/${id}/${String(n).padStart(43, 'x')}.ics`)).statusCode)
    expect(codes).toEqual(new Set([404, 429]))
  })

  it('is not made for what its maker may not see', async () => {
    const [owner, ofOne] = [await keyOf('owner', 'Li', 'huajian'), await keyOf('technician', 'W', undefined, ['saw-1'])]
    for (const [credential, asked, code] of [
      [await keyOf('auditor', 'Chen'), {}, 'forbidden'],
      [owner, { machine: 'press-1' }, 'forbidden'],
      [ofOne, { machine: 'press-1' }, 'forbidden'],
      [await tenantToken(), { tenant: 'tenant-b' }, 'forbidden'],
      [platform, { machine: 'none' }, 'not-found'],
      [platform, { owner: 'x' }, 'bad-request'],
    ] as const)
      expect([asked, (await make(credential, asked)).json().code]).toEqual([asked, code])
    expect(bench.deps.reader.subscriptions()).toEqual([])
  })

  it('is one of so many for each maker, and for all', async () => {
    const tenant = await tenantToken()
    for (let n = 0; n < MOST_OF_MAKER; n += 1) await made(tenant)
    expect((await make(tenant)).json().code).toBe('too-many-subscriptions')
    for (let n = MOST_OF_MAKER; n < 25; n += 1) await made(platform)
    expect((await make(platform)).json().code).toBe('too-many-subscriptions')
  })

  it('is seen and revoked by its maker, the platform and a technician of the whole site, and recorded', async () => {
    const { id } = await made(await tenantToken())
    const others = [
      await tenantToken({ sub: 'tenant-b' }),
      await keyOf('owner', 'Li', 'huajian'),
      await keyOf('technician', 'W', undefined, ['saw-1']),
    ]
    for (const credential of others) {
      expect((await ask('GET', '/v1/subscriptions', credential)).json().subscriptions).toEqual([])
      expect((await ask('DELETE', `/v1/subscriptions/${id}`, credential)).json().code).toBe('not-found')
    }
    const technician = await keyOf('technician', 'Wang')
    const shown = { id, by: 'tenant', made: new Date(NOW_MS).toISOString() }
    expect((await ask('GET', '/v1/subscriptions', technician)).json().subscriptions).toEqual([shown])
    expect((await ask('GET', '/v1/subscriptions', platform)).json().subscriptions).toEqual([
      { ...shown, tenant: 'tenant-a' },
    ])
    expect((await ask('DELETE', `/v1/subscriptions/${id}`, technician)).statusCode).toBe(204)
    const entries = bench.deps.reader.entries(0, 10).map(({ kind, body }) => [kind, body.data])
    expect(entries).toEqual([
      ['SubscriptionMade', { id, tenant: 't-8', by: { role: 'tenant', tenant: 't-8' } }],
      ['SubscriptionRevoked', { id, by: { role: 'technician', name: 'Wang', key: expect.any(String) } }],
    ])
  })

  it('is gone with the tenant who is forgotten', async () => {
    const [own, given] = [await made(await tenantToken()), await made(platform, { tenant: 'tenant-a' })]
    bench.commit({ kind: 'tenant-erased', tenant: 'tenant-a' })
    for (const { path } of [own, given]) expect((await read(path)).statusCode).toBe(404)
  })

  it('is read so often in a minute, whoever has it', async () => {
    const [one, other] = [await made(platform), await made(platform)]
    const answers = []
    for (let n = 0; n < 21; n += 1) answers.push(await read(one.path))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([...Array(20).fill(200), 429])
    expect(Number(answers.at(-1)!.headers['retry-after'])).toBeGreaterThan(0)
    expect((await read(other.path)).statusCode).toBe(200)
  })
})
