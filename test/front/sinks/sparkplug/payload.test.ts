import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asksForRebirth, encode, type Metric } from '../../../../gateway/front/sinks/sparkplug/payload.ts'
import { command, decode } from './decode.ts'

const only = (metric: Metric, describes = true) =>
  decode(encode({ atMs: 1, seq: 0, metrics: [metric], describes })).metrics[0]

describe('a value comes out as it went in', () => {
  test('an Int64, negative ones too, as its two’s complement', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const read = only({ name: 'a', type: 'Int64', value })?.value
        expect([read?.field, BigInt.asIntN(64, read?.value as bigint)]).toEqual(['long', value])
      }),
    )
  })

  test('a UInt64', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        expect(only({ name: 'a', type: 'UInt64', value })?.value).toEqual({ field: 'long', value })
      }),
    )
  })

  test('a text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(only({ name: 'a', type: 'String', value })?.value).toEqual({ field: 'string', value })
      }),
    )
  })

  test.each([
    [{ type: 'Boolean', value: false }, 11, { field: 'boolean', value: false }],
    [{ type: 'DateTime', value: 1_793_534_400_000 }, 13, { field: 'long', value: 1_793_534_400_000n }],
    [{ type: 'String', value: '' }, 12, { field: 'string', value: '' }],
    [{ type: 'UInt64', value: 0n }, 8, { field: 'long', value: 0n }],
  ] as const)('$type $value', (given, datatype, value) => {
    expect(only({ name: 'a', ...given })).toMatchObject({ datatype, value })
  })
})

test('what is not known has no value and says so', () => {
  expect(only({ name: 'a', type: 'Int64', value: null })).toEqual({
    ...{ name: 'a', datatype: 4, isNull: true, keys: 0, properties: [] },
  })
})

test('after the birth a metric goes by its alias, without type and unit', () => {
  const metric: Metric = { name: 'a', alias: 7n, atMs: 2, type: 'UInt64', value: 1n, unit: 'Wh', quality: 'stale' }
  const quality = { key: 'Quality', type: 3, value: { field: 'int', value: 500 } }
  const unit = { key: 'engUnit', type: 12, value: { field: 'string', value: 'Wh' } }
  expect(only(metric)).toMatchObject({ name: 'a', alias: 7n, datatype: 8, properties: [unit, quality] })
  const later = only(metric, false)
  expect(later).toMatchObject({ alias: 7n, timestamp: 2n, properties: [quality] })
  expect([later?.name, later?.datatype]).toEqual([undefined, undefined])
})

describe('a command', () => {
  test.each([
    ['asks for the births again', command('Node Control/Rebirth'), true],
    ['does not ask for them', command('Node Control/Rebirth', false), false],
    ['asks for something else', command('Node Control/Reboot'), false],
    ['is empty', Buffer.alloc(0), false],
    ['is cut off', command('Node Control/Rebirth').subarray(0, 20), false],
  ])('that %s', (_what, bytes, is) => {
    expect(asksForRebirth(bytes)).toBe(is)
  })

  test('of any bytes is judged, and ends nothing', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof asksForRebirth(bytes) === 'boolean'))
  })
})
