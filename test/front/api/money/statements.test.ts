/** Statements over HTTP: computed from the ledger, kept to their caller, signed, and proven in a file. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Invoice } from '../../../../gateway/core/billing/invoice.ts'
import { tariffJson } from '../../../../gateway/core/billing/tariff.ts'
import type { EntryDraft, JsonObject } from '../../../../gateway/core/ground/entry.ts'
import { createSigner, formatVkey } from '../../../../gateway/ledger/evidence/note.ts'
import { verifyStatement } from '../../../../gateway/ledger/verify/verifier.ts'
import { readExamples } from '../../../simulate/money/examples.ts'
import { type Bench, createBench, LOG_ORIGIN } from '../bench.ts'
import { platformToken, tenantToken } from '../credentials.ts'
import { NOW_MS } from '../rows.ts'
import { commitUse, publish } from './uses.ts'

const PERIOD = 'from=2026-06-01T00:00:00Z&to=2026-07-01T00:00:00Z'
const example = readExamples().find(({ title }) => title === 'Into the night')!
const vkey = formatVkey(createSigner(LOG_ORIGIN, new Uint8Array(32).fill(3)).key)
let bench: Bench
let platform: string

beforeAll(async () => {
  bench = await createBench()
  platform = `Bearer ${await platformToken()}`
  publish(bench, example)
  commitUse(bench, example, 'tenant-a', 't-a')
  commitUse(bench, example, 'tenant-b', 't-b')
  const at = { wallMs: NOW_MS, monoNs: '1', bootId: 'b', clock: 'synchronised' } as const
  const append = (kind: EntryDraft['kind'], data: JsonObject) =>
    bench.commit({ kind: 'entry', entry: { kind, version: 1, at, data } })
  bench.answer((command) => {
    if (command.kind === 'issue-statement') append('StatementIssued', { ...command.issued, by: 'test' })
    return { kind: 'done' }
  })
})
afterAll(() => bench.close())

const get = (query: string, authorization: string) =>
  bench.app.inject({ method: 'GET', url: `/v1/statements?${query}`, headers: { authorization } })

describe('a statement', () => {
  it('of the site has the bill of each use, and their sum', async () => {
    const { bills, totals } = (await get(PERIOD, platform)).json()
    expect(bills.map(({ total }: { total: string }) => total)).toEqual([example.total, example.total])
    expect(totals).toMatchObject([{ currency: 'CNY', net: '258.00', tax: '33.54', total: '291.54' }])
  })

  it('has the booking that nobody used, unless a wrong clock had released it', async () => {
    const at = { wallMs: Date.UTC(2026, 8, 1), monoNs: '1', bootId: 'b', clock: 'synchronised' } as const
    const commit = (kind: EntryDraft['kind'], data: JsonObject) =>
      bench.commit({ kind: 'entry', entry: { kind, version: 1, machine: 'booth', at, data } })
    const billing = {
      tariff: String(example.entry.data.billing && 'example@1'),
      bookedFrom: at.wallMs,
      bookedUntil: at.wallMs + 1,
    }
    const missed = (booking: string) => ({
      booking,
      version: 1,
      reason: 'no-show',
      tenant: 't-a',
      shares: [{ owner: 'owner', percent: '100' }],
      billing,
    })
    commit('BookingCancelled', missed('m-1'))
    commit('BookingCancelled', missed('m-2'))
    commit('BookingRestored', { booking: 'm-2', version: 1, reason: 'clock' })
    const { bills } = (await get('from=2026-09-01T00:00:00Z&to=2026-10-01T00:00:00Z', platform)).json()
    expect(bills.map(({ id, when }: { id: string; when: string }) => [id, when])).toEqual([['m-1', 'no-show']])
    const { text } = (await bench.addKey('auditor', 'Chen')).key
    const headers = { authorization: `Bearer ${text}` }
    const { events } = (await bench.app.inject({ method: 'GET', url: '/v1/usage/events', headers })).json()
    expect(
      events.slice(-3).map(({ type, data }: { type: string; data: { booking: string } }) => [type, data.booking]),
    ).toEqual([
      ['latchkey.booking.missed.v1', 'm-1'],
      ['latchkey.booking.missed.v1', 'm-2'],
      ['latchkey.booking.restored.v1', 'm-2'],
    ])
  })

  it('of a tenant has nothing of another, and no other may be asked for', async () => {
    const tenant = `Bearer ${await tenantToken()}`
    const own = (await get(PERIOD, tenant)).json()
    expect(own.tenant).toBe('t-a')
    expect(own.bills.map((bill: { tenant: string }) => bill.tenant)).toEqual(['t-a'])
    expect((await get(`${PERIOD}&tenant=tenant-b`, tenant)).statusCode).toBe(403)
  })

  it('as CSV has a row for each line, tax category, bill and share, and the shares are the net', async () => {
    const [heads = '', ...rows] = (await get(`${PERIOD}&format=csv`, platform)).body.trimEnd().split('\r\n')
    const of = (row: string, name: string) => row.split(',')[heads.split(',').indexOf(name)]
    const each = ['line', 'line', 'line', 'tax', 'bill', 'share']
    expect(rows.map((row) => of(row, 'row'))).toEqual([...each, ...each])
    const [bill, share] = ['bill', 'share'].map((kind) => rows.find((row) => of(row, 'row') === kind)!)
    expect([of(share!, 'party'), of(share!, 'share')]).toEqual(['owner/owner', of(bill!, 'net')])
  })

  it.each([
    ['to=2026-07-01T00:00:00Z&from=2026-07-02T00:00:00Z', 'turned round'],
    ['from=2024-07-01T00:00:00Z&to=2026-07-02T00:00:00Z', 'too long'],
  ])('%s is refused: %s', async (query) => expect((await get(query, platform)).statusCode).toBe(400))

  it.each([{}, { tenant: 'tenant-a' }, { owner: 'huajian' }])('that is issued proves itself: %j', async (of) => {
    const [from, to] = ['2026-06-01T00:00:00Z', '2026-07-01T00:00:00Z']
    const headers = { authorization: platform }
    const issued = await bench.app.inject({
      method: 'POST',
      url: '/v1/statements',
      headers,
      payload: { from, to, ...of },
    })
    expect(issued.statusCode).toBe(201)
    bench.sign()
    const file = await bench.app.inject({ method: 'GET', url: `/v1/statements/${issued.json().sha256}`, headers })
    expect(file.statusCode).toBe(200)
    expect(verifyStatement(file.body, [vkey]).faults).toEqual([])
    expect(verifyStatement(file.body.replaceAll('"145.77"', '"145.76"'), [vkey]).ok).toBe('owner' in of)
    const url = `/v1/statements/${issued.json().sha256}/invoice`
    const { invoices } = (await bench.app.inject({ method: 'GET', url, headers })).json()
    const bills = issued.json().statement.bills.length
    expect(invoices.map(({ kind, lines }: Invoice) => [kind, lines.length])).toEqual(
      bills === 0 ? [] : [['blue', bills]],
    )
    if (bills > 0) expect(invoices[0].lines[0]).toMatchObject({ net: '129.00', rate: '0.13', tax: '16.77', unit: '次' })
  })
})

it('the tariffs that were published are listed, the newest first, with what is free in them', async () => {
  const { tariff } = example
  const night = tariff.elements.filter(({ id }) => id === 'night')
  const at = { wallMs: NOW_MS, monoNs: '1', bootId: 'b', clock: 'synchronised' } as const
  const data = tariffJson({ ...tariff, version: 2, elements: night })
  bench.commit({ kind: 'entry', entry: { kind: 'TariffPublished', version: 1, at, data } })
  const headers = { authorization: platform }
  const { tariffs } = (await bench.app.inject({ method: 'GET', url: '/v1/tariffs', headers })).json()
  const { id, approvedBy, elements } = tariff
  expect(tariffs).toMatchObject([
    { id, version: 2, notes: [{ kind: 'gap', element: 'night', day: 0, minute: 360 }] },
    { id, version: 1, approvedBy, machines: [], notes: [] },
  ])
  const units = elements.map(({ of }) => (of === 'energy' ? 'Wh' : 'ms'))
  expect(tariffs[1].elements).toEqual(elements.map((each, index) => ({ ...each, unit: units[index] })))
})

describe('what auditors look through', () => {
  const headers = () => ({ authorization: platform })
  const list = async (url: string) => (await bench.app.inject({ method: 'GET', url, headers: headers() })).json()

  it('is each statement that was issued, newest first, with whose it is', async () => {
    const { statements } = await list('/v1/statements/issued')
    const [of, ...before] = statements as { owner?: string; tenant?: string; sha256: string; from: string }[]
    expect([of?.owner, before[0]?.tenant, before.length]).toEqual(['huajian', 't-a', 2])
    expect(new Set(statements.map(({ sha256 }: { sha256: string }) => sha256)).size).toBe(3)
    expect(of?.from).toBe('2026-06-01T00:00:00.000Z')
  })

  it('is each credit that waits, of any bill, until somebody else approves it', async () => {
    const bill = (await get(PERIOD, platform)).json().bills[0].id
    const original = bench.deps.reader.sessionEnds(bill).last!
    const at = { wallMs: NOW_MS, monoNs: '1', bootId: 'b', clock: 'synchronised' } as const
    const commit = (kind: EntryDraft['kind'], data: JsonObject) =>
      bench.commit({ kind: 'entry', entry: { kind, version: 1, machine: 'booth', session: bill, at, data } })
    const said = { original, reduce: [], waive: true as const, reason: 'reading', text: 'misread' }
    const by = (name: string) => ({ role: 'auditor', key: name, name })
    commit('CreditProposed', { id: 'c-1', ...said, by: by('Chen') })
    commit('CreditProposed', { id: 'c-2', ...said, by: by('Chen') })
    const waiting = async () => (await list('/v1/credits')).credits
    expect(await waiting()).toMatchObject([
      { id: 'c-2', bill, proposedBy: 'Chen' },
      { id: 'c-1', bill, proposedBy: 'Chen' },
    ])
    commit('CreditApproved', { id: 'c-2', original, number: 1, statements: [], by: by('Wang') })
    // It waives the bill that c-2 has waived already.
    expect(await waiting()).toEqual([])
    expect((await list(`/v1/credits?bill=${bill}`)).credits).toMatchObject([{ id: 'c-1' }, { approvedBy: 'Wang' }])
  })
})

describe('a statement that was issued', () => {
  const issue = (payload: object) =>
    bench.app.inject({ method: 'POST', url: '/v1/statements', headers: { authorization: platform }, payload })
  const august = { from: '2026-08-01T00:00:00Z', to: '2026-09-01T00:00:00Z' }
  const later = (day: string, ref: string) => {
    const at = `2026-08-${day}T10:00:00.000Z`
    const data = { ...example.entry.data, startedAt: at, endedAt: at, billing: undefined }
    const { billing: _, ...unbilled } = data
    return commitUse(bench, { ...example, entry: { ...example.entry, at, data: unbilled as JsonObject } }, ref, ref)
  }

  it('stays what it was when a use of its period is recorded after it, and a new one has both', async () => {
    const first = later('01', 't-c')
    const old = (await issue(august)).json()
    const second = later('02', 't-c')
    const ids = ({ statement }: { statement: { unbilled: { id: string }[] } }) => statement.unbilled.map(({ id }) => id)
    bench.sign()
    const headers = { authorization: platform }
    const file = await bench.app.inject({ method: 'GET', url: `/v1/statements/${old.sha256}`, headers })
    expect([file.statusCode, file.body.includes(first), file.body.includes(second)]).toEqual([200, true, false])
    expect(verifyStatement(file.body, [vkey]).faults).toEqual([])
    expect(ids((await issue(august)).json())).toEqual([first, second])
  })

  it('of a tenant who has used nothing is refused: whose it is would not stand in it', async () => {
    const refused = await issue({ ...august, tenant: 'tenant-z' })
    expect([refused.statusCode, refused.json().errors]).toEqual([
      400,
      [{ path: '/body/tenant', message: 'has used nothing in this period' }],
    ])
  })

  it('of a tenant and an owner at once is refused: it would leave out what it does not say', async () =>
    expect((await issue({ ...august, tenant: 'tenant-a', owner: 'owner' })).statusCode).toBe(400))
})
