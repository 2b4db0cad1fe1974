/**
 * How many requests a cycle takes, against the least possible: a meter with signals far apart, a PLC with holes that it
 * refuses to have read over, a device full of texts, a SunSpec meter. The least is worked out here, by code that shares
 * nothing with the planner: no request is longer than the device allows, none crosses a hole it refuses or a gap wider
 * than the link reads over, and a signal is never cut.
 */
import type { Point } from '../../../adapters/adapter.ts'
import { startChild } from '../../support/child-server.ts'
import type { ModbusAsk, ModbusRange, ModbusRequest } from '../../support/modbus-server.ts'
import { createChecks, type Item } from '../item.ts'
import { modbusLink, openLink, pointAt } from './modbus-link.ts'

type Signal = { readonly address: number; readonly type: string; readonly size: number; readonly count?: number }

type Device = {
  readonly name: string
  readonly table: 'holding' | 'input'
  readonly maxRegisters: number
  readonly maxGap: number
  readonly signals: readonly Signal[]
  /** Registers that cannot be read. */
  readonly holes: readonly (readonly [from: number, to: number])[]
}

const one = (address: number, type: string): Signal => ({
  address,
  type,
  size: { u16: 1, s16: 1, f32: 2, u32: 2 }[type]!,
})
const text = (address: number, count: number): Signal => ({ address, type: 'text', size: count, count })

const devices: readonly Device[] = [
  {
    // Input registers of the SDM630: voltages, currents, powers, totals, demands, line voltages, harmonics, energies.
    name: 'SDM630, 20 signals far apart',
    table: 'input',
    maxRegisters: 80,
    maxGap: 8,
    signals: [
      ...[0, 2, 4, 6, 8, 10, 12, 14, 16, 52, 56, 60, 70, 72, 74, 84, 200, 206, 342, 344].map((at) => one(at, 'f32')),
    ],
    holes: [],
  },
  {
    name: 'PLC with holes',
    table: 'holding',
    maxRegisters: 125,
    maxGap: 8,
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
    maxGap: 8,
    signals: [
      ...[0, 16, 32, 48, 64, 80].map((at) => text(at, 16)),
      ...[100, 132, 164].map((at) => text(at, 32)),
      one(96, 'u32'),
      one(98, 'u16'),
    ],
    holes: [],
  },
  {
    // Model 203 behind the common model: everything stands together, and does not fit into one read.
    name: 'SunSpec meter',
    table: 'holding',
    maxRegisters: 125,
    maxGap: 8,
    signals: [
      text(40_004, 16),
      text(40_020, 16),
      text(40_052, 16),
      ...[71, 72, 73, 74, 75, 77, 78, 79, 83, 84, 87, 88, 89, 90, 91].map((at) => one(40_000 + at, 's16')),
      ...[107, 109, 111, 113, 115, 117, 119, 121].map((at) => one(40_000 + at, 'u32')),
      one(40_123, 's16'),
    ],
    holes: [],
  },
]

export const requests: Item = {
  name: 'requests',
  async run({ scope, say }) {
    const checks = createChecks(say)
    const told: string[] = []
    const server = await startChild<ModbusAsk>('modbus-server.ts', 0)
    scope.defer(() => server.kill())
    const cycleOf = async (device: Device, unit: number, isTold: boolean) => {
      await server.ask({ kind: 'load', ranges: readable(device, unit) })
      await server.ask({ kind: 'behave', behaviour: { maxRegisters: device.maxRegisters } })
      const { maxRegisters, maxGap } = device
      const link = modbusLink(scope, { transport: 'tcp', host: '127.0.0.1', port: server.port, maxRegisters, maxGap })
      await openLink(link)
      const points = pointsOf(device, unit, isTold)
      // The first cycle finds what the device refuses.
      await link.read(points)
      await server.ask({ kind: 'journal' })
      const readings = await link.read(points)
      const asked = (await server.ask({ kind: 'journal' })) as ModbusRequest[]
      const bad = readings.filter(({ quality }) => quality !== 'good')
      checks.check(`${device.name}: every signal is read`, bad.length === 0, bad[0])
      await link.close()
      return asked
    }
    for (const [index, device] of devices.entries()) {
      const least = leastRequests(device)
      const asked = await cycleOf(device, index + 1, true)
      checks.check(`${device.name}: ${asked.length} requests, least ${least}`, asked.length === least, asked)
      told.push(`${asked.length} of ${least}`)
    }
    // What a device refuses is cut at every gap, of which some could have been read over.
    const unknown = devices.find(({ holes }) => holes.length > 0)!
    const found = await cycleOf(unknown, devices.length + 1, false)
    const { ok, notes } = checks.verdict()
    return {
      figure: `${told.join(', ')}; ${found.length} where no profile names the holes`,
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
  return signals.map(({ address, type, count }) => ({
    ...pointAt({ table, address, type, ...(count === undefined ? {} : { count }) }, unit),
    ...limits,
  }))
}

/** All registers but the holes. */
function readable({ table, signals, holes }: Device, unit: number): ModbusRange[] {
  const end = Math.max(...signals.map(({ address, size }) => address + size))
  const start = Math.min(...signals.map(({ address }) => address))
  const isHole = (at: number) => holes.some(([from, to]) => at >= from && at <= to)
  const all = Array.from({ length: end - start }, (_, n) => start + n).filter((at) => !isHole(at))
  return all.map((at) => ({ unit, table, start: at, values: [0x4142] }))
}

/** least[n]: requests for the first n signals, in the order of their addresses; the last may begin with any of them. */
function leastRequests({ signals, maxRegisters, maxGap, holes }: Device): number {
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
