/** A bill that was too high, from the person who says so to the next statement, which a verifier recomputes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Statement } from '../../../gateway/core/billing/statement.ts'
import { createSigner, formatVkey } from '../../../gateway/ledger/evidence/note.ts'
import { verifyStatement } from '../../../gateway/ledger/verify/verifier.ts'
import { entries } from '../../../gateway/reference/entries.ts'
import { type Bench, createBench, LOG_ORIGIN } from '../../front/api/bench.ts'
import { commitUse, publish } from '../../front/api/money/uses.ts'
import { NOW_MS } from '../../front/api/rows.ts'
import { readExamples } from '../../simulate/money/examples.ts'
import { faultIn } from '../../support/described.ts'
import { startCommands } from './bench.ts'

const example = readExamples().find(({ title }) => title === 'Into the night')!
const begun = Date.parse(String(example.entry.data.startedAt))
const vkey = formatVkey(createSigner(LOG_ORIGIN, new Uint8Array(32).fill(3)).key)
/** The month of the use, and the time in which its credits are approved. */
const THEN = { from: '2026-06-01T00:00:00Z', to: '2026-07-01T00:00:00Z' }
const LATER = { from: '2026-11-01T00:00:00Z', to: '2026-11-23T08:00:01Z' }

let bench: Bench
let bill: string
let old: string
const keys = new Map<string, string>()

const call = async (method: 'GET' | 'POST', url: string, who: string, payload?: object) => {
  const { statusCode, body } = await bench.app.inject({
    method,
    url: `/v1${url}`,
    headers: { authorization: `Bearer ${keys.get(who)}` },
    ...(payload && { payload }),
  })
  return { status: statusCode, body: body === '' ? {} : JSON.parse(body), text: body }
}

const reduction = (minutes: number) => ({
  bill,
  reduce: [{ of: 'occupied', at: begun, quantity: String(minutes * 60_000) }],
  reason: 'reading',
  text: 'the machine stood still',
})

beforeAll(async () => {
  bench = await createBench()
  keys.set('chen', (await bench.addKey('auditor', 'Chen')).key.text)
  keys.set('chen again', (await bench.addKey('auditor', 'Chen')).key.text)
  keys.set('wang', (await bench.addKey('auditor', 'Wang')).key.text)
  keys.set('technician', (await bench.addKey('technician', 'Zhao')).key.text)
  publish(bench, example)
  bill = commitUse(bench, example, 'tenant-a', 't-a')
  const { take } = await startCommands(bench, { tariffs: [example.tariff] })
  bench.answer(take)
  bench.clock.ms = NOW_MS + 2000
  old = (await call('POST', '/statements', 'chen', THEN)).body.sha256
})
afterAll(() => bench.close())

describe('a credit', () => {
  it.each([
    ['of a bill that there is not', 404, () => ({ ...reduction(10), bill: 'b-none' })],
    ['of more units than there are', 409, () => reduction(100_000)],
    [
      'of a meter that made none',
      409,
      () => ({ ...reduction(1), reduce: [{ of: 'booth/other', at: begun, quantity: '1' }] }),
    ],
    ['before the first reading', 409, () => ({ ...reduction(1), reduce: [{ of: 'occupied', at: 1, quantity: '1' }] })],
    ['of nothing', 400, () => ({ ...reduction(1), reduce: [] })],
    ['of everything and of something', 400, () => ({ ...reduction(1), waive: true })],
  ])('%s is refused: %i', async (_, status, body) =>
    expect((await call('POST', '/credits', 'chen', body())).status).toBe(status),
  )

  it('counts once another person has approved it, and the old statement stays as it was', async () => {
    const { id } = (await call('POST', '/credits', 'chen', reduction(10))).body
    const before = (await call('POST', '/statements', 'chen', LATER)).body.statement as Statement
    expect(before.credits).toBeUndefined()
    expect((await call('POST', `/credits/${id}/approval`, 'technician', {})).status).toBe(403)
    expect((await call('POST', `/credits/${id}/approval`, 'chen', {})).status).toBe(403)
    expect((await call('POST', `/credits/${id}/approval`, 'chen again', {})).status).toBe(403)
    expect((await call('POST', `/credits/${id}/approval`, 'wang', {})).status).toBe(204)
    expect((await call('POST', `/credits/${id}/approval`, 'wang', {})).status).toBe(204)
    expect((await call('GET', `/credits?bill=${bill}`, 'wang')).body.credits).toMatchObject([
      { id, proposedBy: 'Chen', approvedBy: 'Wang' },
    ])
    bench.sign()
    expect((await call('GET', `/statements/${old}`, 'chen')).status).toBe(200)
  })

  it('is in a new statement that names the old, and a verifier recomputes it', async () => {
    const { id } = (await call('POST', '/credits', 'wang', { bill, waive: true, reason: 'other', text: 'as agreed' }))
      .body
    expect((await call('POST', `/credits/${id}/approval`, 'chen', {})).status).toBe(204)
    expect((await call('POST', '/credits', 'chen', reduction(1))).status).toBe(409)
    const { sha256, statement } = (await call('POST', '/statements', 'chen', LATER)).body
    const [first, second] = (statement as Statement).credits!
    expect(first).toMatchObject({ bill, number: 1, statements: [old], proposedBy: 'Chen', approvedBy: 'Wang' })
    expect(second).toMatchObject({ number: 2, waive: true, proposedBy: 'Wang' })
    // With both, nothing of the bill is left.
    expect(Number(first!.total) + Number(second!.total)).toBeCloseTo(-Number(example.total), 6)
    bench.sign()
    const { text } = await call('GET', `/statements/${sha256}`, 'chen')
    expect(verifyStatement(text, [vkey]).faults).toEqual([])
    expect(verifyStatement(text.replaceAll('"number":2', '"number":3'), [vkey]).ok).toBe(false)
    const { invoices } = (await call('GET', `/statements/${sha256}/invoice`, 'chen')).body
    expect(invoices).toMatchObject([{ kind: 'red', corrects: [`${old.slice(0, 20)}-CNY`], total: `-${example.total}` }])
  })

  it.each(['CreditProposed', 'CreditApproved'] as const)('%s is as the reference says', (kind) => {
    const found = bench.deps.reader.entries(0, 100).filter((entry) => entry.kind === kind)
    expect(found).toHaveLength(2)
    expect(found.map(({ body }) => faultIn(entries[kind].data, body.data))).toEqual([undefined, undefined])
  })

  it('is usage for a service that takes CloudEvents, and a row of the table', async () => {
    const { events, next, head } = (await call('GET', '/usage/events', 'chen')).body
    expect(events.map(({ type }: { type: string }) => type)).toEqual([
      'latchkey.session.ended.v1',
      'latchkey.credit.approved.v1',
      'latchkey.credit.approved.v1',
    ])
    expect(next).toBe(head)
    const csv = await bench.app.inject({
      method: 'GET',
      url: `/v1/statements?from=${LATER.from}&to=${LATER.to}&format=csv`,
      headers: { authorization: `Bearer ${keys.get('chen')}` },
    })
    expect(csv.body.split('\r\n').map((row) => row.split(',')[0])).toContain('credit')
  })

  it('has a bill that says what it cost so far', async () => {
    const { final, bill: cost } = (await call('GET', `/sessions/${bill}/cost`, 'chen')).body
    expect({ final, total: cost.total }).toEqual({ final: true, total: example.total })
  })
})
