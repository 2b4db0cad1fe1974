/**
 * How many requests a cycle takes, against the least possible: a meter with signals far apart, a PLC with holes that it
 * refuses to have read over, a device full of texts, a SunSpec meter whose chain is walked first. The least is worked
 * out here, by code that shares nothing with the planner: no request is longer than the device allows, none crosses a
 * hole it refuses or a gap wider than the link reads over, and a signal is never cut. Once with the gap that links read
 * over by themselves, and once with every gap that the protocol allows.
 */
import type { Point } from '../../../adapters/adapter.ts'
import { pointAddress } from '../../../adapters/modbus/sunspec-points.ts'
import { startChild } from '../../support/child-server.ts'
import type { ModbusAsk, ModbusRange, ModbusRequest } from '../../support/modbus-server.ts'
import { createChecks, type Item } from '../item.ts'
import { modbusLink, openLink, pointAt } from './modbus-link.ts'

type Signal = {
  readonly address: number
  readonly type: string
  readonly size: number
  readonly count?: number
  /** Its model and its name there, by which it is asked for in place of its address. */
  readonly named?: readonly [model: number, point: string]
}

type Device = {
  readonly name: string
  readonly table: 'holding' | 'input'
  readonly maxRegisters: number
  readonly signals: readonly Signal[]
  /** Registers that cannot be read. */
  readonly holes: readonly (readonly [from: number, to: number])[]
  /** What stands in a register; elsewhere anything. */
  readonly held?: Readonly<Record<number, number>>
}

/** Of links by themselves, and the widest. */
const GAPS = [8, 120]

const one = (address: number, type: string): Signal => ({
  address,
  type,
  size: { u16: 1, s16: 1, f32: 2, u32: 2 }[type]!,
})
const text = (address: number, count: number): Signal => ({ address, type: 'text', size: count, count })

/* A common model of 66 registers behind the mark, then model 203. */
const COMMON_AT = 40_002
const METER_AT = COMMON_AT + 2 + 66
const METER_END = METER_AT + 2 + 105
const common = (point: string, offset: number): Signal => ({ ...text(COMMON_AT + offset, 16), named: [1, point] })
const metered = (offset: number, type: string, ...points: readonly string[]): Signal[] =>
  points.map((point, n) => {
    const signal = one(METER_AT + offset, type)
    return { ...signal, address: signal.address + n * signal.size, named: [203, point] }
  })

const devices: readonly Device[] = [
  {
    // Input registers of the SDM630: voltages, currents, powers, totals, demands, line voltages, harmonics, energies.
    name: 'SDM630, 20 signals far apart',
    table: 'input',
    maxRegisters: 80,
    signals: [
      ...[0, 2, 4, 6, 8, 10, 12, 14, 16, 52, 56, 60, 70, 72, 74, 84, 200, 206, 342, 344].map((at) => one(at, 'f32')),
    ],
    holes: [],
  },
  {
    name: 'PLC with holes',
    table: 'holding',
    maxRegisters: 125,
    signals: [0, 1, 3, 6, 7, 20, 24, 29, 100, 104, 106, 111, 240, 241, 250].map((at) => one(at, 'u16')),
    holes: [
      [4, 5],
      [25, 27],
      [107, 110],
    ],
  },
  {
    name: 'texts',
    table: 'holding',
    maxRegisters: 60,
    signals: [
      ...[0, 16, 32, 48, 64, 80].map((at) => text(at, 16)),
      ...[100, 132, 164].map((at) => text(at, 32)),
      one(96, 'u32'),
      one(98, 'u16'),
    ],
    holes: [],
  },
  {
    // Everything stands together, and fits into one read only when that reads over all gaps.
    name: 'SunSpec meter',
    table: 'holding',
    maxRegisters: 125,
    signals: [
      ...[common('Mn', 2), common('Md', 18), common('SN', 50)],
      ...metered(2, 's16', 'A', 'AphA', 'AphB', 'AphC', 'A_SF'),
      ...metered(8, 's16', 'PhVphA', 'PhVphB', 'PhVphC'),
      ...metered(15, 's16', 'V_SF', 'Hz', 'Hz_SF', 'W', 'WphA', 'WphB', 'WphC', 'W_SF'),
      ...metered(38, 'u32', 'TotWhExp', 'TotWhExpPhA', 'TotWhExpPhB', 'TotWhExpPhC', 'TotWhImp'),
      ...metered(54, 's16', 'TotWh_SF'),
    ],
    held: {
      ...{ 40000: 0x5375, 40001: 0x6e53, [COMMON_AT]: 1, [COMMON_AT + 1]: 66 },
      ...{ [METER_AT]: 203, [METER_AT + 1]: 105, [METER_END]: 0xffff },
    },
    holes: [],
  },
]

