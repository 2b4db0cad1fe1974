/**
 * Devices that deceive whoever reads them as their list seems to say: a counter that anybody can clear beside the
 * total, values that overlap, tariffs, a watchdog that polls feed or that nobody has armed. A row is a trap and how the
 * profile that comes with the gateway keeps out of it.
 */
import { describe, expect, it } from 'vitest'
import { plan } from '../../adapters/modbus/plan.ts'
import { pointsOf, toCycle } from '../../gateway/control/loops/points.ts'
import type { OutputInterlock } from '../../gateway/core/ground/config.ts'
import { decodeOutput } from '../../gateway/core/interlock/output.ts'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import { profileMachine } from '../support/profile-machine.ts'

/** The registers that its meters count, by meter. */
function counted(profile: string): Record<string, unknown> {
  const { meters, signals } = profileMachine(profile)
  const address = (id: string) => (signals.find((signal) => signal.id === id)?.address as { address: number })?.address
  return Object.fromEntries(
    meters.flatMap((meter) => ('signal' in meter ? [[meter.id.replace('m/it.', ''), address(meter.signal)]] : [])),
  )
}

describe('a total is metered, and not the counter beside it that a person can clear', () => {
  it.each([
    ['EM24 with RS-485: 0x003E is the total, 0x0042 the partial one', 'carlo-gavazzi-em24-rs485', [0x003e], [0x0042]],
    ['EM340: 0x003C is the partial one', 'carlo-gavazzi-em340', [0x0034, 0x004e], [0x003c]],
    [
      'Socomec Countis E34, whose totals have no unit that is sourced: none',
      'socomec-countis-e34',
      [],
      [0xc65c, 0xc662],
    ],
    ['Socomec Countis E24', 'socomec-countis-e24', [0xc702, 0xc708], [0xc65c, 0xc662]],
    ['Eastron: import and export, and not the total that a mode lets fall', 'eastron-sdm230', [0x48, 0x4a], [0x0156]],
    ['Schneider: the total, and not the partial one', 'schneider-iem3155', [0x0c83, 0x0c87], [3255]],
  ])('%s', (_, profile, totals, partial) => {
    const registers = Object.values(counted(profile))
    for (const total of registers) expect(totals).toContain(total)
    expect(registers.length > 0).toBe(totals.length > 0)
    for (const address of partial) expect(registers).not.toContain(address)
  })
})

it('a VPFlowScope chooses a value by its address: none is read with its neighbour, though they overlap', () => {
  const points = [...pointsOf(profileMachine('vpinstruments-vpflowscope-dp')).values()].flat()
  const { requests } = plan(points, { maxGap: 8, maxRegisters: 125 }, new Set())
  expect(requests.every(({ count, points: read }) => count === 2 && read.length === 1)).toBe(true)
  expect(requests.map(({ start }) => start)).toContain(128)
})

it('a PAC counts in the register of the tariff that runs: its total is that of both, and of neither alone', () => {
  const machine = profileMachine('siemens-pac3200')
  const meter = machine.meters.find(({ id }) => id === 'm/it.importEnergy')
  const read = (tariffs: readonly (number | undefined)[]) =>
    toCycle(machine)(
      tariffs.map(
        (value, index): Reading => ({
          point: `m/it.importEnergyT${index + 1}`,
          ...(value === undefined ? { quality: 'bad', cause: 'refused' } : { quality: 'good', value }),
          readAtMs: 1,
          readAtNs: 1n,
        }),
      ),
    ).find(({ point }) => meter?.kind === 'register' && point === meter.signal)
  expect(read([1000.25, 500.5])?.raw).toBe(1500n)
  expect(read([1000.25, 507.5])?.raw).toBe(1507n)
  expect(read([1000.25, undefined])).toMatchObject({ quality: 'bad', cause: 'refused' })
})

describe('an output whose module would not drop it lets nobody in', () => {
  /** What the module shows, in the order of `outputParts`, all else being as it must be. */
  const unsafe = (profile: string, values: Readonly<Record<string, number>>) => {
    const config = profileMachine(profile, 1, 'watchdog').interlock as OutputInterlock
    const right = Object.fromEntries(
      (config.watchdog?.settings ?? []).map(({ equals }, index) => [`setting-${index}`, equals]),
    )
    const shown: Readonly<Record<string, number>> = { ...right, ...values }
    return decodeOutput(config, (part) => shown[part] ?? 0, { atMs: 0, known: [] }).unsafe
  }

  it.each([
    ['Beckhoff, as it must be', 'beckhoff-ek9000', { watchdog: 5000 }, undefined],
    [
      'Beckhoff from the factory: 0x1122 counts every telegram',
      'beckhoff-ek9000',
      { watchdog: 5000, 'setting-0': 1 },
      'the watchdog counts writes only',
    ],
    [
      'Beckhoff that freezes its outputs',
      'beckhoff-ek9000',
      { watchdog: 5000, 'setting-1': 1 },
      'outputs fall back to zero',
    ],
    ['WAGO, armed', 'wago-750-352', { watchdog: 50, armed: 1 }, undefined],
    ['WAGO after each power-up', 'wago-750-352', { watchdog: 50, armed: 0 }, 'not armed'],
    ['WAGO whose watchdog has run out', 'wago-750-352', { watchdog: 50, armed: 2 }, 'has run out'],
    ['WAGO from the factory: 10 s', 'wago-750-352', { watchdog: 100, armed: 1 }, '10000 ms'],
    ['WAGO whose mask counts reads', 'wago-750-352', { watchdog: 50, armed: 1, 'setting-0': 4 }, 'no read counts'],
    ['Moxa whose watchdog has run out', 'moxa-iologik-e1200', { 'setting-0': 1 }, 'has not run out'],
    ['Moxa, as it must be', 'moxa-iologik-e1200', {}, undefined],
  ])('%s', (_, profile, values, why) => {
    const found = unsafe(profile, values)
    if (why === undefined) expect(found).toBeUndefined()
    else expect(found).toContain(why)
  })
})
