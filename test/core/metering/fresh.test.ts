/** No metering, no permission: how recent the gating meters must be. */
import { describe, expect, it } from 'vitest'
import type { MachineConfig, RegisterMeterConfig } from '../../../gateway/core/ground/config.ts'
import type { MeterState } from '../../../gateway/core/meter/meter.ts'
import { gapMs, gatingFresh, settledSince } from '../../../gateway/core/metering/fresh.ts'
import { machineConfig } from '../../support/world.ts'
import { envAt, metersOf, nsAt, partsAt } from '../support.ts'

const parts = machineConfig.meters[0] as RegisterMeterConfig
const energy: RegisterMeterConfig = { ...parts, id: 'booth/plc.energy' }
const both: MachineConfig = { ...machineConfig, meters: [parts, energy] }
const shown: MachineConfig = { ...machineConfig, meters: [parts, { ...energy, gating: false }] }
const held = { seen: 1, name: 'regress', atMs: 0, atNs: 0n, bootId: 'boot' } as const

describe('settled since a moment', () => {
  it.each<[string, boolean, MachineConfig, readonly MeterState[]]>([
    ['is a meter that was read at that moment', true, machineConfig, [partsAt(0)]],
    ['is a meter that was read after it', true, machineConfig, [partsAt(1)]],
    ['is no meter that was read before it', false, machineConfig, [partsAt(-1)]],
    ['is no meter that waits to be believed', false, machineConfig, [partsAt(0, { held })]],
    ['is no meter of an earlier boot', false, machineConfig, [partsAt(0, { bootId: 'old' })]],
    ['is no meter that was never read', false, machineConfig, []],
    ['is a machine only with every gating meter', false, both, [partsAt(0), partsAt(-1, { meter: energy.id })]],
    ['is a machine whatever its other meters are', true, shown, [partsAt(0)]],
    ['is a machine without meters', true, { ...machineConfig, meters: [] }, []],
  ])('%s', (_name, settled, config, meters) => {
    expect(settledSince(envAt(5000), { config, meters: metersOf(...meters) }, nsAt(0))).toBe(settled)
  })
})

describe('fresh enough for a permission', () => {
  it.each<[string, boolean, MachineConfig, readonly MeterState[]]>([
    ['is a meter read two polls and two seconds ago', true, machineConfig, [partsAt(-3000)]],
    ['is no meter read before that', false, machineConfig, [partsAt(-3001)]],
    ['is a meter that waits to be believed: it was read', true, machineConfig, [partsAt(-3000, { held })]],
    ['is no meter of an earlier boot', false, machineConfig, [partsAt(0, { bootId: 'old' })]],
    ['is no meter that was never read', false, machineConfig, []],
    ['is a machine only with every gating meter', false, both, [partsAt(0), partsAt(-3001, { meter: energy.id })]],
    ['is a machine whatever its other meters are', true, shown, [partsAt(0)]],
  ])('%s', (_name, isFresh, config, meters) => {
    expect(gatingFresh(envAt(), { config, meters: metersOf(...meters) })).toBe(isFresh)
  })
})

it('a counter that is polled seldom may be read seldom', () => {
  const signals = machineConfig.signals.map((signal) => ({ ...signal, intervalMs: 10_000 }))
  expect(gapMs({ ...machineConfig, signals }, parts)).toBe(22_000)
})
