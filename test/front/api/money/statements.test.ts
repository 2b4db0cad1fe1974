/** Statements over HTTP: computed from the ledger, kept to their caller, signed, and proven in a file. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tariffJson } from '../../../../gateway/core/billing/tariff.ts'
import type { EntryDraft, JsonObject } from '../../../../gateway/core/ground/entry.ts'
import { createSigner, formatVkey } from '../../../../gateway/ledger/evidence/note.ts'
import { verifyStatement } from '../../../../gateway/ledger/verify/verifier.ts'
import { readExamples } from '../../../simulate/money/examples.ts'
import { type Bench, createBench, LOG_ORIGIN } from '../bench.ts'
import { platformToken, tenantToken } from '../credentials.ts'
import { NOW_MS, session } from '../rows.ts'

const PERIOD = 'from=2026-06-01T00:00:00Z&to=2026-07-01T00:00:00Z'
const example = readExamples().find(({ title }) => title === 'Into the night')!
const vkey = formatVkey(createSigner(LOG_ORIGIN, new Uint8Array(32).fill(3)).key)
let bench: Bench
let platform: string

/** The same use by two tenants, as the core would have recorded it. */
function commitUse(tenant: string, tenantRef: string): string {
  const at = Date.parse(example.entry.at)
  const startedAt = String(example.entry.data.startedAt)
  const { simulated: _, ...row } = session({
    tenant,
    tenantRef,
    status: 'ended',
    endedAtMs: at,
    intendedAtMs: Date.parse(startedAt),
  })
  const more = { machine: 'booth', session: row.id }
  const draft = (kind: EntryDraft['kind'], ms: number, data: JsonObject): EntryDraft => ({
    kind,
    version: 1,
    at: { wallMs: ms, monoNs: '1', bootId: 'b', clock: 'synchronised' },
    data,
    ...(kind === 'TariffPublished' ? {} : more),
  })
  const begin = example.entry.data.begin!
  for (const entry of [
    draft('UnlockIntended', Date.parse(startedAt), { booking: 'b1', tenant: tenantRef, token: '19', begin }),
    draft('UnlockConfirmed', Date.parse(startedAt), { token: '19', resume: false, begin }),
    draft('SessionEnded', at, { ...example.entry.data, tenant: tenantRef }),
  ])
    bench.commit({ kind: 'entry', entry })
  bench.commit({
    kind: 'session',
    session: { ...row, machine: 'booth', simulated: false, shares: [{ owner: 'owner', percent: '100' }] },
  })
  return row.id
}

beforeAll(async () => {
  bench = await createBench()
  platform = `Bearer ${await platformToken()}`
  const at = { wallMs: NOW_MS, monoNs: '1', bootId: 'b', clock: 'synchronised' } as const
  const append = (kind: EntryDraft['kind'], data: JsonObject) =>
    bench.commit({ kind: 'entry', entry: { kind, version: 1, at, data } })
  append('GatewayStarted', { version: '1', node: 'v24', fencingId: 0 })
  append('ConfigurationApplied', { configurationId: 'c', machines: 1, links: 1 })
  append('TariffPublished', tariffJson(example.tariff))
  commitUse('tenant-a', 't-a')
  commitUse('tenant-b', 't-b')
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

  it('of a tenant has nothing of another, and no other may be asked for', async () => {
    const tenant = `Bearer ${await tenantToken()}`
    const own = (await get(PERIOD, tenant)).json()
    expect(own.tenant).toBe('t-a')
    expect(own.bills.map((bill: { tenant: string }) => bill.tenant)).toEqual(['t-a'])
    expect((await get(`${PERIOD}&tenant=tenant-b`, tenant)).statusCode).toBe(403)
  })

  it('as CSV has a row for each line, tax category and bill', async () => {
    const rows = (await get(`${PERIOD}&format=csv`, platform)).body.trimEnd().split('\r\n')
    expect(rows.map((row) => row.split(',')[0])).toEqual([
      'row',
      'line',
      'line',
      'line',
      'tax',
      'bill',
      'line',
      'line',
      'line',
      'tax',
      'bill',
    ])
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
  })
})
