/** What differs between two definitions of a meter, in the words of the configuration. */
import { describe, expect, it } from 'vitest'
import { redefined, redefinedWords } from '../../../gateway/core/ground/definition.ts'

const register = (over: Record<string, unknown> = {}) => {
  const { address = { register: 12, type: 'u32' }, unit = 'Wh', perCount = 10, wrapAt = null, resolution = null } = over
  return ['register', address, unit, perCount, wrapAt, resolution, over.link ?? 'bus', over.device ?? { unit: 11 }]
}
const text = (parts: readonly unknown[]) => JSON.stringify(parts)
const words = (before: readonly unknown[], after: readonly unknown[]) =>
  redefinedWords(redefined(text(before), text(after)))

describe('a definition', () => {
  it.each<[string, readonly unknown[], readonly unknown[], string]>([
    ['that is the same', register(), register(), ''],
    ['in another unit', register(), register({ unit: 'kWh' }), 'unit from Wh to kWh'],
    [
      'of another scale and wrap',
      register(),
      register({ perCount: 1, wrapAt: '65536' }),
      'perCount from 10 to 1, wrapAt from none to 65536',
    ],
    [
      'of another register',
      register(),
      register({ address: { register: 14, type: 'u32' } }),
      'address from register 12 type u32 to register 14 type u32',
    ],
    ['of another device', register(), register({ device: { unit: 12 } }), 'device from unit 11 to unit 12'],
    ['from before devices were part of it', register().slice(0, 6), register({ link: 'other' }), ''],
    ['of another kind', register(), ['duration', 'Executing'], 'kind from register to duration'],
    ['of a gateway that knows less', register(), register({ unit: 'J' }).slice(0, 6), 'unit from Wh to J'],
  ])('%s', (_name, before, after, said) => {
    expect(words(before, after)).toBe(said)
  })

  it('that cannot be read is another', () => {
    expect(redefined('odd', text(register()))).toMatchObject([{ what: 'definition' }])
    expect(redefined('odd', 'odd')).toEqual([])
  })
})
