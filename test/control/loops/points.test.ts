/** What a reading of a link is worth to the machine. */
import { describe, expect, it } from 'vitest'
import { pointsOf, toCycle, toMachine, urgentPoints } from '../../../gateway/control/loops/points.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { machineConfig } from '../../support/world.ts'

const machine = (over: Partial<MachineConfig['signals'][number]>): MachineConfig => ({
  ...machineConfig,
  signals: machineConfig.signals.map((signal) => ({ ...signal, ...over })),
})
const point = machineConfig.signals[0]!.id
const reading = (value: number | bigint, raw?: bigint): Reading => ({
  point,
  quality: 'good',
  value,
  ...(raw === undefined ? {} : { raw }),
  readAtMs: 1,
  readAtNs: 1n,
})

describe('a reading', () => {
  it('is scaled, and keeps its raw value', () => {
    expect(toMachine(machine({ scale: 0.1, offset: 5 }))(reading(100, 100n))).toMatchObject({ value: 15, raw: 100n })
  })

  it.each([
    ['65535 of a power meter that boots', ['65535'], reading(65_535, 65_535n)],
    ['-32768 of a sensor that is not there', ['-32768', '32767'], reading(-32_768, -32_768n)],
    ['a counter of 64 bits, all ones', ['18446744073709551615'], reading(2n ** 64n - 1n, 2n ** 64n - 1n)],
    ['a float that stands for none', ['-9999'], reading(-9999)],
  ])('that stands for no value is bad, without a value to count or to show: %s', (_, unavailable, given) => {
    const found = toMachine(machine({ scale: 0.1, unavailable }))(given)
    expect(found).toMatchObject({ point, quality: 'bad', cause: 'not-available' })
    expect(found).not.toHaveProperty('value')
    expect(found).not.toHaveProperty('raw')
  })

  it('beside it is a value', () => {
    expect(toMachine(machine({ scale: 1, unavailable: ['65535'] }))(reading(65_534, 65_534n))).toMatchObject({
      quality: 'good',
      value: 65_534,
    })
  })
})

describe('a value that is composed of others', () => {
  const [first] = machineConfig.signals
  const part = (name: string) => ({ ...first!, id: `${machineConfig.id}/x.${name}`, name, required: false })
  const ids = ['a', 'b'].map((name) => `${machineConfig.id}/x.${name}`)
  const total = {
    ...part('total'),
    composed: { kind: 'sum' as const, instant: 'cycle' as const, add: ids, subtract: [], step: '1' },
  }
  const config: MachineConfig = {
    ...machineConfig,
    signals: [...machineConfig.signals, part('a'), part('b'), total],
    meters: machineConfig.meters.map((meter) => (meter.kind === 'register' ? { ...meter, signal: total.id } : meter)),
  }
  const idsOf = (points: ReturnType<typeof pointsOf>) => [...points.values()].flat().map(({ id }) => id)

  it('is not read itself; its parts are always read, and with every unlock that needs the meter on it', () => {
    expect(idsOf(pointsOf(config))).not.toContain(total.id)
    expect(idsOf(pointsOf(config, 'gating'))).toEqual(expect.arrayContaining(ids))
    expect(idsOf(pointsOf(config, 'display'))).not.toEqual(expect.arrayContaining(ids))
    expect(idsOf(urgentPoints(config).all)).toEqual(expect.arrayContaining(ids))
  })

  it('comes with the cycle that reads its parts', () => {
    const read = ids.map((id) => ({ ...reading(7, 7n), point: id }))
    expect(toCycle(config)(read).at(-1)).toMatchObject({ point: total.id, quality: 'good', value: 14, raw: 14n })
  })
})

it('an unlock and an end are decided on what the machine does then, not on a poll before', () => {
  const { state, emergencyStop } = machineConfig
  expect(state.kind).toBe('map')
  const urgent = [...urgentPoints(machineConfig).all.values()].flat().map(({ id }) => id)
  expect(urgent).toEqual(expect.arrayContaining([state.kind === 'map' && state.signal, emergencyStop]))
})

it.each([
  ['overload', '2147483647', 'more than it can measure'],
  ['not-fitted', '-32768', 'a part that it does not have'],
] as const)('a raw value that says %s has that for its cause', (cause, text, words) => {
  const config = machine({ unavailable: [text, '1'], says: { [text]: cause } })
  const found = toMachine(config)(reading(Number(text), BigInt(text)))
  expect(found).toMatchObject({ quality: 'bad', cause, detail: `the device shows ${text}, which stands for ${words}` })
  expect(toMachine(config)(reading(1, 1n))).toMatchObject({ cause: 'not-available' })
})
