/** Which raw values stand for no value. */
import { describe, expect, it } from 'vitest'
import { saysOf, unavailableOf } from '../../config/resolve/unavailable.ts'

describe('no value', () => {
  it.each([
    ['u16', ['65535']],
    ['s16', ['-32768', '32767']],
    ['i16', ['-32768', '32767']],
    ['u32', ['4294967295']],
    ['s32', ['-2147483648', '2147483647']],
    ['u64', ['18446744073709551615']],
    ['i64', ['-9223372036854775808', '9223372036854775807']],
    ['f32', []],
    ['bcd16', []],
    ['bool', []],
  ])('of a quantity of type %s is by default %j', (type, values) => {
    expect(unavailableOf(undefined, type, true)).toEqual(values)
    expect(unavailableOf(undefined, type, false)).toEqual([])
  })

  it('is what the profile says, in any spelling, or nothing', () => {
    expect(unavailableOf([0xfffe, -9999, '18446744073709551614', '007'], 'u64', true)).toEqual([
      '65534',
      '-9999',
      '18446744073709551614',
      '7',
    ])
    expect(unavailableOf('none', 'u16', true)).toEqual([])
  })
})

it('says with each value what the device says with it', () => {
  const given = { notAvailable: [0x8000], overload: [0x7fff, '007'], notFitted: ['18446744073709551615'] }
  expect(unavailableOf(given, 'u64', true)).toEqual(['32768', '32767', '7', '18446744073709551615'])
  expect(saysOf(given)).toEqual({ '32767': 'overload', '7': 'overload', '18446744073709551615': 'not-fitted' })
  expect(saysOf([1])).toEqual({})
})
