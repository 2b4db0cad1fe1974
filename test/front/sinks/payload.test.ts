import { describe, expect, test } from 'vitest'
import type { BoardRow } from '../../../gateway/core/board/message.ts'
import type { EntryBody } from '../../../gateway/core/ground/entry.ts'
import {
  availabilityPayload,
  eventPayload,
  meterPayload,
  sampleValue,
  signalsPayload,
  statusPayload,
} from '../../../gateway/front/sinks/payload.ts'
import { boardRow, meterState, sample } from './rows.ts'

describe('availability', () => {
  const row: BoardRow = boardRow({
    availability: { state: 'InUse', reason: 'session', freeAtMs: 1_800_000_000_000 },
    session: '0198-secret',
  })

  test('says what the machine is, with the age of what is known', () => {
    expect(JSON.parse(availabilityPayload('prep-centre', row, 3000))).toEqual({
      site: 'prep-centre',
      machine: 'saw',
      state: 'InUse',
      reason: 'session',
      freeAt: '2027-01-15T08:00:00.000Z',
      itemState: 'NotExecuting',
      mode: 'Processing',
      access: 'Locked',
      asOf: '2026-11-01T00:00:00.000Z',
      clock: 'synchronised',
      maxAgeMs: 3000,
      simulated: false,
    })
  })

  test('never says who is at it', () => {
    const text = availabilityPayload('prep-centre', { ...row, tenant: 'secret', booking: 'secret' } as BoardRow, 3000)
    expect(text).not.toContain('secret')
  })
})

test('a meter beyond 2^53 and beyond 2^63 is exact decimal text', () => {
  const text = meterPayload(meterState({ total: 9_007_199_254_740_993n, raw: 18_446_744_073_709_551_615n }))
  expect(JSON.parse(text)).toEqual({
    meter: 'saw/energy.total',
    unit: 'Wh',
    total: '9007199254740993',
    epoch: 1,
    raw: '18446744073709551615',
    at: '2026-11-01T00:00:00.000Z',
  })
})

test('a meter says how far its time is to be trusted', () => {
  expect(JSON.parse(meterPayload(meterState(), 'informative'))).toMatchObject({ clock: 'informative' })
})

test('an event carries its sequence and the one before it on its topic', () => {
  const body: EntryBody = {
    seq: 7,
    kind: 'SessionEnded',
    v: 1,
    site: 'prep-centre',
    machine: 'saw',
    session: 'abc',
    at: '2026-11-01T00:00:00.000Z',
    clock: 'synchronised',
    boot: 'b',
    mono: '1',
    data: { stoppedReason: 'Local' },
  }
  const entry = { seq: 7, kind: body.kind, atMs: 0, timeNs: '0', machine: 'saw', body }
  expect(JSON.parse(eventPayload({ entry, prevSeq: 3 }))).toEqual({
    seq: 7,
    prevSeq: 3,
    kind: 'SessionEnded',
    v: 1,
    site: 'prep-centre',
    machine: 'saw',
    session: 'abc',
    at: '2026-11-01T00:00:00.000Z',
    clock: 'synchronised',
    data: { stoppedReason: 'Local' },
  })
  expect(JSON.parse(eventPayload({ entry, prevSeq: null })).prevSeq).toBeNull()
})

test('signals of a machine are one batch with the time of the newest', () => {
  const values = [sample({ value: 1.5 }), sample({ n: 2, value: true, atMs: Date.UTC(2026, 10, 2) })]
  expect(JSON.parse(signalsPayload('saw', values))).toEqual({
    machine: 'saw',
    at: '2026-11-02T00:00:00.000Z',
    values: [
      { id: 'saw/energy.power', value: 1.5, unit: 'W', quality: 'good', at: '2026-11-01T00:00:00.000Z' },
      { id: 'saw/energy.power', value: true, unit: 'W', quality: 'good', at: '2026-11-02T00:00:00.000Z' },
    ],
  })
})

test('a bad value is absent, not null and not 0', () => {
  const { value: _, ...bad } = sample({ quality: 'bad' })
  expect(JSON.parse(signalsPayload('saw', [bad])).values[0]).not.toHaveProperty('value')
})

test.each([
  ['1.5', 1.5],
  ['-0', -0],
  ['1e3', 1000],
  ['9007199254740991', 9_007_199_254_740_991],
  ['9007199254740993', '9007199254740993'],
  ['true', true],
  ['false', false],
  ['"text"', 'text'],
  ['text', 'text'],
  ['', ''],
  ['null', 'null'],
  ['[1]', '[1]'],
  ['1e999', '1e999'],
])('the sample text %j is the value %j', (text, expected) => {
  expect(sampleValue(text)).toEqual(expected)
})

test('the last will has no time, since nobody knows when it will be said', () => {
  expect(statusPayload('prep-centre', false)).toBe('{"site":"prep-centre","online":false}')
  expect(JSON.parse(statusPayload('prep-centre', true, { atMs: 0, asOfMs: 0 }))).toEqual({
    site: 'prep-centre',
    online: true,
    at: '1970-01-01T00:00:00.000Z',
    asOf: '1970-01-01T00:00:00.000Z',
  })
})
