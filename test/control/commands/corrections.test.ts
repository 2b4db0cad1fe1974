/** What people put right, from the command to the ledger and back out as usage: nothing is made, nothing is lost. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Command } from '../../../gateway/core/command/command.ts'
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import type { EntryKind, JsonObject } from '../../../gateway/core/ground/entry.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import type { MeterState } from '../../../gateway/core/meter/meter.ts'
import type { Principal } from '../../../gateway/core/permission/principal.ts'
import type { Adjustment, CorrectionInput } from '../../../gateway/core/session/correction.ts'
import { type Bench, createBench } from '../../front/api/bench.ts'
import { tenantToken } from '../../front/api/credentials.ts'
import { NOW_MS, session } from '../../front/api/rows.ts'
import { stamp, startCommands } from './bench.ts'

const METER = 'saw-1/main.energy'
const auditor: Principal = { role: 'auditor', id: 'Chen', key: 'k-chen' }
const technician: Principal = { role: 'technician', id: 'Wang', key: 'k-wang' }
const used = session({ id: '01900000-0000-7000-8000-000000000001', status: 'ended' })
const meter: MeterState = {
  meter: METER,
  machine: 'saw-1',
  kind: 'register',
  unit: 'Wh',
  epoch: 2,
  raw: 110n,
  firstRaw: 0n,
  wraps: 0n,
  total: 210n,
  accounts: { session: 90n, unassigned: 8n, disputed: 12n },
  atMs: NOW_MS,
  atNs: 1n,
  bootId: 'boot-1',
  carryNs: 0n,
  holding: false,
  recordedTotal: 210n,
}

let bench: Bench
let take: (command: Command) => Promise<Outcome>
let auditorKey: string
let ownerKey: string

beforeEach(async () => {
  bench = await createBench()
  auditorKey = (await bench.addKey('auditor', 'Chen')).key.text
  ownerKey = (await bench.addKey('owner', 'Li', 'other-owner')).key.text
  const entry = (kind: EntryKind, data: JsonObject, id?: string, machine = 'saw-1'): Change => ({
    kind: 'entry',
    entry: { kind, version: 1, machine, ...(id === undefined ? {} : { session: id }), at: stamp, data },
  })
  bench.commit(
    { kind: 'session', session: used },
    { kind: 'meter', state: meter },
    entry('UnlockIntended', { begin: [] }, used.id), // 0
    entry('SessionEnded', { end: [], incomplete: true }, used.id), // 1
    entry('SessionEnded', { end: [] }, used.id), // 2
    entry('MeterChanged', { meter: METER, change: 'regress' }), // 3
    entry('MeterChanged', { meter: METER, change: 'wrap' }), // 4
    entry('SessionFinishing', { overrun: true }, used.id), // 5
    entry('SessionFinishing', { overrun: false }, used.id), // 6
    entry('UnlockUnconfirmed', {}, undefined, 'press-1'), // 7
  )
  take = (await startCommands(bench, { meters: [meter] })).take
})
afterEach(() => bench.close())

const correction = (over: Partial<CorrectionInput> = {}): Command => ({
  kind: 'correct',
  principal: auditor,
  correction: { original: 1, reason: 'attribution', text: 'the machine was cut off', adjust: [], ...over },
})
const moved = (quantity: string, from: Adjustment['from'] = 'disputed', to: Adjustment['to'] = 'session') =>
  correction({ adjust: [{ meter: METER, from, to, quantity }] })
const get = async (url: string, key = auditorKey) =>
  (await bench.app.inject({ url, headers: { authorization: `Bearer ${key}` } })).json()
const open = async () =>
  (await get('/v1/problems')).problems.map((item: { kind: string; original: number }) => [item.kind, item.original])
const codeOf = (outcome: Outcome) => (outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind)

test('the queue holds what is not as it should be, until a correction names it; the original stays', async () => {
  const all = [
    ['incomplete', 1],
    ['counter', 3],
    ['late', 5],
    ['lapsed', 7],
  ]
  expect(await open()).toEqual(all)
  const before = bench.deps.reader.entries(0, 8)
  for (const [index, [, original]] of all.entries()) {
    expect(codeOf(await take(correction({ original: original as number })))).toBe('recorded')
    expect(await open()).toEqual(all.slice(index + 1))
  }
  expect(bench.deps.reader.entries(0, 8)).toEqual(before)
  const own = await get('/v1/problems', ownerKey)
  expect([own.problems, own.disputed]).toEqual([[], []])
})

test('owners see their own, and pages hold each once', async () => {
  const own = await get('/v1/problems', ownerKey)
  expect(own.problems.map((item: { original: number }) => item.original)).toEqual([7])
  const first = await get('/v1/problems?limit=3')
  const rest = await get(`/v1/problems?limit=3&after=${first.next}`)
  expect([first.problems.length, rest.problems.map((item: { original: number }) => item.original), rest.next]).toEqual([
    3,
    [7],
    undefined,
  ])
})

test('a correction moves units, says who and why, and the counter still adds up', async () => {
  expect((await get('/v1/problems')).disputed).toEqual([
    { meter: METER, machine: 'saw-1', unit: 'Wh', epoch: 2, quantity: '12' },
  ])
  expect(codeOf(await take(moved('12')))).toBe('recorded')
  const entry = bench.deps.reader.entries(8, 10).find(({ kind }) => kind === 'Correction')!
  expect(entry.session).toBe(used.id)
  expect(entry.body.data).toMatchObject({
    original: 1,
    originalKind: 'SessionEnded',
    by: { role: 'auditor', key: 'k-chen', name: 'Chen' },
    reason: 'attribution',
    text: 'the machine was cut off',
    adjust: [{ meter: METER, unit: 'Wh', epoch: 2, from: 'disputed', to: 'session', quantity: '12' }],
  })
  const { usage, byHand, conservation } = await get('/v1/usage')
  expect(usage.map((line: { quantity: string }) => line.quantity)).toEqual(['40'])
  expect(byHand).toEqual([
    {
      source: 'correction',
      entry: entry.seq,
      original: 1,
      machine: 'saw-1',
      owner: 'huajian',
      session: used.id,
      tenantRef: 't-pseudonym',
      meter: METER,
      unit: 'Wh',
      quantity: '12',
      fromAccount: 'disputed',
      toAccount: 'session',
      reason: 'attribution',
      by: 'Chen',
      simulated: false,
    },
  ])
  expect(conservation).toMatchObject([
    { session: '102', unassigned: '8', disputed: '0', counted: '110', conserved: true },
  ])
  expect((await get('/v1/problems')).disputed).toEqual([])
})

test.each([
  ['units that are not there', moved('13')],
  ['units a session never had', moved('41', 'session', 'unassigned')],
  ['units to where they are', moved('1', 'disputed', 'disputed')],
  [
    'units of a session the entry is not of',
    { ...moved('1'), correction: { ...(moved('1') as { correction: CorrectionInput }).correction, original: 3 } },
  ],
  [
    'a meter of another machine',
    correction({ adjust: [{ meter: 'press-1/main.energy', from: 'disputed', to: 'unassigned', quantity: '1' }] }),
  ],
  ['an entry that does not exist', correction({ original: 99 })],
  ['by a technician', { ...correction(), principal: technician }],
] as [string, Command][])('refused, and nothing is recorded: %s', async (_name, command) => {
  const before = bench.deps.reader.head().nextSeq
  expect((await take(command)).kind).toBe('refused')
  expect(bench.deps.reader.head().nextSeq).toBe(before)
  expect(bench.deps.reader.meter(METER)!.accounts).toEqual(meter.accounts)
})

test.each(['refused', 'lapsed', 'open'] as const)(
  'units go to no session that has not ended: one that is %s',
  async (status) => {
    const other = session({ id: '01900000-0000-7000-8000-000000000002', status })
    const about = {
      kind: 'UnlockIntended',
      version: 1,
      machine: 'saw-1',
      session: other.id,
      at: stamp,
      data: {},
    } as const
    bench.commit({ kind: 'session', session: other }, { kind: 'entry', entry: about })
    const adjust = [{ meter: METER, from: 'disputed', to: 'session', quantity: '1' }] as const
    expect(codeOf(await take(correction({ original: bench.deps.reader.head().nextSeq - 1, adjust })))).toBe(
      'not-in-account',
    )
  },
)

test('corrections at the same time move no unit twice, and a session gives back what it was given', async () => {
  const both = await Promise.all([moved('8'), moved('8')].map(take))
  expect(both.map(codeOf)).toEqual(['recorded', 'not-in-account'])
  const back = await Promise.all([moved('48', 'session', 'unassigned'), moved('1', 'session', 'unassigned')].map(take))
  expect(back.map(codeOf)).toEqual(['recorded', 'not-in-account'])
  const { session: held, unassigned, disputed } = bench.deps.reader.meter(METER)!.accounts
  expect([held, unassigned, disputed]).toEqual([50n, 56n, 4n])
})

const manual = (tenant?: string): Command => ({
  kind: 'manual-entry',
  principal: technician,
  machine: 'saw-1',
  entry: {
    meter: 'boards sanded',
    unit: 'pcs',
    quantity: '7.5',
    fromMs: NOW_MS - 3_600_000,
    toMs: NOW_MS,
    ...(tenant === undefined ? {} : { tenant }),
    reason: 'no counter',
  },
})

test('a manual entry is a line of its own, flagged, under the pseudonym of the tenant', async () => {
  expect(codeOf(await take(manual('tenant-a')))).toBe('recorded')
  const { usage, byHand } = await get('/v1/usage')
  expect(usage).toHaveLength(1)
  expect(byHand).toMatchObject([
    {
      source: 'manual',
      meter: 'boards sanded',
      quantity: '7.5',
      from: '2026-11-23T07:00:00.000Z',
      shares: [{ owner: 'huajian', percent: '100' }],
      by: 'Wang',
    },
  ])
  expect(JSON.stringify(bench.deps.reader.entries(8, 10).map(({ body }) => body))).not.toContain('tenant-a')
  const csv = await bench.app.inject({
    url: '/v1/usage?format=csv',
    headers: { authorization: `Bearer ${auditorKey}` },
  })
  expect(csv.body).toMatch(/^manual,,saw-1,huajian,.*boards sanded,pcs,7\.5,.*,manual,,,,no counter,Wang,,,,,,,\r$/m)
  for (const command of [{ ...manual(), principal: auditor } as Command, { ...manual(), machine: 'x' } as Command])
    expect((await take(command)).kind).toBe('refused')
})

test('what was entered by hand comes after the sessions, each once, and only to whom it concerns', async () => {
  for (const tenant of ['tenant-b', undefined, 'tenant-b']) await take(manual(tenant))
  await take(moved('12'))
  for (const limit of [1, 2, 5]) {
    const seen: number[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: { usage: object[]; byHand: { entry: number }[]; next?: string } = await get(
        `/v1/usage?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )
      seen.push(...page.usage.map(() => -1), ...page.byHand.map(({ entry }) => entry))
      cursor = page.next
    }
    expect(seen).toEqual([-1, 8, 9, 10, 11])
  }
  const tenants = await Promise.all(['tenant-a', 'tenant-b'].map((sub) => tenantToken({ sub })))
  const [a, b] = await Promise.all(tenants.map((token) => get('/v1/usage', token)))
  expect(a.byHand.map((line: { source: string; by?: string }) => [line.source, line.by])).toEqual([
    ['correction', undefined],
  ])
  expect(b.byHand).toEqual([])
  expect((await get('/v1/usage', ownerKey)).byHand).toEqual([])
  expect((await get('/v1/usage?day=2026-11-22')).byHand).toEqual([])
})
