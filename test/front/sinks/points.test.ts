import { expect, test } from 'vitest'
import type { Entry, EntryKind, JsonObject } from '../../../gateway/core/ground/entry.ts'
import { entryPoints, type InfluxPoint, samplePoints } from '../../../gateway/front/sinks/points.ts'
import { sample } from './rows.ts'

const SITE = 'prep-centre'
const ledgerTags = { site: SITE, machine: 'saw', meter: 'energy.total', unit: 'Wh', origin: 'ledger' }
const point = (meter: string, total: string) => ({ meter, unit: 'Wh', raw: '7', epoch: 2, total, atMs: 1 })

function entryOf(kind: EntryKind, data: JsonObject, machine: string | undefined = 'saw'): Entry {
  const of = machine === undefined ? {} : { machine }
  const body = {
    seq: 9,
    kind,
    v: 1 as const,
    site: SITE,
    ...of,
    at: '',
    clock: 'synchronised' as const,
    boot: '',
    mono: '',
    data,
  }
  return { seq: 9, kind, atMs: 1, timeNs: '1000009', ...of, session: 'sess', body }
}

/** As the server reads them: integer fields as their line protocol. */
function lines(points: InfluxPoint[]): unknown[] {
  return points.map(({ fields, ...rest }) => ({
    ...rest,
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, typeof field === 'object' ? `${field}` : field]),
    ),
  }))
}

test('a change of availability is one point', () => {
  const data = {
    from: 'Available',
    to: 'InUse',
    reason: 'session',
    access: 'Unlocked',
    itemState: 'Executing',
    mode: 'Processing',
  }
  expect(lines(entryPoints(SITE, entryOf('AvailabilityChanged', data)))).toEqual([
    {
      measurement: 'availability',
      tags: { site: SITE, machine: 'saw' },
      timestamp: '1000009',
      fields: {
        state: 'InUse',
        reason: 'session',
        access: 'Unlocked',
        itemState: 'Executing',
        mode: 'Processing',
        clock: 'synchronised',
        seq: '9i',
      },
    },
  ])
})

test('a state without a reason does not keep the reason of an older one', () => {
  const [made] = entryPoints(SITE, entryOf('AvailabilityChanged', { to: 'Available' }))
  expect(made?.fields.reason).toBe('')
})

test.each([
  [
    'MeterSampled',
    { meters: [{ ...point('saw/energy.total', '5'), at: 1 }] },
    { total: '5i', raw: '7i', epoch: '2i', clock: 'synchronised', seq: '9i' },
  ],
  [
    'UnlockConfirmed',
    { token: '16', begin: [point('saw/energy.total', '5')] },
    { total: '5i', raw: '7i', epoch: '2i', clock: 'synchronised', seq: '9i' },
  ],
  [
    'SessionEnded',
    { begin: [point('saw/energy.total', '5')], end: [point('saw/energy.total', '6')] },
    { total: '6i', raw: '7i', epoch: '2i', clock: 'synchronised', seq: '9i' },
  ],
  [
    'MeterChanged',
    {
      meter: 'saw/energy.total',
      unit: 'Wh',
      change: 'wrap',
      from: '4294967295',
      to: '3',
      delta: '4',
      account: 'session',
      epoch: 1,
      total: '9',
    },
    {
      total: '9i',
      raw: '3i',
      epoch: '1i',
      delta: '4i',
      change: 'wrap',
      account: 'session',
      clock: 'synchronised',
      seq: '9i',
    },
  ],
] as [EntryKind, JsonObject, object][])('%s shows its meters', (kind, data, fields) => {
  const meters = entryPoints(SITE, entryOf(kind, data)).filter((made) => made.measurement === 'meter')
  expect(lines(meters)).toEqual([{ measurement: 'meter', tags: ledgerTags, timestamp: '1000009', fields }])
})

test('a session is shown by its events, its use and its length; no booking, tenant or session is a tag', () => {
  const data = {
    stoppedReason: 'Local',
    booking: 'bk-1',
    tenant: 'pseudonym',
    startedAt: '2026-11-01T00:00:00.000Z',
    endedAt: '2026-11-01T00:10:00.000Z',
    use: [{ meter: 'saw/energy.total', unit: 'Wh', quantity: '9007199254740993' }],
  }
  const made = entryPoints(SITE, entryOf('SessionEnded', data))
  expect(lines(made)).toEqual([
    {
      measurement: 'session',
      tags: { site: SITE, machine: 'saw' },
      timestamp: '1000009',
      fields: {
        event: 'SessionEnded',
        session: 'sess',
        stoppedReason: 'Local',
        durationMs: '600000i',
        'use_energy.total': '9007199254740993i',
        clock: 'synchronised',
        seq: '9i',
      },
    },
  ])
  expect(JSON.stringify(made)).not.toMatch(/bk-1|pseudonym/)
})

test('entries that say nothing about a machine have no points', () => {
  expect(entryPoints(SITE, entryOf('LinkLost', {}, undefined))).toEqual([])
  expect(entryPoints(SITE, entryOf('BookingPut', {}))).toEqual([])
})

test.each([
  ['9223372036854775807', { total: '9223372036854775807i' }],
  ['-9223372036854775808', { total: '-9223372036854775808i' }],
  ['9223372036854775808', { totalText: '9223372036854775808' }],
  ['18446744073709551615', { totalText: '18446744073709551615' }],
  ['9007199254740993', { total: '9007199254740993i' }],
  ['007', { total: '7i' }],
])('the total %s is exact', (value, fields) => {
  const [made] = lines(samplePoints(SITE, sample({ kind: 'meter', id: 'saw/energy.total', unit: 'Wh', value })))
  expect(made).toEqual({
    measurement: 'meter',
    tags: { ...ledgerTags, origin: 'live' },
    timestamp: '1793491200000000001',
    fields,
  })
})

test.each([
  [21.5, { value: 21.5 }],
  ['9007199254740993', { value: 9_007_199_254_740_992, text: '9007199254740993' }],
  [true, { bool: true }],
  ['ready', { text: 'ready' }],
  ['a\nb\u0000c', { text: 'a b c' }],
  [undefined, {}],
])('the signal %j has a field of its own type', (value, fields) => {
  const { value: _, ...rest } = sample()
  const [made] = lines(samplePoints(SITE, { ...rest, ...(value === undefined ? {} : { value }) }))
  const tags = { site: SITE, machine: 'saw', signal: 'energy.power', unit: 'W' }
  expect(made).toEqual({
    measurement: 'signal',
    tags,
    timestamp: '1793491200000000001',
    fields: { ...fields, quality: 'good' },
  })
})

test('a tag cannot end its line, escape what follows it, or be empty', () => {
  const [made] = samplePoints(SITE, sample({ unit: 'W\n,evil=1\\' }))
  expect(made?.tags.unit).toBe('W ,evil=1/')
  expect(samplePoints(SITE, sample({ unit: ' \n' }))[0]?.tags).not.toHaveProperty('unit')
})

test('an empty meter list, a null and a word for a number make no field', () => {
  expect(entryPoints(SITE, entryOf('MeterSampled', { meters: [] }))).toEqual([])
  const odd = { meters: [{ meter: 'saw/energy.total', total: null, raw: 'many', epoch: 1.5 }] }
  expect(lines(entryPoints(SITE, entryOf('MeterSampled', odd)))).toEqual([
    expect.objectContaining({ fields: { clock: 'synchronised', seq: '9i' } }),
  ])
})