export const requests: Item = {
  name: 'requests',
  async run({ scope, say }) {
    const checks = createChecks(say)
    const server = await startChild<ModbusAsk>('modbus-server.ts', 0)
    scope.defer(() => server.kill())
    let unit = 0
    const cycleOf = async (device: Device, maxGap: number, isTold: boolean) => {
      unit += 1
      await server.ask({ kind: 'load', ranges: readable(device, unit) })
      await server.ask({ kind: 'behave', behaviour: { maxRegisters: device.maxRegisters } })
      const { maxRegisters } = device
      const link = modbusLink(scope, { transport: 'tcp', host: '127.0.0.1', port: server.port, maxRegisters, maxGap })
      await openLink(link)
      const points = pointsOf(device, unit, isTold)
      // The first cycle finds what the device refuses, and where its models stand.
      await link.read(points)
      await server.ask({ kind: 'journal' })
      const readings = await link.read(points)
      const asked = (await server.ask({ kind: 'journal' })) as ModbusRequest[]
      const bad = readings.filter(({ quality }) => quality !== 'good')
      checks.check(`${device.name}: every signal is read`, bad.length === 0, bad[0])
      await link.close()
      return asked
    }
    const told: string[] = []
    for (const maxGap of GAPS) {
      const counts: string[] = []
      for (const device of devices) {
        const least = leastRequests(device, maxGap)
        const asked = await cycleOf(device, maxGap, true)
        const what = `${device.name}, gaps of ${maxGap}: ${asked.length} requests, least ${least}`
        checks.check(what, asked.length === least, asked)
        counts.push(`${asked.length}/${least}`)
      }
      told.push(counts.join(' '))
    }
    // What a device refuses is cut at every gap, of which some could have been read over.
    const unknown = devices.find(({ holes }) => holes.length > 0)!
    const found = await cycleOf(unknown, GAPS[0]!, false)
    const { ok, notes } = checks.verdict()
    return {
      figure: `${told[0]}; over any gap ${told[1]}; ${found.length} where no profile names the holes`,
      aim: 'the least',
      ok,
      notes,
    }
  },
}

/** `isTold`: the profile names the ranges that no request may read across. */
function pointsOf({ table, signals, holes }: Device, unit: number, isTold: boolean): Point[] {
  const avoid = holes.map(([from, to]) => ({ table, from, to }))
  const limits = isTold && avoid.length > 0 ? { limits: { avoid } } : {}
  return signals.map(({ address, type, count, named }) => {
    const plain = { table, address, type, ...(count === undefined ? {} : { count }) }
    const asked = named === undefined ? plain : pointAddress({ models: [named[0]], point: named[1] })
    return { ...pointAt(asked, unit), ...limits }
  })
}

/** All registers but the holes. */
function readable({ table, signals, holes, held = {} }: Device, unit: number): ModbusRange[] {
  const addresses = Object.keys(held).map(Number)
  const end = Math.max(...signals.map(({ address, size }) => address + size), ...addresses.map((at) => at + 2))
  const start = Math.min(...signals.map(({ address }) => address), ...addresses)
  const isHole = (at: number) => holes.some(([from, to]) => at >= from && at <= to)
  const all = Array.from({ length: end - start }, (_, n) => start + n).filter((at) => !isHole(at))
  return all.map((at) => ({ unit, table, start: at, values: [held[at] ?? 0x4142] }))
}

/** least[n]: requests for the first n signals, in the order of their addresses; the last may begin with any of them. */
function leastRequests({ signals, maxRegisters, holes }: Device, maxGap: number): number {
  const inOrder = signals.toSorted((a, b) => a.address - b.address)
  const least = [0]
  for (let last = 0; last < inOrder.length; last++) {
    let best = Number.POSITIVE_INFINITY
    for (let first = 0; first <= last; first++) {
      const group = inOrder.slice(first, last + 1)
      const from = group[0]!.address
      const to = Math.max(...group.map(({ address, size }) => address + size))
      const isTorn = group.some(
        ({ address }, n) => n > 0 && address - group[n - 1]!.address - group[n - 1]!.size > maxGap,
      )
      const isRefused = holes.some(([begin, end]) => begin < to && end >= from)
      if (to - from <= maxRegisters && !isTorn && !isRefused) best = Math.min(best, least[first]! + 1)
    }
    least.push(best)
  }
  return least.at(-1)!
}
